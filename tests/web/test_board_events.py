"""What a change anywhere does to open boards: rows near it, decisions, who is deciding; and who hears nothing."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from records.database import Connection
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.dispatch.agenda import NOON, put_session, stop_clock
from tests.dispatch.factories import soon
from tests.support import cut_feeds, eventually
from tests.web.board_model import Board, open_board, open_wall, snapshot_of
from tests.web.conftest import Site, Visitor
from tests.web.test_board_live import assign_page, offer, submit

HOUR = timedelta(hours=1)
SOFIA = "(SELECT min(id) FROM account WHERE username = 'sofia')"


async def ask_ana(site: Site, visitor: Visitor, **fields: str) -> dict[str, Any]:
    """A request addressed to Ana Duarte."""
    dashboard = await (await visitor.get("/dashboard")).text()
    (path, *_) = re.findall(r'href="(/clinics/\w+/ask)"', dashboard)
    form = await (await visitor.get(path)).text()
    (host,) = re.findall(r'value="(\w+)"[^>]*>\s*(?:<span>)?Ana Duarte', form)
    return await submit(site, visitor, host=host, **fields)


def near_of(html: str) -> list[str]:
    """The badges of a row."""
    return re.findall(r'data-testid="near">([^<]+)<', html)


async def hears(board: Board, request: str, badges: list[str]) -> None:
    """The board's newest row of that request shows these badges within a second; slow machines get longer."""

    def newest() -> bool:
        rows = [change for change in board.changes if change["id"] == request]
        return bool(rows) and near_of(rows[-1]["html"]) == badges

    await eventually(newest, what=f"no row with {badges}")
    await board.comes_right()


async def test_r099_a27_rows_follow_sessions_that_are_booked_moved_and_cancelled_anywhere(
    site: Site, owner: Connection
) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    times = {"when": "scheduled", "times": soon(48).isoformat()}
    to_ana, to_group = await ask_ana(site, chloe, **times), await submit(site, chloe, **times)
    board = await open_board(sam)
    session = await put_session(owner, soon(48), soon(49))
    await hears(board, to_ana["request"], ["1 session within 2 h"])
    await hears(board, to_group["request"], ["1 of 2 free"])
    await owner.execute(
        "UPDATE session SET starts_at = $2, ends_at = $3 WHERE public_id = $1", session, soon(50), soon(51)
    )
    await hears(board, to_ana["request"], ["1 session within 2 h"])
    await hears(board, to_group["request"], ["2 of 2 free"])
    await owner.execute("UPDATE session SET state = 'cancelled' WHERE public_id = $1", session)
    await hears(board, to_ana["request"], ["No session near"])


async def test_a27_rows_follow_a_session_that_moves_from_one_host_to_another(site: Site, owner: Connection) -> None:
    chloe = await site.visitor("chloe")
    to_ana = await ask_ana(site, chloe, when="scheduled", times=soon(48).isoformat())
    session = await put_session(owner, soon(48), soon(49), host="ben")
    board = await open_board(await site.visitor("sam"))
    move = "UPDATE session SET host_id = (SELECT id FROM account WHERE username = $2 LIMIT 1) WHERE public_id = $1"
    await owner.execute(move, session, "ana")
    await hears(board, to_ana["request"], ["1 session within 2 h"])
    await owner.execute(move, session, "ben")
    await hears(board, to_ana["request"], ["No session near"])


async def test_r098_a27_rows_follow_the_toggle_switches_and_who_is_a_host(site: Site, owner: Connection) -> None:
    asked = await submit(site, await site.visitor("chloe"))
    board = await open_board(await site.visitor("sam"))
    of_ben = "(SELECT min(id) FROM account WHERE username = 'ben')"
    for change, badge in (
        (f"UPDATE clinic_host SET on_demand = false WHERE account_id = {of_ben}", "1 of 2 free"),
        (f"UPDATE clinic_host SET on_demand = true WHERE account_id = {of_ben}", "2 of 2 free"),
        (f"UPDATE host SET takes_requests = false WHERE account_id = {of_ben}", "1 of 2 free"),
        (f"DELETE FROM clinic_host WHERE account_id = {of_ben}", "1 of 1 free"),
        ("UPDATE account SET state = 'inactive' WHERE username = 'ana'", "0 of 0 free"),
    ):
        await owner.execute(change)
        await hears(board, asked["request"], [badge])


