"""R-123, R-192: whatever a client presses or guesses, no clinical page is there, and nothing that is the staff's.

Each kind of client walks from their dashboard and from every address that needs no id, through every link, part and
file. What they reached must be among the portal's own routes; what they read must hold no word of the clinic's side.
"""

import re
from pathlib import Path

import pytest
from aiohttp.web import RouteDef

from records.database import Connection
from tests.dispatch.factories import booked_session
from tests.web.conftest import Site, Visitor
from tests.web.crawler import BARE, Walk, route_of, walk
from tests.web.test_direct_link import follow, link_to
from tests.web.test_prospects import come_in
from web.keys import DATABASE
from web.routes import ROUTES

PORTAL = re.compile(
    r"/(at/\{organization\}(/.*)?|account/.*|dashboard(/live)?|requests(/.*)?|clinics/\{clinic\}/.*|sessions/\{session\}"
    r"|practitioners(/.*)?|connection-requests/.*|messages(/.*)?|forms(/.*)?|documents(/.*)?"
    r"|schedul(e|ing-)(/.*)?|waitlist(/.*)?|offers(/.*)?|attachments/.*|exports?(/.*)?|help(/.*)?|join|api|openapi.json"
    r"|mailbox|healthz|readyz|metrics|sign-out|)"
)
"""The routes that are clients' at all. A new one is put here on purpose, by somebody who has thought of R-123."""
POSTED = re.compile(PORTAL.pattern.removesuffix("|)") + r"|sessions/\{session\}/(cancel|knock|leave|move|reschedule))")
CLINICAL = re.compile(
    r"treatment.?plan|progress.?note|case.?note|clinical.?note|chart.?note|diagnos|\bicd-?10|\bscores?\b|staff.?note"
    r"|possible.?duplicate|attendees access panel",
    re.IGNORECASE,
)
HIDDEN = "Kept from clients"
"""Planted wherever the staff writes for the staff, and wherever another client writes."""
PLANTS = Path("tests/web/kept_from_clients.sql").read_text()
KINDS = ("active client", "pending client", "client without practitioners", "prospect", "client by link")


async def somebody(site: Site, owner: Connection, kind: str) -> Visitor:
    """A visitor of that kind; in harbor Chloe has had a visit and has one to come."""
    if kind == "prospect":
        return await come_in(site, owner)
    if kind == "client without practitioners":
        return await site.visitor("chloe")
    session = await booked_session(site.app[DATABASE])
    if kind == "client by link":
        visitor = await site.visitor()
        await follow(visitor, await link_to(site, owner, session))
        return visitor
    visitor = await site.visitor("chloe")
    if kind == "pending client":
        await owner.execute("UPDATE account SET state = 'pending' WHERE username = 'chloe'")
    return visitor


@pytest.mark.parametrize("kind", KINDS)
async def test_r123_r192_a_client_reaches_the_portal_and_nothing_clinical(
    site: Site, owner: Connection, kind: str
) -> None:
    await owner.execute(PLANTS)
    olivia = await site.visitor("olivia")
    for path in ("/messages", "/clients"):
        assert HIDDEN in await (await olivia.get(path)).text()  # where it belongs, it is read
    visitor = await somebody(site, owner, kind)
    found = await walk(visitor, ["/", "/dashboard", *BARE])
    assert len(found.pages) > (1 if kind == "client by link" else 10), found.pages.keys()
    assert_only_the_portal(found)
    for path, text in found.pages.items():
        assert HIDDEN not in text, path
        if not path.startswith(("/help", "/openapi", "/metrics")):
            assert not CLINICAL.search(text), (path, CLINICAL.search(text))


def assert_only_the_portal(found: Walk) -> None:
    strange = {path for path in found.pages if not PORTAL.fullmatch(route_of("GET", path) or path)}
    assert not strange, strange
    posts = {path for path in found.posts if not POSTED.fullmatch(route_of("POST", path) or path)}
    assert not posts, posts
    assert set(found.refused.values()) <= {403, 404, 409, 422}, found.refused


def test_r123_no_route_and_no_table_is_for_clinical_records(schema: str) -> None:
    """Treatment plans, cases and notes are the staff product's; here is nowhere to put them."""
    for route in ROUTES:
        if isinstance(route, RouteDef):
            assert not re.search(r"treatment|case|note|diagnos|chart", route.path), route.path
    tables = re.findall(r"CREATE TABLE (\w+)", schema)
    assert not [table for table in tables if re.search(r"treatment|^case|_note|diagnos|chart", table)]


@pytest.fixture
def schema() -> str:
    with open("schema.sql") as file:
        return file.read()
