"""T7: what belongs to another organization answers, on every route, exactly as what does not exist."""

import re
from typing import Any

import pytest
from aiohttp.web import RouteDef

from records.database import Connection
from tests.support import PASSWORD
from tests.web.conftest import Site, Visitor
from tests.web.organization import public_id
from tests.web.portal_things import portal_ids
from web.routes import ROUTES

TABLES = ("request", "session", "clinic", "service", "host", "weekly_hours", "form_field", "clinic_host",
          "clinic_scheduler", "admission", "api_token", "guest", "account", "account_role", "department", "client",
          "passkey", "association", "public_profile", "thread", "message", "connection_request",
          "waitlist_place", "waitlist_offer", "self_scheduled", "portal_seat", "invitation",
          "intake_form", "intake", "document", "export", "invoice", "payment")  # fmt: skip
FILLED = {"on": True, "open": True, "offered": True, "to": 1, "name": "X", "kind": "check", "label": "L", "minutes": 10,
          "starts_at": "2099-12-01T10:00:00Z", "time": "2099-12-01T10:00:00Z", "reason": "r",
          "patient_group": "p", "host_group": "h"}  # fmt: skip
OUTSIDE = (
    "/sign-out",
    "/account/sign-ins/end",
    "/mailbox",
    "/organization/departments",
    "/organization/settings",
    "/organization/portal/forms",
    "/first-steps",
)
"""Without an id of anything, and not the same twice."""
THREAD = """
    WITH made AS (
        INSERT INTO thread (organization_id, subject) SELECT organization_id, 'Hello' FROM account WHERE public_id = $1
        RETURNING id, organization_id, public_id
    ), joined AS (
        INSERT INTO thread_member (organization_id, thread_id, account_id)
        SELECT made.organization_id, made.id, account.id FROM made, account WHERE account.public_id = $1
    )
    SELECT public_id FROM made"""
ATTACHMENT = """
    WITH said AS (
        INSERT INTO message (organization_id, thread_id, author_id, body)
        SELECT thread.organization_id, thread.id, account_id, 'Hello' FROM thread
        JOIN thread_member ON thread_id = thread.id WHERE thread.public_id = $1 RETURNING organization_id, id
    ), stored AS (
        INSERT INTO stored_file (organization_id, name, content_type, bytes, sha256)
        SELECT organization_id, $1, 'text/plain', 1, sha256('x') FROM said RETURNING id
    )
    INSERT INTO attachment (organization_id, message_id, name, file_id)
    SELECT organization_id, said.id, 'x.txt', stored.id FROM said, stored RETURNING public_id"""
CLIENT = """
    SELECT client.public_id FROM client JOIN account ON account.id = account_id
    JOIN organization ON organization.id = client.organization_id WHERE username = 'david' AND slug = 'meadow'"""
CHANGING = re.compile(
    r'name="key" value="[^"]+"|read[-_]at"?[=:] ?"?\d+|[A-Z2-7]{32}|([A-Z2-7]{4} ){7}[A-Z2-7]{4}|data:[^"]+'
)
PASSKEY = """
    INSERT INTO passkey (organization_id, account_id, name, credential_id, public_key)
    SELECT organization_id, id, 'Phone', 'x', 'x' FROM account WHERE public_id = $1 RETURNING public_id"""


PLACE = """
    INSERT INTO waitlist_place
        (organization_id, client_id, host_id, service_id, weekdays, starts_minute, ends_minute, time_zone)
    SELECT session.organization_id, client_id, session.host_id, service_id, '{1}', 0, 1440, 'UTC'
    FROM session JOIN request ON request.id = request_id WHERE session.public_id = $1 RETURNING public_id"""
OFFER = """
    INSERT INTO waitlist_offer
        (organization_id, place_id, host_id, session_id, freed_at, starts_at, ends_at, expires_at)
    SELECT session.organization_id, place.id, session.host_id, session.id, clock_now(), ends_at + interval '9 days',
           ends_at + interval '9 days 20 minutes', clock_now() + interval '1 day'
    FROM session JOIN waitlist_place AS place ON place.host_id = session.host_id WHERE session.public_id = $1
    RETURNING public_id"""