async def test_a10_rows_of_a_calendar_clinic_follow_the_hosts_hours(site: Site, owner: Connection) -> None:
    asked = await submit(site, await site.visitor("chloe"), when="scheduled", times=soon(48).isoformat())
    await owner.execute(
        "UPDATE clinic SET availability = 'calendar'; DELETE FROM weekly_hours; DELETE FROM special_hours"
    )
    board = await open_board(await site.visitor("sam"))
    every_day = (
        "INSERT INTO {table} (organization_id, host_id, {columns}, starts_minute, ends_minute) "
        "SELECT organization_id, account_id, {values}, 0, 1440 FROM host, generate_series(1, 7) AS day "
        "WHERE account_id = (SELECT min(id) FROM account WHERE username = 'ben')"
    )
    await owner.execute(every_day.format(table="weekly_hours", columns="weekday", values="day"))
    await hears(board, asked["request"], ["1 of 2 free"])
    closed = "current_date + day::int - 2, false"
    await owner.execute(every_day.format(table="special_hours", columns="day, open", values=closed))
    await hears(board, asked["request"], ["0 of 2 free"])
    await owner.execute("DELETE FROM special_hours")
    await hears(board, asked["request"], ["1 of 2 free"])


async def test_a26_a_now_request_follows_the_clock(quick_clock: None, site: Site, owner: Connection) -> None:
    await stop_clock(owner)
    chloe = await site.visitor("chloe")
    await put_session(owner, NOON + 3 * HOUR, NOON + 4 * HOUR)
    to_ana, to_group = await ask_ana(site, chloe), await submit(site, chloe)
    board = await open_board(await site.visitor("sam"))
    await owner.execute("UPDATE sign_in SET seen_at = $1, expires_at = $1", NOON + 9 * HOUR)
    for later, one, group in (
        (40, "1 session within 2 h", None),
        (165, None, "1 of 2 free"),
        (240, None, "2 of 2 free"),
        (361, "No session near", None),
    ):
        await stop_clock(owner, NOON + timedelta(minutes=later))
        if one:
            await hears(board, to_ana["request"], [one])
        if group:
            await hears(board, to_group["request"], [group])


async def test_a_decision_leaves_the_rows_for_the_lane_and_a_session_that_moves_is_told_there(
    site: Site, owner: Connection
) -> None:
    sam = await site.visitor("sam")
    asked = await submit(site, await site.visitor("chloe"))
    board = await open_board(sam)
    _, providers = await assign_page(site, sam, asked["request"])
    await sam.post(f"/requests/{asked['request']}/accept", host=providers["Ana Duarte"], time="0", response="Welcome")
    (change,) = await eventually(lambda: [told for told in board.changes if told["decided"]])
    assert (change["id"], change["html"]) == (asked["request"], None)
    for part in ("Sam Reyes", "Ana Duarte", "Welcome", "Chloe Adams"):
        assert part in change["decided"]
    await owner.execute("UPDATE session SET starts_at = $1, ends_at = $2", soon(72), soon(73))
    stamp = soon(72).strftime("%Y-%m-%dT%H:%M:%SZ")
    await eventually(lambda: stamp in board.changes[-1]["decided"])
    await board.comes_right()


async def test_what_was_decided_more_than_a_day_ago_is_not_in_the_lane(site: Site, owner: Connection) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    old, fresh = await submit(site, chloe), await submit(site, await site.visitor("david"))
    for asked in (old, fresh):
        await sam.post(f"/requests/{asked['request']}/decline")
    await owner.execute(
        "UPDATE request SET decided_at = clock_now() - interval '24 hours 1 second' WHERE public_id = $1",
        old["request"],
    )
    _, rows = await snapshot_of(sam)
    assert list(rows) == [f"decided-{fresh['request']}"]


