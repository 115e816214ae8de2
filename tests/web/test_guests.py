"""Third people in a session, and direct links in the hands of staff."""

import re
from typing import Any

import pytest

from records.database import Connection
from tests.dispatch.factories import booked_session
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from web.keys import DATABASE


async def mails(owner: Connection, kind: str) -> list[dict[str, Any]]:
    """The letters of a kind, as posted."""
    rows = await owner.fetch("SELECT recipient, details FROM mail WHERE kind = $1 ORDER BY id", kind)
    return [dict(row) for row in rows]


async def invited(site: Site, session: str, **fields: str) -> str:
    """Invited by the host; returns the guest's public id."""
    ana = await site.visitor("ana")
    given: dict[str, Any] = {"name": "Iris Berg", "email": "iris@words.example", "relation": "interpreter", **fields}
    answer = await ana.post(f"/sessions/{session}/guests", **given)
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["guest"])


async def new_link(visitor: Visitor, session: str, person: str = "client") -> str:
    """A fresh link's secret."""
    answer = await visitor.post(f"/sessions/{session}/links", person=person)
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["link"]).rpartition("/")[2]


async def come(site: Site, token: str) -> Visitor:
    visitor = await site.visitor()
    await visitor.get(f"/join/{token}")
    assert (await visitor.post("/join")).status == 200
    return visitor


