"""What changes an open page although no row of its own changed, and what was missed while nothing was heard."""

import asyncio

import pytest

from records.database import Connection, Unavailable
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.dispatch.agenda import put_session, stop_clock
from tests.dispatch.factories import soon
from tests.support import cut_feeds, eventually
from tests.web.board_model import open_board
from tests.web.conftest import Site
from tests.web.live_client import Listener, connect
from tests.web.test_board_events import HOUR, ask_ana, hears
from tests.web.test_board_live import assign_page, submit


def forget(*listeners: Listener) -> None:
    for listener in listeners:
        listener.heard.clear()


async def test_r098_r099_an_open_dialog_hears_of_every_provider_of_its_clinic_whoever_was_asked(
    site: Site, owner: Connection
) -> None:
    await ask_ana(site, await site.visitor("chloe"), when="scheduled", times=soon(48).isoformat())
    sam, stranger = await connect(await site.visitor("sam")), await connect(await site.visitor("sam", "meadow"))
    forget(sam, stranger)
    session = await put_session(owner, soon(48), soon(49), host="ben")
    (told,) = await eventually(lambda: sam.named("providers.changed"))
    assert told == {
        "clinic": await owner.fetchval("SELECT clinic.public_id FROM clinic JOIN session ON clinic_id = clinic.id")
    }
    forget(sam)
    await owner.execute("UPDATE session SET state = 'cancelled' WHERE public_id = $1", session)
    await eventually(lambda: sam.named("providers.changed"))
    assert stranger.named("providers.changed") == []


async def test_r014_rights_that_changed_while_nothing_was_heard_hold_afterwards(
    site: Site, owner: Connection, postgres: EmbeddedServer, place: Place
) -> None:
    sam, sofia = await connect(await site.visitor("sam")), await connect(await site.visitor("sofia"))
    await owner.execute("ALTER TABLE clinic_scheduler DISABLE TRIGGER announce")
    await owner.execute("DELETE FROM clinic_scheduler USING account WHERE account.id = account_id AND username = 'sam'")
    assert await cut_feeds(postgres, place) == 1
    await eventually(lambda: not sam.connected)
    await eventually(lambda: sofia.named("board.resync"))
    assert sofia.connected


async def test_a10_a_requested_time_that_begins_is_nobodys_any_more(
    quick_clock: None, site: Site, owner: Connection
) -> None:
    chloe, sam = await site.visitor("chloe"), await site.visitor("sam")
    times = {"when": "scheduled", "times": soon(48).isoformat(), "times2": soon(72).isoformat()}
    asked = await submit(site, chloe, **times)
    await owner.execute("UPDATE request SET expires_at = $1", soon(72))
    await owner.execute(
        "INSERT INTO requested_time SELECT organization_id, request_id, 2, $1, $2 FROM requested_time "
        "WHERE NOT EXISTS (SELECT FROM requested_time WHERE rank = 2)", soon(72), soon(73),
    )  # fmt: skip
    await owner.execute("UPDATE sign_in SET seen_at = $1, expires_at = $1", soon(72))
    board = await open_board(sam)
    await stop_clock(owner, soon(48) - HOUR)
    await asyncio.sleep(0.2)
    await stop_clock(owner, soon(48, minutes=1))
    await hears(board, asked["request"], ["0 of 2 free", "2 of 2 free"])
    _, hosts = await assign_page(site, sam, asked["request"])
    for time, status in (("1", 422), ("2", 200)):
        answer = await sam.post(f"/requests/{asked['request']}/accept", host=hosts["Ana Duarte"], time=time)
        assert answer.status == status, await answer.text()


async def test_a_board_is_not_called_live_while_nobody_tells_it_of_changes(
    site: Site, postgres: EmbeddedServer, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await site.visitor("sam")
    board = await connect(sam)
    forget(board)
    with monkeypatch.context() as away:

        async def refused(*_: str) -> None:
            raise Unavailable

        away.setattr("records.feed.connect", refused)
        assert await cut_feeds(postgres, place) == 1
        await eventually(lambda: board.named("board.resync"))
        assert [(await sam.get(path)).status for path in ("/board/rows", "/board/wall/rows")] == [503, 503]
        forget(board)
    await eventually(lambda: board.named("board.resync"))
    assert [(await sam.get(path)).status for path in ("/board/rows", "/board/wall/rows")] == [200, 200]


async def test_r093_a_filter_chosen_in_one_window_holds_in_the_others(site: Site) -> None:
    visitor = await site.visitor("sam")
    other, sofia = await connect(await site.visitor("sam")), await connect(await site.visitor("sofia"))
    forget(other, sofia)
    await visitor.post("/board/filter", clinic="")
    await eventually(lambda: other.named("board.resync"))
    assert sofia.named("board.resync") == []


async def test_a26_a_hosts_dashboard_follows_the_clock_though_nobody_watches_a_board(
    quick_clock: None, site: Site, owner: Connection
) -> None:
    await ask_ana(site, await site.visitor("chloe"))
    start = soon(48)
    await put_session(owner, start, start + HOUR)
    visitor = await site.visitor("ana")
    await owner.execute("UPDATE sign_in SET seen_at = $1, expires_at = $1", start)
    ana = await connect(visitor)
    forget(ana)

    async def told_as_time_goes_by() -> bool:
        for hours in (3, 1):
            await stop_clock(owner, start - hours * HOUR)
            await asyncio.sleep(0.2)
        return bool(ana.named("dashboard.changed"))

    await eventually(told_as_time_goes_by)


async def test_a11_a_clinics_settings_reach_the_pages_of_its_hosts_and_requesters(
    site: Site, owner: Connection
) -> None:
    await submit(site, await site.visitor("chloe"))
    ben, chloe, david = [await connect(await site.visitor(name)) for name in ("ben", "chloe", "david")]
    forget(ben, chloe, david)
    await owner.execute("UPDATE clinic SET hosts_see_group_queue = true, host_group = 'Doctors'")
    await eventually(lambda: ben.named("dashboard.changed"))
    await eventually(lambda: chloe.named("dashboard.changed"))
    assert david.named("dashboard.changed") == []
