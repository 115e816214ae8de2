"""The waiting room's durable rules."""

import pytest

from dispatch import admissions, sessions, visit_rooms
from dispatch.errors import HostBusy, Invalid, NotFound, NotNow, NotOpen
from records.database import Connection, Database
from tests.dispatch.factories import accept, admit, booked_session, end, knock, leave, pending_request, soon
from tests.support import actor


async def test_r178_a_client_who_knocks_waits_under_the_confirmed_name(database: Database) -> None:
    session = await booked_session(database)
    admission = await knock(database, await actor(database, "chloe"), session, "  Chloe   A. ")
    assert (admission["state"], admission["name"]) == ("waiting", "Chloe A.")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
async def test_r175_a_name_is_needed_at_the_door(database: Database, name: str) -> None:
    session = await booked_session(database)
    with pytest.raises(Invalid) as refused:
        await knock(database, await actor(database, "chloe"), session, name)
    assert refused.value.field == "name"


async def test_r016_only_the_hosting_clinician_admits(database: Database) -> None:
    session = await booked_session(database)
    chloe, ben, sam = [await actor(database, name) for name in ("chloe", "ben", "sam")]
    await knock(database, await actor(database, "ana"), session)
    admission = (await knock(database, chloe, session))["public_id"]
    for who in (chloe, ben, sam, await actor(database, "ana", "meadow")):
        with pytest.raises(NotFound):
            await admit(database, who, session, admission)


async def test_r179_nobody_is_let_into_a_room_that_the_host_has_not_entered(database: Database) -> None:
    session = await booked_session(database)
    admission = (await knock(database, await actor(database, "chloe"), session))["public_id"]
    ana = await actor(database, "ana")
    with pytest.raises(NotNow):
        await admit(database, ana, session, admission)
    await knock(database, ana, session)
    assert (await admit(database, ana, session, admission))["state"] == "admitted"


async def test_r179_the_hosts_arrival_admits_nobody(database: Database) -> None:
    session = await booked_session(database)
    chloe, ana = await actor(database, "chloe"), await actor(database, "ana")
    await knock(database, chloe, session)
    await knock(database, ana, session)
    async with database.transaction(ana) as connection:
        row = await sessions.find(connection, ana, session)
        assert [waiting["name"] for waiting in await admissions.waiting(connection, row["id"])] == ["Somebody"]


async def test_knocking_again_while_admitted_is_no_second_knock(database: Database, owner: Connection) -> None:
    session = await booked_session(database)
    chloe, ana = await actor(database, "chloe"), await actor(database, "ana")
    await knock(database, ana, session)
    admission = (await knock(database, chloe, session))["public_id"]
    await admit(database, ana, session, admission)
    again = await knock(database, chloe, session, "Another name")
    assert (again["state"], again["name"], again["epoch"]) == ("admitted", "Somebody", 1)
    knocks = await owner.fetchval("SELECT count(*) FROM audit_line WHERE verb = 'knock'")
    assert knocks == 1


async def test_whoever_left_knocks_afresh_under_a_higher_epoch(database: Database) -> None:
    session = await booked_session(database)
    chloe, ana = await actor(database, "chloe"), await actor(database, "ana")
    await knock(database, ana, session)
    admission = (await knock(database, chloe, session))["public_id"]
    await admit(database, ana, session, admission)
    await leave(database, chloe, session)
    again = await knock(database, chloe, session)
    assert again["state"] == "waiting"
    assert again["epoch"] > 1


async def test_admitting_starts_the_session(database: Database, owner: Connection) -> None:
    session = await booked_session(database)
    ana = await actor(database, "ana")
    await knock(database, ana, session)
    admission = (await knock(database, await actor(database, "chloe"), session))["public_id"]
    await admit(database, ana, session, admission)
    assert await owner.fetchval("SELECT state FROM session") == "in_progress"


@pytest.mark.parametrize(
    ("start", "end", "opens"),
    [
        ("31 minutes", "51 minutes", False),
        ("29 minutes", "49 minutes", True),
        ("-49 minutes", "-29 minutes", True),
        ("-51 minutes", "-31 minutes", False),
    ],
    ids=["31 min before", "29 min before", "29 min after the end", "31 min after the end"],
)
async def test_r173_a14_the_door_opens_half_an_hour_before_and_closes_half_an_hour_after(
    database: Database, owner: Connection, start: str, end: str, opens: bool
) -> None:
    session = await booked_session(database)
    await owner.execute(
        "UPDATE session SET starts_at = now() + $1::text::interval, ends_at = now() + $2::text::interval",
        start,
        end,
    )
    chloe = await actor(database, "chloe")
    if opens:
        assert (await knock(database, chloe, session))["state"] == "waiting"
    else:
        with pytest.raises(NotOpen):
            await knock(database, chloe, session)


async def test_ending_a_visit_puts_everybody_out_and_frees_the_host_for_the_next(
    database: Database, owner: Connection
) -> None:
    session = await booked_session(database, "chloe")
    chloe, ana = await actor(database, "chloe"), await actor(database, "ana")
    await knock(database, ana, session)
    await admit(database, ana, session, (await knock(database, chloe, session))["public_id"])
    david, sam = await actor(database, "david"), await actor(database, "sam")
    asked = await pending_request(database, david)
    with pytest.raises(HostBusy):
        await accept(database, sam, asked, ana)
    await end(database, ana, session)
    assert await owner.fetchval("SELECT array_agg(DISTINCT state::text) FROM admission") == ["left"]
    assert await owner.fetchval("SELECT min(epoch) FROM admission") > 1
    with pytest.raises(NotOpen):
        await knock(database, chloe, session)
    assert await accept(database, sam, asked, ana)


async def test_r016_only_the_host_ends_a_visit(database: Database) -> None:
    session = await booked_session(database)
    for name in ("chloe", "ben", "sam"):
        with pytest.raises(NotFound):
            await end(database, await actor(database, name), session)


async def test_another_client_cannot_knock_at_this_session(database: Database) -> None:
    session = await booked_session(database)
    with pytest.raises(NotFound):
        await knock(database, await actor(database, "david"), session)


async def test_a_room_belongs_to_one_node_until_its_lease_ends_and_the_term_rises(
    database: Database, owner: Connection
) -> None:
    session = await booked_session(database)
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        key = (await sessions.find(connection, ana, session))["id"]
        assert await visit_rooms.claim(connection, key, "http://one") == 1
        assert await visit_rooms.claim(connection, key, "http://two") is None
        assert await visit_rooms.claim(connection, key, "http://one") == 1
    await owner.execute("UPDATE visit_room SET leased_until = now() - interval '1 second'")
    async with database.transaction(ana) as connection:
        assert await visit_rooms.claim(connection, key, "http://two") == 2
        assert await visit_rooms.claim(connection, key, "http://one") is None


async def test_r173_a_session_of_tomorrow_is_shown_but_not_open(database: Database) -> None:
    chloe, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    request = await pending_request(database, chloe, times=(soon(24),))
    await accept(database, sam, request, ana, rank=1)
    async with database.transaction(chloe) as connection:
        (listed,) = await sessions.of_account(connection, chloe)
    assert not listed["joinable"]
    assert 0 < listed["turns_in_seconds"] < 25 * 3600
