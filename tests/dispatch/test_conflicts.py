"""Possible conflicts: exactly two hours, both ends, for one host, for the group and for Now; and how they are found."""

from datetime import datetime, timedelta

import pytest

from dispatch import availability, board, conflicts
from dispatch.board import BoardRow
from records.database import Connection, Database, Row
from tests.dispatch.agenda import MICROSECOND, NOON, put_session, stop_clock
from tests.dispatch.factories import pending_request
from tests.support import actor

HOUR = timedelta(hours=1)
DURATION = timedelta(minutes=20)
TIME = NOON + 24 * HOUR
WINDOW = (TIME - 2 * HOUR, TIME + DURATION + 2 * HOUR)


async def row_of(database: Database) -> BoardRow:
    """The only row of the board."""
    sam = await actor(database, "sam")
    async with database.transaction(sam) as connection:
        (row,) = (await board.snapshot(connection, sam)).rows
    return row


async def conflicts_of(database: Database, username: str = "ana") -> list[Row]:
    """What the dialog of the only row says of one host."""
    sam, host, row = await actor(database, "sam"), await actor(database, username), await row_of(database)
    async with database.transaction(sam) as connection:
        found = await conflicts.of_request(connection, row["id"])
    return [near for near in found if near["host_id"] == host.account_id]


@pytest.mark.parametrize(
    ("starts", "ends", "near"),
    [
        (WINDOW[0] - HOUR, WINDOW[0], 1),
        (WINDOW[0] - HOUR, WINDOW[0] - MICROSECOND, 0),
        (WINDOW[1], WINDOW[1] + HOUR, 1),
        (WINDOW[1] + MICROSECOND, WINDOW[1] + HOUR, 0),
        (WINDOW[0] - HOUR, WINDOW[1] + HOUR, 1),
        (WINDOW[1] - 12 * HOUR, WINDOW[1], 1),
        (WINDOW[1], WINDOW[1] + 12 * HOUR, 1),
        (WINDOW[0] - 12 * HOUR, WINDOW[0], 1),
    ],
    ids=[
        "ends exactly 2 h before", "ends 2 h and 1 us before", "starts exactly 2 h after", "starts 2 h and 1 us after",
        "around it all", "12 h that end with the window", "12 h from the end of the window", "12 h up to the window",
    ],
)  # fmt: skip
async def test_r099_a08_a_session_is_near_if_it_touches_two_hours_on_either_side(
    database: Database, owner: Connection, starts: datetime, ends: datetime, near: int
) -> None:
    await stop_clock(owner)
    await put_session(owner, starts, ends)
    await pending_request(database, await actor(database, "chloe"), "Ana Duarte", (TIME,))
    assert (await row_of(database))["near"] == [
        {"rank": 1, "starts_at": TIME, "sessions": near, "free": None, "hosts": None}
    ]
    assert len(await conflicts_of(database)) == near


@pytest.mark.parametrize(
    ("starts", "ends", "near"),
    [
        (NOON - 3 * HOUR, NOON - 2 * HOUR, 1),
        (NOON - 3 * HOUR, NOON - 2 * HOUR - MICROSECOND, 0),
        (NOON + DURATION + 2 * HOUR, NOON + 4 * HOUR, 1),
        (NOON + DURATION + 2 * HOUR + MICROSECOND, NOON + 4 * HOUR, 0),
    ],
)
async def test_a26_the_time_of_a_now_request_is_from_this_moment_for_the_services_duration(
    database: Database, owner: Connection, starts: datetime, ends: datetime, near: int
) -> None:
    await stop_clock(owner)
    await put_session(owner, starts, ends)
    await pending_request(database, await actor(database, "chloe"), "Ana Duarte")
    assert (await row_of(database))["near"] == [
        {"rank": 0, "starts_at": NOON, "sessions": near, "free": None, "hosts": None}
    ]
    assert len(await conflicts_of(database)) == near


async def test_r099_each_requested_time_has_its_own_conflicts_in_the_order_asked(
    database: Database, owner: Connection
) -> None:
    await stop_clock(owner)
    first = await put_session(owner, TIME + HOUR, TIME + 2 * HOUR)
    second = await put_session(owner, TIME + 6 * HOUR, TIME + 7 * HOUR)
    times = (TIME + 6.5 * HOUR, TIME, TIME + 4 * HOUR)
    await pending_request(database, await actor(database, "chloe"), "Ana Duarte", times)
    assert [(near["rank"], near["sessions"]) for near in (await row_of(database))["near"]] == [(1, 1), (2, 1), (3, 2)]
    found = [(near["rank"], near["session_public_id"], near["overlaps"]) for near in await conflicts_of(database)]
    assert found == [(1, second, True), (2, first, False), (3, first, False), (3, second, False)]


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [(TIME - HOUR, TIME, False), (TIME - HOUR, TIME + MICROSECOND, True), (TIME + DURATION, TIME + HOUR, False)],
)
async def test_a08_sessions_that_only_meet_are_near_but_do_not_overlap(
    database: Database, owner: Connection, starts: datetime, ends: datetime, overlaps: bool
) -> None:
    await stop_clock(owner)
    await put_session(owner, starts, ends)
    await pending_request(database, await actor(database, "chloe"), "Ana Duarte", (TIME,))
    assert [near["overlaps"] for near in await conflicts_of(database)] == [overlaps]


