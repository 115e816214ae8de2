"""My Account > Sessions, and the gates at Join."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from records.database import Connection
from tests.dispatch.agenda import put_session
from tests.dispatch.factories import booked_session
from tests.support import actor
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from web.keys import DATABASE


async def moved(owner: Connection, session: str, starts_in: timedelta) -> None:
    """The session begins in so long, and lasts 20 minutes."""
    await owner.execute(
        "UPDATE session SET starts_at = clock_now() + $1::interval, "
        "ends_at = clock_now() + $1::interval + interval '20 minutes' WHERE public_id = $2",
        starts_in,
        session,
    )


async def more_sessions(owner: Connection, session: str, *starts: timedelta, state: str = "scheduled") -> None:
    """Copies of a session at other times."""
    columns = "organization_id, clinic_id, host_id, client_id, visitor_id, service_name"
    await owner.executemany(
        f"INSERT INTO session ({columns}, starts_at, ends_at, state) SELECT {columns}, clock_now() + $1::interval, "
        "clock_now() + $1::interval + interval '20 minutes', $2::session_state FROM session WHERE public_id = $3",
        [(start, state, session) for start in starts],
    )


def joins(page: str) -> list[str]:
    """The sessions that a page's Join buttons lead to."""
    return re.findall(r'data-testid="join" href="/sessions/(\w+)"', page)


async def shown(visitor: Visitor, path: str = "/account/sessions") -> str:
    answer = await visitor.get(path)
    assert answer.status == 200
    return await answer.text()