async def test_r014_who_is_taken_off_a_clinic_hears_nothing_more_of_it(site: Site, owner: Connection) -> None:
    sam, sofia, chloe = [await site.visitor(name) for name in ("sam", "sofia", "chloe")]
    board, other = await open_board(sofia), await open_board(sam)
    await submit(site, chloe)
    await eventually(lambda: board.changes)
    await owner.execute(
        "DELETE FROM clinic_scheduler WHERE account_id = (SELECT min(id) FROM account WHERE username = 'sofia')"
    )
    await eventually(lambda: not board.listener.connected)
    again = await open_board(sofia)
    heard = len(board.changes)
    await submit(site, await site.visitor("david"))
    await eventually(lambda: len(other.changes) >= 2)
    assert (len(board.changes), again.changes) == (heard, [])
    assert (await snapshot_of(sofia))[1] == {}


async def test_who_loses_the_schedulers_role_hears_nothing_more(site: Site, owner: Connection) -> None:
    sofia, chloe = await site.visitor("sofia"), await site.visitor("chloe")
    board, other = await open_board(sofia), await open_board(await site.visitor("sam"))
    await owner.execute(
        "DELETE FROM account_role WHERE account_id = (SELECT min(id) FROM account WHERE username = 'sofia')"
    )
    await eventually(lambda: not board.listener.connected)
    await submit(site, chloe)
    await eventually(lambda: other.changes)
    assert board.changes == []
    assert (await sofia.get("/board/rows")).status == 404


async def test_who_is_taken_off_a_clinic_while_the_feed_is_away_hears_nothing_more(
    site: Site, owner: Connection, postgres: EmbeddedServer, place: Place
) -> None:
    sam, sofia = await open_board(await site.visitor("sam")), await open_board(await site.visitor("sofia"))
    await owner.execute("ALTER TABLE clinic_scheduler DISABLE TRIGGER announce")
    await owner.execute(f"DELETE FROM clinic_scheduler WHERE account_id = {SOFIA}")
    assert await cut_feeds(postgres, place) == 1
    await eventually(lambda: not sofia.listener.connected)
    await submit(site, await site.visitor("chloe"))
    await eventually(lambda: sam.changes)
    assert (sam.listener.connected, sofia.changes) == (True, [])


async def test_a_wallboard_hears_numbers_and_no_name_note_or_answer(site: Site, owner: Connection) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    wall = await open_wall(sam)
    asked = await submit(site, chloe, note="My secret knee")
    await owner.execute(
        "UPDATE request SET answers = $1", [{"label": "Secret label", "kind": "short_text", "answer": "Secret answer"}]
    )
    await eventually(lambda: len(wall.changes) >= 2)
    assert asked["request"] in wall.changes[-1]["html"]
    page = await (await sam.get("/board/wall")).text()
    told = [await (await sam.get("/board/wall/rows")).text(), page.split("<main")[1]]
    told.append(await (await sam.get("/board/wall/rows", headers={"Accept": "application/json"})).text())
    await sam.post(f"/requests/{asked['request']}/deciding", open="true")
    await sam.post(f"/requests/{asked['request']}/decline", response="Secret response")
    await eventually(lambda: wall.changes[-1]["html"] is None)
    told += [str(message) for _, message in wall.listener.heard]
    for secret in ("Chloe", "Adams", "ecret", "Sam Reyes", "Video consultation"):
        assert not [text for text in told if secret in text], secret
    assert {name for name, _ in wall.listener.heard} <= {"request.changed", "board.resync", "dashboard.changed"}
    assert wall.changes[-1]["decided"] is None
    await wall.comes_right()


async def test_who_is_deciding_is_told_to_the_clinics_boards_until_the_dialog_closes(site: Site) -> None:
    sam, sofia, chloe = [await site.visitor(name) for name in ("sam", "sofia", "chloe")]
    asked = await submit(site, chloe)
    board = await open_board(sofia)
    path = f"/requests/{asked['request']}/deciding"
    assert (await sam.post(path, open="true")).status == 204
    await eventually(lambda: board.listener.named("request.deciding"))
    assert board.listener.named("request.deciding") == [{"id": asked["request"], "names": ["Sam Reyes"]}]
    told = await (await sofia.get("/board/rows", headers={"Accept": "application/json"})).json()
    assert [row["deciding"] for row in told["rows"]] == [["Sam Reyes"]]
    assert "Sam Reyes" in await (await sofia.get("/board/rows")).text()
    assert (await sofia.post(f"/requests/{asked['request']}/decline")).status == 200, "it never blocks"
    await sam.post(path, open="false")
    await eventually(lambda: board.listener.named("request.deciding")[-1]["names"] == [])