@pytest.mark.parametrize("state", ["cancelled", "ended", "no_show"])
async def test_a08_only_sessions_that_still_stand_are_near(database: Database, owner: Connection, state: str) -> None:
    await stop_clock(owner)
    await put_session(owner, TIME, TIME + DURATION, state=state)
    await pending_request(database, await actor(database, "chloe"), "Ana Duarte", (TIME,))
    assert (await row_of(database))["near"][0]["sessions"] == 0
    assert await conflicts_of(database) == []


async def test_a27_a_request_to_the_group_counts_who_is_free_at_each_time(
    database: Database, owner: Connection
) -> None:
    await stop_clock(owner)
    await put_session(owner, TIME, TIME + DURATION, host="ana")
    await put_session(owner, TIME + DURATION, TIME + 2 * DURATION, host="ben", client="david")
    times = (TIME, TIME + HOUR, TIME + DURATION / 2)
    await pending_request(database, await actor(database, "chloe"), None, times)
    near = (await row_of(database))["near"]
    assert [(time["starts_at"], time["free"], time["hosts"]) for time in near] == [
        (times[0], 1, 2), (times[1], 2, 2), (times[2], 0, 2),
    ]  # fmt: skip
    assert {time["sessions"] for time in near} == {None}
    assert [len(await conflicts_of(database, host)) for host in ("ana", "ben", "mia")] == [3, 3, 0]


CALENDAR = """
    UPDATE clinic SET availability = 'calendar';
    INSERT INTO weekly_hours (organization_id, host_id, weekday, starts_minute, ends_minute)
    SELECT organization_id, account_id, extract(isodow FROM date '2031-03-05'), 720, {until} FROM host
"""


@pytest.mark.parametrize(
    ("change", "free"),
    [
        ("UPDATE clinic_host SET on_demand = false", 0),
        ("UPDATE host SET takes_requests = false", 0),
        ("UPDATE clinic SET availability = 'calendar'", 0),
        (CALENDAR.format(until=740), 2),
        (CALENDAR.format(until=739), 0),
    ],
    ids=["toggle off", "takes none", "calendar without hours", "calendar open for it", "calendar a minute too short"],
)
async def test_a10_a27_free_means_available_in_the_clinics_own_way(
    database: Database, owner: Connection, change: str, free: int
) -> None:
    await stop_clock(owner)
    await pending_request(database, await actor(database, "chloe"), None, (TIME,))
    await owner.execute(change)
    assert [(near["free"], near["hosts"]) for near in (await row_of(database))["near"]] == [(free, 2)]


async def test_a08_the_two_hours_are_looked_up_in_each_hosts_agenda(database: Database, owner: Connection) -> None:
    """The cost follows from how many sessions are near, not from how many there are: bench/ measures it."""
    await stop_clock(owner)
    first = await put_session(owner, NOON, NOON + DURATION)
    await owner.execute(
        """
        INSERT INTO session (organization_id, clinic_id, host_id, client_id, service_name, starts_at, ends_at)
        SELECT organization_id, clinic_id, host_id, client_id, 'Laid by a test',
               starts_at + n * interval '1 hour', ends_at + n * interval '1 hour'
        FROM session, generate_series(1, 2000) AS n WHERE public_id = $1
        """,
        first,
    )
    await owner.execute("ANALYZE")
    await pending_request(database, await actor(database, "chloe"), "Ana Duarte", (TIME,))
    row, sam = await row_of(database), await actor(database, "sam")
    asked = conflicts.queries.statements["of_request"].text.replace("$1", str(row["id"]))
    async with database.transaction(sam) as connection:
        plan = "\n".join(line[0] for line in await connection.fetch(f"EXPLAIN {asked}"))
    condition = plan.split("session_agenda on session")[1].split("Index Cond:")[1].split("\n")[0]
    for part in ("host_id =", "ends_at >=", "ends_at <="):
        assert part in condition


@pytest.mark.parametrize("mode", ["on_demand", "calendar"])
async def test_a10_the_row_counts_those_whom_the_dialog_calls_available(
    database: Database, owner: Connection, mode: str
) -> None:
    """One rule, said twice in SQL: joined once for all hosts (near_time) and for one host (host_is_available)."""
    await stop_clock(owner)
    times = tuple(TIME + hour * HOUR for hour in range(3))
    await pending_request(database, await actor(database, "chloe"), None, times)
    await owner.execute("UPDATE clinic SET availability = $1::text::availability_mode", mode)
    await owner.execute(CALENDAR.split(";")[1].format(until=12 * 60 + 80))  # open until 13:20: for two of the times
    await put_session(owner, TIME + HOUR, TIME + 2 * HOUR, host="ben")
    counts = []
    for change in (
        "SELECT 1",
        "UPDATE clinic_host SET on_demand = false WHERE account_id = (SELECT min(account_id) FROM clinic_host)",
        "UPDATE host SET takes_requests = false WHERE account_id = (SELECT max(account_id) FROM clinic_host)",
        "UPDATE host SET takes_requests = false",
    ):
        await owner.execute(change)
        row, sam = await row_of(database), await actor(database, "sam")
        async with database.transaction(sam) as connection:
            offered = await availability.of_request(connection, row["id"])
        counts.append([near["free"] for near in row["near"]])
        assert counts[-1] == [sum(each["available"] for each in offered if each["rank"] == rank) for rank in (1, 2, 3)]
    assert len({tuple(count) for count in counts}) > 1, "the changes made a difference"
