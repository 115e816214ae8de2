"""Available or Not Available for a request, and the free times that people may choose from (R-070, R-098, A-10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch import availability, clinics
from dispatch.availability import FreeTime
from dispatch.errors import NotFound
from people.access import Actor
from records.database import Connection, Database
from tests.dispatch.factories import booked_session, pending_request, soon
from tests.dispatch.timetable import Rule, set_clock, slowly, utc, write
from tests.support import actor

MONDAY = utc(2027, 6, 7)
FRIDAY_BEFORE = utc(2027, 6, 4, 12)
VISIT = timedelta(minutes=20)


async def make_calendar(owner: Connection) -> None:
    await owner.execute("UPDATE clinic SET availability = 'calendar'")


async def family(connection: Connection) -> tuple[str, str]:
    """The Family clinic and its service of 20 minutes."""
    listed = await clinics.of_organization(connection)
    return listed[0]["public_id"], listed[0]["services"][0]["public_id"]


async def free(
    database: Database, who: Actor, host: str | None = None, days: int = 7, now: datetime = FRIDAY_BEFORE
) -> list[FreeTime]:
    """The free times of the week from MONDAY on, as seen on the Friday before."""
    async with database.transaction(who) as connection:
        await set_clock(connection, now)
        clinic, service = await family(connection)
        return await availability.free_times(connection, clinic, service, host, MONDAY, MONDAY + timedelta(days=days))


def starts(found: list[FreeTime]) -> list[str]:
    return [f"{each.starts_at:%a %H:%M}" for each in found]


async def open_from(database: Database, who: Actor, *rules: Rule, zone: str = "UTC") -> None:
    async with database.transaction(who) as connection:
        await write(connection, who, zone, rules)


async def book(owner: Connection, who: Actor, begin: datetime, end: datetime) -> None:
    await owner.execute(
        "INSERT INTO session (organization_id, clinic_id, host_id, visitor_id, service_name, starts_at, ends_at) "
        "SELECT organization_id, clinic_id, $1, $1, 'Booked', $2, $3 FROM clinic_host WHERE account_id = $1",
        who.account_id, begin, end,
    )  # fmt: skip


async def set_host(owner: Connection, who: Actor, **columns: Any) -> None:
    for name, value in columns.items():
        await owner.execute(f"UPDATE host SET {name} = $2 WHERE account_id = $1", who.account_id, value)


async def of_request(database: Database, who: Actor, request: str) -> dict[tuple[int, int], tuple[bool, bool]]:
    async with database.transaction(who) as connection:
        request_id = await connection.fetchval("SELECT id FROM request WHERE public_id = $1", request)
        rows = await availability.of_request(connection, request_id)
    return {(row["host_id"], row["rank"]): (row["available"], row["free"]) for row in rows}


async def test_a10_on_demand_hosts_are_available_by_their_toggle_and_while_they_are_free(
    database: Database, owner: Connection
) -> None:
    ana, ben, chloe, sam = [await actor(database, name) for name in ("ana", "ben", "chloe", "sam")]
    request = await pending_request(database, chloe)
    both = {(ana.account_id, 0): (True, True), (ben.account_id, 0): (True, True)}
    assert await of_request(database, sam, request) == both

    await owner.execute("UPDATE clinic_host SET on_demand = false WHERE account_id = $1", ben.account_id)
    await book(owner, ana, soon(-1), soon(1))
    now = await of_request(database, sam, request)
    assert now == {(ana.account_id, 0): (False, False), (ben.account_id, 0): (False, True)}

    await owner.execute("UPDATE clinic_host SET on_demand = true")
    await set_host(owner, ben, takes_requests=False)
    assert (await of_request(database, sam, request))[ben.account_id, 0] == (False, True)


async def test_a10_in_a_calendar_clinic_the_time_must_lie_wholly_in_open_hours(
    database: Database, owner: Connection
) -> None:
    ana, chloe, sam = [await actor(database, name) for name in ("ana", "chloe", "sam")]
    day = soon(48).replace(hour=0)
    await open_from(database, ana, Rule(day.date(), 540, 600), Rule(day.date(), 600, 660))
    times = (day.replace(hour=9, minute=50), day.replace(hour=10, minute=40), day.replace(hour=10, minute=45))
    request = await pending_request(database, chloe, times=times)
    await make_calendar(owner)
    found = await of_request(database, sam, request)
    assert [found[ana.account_id, rank] for rank in (1, 2, 3)] == [(True, True), (True, True), (False, True)]

    await book(owner, ana, day.replace(hour=10), day.replace(hour=10, minute=30))
    found = await of_request(database, sam, request)
    assert [found[ana.account_id, rank] for rank in (1, 2, 3)] == [(False, False), (True, True), (False, True)]

    await owner.execute("UPDATE requested_time SET starts_at = starts_at - interval '9 days'")
    assert not any(available for available, _ in (await of_request(database, sam, request)).values())


async def test_r070_free_times_are_the_quarter_hours_on_which_the_visit_still_fits(database: Database) -> None:
    ana, ben = await actor(database, "ana"), await actor(database, "ben")
    await open_from(database, ana, Rule(1, 540, 600))
    await open_from(database, ben, Rule(1, 550, 615))
    found = await free(database, ana)
    assert [(f"{each.starts_at:%a %H:%M}", each.hosts) for each in found] == [
        ("Mon 09:00", (ana.public_id,)),
        ("Mon 09:15", (ana.public_id, ben.public_id)),
        ("Mon 09:30", (ana.public_id, ben.public_id)),
        ("Mon 09:45", (ben.public_id,)),
    ]
    assert starts(await free(database, ana, ana.public_id)) == ["Mon 09:00", "Mon 09:15", "Mon 09:30"]


async def test_r070_a_booked_session_takes_its_time_away_and_a_cancelled_one_gives_it_back(
    database: Database, owner: Connection
) -> None:
    ana = await actor(database, "ana")
    await open_from(database, ana, Rule(1, 540, 660))
    await book(owner, ana, utc(2027, 6, 7, 9, 30), utc(2027, 6, 7, 9, 50))
    assert starts(await free(database, ana)) == ["Mon 09:00", "Mon 10:00", "Mon 10:15", "Mon 10:30"]
    await owner.execute("UPDATE session SET state = 'cancelled'")
    assert len(await free(database, ana)) == 7


async def test_r070_buffers_of_both_sessions_are_kept_between_them(database: Database, owner: Connection) -> None:
    ana = await actor(database, "ana")
    await open_from(database, ana, Rule(1, 540, 720))
    await book(owner, ana, utc(2027, 6, 7, 10, 20), utc(2027, 6, 7, 10, 40))
    await set_host(owner, ana, buffer_before=timedelta(minutes=5), buffer_after=timedelta(minutes=10))
    found = [start.removeprefix("Mon ") for start in starts(await free(database, ana))]
    assert found == ["09:00", "09:15", "09:30", "09:45", "11:00", "11:15", "11:30"]


async def test_r070_minimum_notice_and_horizon_bound_what_is_offered(database: Database, owner: Connection) -> None:
    ana = await actor(database, "ana")
    await open_from(database, ana, *(Rule(day, 540, 570) for day in range(1, 8)))
    await set_host(owner, ana, minimum_notice=timedelta(hours=69, minutes=5), horizon=timedelta(days=5))
    assert starts(await free(database, ana)) == ["Tue 09:00", "Wed 09:00"]
    assert starts(await free(database, ana, now=MONDAY + timedelta(days=30))) == []


async def test_a25_a_switched_off_host_offers_nothing_and_neither_does_one_who_is_inactive(
    database: Database, owner: Connection
) -> None:
    ana = await actor(database, "ana")
    await open_from(database, ana, Rule(1, 540, 660))
    assert await free(database, ana)
    await set_host(owner, ana, takes_requests=False)
    assert await free(database, ana) == []
    await set_host(owner, ana, takes_requests=True)
    await owner.execute("UPDATE account SET state = 'inactive' WHERE id = $1", ana.account_id)
    assert await free(database, ana) == []


async def test_r070_only_what_the_clinic_offers_has_times_and_only_in_its_own_organization(
    database: Database, owner: Connection
) -> None:
    ana, stranger = await actor(database, "ana"), await actor(database, "ana", "meadow")
    async with database.transaction(ana) as connection:
        clinic, service = await family(connection)
        with pytest.raises(NotFound):
            await availability.free_times(connection, clinic, "nothing", None, MONDAY, MONDAY)
    async with database.transaction(stranger) as connection:
        with pytest.raises(NotFound):
            await availability.free_times(connection, clinic, service, None, MONDAY, MONDAY)
    await owner.execute("UPDATE service SET offered = false")
    async with database.transaction(ana) as connection:
        with pytest.raises(NotFound):
            await availability.free_times(connection, clinic, service, None, MONDAY, MONDAY)


async def test_r070_a_time_is_offered_exactly_if_it_is_among_the_free_ones(database: Database) -> None:
    ana, ben = await actor(database, "ana"), await actor(database, "ben")
    await open_from(database, ana, Rule(1, 540, 600))
    asked = [utc(2027, 6, 7, 9, minute) for minute in (0, 15, 20, 45)]
    async with database.transaction(ana) as connection:
        await set_clock(connection, FRIDAY_BEFORE)
        clinic, service = await family(connection)
        assert await availability.offers(connection, clinic, service, None, asked) == [True, True, False, False]
        assert not any(await availability.offers(connection, clinic, service, ben.public_id, asked))


async def test_a10_who_could_take_a_visit_now(database: Database, owner: Connection) -> None:
    ana = await actor(database, "ana")

    async def now() -> list[str]:
        async with database.transaction(ana) as connection:
            clinic = (await clinics.of_organization(connection))[0]["id"]
            return [row["name"] for row in await availability.available_now(connection, clinic, VISIT)]

    assert await now() == ["Ana Duarte", "Ben Okafor"]
    await booked_session(database)
    assert await now() == ["Ben Okafor"]
    await make_calendar(owner)
    assert await now() == []
    await owner.execute("UPDATE session SET state = 'cancelled'")
    await open_from(database, ana, *(Rule(day, 0, 1440) for day in range(1, 8)))
    assert await now() == ["Ana Duarte"]
    await set_host(owner, ana, minimum_notice=timedelta(hours=1))
    assert await now() == []


quarters = st.integers(0, 4 * 24 * 4 - 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    windows=st.lists(st.tuples(st.integers(1, 7), st.integers(0, 90), st.integers(1, 30)), min_size=1, max_size=4),
    booked=st.lists(quarters, max_size=4, unique=True),
    before=st.integers(0, 6).map(lambda five: five * 5),
    after=st.integers(0, 6).map(lambda five: five * 5),
)
async def test_r070_free_times_are_what_a_minute_by_minute_look_finds(
    database: Database,
    owner: Connection,
    zone: str,
    windows: list[tuple[int, int, int]],
    booked: list[int],
    before: int,
    after: int,
) -> None:
    ana = await actor(database, "ana")
    rules = [Rule(day, start * 15, min(start + length, 96) * 15) for day, start, length in windows]
    await open_from(database, ana, *rules, zone=zone)
    await set_host(owner, ana, buffer_before=timedelta(minutes=before), buffer_after=timedelta(minutes=after))
    await owner.execute("DELETE FROM session")
    sessions = [MONDAY + timedelta(minutes=15 * number) for number in booked]
    for begin in sessions:
        await book(owner, ana, begin, begin + timedelta(minutes=15))

    pieces = slowly(zone, rules, MONDAY - timedelta(days=1), MONDAY + timedelta(days=6))
    gap = timedelta(minutes=before + after)
    expected = [
        start
        for start in (MONDAY + timedelta(minutes=15 * number) for number in range(4 * 96))
        if any(begin <= start and start + VISIT <= end for begin, end in pieces)
        and all(start + VISIT + gap <= each or each + timedelta(minutes=15) + gap <= start for each in sessions)
    ]
    found = await free(database, ana, ana.public_id, days=4)
    assert [each.starts_at for each in found] == expected