async def test_only_who_may_decide_a_request_may_say_that_they_do(site: Site) -> None:
    chloe = await site.visitor("chloe")
    fields = await offer(site, chloe, "Talking clinic")
    asked = await (await chloe.post("/requests", **fields)).json()
    board = await open_board(await site.visitor("sam"))
    for name in ("chloe", "david", "ana", "olivia", "sofia"):
        visitor = await site.visitor(name)
        answer = await visitor.post(f"/requests/{asked['request']}/deciding", open="true")
        unknown = await visitor.post("/requests/nothing/deciding", open="true")
        assert (answer.status, await answer.json()) == (404, await unknown.json()), name
    stranger = await site.visitor("sam", "meadow")
    assert (await stranger.post(f"/requests/{asked['request']}/deciding", open="true")).status == 404
    await asyncio.sleep(0.6)
    assert board.listener.named("request.deciding") == []


async def test_r093_the_filter_is_remembered_and_unknown_clinics_are_left_out(site: Site) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    family = await submit(site, chloe)
    fields = await offer(site, chloe, "Talking clinic")
    talking = await (await chloe.post("/requests", **fields)).json()

    async def seen() -> set[str]:
        return {name.split("-")[1] for name in (await snapshot_of(sam))[1]}

    assert await seen() == {family["request"], talking["request"]}
    answer = await (await sam.post("/board/filter", clinic=[fields["clinic"], "nothing"])).json()
    assert [clinic["name"] for clinic in answer["clinics"] if clinic["shown"]] == ["Talking clinic"]
    assert await seen() == {talking["request"]}
    again = await site.visitor("sam")
    told = await (await again.get("/board/rows", headers={"Accept": "application/json"})).json()
    assert [row["id"] for row in told["rows"]] == [talking["request"]]
    await sam.post("/board/filter")
    assert await seen() == {family["request"], talking["request"]}
    assert (await (await site.visitor("ana")).post("/board/filter")).status == 404


async def test_the_figures_of_today(site: Site, owner: Connection) -> None:
    await stop_clock(owner, NOON + 2 * HOUR)
    sam, chloe, david = [await site.visitor(name) for name in ("sam", "chloe", "david")]
    days = [(NOON + day * 24 * HOUR).isoformat() for day in range(1, 6)]
    asked = [await submit(site, chloe, when="scheduled", times=day) for day in days]
    waiting = await submit(site, david)
    for number, minutes in enumerate((1, 2, 4, 9)):
        await sam.post(f"/requests/{asked[number]['request']}/decline")
        await _waited(owner, asked[number]["request"], minutes)
    over = "UPDATE request SET state = 'expired', decided_at = clock_now() WHERE public_id = $1"
    await owner.execute(over, asked[4]["request"])
    since = "UPDATE request SET submitted_at = clock_now() - interval '5 minutes' WHERE public_id = $1"
    await owner.execute(since, waiting["request"])
    told = await (await sam.get("/board/figures")).json()
    assert (told["decided"], told["median_s"], told["share_in_time"]) == (4, 180.0, 0.6)
    assert told["p90_s"] == pytest.approx(450)
    assert (told["pending"], told["red"]) == (1, 1)
    midnight = datetime(2031, 3, 4, tzinfo=NOON.tzinfo).timestamp()
    assert told["queue"][0] == [midnight, 0]
    assert told["queue"][-1] == [(NOON + 2 * HOUR).timestamp(), 1]
    assert max(pending for _, pending in told["queue"]) == 5
    assert [at for at, _ in told["queue"]] == sorted(at for at, _ in told["queue"])


async def _waited(owner: Connection, request: str, minutes: int) -> None:
    await owner.execute(
        "UPDATE request SET decided_at = clock_now() - interval '1 minute', "
        "submitted_at = clock_now() - make_interval(mins => $2 + 1) WHERE public_id = $1",
        request,
        minutes,
    )