async def test_r124_r125_all_sessions_are_listed_and_the_next_one_is_on_top(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    await more_sessions(owner, session, timedelta(days=3), timedelta(days=1))
    await more_sessions(owner, session, timedelta(days=-1), timedelta(days=-9), state="ended")
    await more_sessions(owner, session, timedelta(days=2), state="cancelled")
    page = await shown(await site.visitor("chloe"))
    states = re.findall(r'<article class="card mb-2 (past)? ?(next)?', page)
    assert states == [("", "next"), ("", ""), ("", ""), ("past", ""), ("past", ""), ("past", "")]
    assert joins(page) == [session]
    assert page.count('data-testid="join-later"') == 2, "Join shows beside each, inactive before its time"
    nobody = await shown(await site.visitor("david"))
    assert 'data-testid="session"' not in nobody and "Nothing is booked" in nobody


async def test_r124_long_histories_come_in_pages(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    await more_sessions(owner, session, *(timedelta(days=-day) for day in range(1, 61)), state="ended")
    visitor, path, seen = await site.visitor("chloe"), "/account/sessions", []
    for _ in range(3):
        page = await shown(visitor, path)
        seen += re.findall(r'<article class="card mb-2 past.*?datetime="([^"]+)"', page, re.S)
        found = re.search(r'href="(/account/sessions\?before=\w+)"', page)
        path = found[1] if found else ""
    assert len(seen) == len(set(seen)) == 60 and seen == sorted(seen, reverse=True) and not path
    starts = datetime.now(UTC) - timedelta(days=1, hours=1)
    strangers = await put_session(owner, starts, starts + timedelta(hours=1), state="ended")
    for other in (strangers, "0" * 32):
        assert "card mb-2 past" not in await shown(visitor, f"/account/sessions?before={other}")


WINDOW = {
    timedelta(minutes=30, seconds=20): False,
    timedelta(minutes=29, seconds=40): True,
    timedelta(minutes=-49, seconds=-40): True,
    timedelta(minutes=-50, seconds=-20): False,
}


@pytest.mark.parametrize(("starts_in", "active"), WINDOW.items(), ids=str)
async def test_r173_a14_join_is_active_from_half_an_hour_before_to_half_an_hour_after(
    site: Site, owner: Connection, starts_in: timedelta, active: bool
) -> None:
    session = await booked_session(site.app[DATABASE])
    await moved(owner, session, starts_in)
    visitor = await site.visitor("chloe")
    for path in ("/account/sessions", "/account/sessions/live", "/dashboard"):
        assert joins(await shown(visitor, path)) == [session] * active, path
    assert ('data-testid="door"' in await shown(visitor, f"/sessions/{session}")) == active
    knocked = await visitor.post(f"/sessions/{session}/knock", name="Chloe")
    assert knocked.status == (200 if active else 403), "the server enforces it, too"


async def test_a14_the_clinic_sets_the_join_window(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    await moved(owner, session, timedelta(minutes=50))
    visitor = await site.visitor("chloe")
    assert joins(await shown(visitor)) == []
    await owner.execute("UPDATE clinic SET join_before = interval '1 hour'")
    assert joins(await shown(visitor)) == [session]
    await moved(owner, session, timedelta(minutes=-25))
    await owner.execute("UPDATE clinic SET join_after = interval '0'")
    assert joins(await shown(visitor)) == []


async def test_r173_a_page_knows_when_its_join_turns(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    visitor = await site.visitor("chloe")
    for starts_in, seconds in ((timedelta(minutes=31), 60), (timedelta(minutes=-48), 120)):
        await moved(owner, session, starts_in)
        turns_in = re.search(r'data-turns-in="([\d.]+)"', await shown(visitor, "/account/sessions/live"))
        assert turns_in and seconds - 5 < float(turns_in[1]) <= seconds


GATES = {
    "not associated with the host": "DELETE FROM association",
    "account pending": "UPDATE account SET state = 'pending' WHERE username = 'chloe'",
    "associated with another host": (
        "UPDATE association SET practitioner_id = (SELECT id FROM account WHERE username = 'ben' LIMIT 1)"
    ),
}


@pytest.mark.parametrize("change", GATES.values(), ids=GATES)
async def test_r030_r032_r063_a05_join_from_the_portal_needs_approval_and_a_care_relationship(
    site: Site, owner: Connection, change: str
) -> None:
    session = await booked_session(site.app[DATABASE])
    visitor = await site.visitor("chloe")
    assert joins(await shown(visitor)) == [session]
    await owner.execute(change)
    for path in ("/account/sessions", "/dashboard"):
        page = await shown(visitor, path)
        assert joins(page) == [] and "join by the link that we mailed you" in page
    assert 'data-testid="not-cleared"' in await shown(visitor, f"/sessions/{session}")
    error = "awaiting_approval" if "pending" in change else "not_cleared"
    refused = await visitor.post(f"/sessions/{session}/knock", name="Chloe")
    assert (refused.status, (await refused.json())["error"]) == (403, error)
    with pytest.raises(Exception, match=error):
        await connect(visitor, "/session", {"session": session})
    assert await owner.fetchval("SELECT count(*) FROM admission") == 0


async def test_a15_an_inactive_client_comes_in_by_no_way(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    visitor = await site.visitor("chloe")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    for path in (f"/sessions/{session}", "/account/sessions"):
        assert (await visitor.get(path, allow_redirects=False)).status == 303
    assert (await visitor.post(f"/sessions/{session}/knock", name="Chloe")).status == 401


async def test_r172_a_mailed_address_leads_through_signing_in_to_the_session(site: Site, owner: Connection) -> None:
    session = await booked_session(site.app[DATABASE])
    visitor = await site.visitor()
    asked = await visitor.get(f"/sessions/{session}")
    assert asked.status == 200 and f"then=/sessions/{session}" in str(asked.url)
    answer = await visitor.post(
        "/at/harbor/sign-in",
        headers={"Origin": site.url},
        login="chloe",
        password="anteroom-demo",
        then=f"/sessions/{session}",
    )
    assert (answer.status, answer.headers["Location"]) == (303, f"/sessions/{session}")
    who = await actor(site.app[DATABASE], "chloe")
    assert who.is_client