async def ids_of_meadow(site: Site, owner: Connection) -> dict[str, str]:
    """One of everything that an address may name, in the other organization."""
    ana, chloe, sam = [await site.visitor(name, "meadow") for name in ("ana", "chloe", "sam")]
    clinic = await public_id(owner, "clinic", "Family clinic", "meadow")
    service = await public_id(owner, "service", "Follow-up", "meadow")
    host = await public_id(owner, "account", "ana", "meadow")
    asked = await (await chloe.post("/requests", clinic=clinic, service=service)).json()
    booked = await (await sam.post(f"/requests/{asked['request']}/accept", host=host, time="0")).json()
    knocked = await (await chloe.post(f"/sessions/{booked['session']}/knock", name="Chloe")).json()
    await ana.post("/availability/hours", kind="weekly", weekday="1", starts="09:00", ends="12:00")
    made = await (await sam.post("/account/tokens", name="x", scopes="board:read", current=PASSWORD)).json()
    invitation: dict[str, Any] = {"name": "Iris", "email": "iris@words.example", "relation": "family"}
    invited = await (await sam.post(f"/sessions/{booked['session']}/guests", **invitation)).json()
    thread = await owner.fetchval(THREAD, host)
    client = await owner.fetchval(CLIENT)
    return {
        **await portal_ids(owner, client),
        "guest": invited["guest"],
        "clinic": clinic, "service": service, "host": host, "request": asked["request"], "session": booked["session"],
        "admission": knocked["admission"], "token": made["id"], "organization": "harbor",
        "scheduler": await public_id(owner, "account", "sofia", "meadow"),
        "field": await public_id(owner, "form_field", "Have you been here before?", "meadow"),
        "department": await public_id(owner, "department", "Family medicine", "meadow"),
        "account": await public_id(owner, "account", "mia", "meadow"),
        "practitioner": await public_id(owner, "account", "mia", "meadow"),
        "client": client,
        "passkey": await owner.fetchval(PASSKEY, host),
        "sign_in": await owner.fetchval("SELECT sign_in.public_id FROM sign_in JOIN account ON account.id = account_id "
                                        "WHERE account.public_id = $1", host),
        "thread": thread,
        "attachment": await owner.fetchval(ATTACHMENT, thread),
        "place": await owner.fetchval(PLACE, booked["session"]),
        "offer": await owner.fetchval(OFFER, booked["session"]),
        "hours": await owner.fetchval("SELECT weekly_hours.public_id FROM weekly_hours JOIN account "
                                      "ON account.id = host_id WHERE account.public_id = $1", host),
    }  # fmt: skip


def of_organizations(route: Any) -> bool:
    outside = (
        re.search(r"\{(article|code|registration)\}", route.path) or route.path in OUTSIDE
        if isinstance(route, RouteDef)
        else True
    )
    return not outside and not ("{organization}" in route.path and route.method == "POST")


async def told(who: Visitor, route: RouteDef, ids: dict[str, str]) -> tuple[int, str, str]:
    """The answer, with the ids that were asked for and what is new in each answer left out."""
    path = re.sub(r"\{(\w+)\}", lambda hole: ids[hole[1]], route.path)
    named = {name: ids[name] for name in ("host", "clinic", "service", "department", "scheduler")}
    days = {"from": "2099-12-01", "until": "2099-12-02"}
    sent: dict[str, Any] = {"params": named | days} if route.method == "GET" else {"json": FILLED | named}
    headers = {"Origin": who.site.url, "Accept": "application/json"}
    answer = await who.session.request(route.method, path, headers=headers, allow_redirects=False, **sent)
    parts = [answer.headers.get("Location", ""), await answer.text()]
    for one in ids.values():
        parts = [part.replace(one, "id") for part in parts]
    return answer.status, parts[0], CHANGING.sub("", parts[1])


async def rows(owner: Connection) -> list[str]:
    """Of each table, what the other organization's rows say."""
    meadow = await owner.fetchval("SELECT id FROM organization WHERE slug = 'meadow'")
    query = "SELECT string_agg(known::text, ' ' ORDER BY known::text) FROM {} AS known WHERE organization_id = $1"
    return [await owner.fetchval(query.format(table), meadow) for table in TABLES]


@pytest.mark.parametrize("username", ["olivia", "sam", "ana"])
async def test_t7_what_is_anothers_answers_as_what_is_nobodys(site: Site, owner: Connection, username: str) -> None:
    theirs = await ids_of_meadow(site, owner)
    nobodys = {name: f"{number:032x}" for number, name in enumerate(theirs)} | {"organization": "harbor"}
    before, who = await rows(owner), await site.visitor(username)
    for route in filter(of_organizations, ROUTES):
        assert isinstance(route, RouteDef)
        assert await told(who, route, theirs) == await told(who, route, nobodys), (route.method, route.path)
    assert await rows(owner) == before
