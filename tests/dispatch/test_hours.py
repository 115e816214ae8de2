"""A host's own hours: weekly, exceptions and preferences; and the on-demand toggle (R-098, A-10)."""

from datetime import date, timedelta

import pytest

from dispatch import hours, on_demand
from dispatch.errors import Invalid, NotFound
from dispatch.hours import Preferences, Slot
from people.access import Actor
from records.database import Connection, Database, House
from tests.support import actor

TODAY = date.today()
LATER = TODAY + timedelta(days=10)


def weekly(weekday: int, starts: float, ends: float) -> Slot:
    return Slot("weekly", weekday, None, int(starts * 60), int(ends * 60))


def on_day(kind: str, starts: float, ends: float, day: date = LATER) -> Slot:
    return Slot(kind, None, day, int(starts * 60), int(ends * 60))


async def stored(database: Database, who: Actor) -> list[Slot]:
    async with database.transaction(who) as connection:
        rows = await hours.slots(connection, who.account_id, TODAY)
    return [Slot(**{name: value for name, value in row.items() if name != "public_id"}) for row in rows]


async def add(database: Database, who: Actor, *slots: Slot) -> None:
    for slot in slots:
        async with database.transaction(who) as connection:
            await hours.add(connection, who, slot)


async def id_of(database: Database, who: Actor, number: int = 0) -> str:
    async with database.transaction(who) as connection:
        return str((await hours.slots(connection, who.account_id, TODAY))[number]["public_id"])


async def test_r098_slots_that_overlap_or_touch_become_one_and_others_stay(database: Database) -> None:
    ana = await actor(database, "ana")
    await add(database, ana, weekly(1, 9, 12), weekly(1, 13, 17), weekly(2, 9, 12), weekly(1, 12, 12.5))
    assert await stored(database, ana) == [weekly(1, 9, 12.5), weekly(1, 13, 17), weekly(2, 9, 12)]
    await add(database, ana, weekly(1, 12, 24))
    assert await stored(database, ana) == [weekly(1, 9, 24), weekly(2, 9, 12)]


async def test_r098_a_slot_is_moved_and_removed_and_what_was_removed_can_be_added_again(database: Database) -> None:
    ana = await actor(database, "ana")
    await add(database, ana, weekly(1, 9, 12), on_day("closed", 0, 24))
    first = await id_of(database, ana)
    async with database.transaction(ana) as connection:
        await hours.move(connection, ana, first, weekly(5, 14, 15.25))
    assert await stored(database, ana) == [weekly(5, 14, 15.25), on_day("closed", 0, 24)]
    async with database.transaction(ana) as connection:
        gone = await hours.remove(
            connection, ana, (await hours.slots(connection, ana.account_id, TODAY))[1]["public_id"]
        )
    assert await stored(database, ana) == [weekly(5, 14, 15.25)]
    await add(database, ana, gone)
    assert await stored(database, ana) == [weekly(5, 14, 15.25), on_day("closed", 0, 24)]


@pytest.mark.parametrize(
    ("slot", "field"),
    [
        (weekly(1, 12, 12), "ends"),
        (weekly(1, 12, 9), "ends"),
        (weekly(1, 12, 25), "ends"),
        (weekly(1, 24, 24.5), "starts"),
        (weekly(0, 9, 12), "weekday"),
        (on_day("open", 9, 12, TODAY - timedelta(days=2)), "day"),
        (on_day("open", 9, 12, TODAY + timedelta(days=900)), "day"),
        (on_day("closed", 11, 13), "starts"),
    ],
)
async def test_r098_what_makes_no_sense_is_refused_beside_its_field_and_nothing_is_stored(
    database: Database, slot: Slot, field: str
) -> None:
    ana = await actor(database, "ana")
    before = [weekly(1, 9, 10), on_day("open", 9, 12)]
    await add(database, ana, *before)
    for verb in ("add", "move"):
        with pytest.raises(Invalid) as refused:
            async with database.transaction(ana) as connection:
                if verb == "add":
                    await hours.add(connection, ana, slot)
                else:
                    await hours.move(connection, ana, await id_of(database, ana), slot)
        assert refused.value.field == field
    assert await stored(database, ana) == before