async def test_a_guest_is_invited_by_mail_and_waits_like_everybody(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    guest = await invited(site, session)
    ana = await site.visitor("ana")
    visitor = await come(site, await new_link(ana, session, guest))
    page = await (await visitor.get(f"/sessions/{session}")).text()
    assert 'value="Iris Berg"' in page, "the door offers the name of the invitation (R-175)"
    assert "Chloe" not in page, "a guest is told the host's name and nobody else's"
    knocked = await (await visitor.post(f"/sessions/{session}/knock", name="Iris Berg")).json()
    assert knocked["state"] == "waiting"
    for path in ("/dashboard", "/account/sessions", f"/sessions/{session}/manage"):
        assert (await visitor.get(path)).status == 404
    for step in (f"admissions/{knocked['admission']}/admit", "admit-all", "lock", "end", "guests", "links"):
        assert (await visitor.post(f"/sessions/{session}/{step}")).status == 404
    assert (await visitor.get("/sessions/" + await another_session(owner, session))).status == 404


async def another_session(owner: Connection, session: str) -> str:
    columns = "organization_id, clinic_id, host_id, client_id, visitor_id, service_name"
    return str(
        await owner.fetchval(
            f"INSERT INTO session ({columns}, starts_at, ends_at) SELECT {columns}, ends_at, "
            "ends_at + interval '20 minutes' FROM session WHERE public_id = $1 RETURNING public_id",
            session,
        )
    )


BAD = {
    "no name": {"name": " "},
    "no address": {"email": "iris"},
    "no relation": {"relation": "friend of a friend"},
    "the client": {"email": "chloe@harbor.example"},
    "the host": {"email": "Ana@harbor.example"},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
async def test_an_invitation_that_cannot_be_is_refused_next_to_its_field(
    site: Site, owner: Connection, change: dict[str, str]
) -> None:
    session = await booked_session(site.app[DATABASE])
    ana = await site.visitor("ana")
    fields: dict[str, Any] = {"name": "Iris Berg", "email": "iris@words.example", "relation": "interpreter", **change}
    answer = await ana.post(f"/sessions/{session}/guests", **fields)
    assert (answer.status, (await answer.json())["field"]) == (422, next(iter(change)))
    again = await ana.post(f"/sessions/{session}/guests", headers={"Origin": site.url}, **fields)
    shown = await again.text()
    assert again.status == 422 and 'aria-invalid="true"' in shown and f'value="{fields["email"]}"' in shown
    assert await owner.fetchval("SELECT count(*) FROM guest") == 0


async def test_guests_are_few_and_invited_once(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    for number in range(4):
        await invited(site, session, email=f"guest{number}@words.example")
    ana = await site.visitor("ana")
    fields: dict[str, Any] = {"name": "One More", "relation": "family"}
    for email in ("guest0@words.example", "guest9@words.example"):
        assert (await ana.post(f"/sessions/{session}/guests", email=email, **fields)).status == 422


async def test_who_may_not_arrange_a_session_finds_no_guests_there(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    guest = await invited(site, session)
    for username in ("ben", "chloe", "olivia"):
        visitor = await site.visitor(username)
        for path in ("guests", "links", "links/send", "links/revoke", f"guests/{guest}/withdraw"):
            answer = await visitor.post(f"/sessions/{session}/{path}", name="X", email="x@y.example", relation="family")
            assert answer.status == 404, (username, path)
    sam = await site.visitor("sam")
    assert (await sam.post(f"/sessions/{session}/guests/{guest}/withdraw")).status == 200, "schedulers may"


async def test_a_withdrawn_guest_is_out_at_once(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    guest = await invited(site, session)
    ana = await site.visitor("ana")
    token = await new_link(ana, session, guest)
    visitor = await come(site, token)
    await visitor.post(f"/sessions/{session}/knock", name="Iris")
    client = await connect(visitor, "/session", {"session": session})
    try:
        for _ in range(2):
            assert (await ana.post(f"/sessions/{session}/guests/{guest}/withdraw")).status == 200
        await eventually(lambda: not client.connected, what="the socket outlived the invitation")
    finally:
        await client.disconnect()
    assert await owner.fetchval("SELECT state::text FROM admission WHERE name = 'Iris'") == "left"
    assert (await visitor.get(f"/sessions/{session}", allow_redirects=False)).status == 401
    assert (await (await site.visitor()).get(f"/join/{token}")).status == 404
    assert [row["recipient"] for row in await mails(owner, "guest_cancelled")] == ["iris@words.example"]
    await invited(site, session)


async def test_guests_hear_of_a_new_time_with_a_new_link_and_of_the_end(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    later = "interval '2 days'"
    await owner.execute(f"UPDATE session SET starts_at = starts_at + {later}, ends_at = ends_at + {later}")
    guest = await invited(site, session)
    ana = await site.visitor("ana")
    old = await new_link(ana, session, guest)
    starts_at = (await owner.fetchval("SELECT starts_at + interval '1 hour' FROM session")).isoformat()
    assert (await ana.post(f"/sessions/{session}/reschedule", starts_at=starts_at, reason="Ill")).status == 200
    assert [row["recipient"] for row in await mails(owner, "guest_moved")] == ["iris@words.example"]
    assert (await (await site.visitor()).get(f"/join/{old}")).status == 404
    assert (await ana.post(f"/sessions/{session}/cancel", reason="Ill")).status == 200
    assert [row["recipient"] for row in await mails(owner, "guest_cancelled")] == ["iris@words.example"]


async def test_an_address_that_was_only_a_guests_may_ask_for_itself_later(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    await invited(site, session)
    visitor = await site.visitor()
    asked = await visitor.post("/at/harbor/ask", name="Iris Berg", email="iris@words.example")
    assert asked.status == 200
    code = await owner.fetchval("SELECT details ->> 'code' FROM mail WHERE kind = 'code'")
    confirmed = await visitor.post(f"/at/harbor/ask/{(await asked.json())['confirmation']}", code=code)
    assert confirmed.status == 200
    assert "Ask for a visit" in await (await visitor.get("/dashboard")).text()


async def test_a30_staff_make_a_link_on_purpose_and_see_it_once(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    ana = await site.visitor("ana")
    made = await ana.post(f"/sessions/{session}/links", headers={"Origin": site.url}, person="client")
    page = await made.text()
    (address,) = re.findall(r'value="(http[^"]+/join/[\w-]{43})"', page)
    assert made.status == 200 and "data:image/svg+xml" in page and made.headers["Cache-Control"] == "no-store"
    token = address.rpartition("/")[2]
    again = await (await ana.get(f"/sessions/{session}/manage")).text()
    assert token not in again and "not opened yet" in again
    for table in ("answered", "audit_line", "mail", "direct_link"):
        assert not await owner.fetchval(f"SELECT count(*) FROM {table} WHERE {table}::text LIKE $1", f"%{token}%")
    visitor = await come(site, token)
    assert "Link opened" in await (await ana.get(f"/sessions/{session}/manage")).text()
    await come(site, token)
    assert "on another device" in await (await ana.get(f"/sessions/{session}/manage")).text()
    newer = await new_link(ana, session)
    assert (await visitor.get(f"/sessions/{session}", allow_redirects=False)).status == 401, "the old one ended"
    await come(site, newer)
    assert (await ana.post(f"/sessions/{session}/links/revoke", person="client")).status == 200
    assert (await (await site.visitor()).get(f"/join/{newer}")).status == 404


async def test_a30_a_link_sent_on_purpose_comes_by_mail(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    sam = await site.visitor("sam")
    answer = await sam.post(f"/sessions/{session}/links/send", person="client", key="12345678")
    assert (await answer.json()) == {"sent_to": "chloe@harbor.example"}
    assert [row["recipient"] for row in await mails(owner, "link")] == ["chloe@harbor.example"]


async def test_a15_no_link_is_made_for_an_inactive_client(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    ana = await site.visitor("ana")
    assert (await ana.post(f"/sessions/{session}/links", person="client")).status == 422


async def test_a_session_that_is_over_takes_no_guests_and_makes_no_links(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    await owner.execute("UPDATE session SET state = 'ended'")
    ana = await site.visitor("ana")
    fields: dict[str, Any] = {"name": "Iris", "email": "iris@words.example", "relation": "family"}
    for path in ("guests", "links", "links/send"):
        assert (await ana.post(f"/sessions/{session}/{path}", **fields)).status == 409
    page = await (await ana.get(f"/sessions/{session}/manage")).text()
    assert "Links and guests" in page and "Invite somebody" not in page


async def test_r017_the_host_sees_who_came_by_link_and_who_they_are(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    guest = await invited(site, session)
    ana = await site.visitor("ana")
    token = await new_link(ana, session, guest)
    await come(site, token)
    visitor = await come(site, token)
    waits = await connect(visitor, "/session", {"session": session})
    host = await connect(ana, "/session", {"session": session})
    try:
        await visitor.post(f"/sessions/{session}/knock", name="Iris")
        told = await eventually(lambda: [one for one in host.named("waiting.changed") if one["waiting"]])
        (row,) = told[-1]["waiting"]
        assert (row["name"], row["relation"]) == ("Iris", "interpreter")
        assert row["by_link"] is row["other_device"] is True
        assert not waits.named("waiting.changed")
    finally:
        await host.disconnect()
        await waits.disconnect()
