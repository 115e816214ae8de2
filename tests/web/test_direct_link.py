"""A direct link opens one session's door, and nothing else."""

import asyncio
import re
from datetime import timedelta

import pytest
import socketio

from dispatch import direct_links
from records.database import Connection
from tests.dispatch.factories import accept, booked_session, pending_request, soon
from tests.support import actor, eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from web.auth import actor_by_token
from web.keys import DATABASE


async def link_to(site: Site, owner: Connection, session: str, username: str = "chloe") -> str:
    """A link for that account; the session's own people are its host and that account."""
    database = site.app[DATABASE]
    who = await actor(database, username)
    async with database.transaction(who) as connection:
        session_id = await connection.fetchval("SELECT id FROM session WHERE public_id = $1", session)
        return await direct_links.make(connection, session_id, who.account_id)


async def prospect_session(site: Site, owner: Connection) -> str:
    """A session of somebody whose account is pending and who has no file (A-23)."""
    session = await booked_session(site.app[DATABASE])
    await owner.execute("UPDATE session SET client_id = NULL")
    await owner.execute("DELETE FROM association")
    await owner.execute("DELETE FROM client WHERE email = 'chloe@harbor.example'")
    await owner.execute("UPDATE account SET state = 'pending', password_hash = NULL WHERE username = 'chloe'")
    return session


async def follow(visitor: Visitor, token: str) -> str:
    """Press the button; returns the session's public id."""
    await visitor.get(f"/join/{token}", allow_redirects=False)
    answer = await visitor.post("/join")
    assert answer.status == 200, await answer.text()
    return (await answer.json())["session"]


