"""open_hours() and host_is_free() of schema.sql: what the host's clock shows, on the days when it jumps too (A-10)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.access import Actor
from records.database import Connection, Database
from tests.dispatch.factories import booked_session
from tests.dispatch.timetable import CHANGES, Rule, slowly, utc, write
from tests.support import actor


async def open_hours(
    connection: Connection, who: Actor, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    found = await connection.fetchval("SELECT open_hours($1, $2, $3)", who.account_id, since, until)
    return [(each.lower, each.upper) for each in found]


def hours(found: list[tuple[datetime, datetime]]) -> float:
    return sum((end - begin) / timedelta(hours=1) for begin, end in found)


@pytest.mark.parametrize(("zone", "day", "length"), CHANGES)
async def test_a10_a_whole_day_is_as_long_as_the_clock_makes_it(
    database: Database, zone: str, day: date, length: float
) -> None:
    ana = await actor(database, "ana")
    around = (
        utc(day.year, day.month, day.day) - timedelta(days=2),
        utc(day.year, day.month, day.day) + timedelta(days=3),
    )
    async with database.transaction(ana) as connection:
        await write(connection, ana, zone, [Rule(day, 0, 1440)])
        found = await open_hours(connection, ana, *around)
    assert hours(found) == length
    assert len(found) == (1 if length else 0)


@pytest.mark.parametrize(
    ("day", "starts", "ends", "expected"),
    [
        # New York's clock jumps from 02:00 to 03:00: what it skips is never open, the rest is.
        (date(2027, 3, 14), 120, 180, []),
        (date(2027, 3, 14), 135, 165, []),
        (date(2027, 3, 14), 90, 150, [(utc(2027, 3, 14, 6, 30), utc(2027, 3, 14, 7, 0))]),
        (date(2027, 3, 14), 150, 240, [(utc(2027, 3, 14, 7, 0), utc(2027, 3, 14, 8, 0))]),
        (date(2027, 3, 14), 540, 600, [(utc(2027, 3, 14, 13, 0), utc(2027, 3, 14, 14, 0))]),
        # It shows 01:00 to 02:00 twice: both are open.
        (date(2027, 11, 7), 60, 120, [(utc(2027, 11, 7, 5, 0), utc(2027, 11, 7, 7, 0))]),
        (
            date(2027, 11, 7), 60, 90,
            [(utc(2027, 11, 7, 5, 0), utc(2027, 11, 7, 5, 30)), (utc(2027, 11, 7, 6, 0), utc(2027, 11, 7, 6, 30))],
        ),
        (date(2027, 11, 7), 540, 600, [(utc(2027, 11, 7, 14, 0), utc(2027, 11, 7, 15, 0))]),
    ],
)  # fmt: skip
async def test_a10_a_skipped_time_is_never_open_and_a_repeated_one_is_open_twice(
    database: Database, day: date, starts: int, ends: int, expected: list[tuple[datetime, datetime]]
) -> None:
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        await write(connection, ana, "America/New_York", [Rule(day.isoweekday(), starts, ends)])
        found = await open_hours(
            connection, ana, utc(day.year, day.month, day.day), utc(day.year, day.month, day.day + 1, 6)
        )
    assert found == expected


async def test_a10_hours_that_touch_are_one_past_midnight_too_and_an_exception_cuts_them(database: Database) -> None:
    ana = await actor(database, "ana")
    rules = [
        Rule(1, 540, 720),
        Rule(1, 720, 1020),
        Rule(2, 1320, 1440),  # night duty: Tuesday 22:00 to Wednesday 02:00
        Rule(3, 0, 120),
        Rule(date(2027, 6, 7), 600, 660, open=False),
        Rule(date(2027, 6, 10), 600, 660),
    ]
    async with database.transaction(ana) as connection:
        await write(connection, ana, "UTC", rules)
        found = await open_hours(connection, ana, utc(2027, 6, 7), utc(2027, 6, 14))
    assert found == [
        (utc(2027, 6, 7, 9), utc(2027, 6, 7, 10)),
        (utc(2027, 6, 7, 11), utc(2027, 6, 7, 17)),
        (utc(2027, 6, 8, 22), utc(2027, 6, 9, 2)),
        (utc(2027, 6, 10, 10), utc(2027, 6, 10, 11)),
    ]


async def test_a10_hours_are_cut_at_the_window_and_nobody_has_any_by_default(database: Database) -> None:
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        await write(connection, ana, "UTC", [Rule(1, 540, 1020)])
        inside = await open_hours(connection, ana, utc(2027, 6, 7, 10), utc(2027, 6, 7, 10, 30))
        upside_down = await open_hours(connection, ana, utc(2027, 6, 7, 11), utc(2027, 6, 7, 10))
        await write(connection, ana, "UTC", [])
        none = await open_hours(connection, ana, utc(2027, 6, 7), utc(2027, 6, 14))
    assert inside == [(utc(2027, 6, 7, 10), utc(2027, 6, 7, 10, 30))]
    assert (upside_down, none) == ([], [])


async def test_r191_another_organization_has_no_hours(database: Database) -> None:
    ana, stranger = await actor(database, "ana"), await actor(database, "ana", "meadow")
    async with database.transaction(ana) as connection:
        await write(connection, ana, "UTC", [Rule(1, 0, 1440)])
    async with database.transaction(stranger) as connection:
        assert await open_hours(connection, ana, utc(2027, 6, 7), utc(2027, 6, 14)) == []


async def test_r099_a_host_is_free_but_for_live_sessions_and_times_that_only_touch(
    database: Database, owner: Connection
) -> None:
    ana = await actor(database, "ana")
    await booked_session(database)
    await owner.execute("UPDATE session SET starts_at = $1, ends_at = $2", utc(2027, 6, 7, 10), utc(2027, 6, 7, 11))

    async def free(*window: datetime) -> bool:
        async with database.transaction(ana) as connection:
            return await connection.fetchval("SELECT host_is_free($1, $2, $3)", ana.account_id, *window)

    assert await free(utc(2027, 6, 7, 9), utc(2027, 6, 7, 10))
    assert await free(utc(2027, 6, 7, 11), utc(2027, 6, 7, 12))
    assert not await free(utc(2027, 6, 7, 10, 59), utc(2027, 6, 7, 12))
    assert not await free(utc(2027, 6, 7, 9), utc(2027, 6, 7, 10, 1))
    assert not await free(utc(2027, 6, 7, 10, 15), utc(2027, 6, 7, 10, 30))
    await owner.execute("UPDATE session SET override = true")
    assert not await free(utc(2027, 6, 7, 10), utc(2027, 6, 7, 11))
    await owner.execute("UPDATE session SET state = 'cancelled'")
    assert await free(utc(2027, 6, 7, 10), utc(2027, 6, 7, 11))


minutes = st.integers(0, 95).map(lambda quarter: quarter * 15)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[str, datetime, list[Rule]]:
    """A zone, a beginning near one of its clock changes, and some rules and exceptions near it."""
    zone, day, _ = draw(st.sampled_from(CHANGES))
    since = utc(day.year, day.month, day.day) + timedelta(minutes=draw(st.integers(-2880, 0)))
    on = st.integers(1, 7) | st.integers(-2, 3).map(lambda days: day + timedelta(days=days))
    rules = []
    for _ in range(draw(st.integers(1, 6))):
        starts = draw(minutes)
        ends = draw(st.integers(starts // 15 + 1, 96)) * 15
        each = draw(on)
        rules.append(Rule(each, starts, ends, open=isinstance(each, int) or draw(st.booleans())))
    return zone, since, rules


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(week=weeks())
async def test_a10_open_hours_are_what_a_minute_by_minute_look_at_the_clock_finds(
    database: Database, week: tuple[str, datetime, list[Rule]]
) -> None:
    zone, since, rules = week
    until = since + timedelta(days=3)
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        await write(connection, ana, zone, rules)
        assert await open_hours(connection, ana, since, until) == slowly(zone, rules, since, until)
