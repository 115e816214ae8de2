"""Verbs that touch the same rows take their locks in one order: nobody's click is lost to a deadlock."""

import asyncio

import pytest

from people import associations
from people.access import Actor
from people.errors import NotFound
from portal import connections
from records.database import Connection, Database
from tests.portal.test_connections import committed, department
from tests.support import actor, eventually

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def test_a05_staff_who_associate_while_the_practitioner_decides_wait_for_the_decision(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    request = await committed(database, chloe, ana)
    olivia, home = await actor(database, "olivia"), await department(owner, "Family medicine")
    file = await owner.fetchval("SELECT id FROM client WHERE account_id = $1", chloe.account_id)

    async def associate() -> bool:
        async with database.transaction(olivia) as connection:
            return await associations.associate(connection, olivia, file, ana.account_id, home)

    async with database.transaction(ana) as deciding:
        await connections.queries.hold_practitioner(deciding, public_id=ana.public_id)
        await connections.queries.hold_files_of(deciding, requests=[request])
        await connections.queries.hold(deciding, requests=[request])
        staff = asyncio.create_task(associate())
        await eventually(lambda: owner.fetchval(WAITING))
        assert await associations.connect(deciding, file, ana.account_id, home)
        await connections.queries.settle(deciding, id=await key(deciding, request), state="accepted")
    assert await staff is False
    assert await owner.fetchval("SELECT count(*) FROM association") == 1


async def test_nobody_asks_a_practitioner_whose_role_is_just_being_taken_away(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    async def ask() -> None:
        async with database.transaction(chloe) as connection:
            await connections.ask(connection, chloe, ana.public_id, "")

    async with database.transaction(ana) as staff:
        await staff.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ana.account_id)
        await staff.execute("DELETE FROM account_role WHERE account_id = $1", ana.account_id)
        asking = asyncio.create_task(ask())
        await eventually(lambda: owner.fetchval(WAITING))
    with pytest.raises(NotFound):
        await asking
    assert await owner.fetchval("SELECT count(*) FROM connection_request") == 0


async def key(connection: Connection, request: str) -> int:
    return int(await connection.fetchval("SELECT id FROM connection_request WHERE public_id = $1", request))
