"""Races between verbs that touch the same rows from different sides: nobody waits for each other in a circle."""

import asyncio

from dispatch import admissions, changes, clinic_people, clinics, requests, sessions
from dispatch.errors import InUse, Invalid, UserError
from records.database import Connection, Database
from tests.dispatch.factories import accept, booked_session, knock, pending_request, soon
from tests.support import actor, eventually

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def test_r016_admitting_while_a_session_is_cancelled_waits_and_is_refused(
    database: Database, owner: Connection
) -> None:
    session = await booked_session(database)
    ana, chloe, sam = [await actor(database, name) for name in ("ana", "chloe", "sam")]
    await knock(database, ana, session)
    waiting = await knock(database, chloe, session)

    async def admit() -> object:
        async with database.transaction(ana) as connection:
            row = await sessions.find(connection, ana, session)
            return await admissions.admit(connection, ana, row, waiting["public_id"])

    async with database.transaction(sam) as connection:
        await changes.hold(connection, sam, session, lambda *_: True, None)
        admitting = asyncio.create_task(admit())
        await eventually(lambda: owner.fetchval(WAITS))
        await changes.cancel(connection, sam, session, "Ana is ill.")
    refused = (await asyncio.gather(admitting, return_exceptions=True))[0]
    assert isinstance(refused, UserError), refused
    state = "SELECT state::text FROM session WHERE public_id = $1"
    assert await owner.fetchval(state, session) == "cancelled"
    assert {row["state"] for row in await owner.fetch("SELECT state::text FROM admission")} == {"left"}


async def test_r095_a_host_who_is_being_removed_is_given_nothing(database: Database, owner: Connection) -> None:
    chloe, sam, ben, olivia = [await actor(database, name) for name in ("chloe", "sam", "ben", "olivia")]
    request = await pending_request(database, chloe)
    async with database.transaction(chloe) as connection:
        (clinic,) = [row for row in await clinics.of_organization(connection) if row["name"] == "Family clinic"]
    async with database.transaction(olivia) as connection:
        await clinic_people.remove_host(connection, olivia, clinic["public_id"], ben.public_id)
        accepting = asyncio.create_task(accept(database, sam, request, ben))
        await eventually(lambda: owner.fetchval(WAITS))
    refused = (await asyncio.gather(accepting, return_exceptions=True))[0]
    assert isinstance(refused, Invalid), refused
    assert await owner.fetchval("SELECT count(*) FROM session") == 0


async def test_a_host_who_is_being_given_a_session_is_not_removed(database: Database, owner: Connection) -> None:
    chloe, sam, ben, olivia = [await actor(database, name) for name in ("chloe", "sam", "ben", "olivia")]
    request = await pending_request(database, chloe, times=(soon(30),))
    async with database.transaction(chloe) as connection:
        (clinic,) = [row for row in await clinics.of_organization(connection) if row["name"] == "Family clinic"]

    async def remove() -> None:
        async with database.transaction(olivia) as connection:
            await clinic_people.remove_host(connection, olivia, clinic["public_id"], ben.public_id)

    async with database.transaction(sam) as connection:
        await requests.accept(connection, sam, request, ben.public_id, 1, "")
        removing = asyncio.create_task(remove())
        await eventually(lambda: owner.fetchval(WAITS))
    refused = (await asyncio.gather(removing, return_exceptions=True))[0]
    assert isinstance(refused, InUse), refused
