"""Care relationships: who may make them, in which department, one department a pair, and what a race leaves."""

import asyncio

import pytest

from people import associations, departments
from people.access import Actor
from people.errors import Invalid, NotFound, NotPractitioner
from records.database import Connection, Database
from tests.support import actor


async def file_of(owner: Connection, username: str) -> int:
    return await owner.fetchval(
        "SELECT client.id FROM client JOIN account ON account.id = account_id WHERE username = $1 "
        "ORDER BY client.organization_id LIMIT 1",
        username,
    )


async def department(database: Database, who: Actor, name: str) -> int:
    async with database.transaction(who) as connection:
        return next(row["id"] for row in await departments.of_organization(connection) if row["name"] == name)


async def give(owner: Connection, who: Actor, role: str, department_id: int | None) -> None:
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role, department_id) VALUES ($1, $2, $3, $4)",
        who.organization_id,
        who.account_id,
        role,
        department_id,
    )


async def associate(database: Database, who: Actor, client: int, practitioner: Actor, department_id: int) -> bool:
    async with database.transaction(who) as connection:
        return await associations.associate(connection, who, client, practitioner.account_id, department_id)


async def pairs(owner: Connection) -> list[tuple[int, int, int]]:
    rows = await owner.fetch("SELECT client_id, practitioner_id, department_id FROM association ORDER BY 1, 2")
    return [tuple(row) for row in rows]


async def test_r002_r003_each_role_associates_in_its_own_departments(database: Database, owner: Connection) -> None:
    olivia, dora, carl, sam, ana, mia = [
        await actor(database, name) for name in ("olivia", "dora", "carl", "sam", "ana", "mia")
    ]
    chloe, david = await file_of(owner, "chloe"), await file_of(owner, "david")
    family, mental = [await department(database, olivia, name) for name in ("Family medicine", "Mental health")]
    for who in (sam, ana):
        with pytest.raises(NotFound):
            await associate(database, who, chloe, ana, family)
    for who in (dora, carl):
        with pytest.raises(NotFound):
            await associate(database, who, chloe, mia, mental)
    assert await pairs(owner) == []
    assert await associate(database, olivia, chloe, mia, mental)
    assert await associate(database, dora, chloe, ana, family)
    assert not await associate(database, carl, chloe, ana, family)
    assert await associate(database, carl, david, ana, family)
    assert len(await pairs(owner)) == 3
    async with database.transaction(carl) as connection:
        names = {row["name"] for row in await associations.choices(connection, carl)}
        assert "Ana Duarte" in names and "Mia Torres" not in names
        with pytest.raises(NotFound):
            await associations.remove(connection, carl, chloe, mia.account_id)
        assert await associations.remove(connection, carl, chloe, ana.account_id)
        assert not await associations.remove(connection, carl, chloe, ana.account_id)
    verbs = await owner.fetch("SELECT verb FROM audit_line WHERE noun = 'client' ORDER BY id")
    assert [row["verb"] for row in verbs] == ["associate", "associate", "associate", "dissociate"]


async def test_r004_only_a_practitioner_has_clients(database: Database, owner: Connection) -> None:
    olivia, sam = await actor(database, "olivia"), await actor(database, "sam")
    chloe, family = await file_of(owner, "chloe"), await department(database, olivia, "Family medicine")
    with pytest.raises(NotPractitioner, match="Tick Practitioner"):
        await associate(database, olivia, chloe, sam, family)
    async with database.transaction(olivia) as connection:
        with pytest.raises(NotPractitioner):
            await associations.connect(connection, chloe, sam.account_id, family)
    assert await pairs(owner) == []


async def test_r053_a22_a_pair_has_one_department_of_the_practitioners(database: Database, owner: Connection) -> None:
    olivia, dora, ana = await actor(database, "olivia"), await actor(database, "dora"), await actor(database, "ana")
    chloe = await file_of(owner, "chloe")
    family, mental = [await department(database, olivia, name) for name in ("Family medicine", "Mental health")]
    with pytest.raises(Invalid, match="one of the practitioner's departments"):
        await associate(database, olivia, chloe, ana, mental)
    await give(owner, ana, "practitioner", mental)
    async with database.transaction(olivia) as connection:
        with pytest.raises(Invalid, match="Choose the department for Ana Duarte"):
            await associations.choose(connection, olivia, ana.public_id)
    assert await associate(database, olivia, chloe, ana, mental)
    with pytest.raises(Invalid, match="not yours"):
        await associate(database, dora, chloe, ana, family)
    assert await associate(database, olivia, chloe, ana, family)
    assert await pairs(owner) == [(chloe, ana.account_id, family)]
    async with database.transaction(olivia) as connection:
        assert not await associations.connect(connection, chloe, ana.account_id, mental)
    assert await pairs(owner) == [(chloe, ana.account_id, family)]


async def test_a22_two_who_associate_the_same_pair_at_once_make_one(database: Database, owner: Connection) -> None:
    olivia, dora, ana = await actor(database, "olivia"), await actor(database, "dora"), await actor(database, "ana")
    chloe, family = await file_of(owner, "chloe"), await department(database, olivia, "Family medicine")
    made = await asyncio.gather(*(associate(database, who, chloe, ana, family) for who in (olivia, dora)))
    assert sorted(made) == [False, True]
    assert await owner.fetchval("SELECT count(*) FROM audit_line WHERE verb = 'associate'") == 1


async def test_a_practitioner_of_another_organization_is_unknown(database: Database, owner: Connection) -> None:
    olivia, stranger = await actor(database, "olivia"), await actor(database, "ana", "meadow")
    chloe, family = await file_of(owner, "chloe"), await department(database, olivia, "Family medicine")
    with pytest.raises(NotFound):
        await associate(database, olivia, chloe, stranger, family)
    async with database.transaction(olivia) as connection:
        with pytest.raises(Invalid):
            await associations.choose(connection, olivia, stranger.public_id)