async def test_r098_nobody_changes_the_hours_of_another(database: Database) -> None:
    ana, ben, sam, chloe = [await actor(database, name) for name in ("ana", "ben", "sam", "chloe")]
    await add(database, ana, weekly(1, 9, 12))
    public_id = await id_of(database, ana)
    for other in (ben, sam, chloe, await actor(database, "ana", "meadow")):
        with pytest.raises(NotFound):
            async with database.transaction(other) as connection:
                await hours.remove(connection, other, public_id)
    for other in (sam, chloe):
        with pytest.raises(NotFound):
            await add(database, other, weekly(1, 9, 12))
    assert await stored(database, ana) == [weekly(1, 9, 12)]


@pytest.mark.parametrize(
    ("username", "sees"),
    [("ana", True), ("sam", True), ("dora", True), ("olivia", True), ("chloe", False), ("mia", False)],
)
async def test_r014_those_who_schedule_or_look_after_a_clinic_may_look_at_its_hosts(
    database: Database, username: str, sees: bool
) -> None:
    ana, who = await actor(database, "ana"), await actor(database, username)
    async with database.transaction(who) as connection:
        if sees:
            assert (await hours.find(connection, who, ana.public_id))["name"] == "Ana Duarte"
        else:
            with pytest.raises(NotFound):
                await hours.find(connection, who, ana.public_id)


def preferences(zone: str = "America/New_York", buffer: int = 5, notice: int = 2, horizon: int = 30) -> Preferences:
    minutes = timedelta(minutes=buffer)
    return Preferences(zone, minutes, minutes, timedelta(hours=notice), timedelta(days=horizon))


async def test_r098_preferences_are_kept_and_audited(database: Database, owner: Connection) -> None:
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        await hours.set_preferences(connection, ana, preferences())
        found = await hours.find(connection, ana)
    assert (found["time_zone"], found["buffer_after"]) == ("America/New_York", timedelta(minutes=5))
    assert (found["minimum_notice"], found["horizon"]) == (timedelta(hours=2), timedelta(days=30))
    await add(database, ana, weekly(1, 9, 12))
    lines = await owner.fetch("SELECT verb FROM audit_line WHERE noun = 'host' AND account_id = $1", ana.account_id)
    assert [line["verb"] for line in lines] == ["set_preferences", "add_hours"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (preferences(zone="Nowhere/Land"), "time_zone"),
        (preferences(zone="EST5EDT4"), "time_zone"),
        (preferences(zone=""), "time_zone"),
        (preferences(buffer=241), "buffer_before"),
        (preferences(notice=24 * 91), "minimum_notice"),
        (preferences(horizon=0), "horizon"),
        (preferences(horizon=400), "horizon"),
    ],
)
async def test_r098_preferences_out_of_bounds_are_refused(database: Database, wrong: Preferences, field: str) -> None:
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        with pytest.raises(Invalid) as refused:
            await hours.set_preferences(connection, ana, wrong)
    assert refused.value.field == field


async def test_a10_a_host_switches_themselves_on_and_off_and_the_house_switches_the_absent_off(
    database: Database, owner: Connection
) -> None:
    ana, chloe = await actor(database, "ana"), await actor(database, "chloe")
    house = House(ana.organization_id)

    async def toggle() -> tuple[str, bool, bool]:
        async with database.transaction(ana) as connection:
            only = (await on_demand.toggles(connection, ana))[0]
        return only["public_id"], only["on_demand"], only["switched_off_at"] is not None

    async def switch(who: Actor, on: bool) -> None:
        async with database.transaction(who) as connection:
            await on_demand.switch_on_demand(connection, who, clinic, on)

    clinic, _, _ = await toggle()
    await switch(ana, False)
    assert await toggle() == (clinic, False, False)
    await switch(ana, True)
    for expected in (True, False):
        async with database.transaction(house) as connection:
            assert await on_demand.switch_off_absent(connection, house, ana.account_id) is expected
    assert await toggle() == (clinic, False, True)
    assert await owner.fetch("SELECT kind, recipient FROM mail") == [("switched_off", "ana@harbor.example")]
    await switch(ana, True)
    assert await toggle() == (clinic, True, False)

    for other in (chloe, await actor(database, "mia"), await actor(database, "sam")):
        with pytest.raises(NotFound):
            await switch(other, False)
    await owner.execute("UPDATE clinic SET availability = 'calendar'")
    with pytest.raises(NotFound):
        await switch(ana, False)
