"""Somebody lost their second step: an organization administrator removes it, and nobody else does."""

from dataclasses import replace

import pytest

from people import lost_factors
from people.errors import Invalid, NotFound
from records.database import Connection, Database
from tests.support import actor


async def with_second_step(owner: Connection, username: str) -> int:
    """An app, a passkey, a recovery code and a sign-in; returns the account's key."""
    account = await owner.fetchrow("SELECT id, organization_id FROM account WHERE username = $1", username)
    await owner.execute("UPDATE account SET totp_secret = 'S', totp_step = 1 WHERE id = $1", account["id"])
    for table, columns, values in (
        ("passkey", "name, credential_id, public_key", "'Phone', $3, ''"),
        ("recovery_code", "code_hash", "$3"),
        ("sign_in", "token_hash, expires_at", "$3, clock_now() + interval '1 day'"),
    ):
        query = f"INSERT INTO {table} (account_id, organization_id, {columns}) VALUES ($1, $2, {values})"
        await owner.execute(query, account["id"], account["organization_id"], username.encode())
    return int(account["id"])


async def left(owner: Connection, account_id: int) -> tuple[bool, int, int, int]:
    """Is there an app, and how many passkeys, recovery codes and sign-ins there are."""
    row = await owner.fetchrow(
        "SELECT totp_secret IS NOT NULL, (SELECT count(*) FROM passkey WHERE account_id = $1), "
        "(SELECT count(*) FROM recovery_code WHERE account_id = $1), "
        "(SELECT count(*) FROM sign_in WHERE account_id = $1) FROM account WHERE id = $1",
        account_id,
    )
    return tuple(row)


async def test_an_administrator_removes_a_lost_second_step_and_its_owner_is_told(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    chloe, ana, david = [await with_second_step(owner, name) for name in ("chloe", "ana", "david")]
    async with database.system() as connection:
        await lost_factors.drop(connection, olivia, chloe)
        await lost_factors.drop(connection, olivia, ana)
    assert await left(owner, chloe) == await left(owner, ana) == (False, 0, 0, 0)
    assert await left(owner, david) == (True, 1, 1, 1), "nobody else's"
    told = await owner.fetch("SELECT kind, recipient FROM mail ORDER BY recipient")
    assert [tuple(row) for row in told] == [
        ("account_notice", "ana@harbor.example"),
        ("account_notice", "chloe@harbor.example"),
    ]
    lines = "SELECT count(*) FROM audit_line WHERE verb = 'drop_second_factor' AND account_id = $1"
    assert await owner.fetchval(lines, olivia.account_id) == 2
    with pytest.raises(Invalid):
        async with database.system() as connection:
            await lost_factors.drop(connection, olivia, chloe)


@pytest.mark.parametrize("who", ["dora", "carl", "ana", "david"])
async def test_nobody_else_removes_a_second_step(database: Database, owner: Connection, who: str) -> None:
    chloe, somebody = await with_second_step(owner, "chloe"), await actor(database, who)
    with pytest.raises(NotFound):
        async with database.system() as connection:
            await lost_factors.drop(connection, somebody, chloe)
    assert await left(owner, chloe) == (True, 1, 1, 1)


async def test_administrators_do_not_remove_their_own_here(database: Database, owner: Connection) -> None:
    olivia, key = await actor(database, "olivia"), await with_second_step(owner, "olivia")
    with pytest.raises(NotFound):
        async with database.system() as connection:
            await lost_factors.drop(connection, olivia, key)
    assert (await left(owner, key))[:3] == (True, 1, 1)


async def test_it_reaches_no_other_organization(database: Database, owner: Connection) -> None:
    chloe, olivia = await with_second_step(owner, "chloe"), await actor(database, "olivia")
    other = await owner.fetchval("SELECT id FROM organization WHERE slug <> 'harbor' LIMIT 1")
    with pytest.raises(NotFound):
        async with database.system() as connection:
            await lost_factors.drop(connection, replace(olivia, organization_id=other), chloe)
    assert await left(owner, chloe) == (True, 1, 1, 1)