async def test_a15_looking_at_a_link_uses_nothing_up_and_tells_no_site_of_it(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    before = await owner.fetchrow("SELECT * FROM direct_link")
    for method in ("GET", "HEAD", "GET"):
        scanner = await site.visitor()
        moved = await scanner.session.request(method, f"/join/{token}", allow_redirects=False)
        assert (moved.status, moved.headers["Location"]) == (303, "/join"), "no page is shown at the secret's address"
        assert moved.headers["Referrer-Policy"] == "no-referrer" and moved.headers["Cache-Control"] == "no-store"
        assert token not in await moved.text()
        answer = await scanner.get("/join")
        assert answer.status == 200
        body = await answer.text()
        assert 'action="/join"' in body
        assert token not in body and "Chloe" not in body and session not in body
        assert await owner.fetchval("SELECT count(*) FROM sign_in WHERE session_id IS NOT NULL") == 0
    assert await owner.fetchrow("SELECT * FROM direct_link") == before
    assert await follow(await site.visitor(), token) == session
    assert await follow(await site.visitor(), token) == session, "a lost tab comes in again"


async def test_a15_following_a_link_leaves_its_secret_in_no_cookie_that_lasts(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    visitor = await site.visitor()
    moved = await visitor.get(f"/join/{token}", allow_redirects=False)
    cookie = moved.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=86400" in cookie
    await follow(visitor, token)
    assert token not in visitor.cookie()
    again = await visitor.get(f"/join/{token}", allow_redirects=False)
    assert again.headers["Location"] == f"/sessions/{session}", "whoever is in already presses nothing twice"
    assert token not in visitor.cookie()


async def test_a15_a_prospect_comes_by_link_into_the_waiting_room_and_finds_nothing_else(
    site: Site, owner: Connection
) -> None:
    session = await prospect_session(site, owner)
    other = await accept(
        site.app[DATABASE],
        await actor(site.app[DATABASE], "sam"),
        await pending_request(site.app[DATABASE], await actor(site.app[DATABASE], "david"), times=(soon(30),)),
        await actor(site.app[DATABASE], "ana"),
        rank=1,
    )
    visitor = await site.visitor()
    await follow(visitor, await link_to(site, owner, session))
    page = await visitor.get(f"/sessions/{session}")
    assert page.status == 200
    assert "/dashboard" not in await page.text()
    knocked = await visitor.post(f"/sessions/{session}/knock", name="Chloe A.")
    assert (await knocked.json())["state"] == "waiting"
    unknown = await (await visitor.get("/clinics/" + "0" * 32 + "/nothing")).text()
    clinic = await owner.fetchval("SELECT public_id FROM clinic WHERE name = 'Family clinic' LIMIT 1")
    for path in (
        "/dashboard",
        "/dashboard/live",
        "/board",
        f"/clinics/{clinic}/ask",
        f"/sessions/{other['public_id']}",
    ):
        answer = await visitor.get(path, allow_redirects=False)
        assert (answer.status, await answer.text()) == (404, unknown), path
    for path in ("/requests", f"/sessions/{session}/end", f"/sessions/{other['public_id']}/knock"):
        answer = await visitor.post(path, name="Chloe", clinic=clinic)
        assert (await answer.json())["error"] == "not_found", path
    with pytest.raises(socketio.exceptions.ConnectionError):
        await connect(visitor)


async def test_r170_a15_the_visits_socket_opens_for_a_link_and_closes_when_it_is_revoked(
    site: Site, owner: Connection
) -> None:
    session = await prospect_session(site, owner)
    visitor = await site.visitor()
    await follow(visitor, await link_to(site, owner, session))
    client = await connect(visitor, "/session", {"session": session})
    try:
        host = await actor(site.app[DATABASE], "ana")
        async with site.app[DATABASE].transaction(host) as connection:
            session_id = await connection.fetchval("SELECT id FROM session WHERE public_id = $1", session)
            await direct_links.revoke(connection, host, session_id)
        await eventually(lambda: not client.connected, what="the socket outlived its link")
    finally:
        await client.disconnect()
    told = await visitor.get(f"/sessions/{session}", allow_redirects=False)
    assert told.status == 401 and "Your link to this visit has ended" in await told.text(), "not: you are signed out"
    assert (await (await visitor.post(f"/sessions/{session}/knock", name="Chloe")).json())["error"] == "link_ended"
    with pytest.raises(socketio.exceptions.ConnectionError, match="link_ended"):
        await connect(visitor, "/session", {"session": session})


GONE = {
    "revoked": "UPDATE direct_link SET revoked_at = now()",
    "cancelled": "UPDATE session SET state = 'cancelled'",
    "ended": "UPDATE session SET state = 'ended'",
    "over for more than half an hour": (
        "UPDATE session SET starts_at = now() - interval '2 hours', ends_at = now() - interval '31 minutes'"
    ),
    "of an inactive account": "UPDATE account SET state = 'inactive' WHERE username = 'chloe'",
}


@pytest.mark.parametrize("change", GONE.values(), ids=GONE)
async def test_a15_a_link_that_is_gone_answers_like_an_unknown_one(site: Site, owner: Connection, change: str) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    visitor, opened = await site.visitor(), await site.visitor()
    await opened.get(f"/join/{token}")
    await owner.execute(change)
    gone, unknown = await visitor.get(f"/join/{token}"), await visitor.get("/join/" + "x" * 43)
    assert gone.status == unknown.status == 404
    assert await gone.text() == await unknown.text()
    assert visitor.cookie() == ""
    nothing = await (await visitor.post("/join")).json()
    for browser in (visitor, opened):
        assert (await browser.get("/join")).status == 404
        refused = await browser.post("/join")
        assert (refused.status, await refused.json()) == (404, nothing)


@pytest.mark.parametrize("minutes", [31, 60 * 24])
async def test_a14_before_the_window_a_link_says_from_when_on(site: Site, owner: Connection, minutes: int) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    await owner.execute(
        "UPDATE session SET starts_at = now() + $1::interval, ends_at = now() + $1::interval + interval '20 minutes'",
        timedelta(minutes=minutes),
    )
    visitor = await site.visitor()
    shown = await (await visitor.get(f"/join/{token}")).text()
    assert "You can join from" in shown and "disabled" in shown and "data-turns-in" in shown
    refused = await visitor.post("/join")
    assert (refused.status, (await refused.json())["error"]) == (403, "not_open")
    again = await visitor.post("/join", headers={"Origin": site.url})
    assert again.status == 403 and "You can join from" in await again.text()
    await owner.execute(
        "UPDATE session SET starts_at = now() + interval '29 minutes', ends_at = now() + interval '50 minutes'"
    )
    assert await follow(visitor, token) == session


async def test_a15_a_new_link_ends_the_one_before(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    old, new = await link_to(site, owner, session), await link_to(site, owner, session)
    visitor = await site.visitor()
    assert (await visitor.get(f"/join/{old}")).status == 404
    assert await follow(visitor, new) == session


async def test_a15_only_the_links_hash_is_stored_and_no_log_holds_it(
    site: Site, owner: Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    assert len(token) >= 22, "at least 128 bits"
    stored = await owner.fetchval("SELECT string_agg(token_hash::text, ' ') FROM direct_link")
    assert token not in stored and token.encode().hex() not in stored
    visitor = await site.visitor()
    await visitor.get(f"/join/{token}")
    await follow(visitor, token)
    out, err = capfd.readouterr()
    assert token not in out + err
    assert re.search(r"/join/\{token\}", out + err)


async def test_a15_following_a_link_signs_the_browser_out_of_whoever_was_in_it(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    visitor = await site.visitor("david")
    old = visitor.cookie()
    assert "David Mori" in await (await visitor.get(f"/join/{token}")).text()
    await follow(visitor, token)
    thief = await site.visitor()
    assert (await thief.get("/dashboard", headers={"Cookie": old}, allow_redirects=False)).status == 303


async def test_a15_the_first_browser_binds_a_link_and_the_second_is_another_device(
    site: Site, owner: Connection
) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    first, second = await site.visitor(), await site.visitor()
    keys: dict[Visitor, bytes | None] = {}
    for visitor, is_other in ((first, False), (second, True), (first, False)):
        await follow(visitor, token)
        device = await device_of(site, visitor)
        await visitor.post("/sign-out")
        assert (device.by_link, device.other_device) == (True, is_other)
        assert keys.setdefault(visitor, device.key) == device.key, "one browser stays one device"
    assert keys[first] != keys[second]
    row = await owner.fetchrow("SELECT opened_at, other_at FROM direct_link")
    assert row["opened_at"] < row["other_at"]
    ana = await site.visitor("ana")
    assert await device_of(site, ana) == direct_links.Device(False, False, None)


async def device_of(site: Site, visitor: Visitor) -> direct_links.Device:
    """How the server knows this browser."""
    cookies = {morsel.key: morsel.value for morsel in visitor.session.cookie_jar}
    who = await actor_by_token(site.app[DATABASE], cookies["anteroom"])
    assert who is not None
    async with site.app[DATABASE].transaction(who) as connection:
        return await direct_links.device_of(connection, who)


async def test_a15_a_new_link_ends_the_sign_ins_by_the_old_one(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    visitor = await site.visitor()
    await follow(visitor, await link_to(site, owner, session))
    assert (await visitor.get(f"/sessions/{session}")).status == 200
    await link_to(site, owner, session)
    assert (await visitor.get(f"/sessions/{session}", allow_redirects=False)).status == 401


async def test_a15_of_two_browsers_at_once_one_binds_the_link(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    visitors = [await site.visitor() for _ in range(4)]
    await asyncio.gather(*(follow(visitor, token) for visitor in visitors))
    devices = [await device_of(site, visitor) for visitor in visitors]
    assert sorted(device.other_device for device in devices) == [False, True, True, True]


async def test_a15_whoever_may_join_from_the_portal_stays_signed_in_there(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    token = await link_to(site, owner, session)
    chloe = await site.visitor("chloe")
    answer = await chloe.get(f"/join/{token}", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, f"/sessions/{session}")
    assert (await chloe.get("/dashboard", allow_redirects=False)).status == 200
    assert await owner.fetchval("SELECT opened_at FROM direct_link") is None, "that uses nothing up either"


async def test_a15_a_link_may_be_used_only_so_often(site: Site, owner: Connection) -> None:
    session = await prospect_session(site, owner)
    token = await link_to(site, owner, session)
    visitor = await site.visitor()
    for _ in range(20):
        await follow(visitor, token)
        await visitor.post("/sign-out")
    await visitor.get(f"/join/{token}", allow_redirects=False)
    refused = await visitor.post("/join")
    assert (refused.status, (await refused.json())["error"]) == (429, "too_many")
    assert int(refused.headers["Retry-After"]) > 0
    shown = await visitor.post("/join", headers={"Origin": site.url})
    assert shown.status == 429 and "too many tries" in await shown.text()
