"""Whatever somebody puts into a form or an address is answered: with what it means, or with what is wrong with it.

A visitor walks through all pages, and sends each form and each address that leads somewhere again, with one value that
no page would send. Some hundred of them at random are part of the suite; all of them, for everybody, part of
`make campaign`. ANTEROOM_SEED=n repeats a run.
"""

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from records.database import Connection
from tests.dispatch.factories import booked_session
from tests.rights.replay import lift_limits
from tests.web.conftest import Site, Visitor
from tests.web.crawler import route_of, walk
from web.keys import DATABASE

CAMPAIGN = "ANTEROOM_CAMPAIGN" in os.environ
SEED = int(os.environ.get("ANTEROOM_SEED", "7"))
PEOPLE = ("olivia", "ana", "chloe", "sam") if CAMPAIGN else ("olivia",)
SOME = 200
BEGIN = ("/dashboard", "/schedule", "/invoices", "/invoices/new", "/invitations", "/invitations/new", "/messages/new",
         "/organization/portal/intake-forms")  # fmt: skip
TYPED = ("", "\0", "x" * 20_000, "1e999", "NaN", "99999999999999999999", "9999-12-31T23:59:59Z", "0001-01-01",
         "\u0663", "\u202e")  # fmt: skip
MEANT: tuple[Any, ...] = (None, [], {}, 10**30, True, {"a": [1]}, ["a", {}])
PARAMETERS = {"after", "before", "client", "day", "host", "month", "page", "search", "service", "since", "sort",
              "state", "time", "until", "week"}  # fmt: skip
LEFT_ALONE = ("/sign-out", "/account/", "/organization/portal/settings")
"""What would end the visit of whoever tries everything: their sign-in, their password, the portal itself."""
BROKEN = {
    "application/x-www-form-urlencoded": b"\xff\xfe",
    "multipart/form-data; boundary=x": b"--x\r\nnonsense",
    "application/json": b"[1",
}


@dataclass
class Form:
    """What a page's form sends."""

    action: str
    is_posted: bool
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._is_inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = True
            self.found.append(Form(given.get("action") or "", (given.get("method") or "").lower() == "post"))
        elif self._is_inside and tag in ("input", "textarea", "select", "button") and given.get("name"):
            self.found[-1].fields.setdefault(str(given["name"]), given.get("value") or "x")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False


Request = dict[str, Any]


def posts(pages: dict[str, str]) -> Iterator[Request]:
    """Each form of the pages once, with one strange value in one field; and with a body that is none."""
    seen = set()
    for path, page in pages.items():
        for form in Forms(page).found:
            target = urlsplit(urljoin(f"http://x{path}", form.action)).path
            fields = {name: value for name, value in form.fields.items() if name != "key"}
            kind = (route_of("POST", target), *sorted(fields))
            if not form.is_posted or target.startswith(LEFT_ALONE) or kind in seen:
                continue
            seen.add(kind)
            for name in fields:
                yield from ({"method": "POST", "url": target, "data": {**fields, name: one}} for one in TYPED)
                yield from ({"method": "POST", "url": target, "json": {**fields, name: one}} for one in MEANT)
            for kind_of_body, body in BROKEN.items():
                yield {"method": "POST", "url": target, "data": body, "headers": {"Content-Type": kind_of_body}}


def reads(pages: dict[str, str]) -> Iterator[Request]:
    """Each address of the pages once, with one strange value in one parameter, its own or one that others have."""
    for path in {route_of("GET", path): path for path in pages}.values():
        for name in sorted(PARAMETERS | set(re.findall(r"[?&](\w+)=", path))):
            yield from ({"method": "GET", "url": path.split("?")[0], "params": {name: one}} for one in TYPED[1:])


async def status_of(visitor: Visitor, origin: str, request: Request) -> int:
    headers = {"Origin": origin, "Accept": "application/json"} | request.pop("headers", {})
    async with visitor.session.request(**request, headers=headers, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


@pytest.mark.parametrize("who", PEOPLE)
async def test_whatever_is_put_into_forms_and_addresses_is_answered(site: Site, owner: Connection, who: str) -> None:
    lift_limits(site.app)
    await booked_session(site.app[DATABASE])
    visitor = await site.visitor(who)
    pages = (await walk(visitor, BEGIN)).pages
    requests = [*posts(pages), *reads(pages)]
    assert len(requests) > SOME
    failed = []
    for request in requests if CAMPAIGN else random.Random(SEED).sample(requests, SOME):
        said = str(request)[:300]
        if await status_of(visitor, site.url, request) >= 500:
            failed.append(said)
    print(f"ANTEROOM_SEED={SEED}: {who} sent {len(requests) if CAMPAIGN else SOME} of {len(requests)} requests")
    assert failed == []
