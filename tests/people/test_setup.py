"""The link by which somebody sets up the account that the staff made for them."""

import asyncio

import pytest

from people import resets, setup
from people.access import Actor
from people.errors import NotFound, Unfit, UsernameTaken
from people.passwords import Passwords
from records.database import Connection, Database, House
from tests.support import actor

GOOD = "a quiet harbour at dawn"


async def made(database: Database, owner: Connection, email: str = "nell@example.org") -> tuple[Actor, int]:
    """An account as the staff make one, and the administrator who did."""
    olivia = await actor(database, "olivia")
    account_id = await owner.fetchval(
        "INSERT INTO account (organization_id, username, email, name) "
        "VALUES ($1, 'new-1', $2, 'Nell New') RETURNING id",
        olivia.organization_id,
        email,
    )
    return olivia, account_id


async def send(database: Database, sender: Actor, account_id: int) -> None:
    async with database.transaction(sender) as connection:
        await setup.post_link(connection, sender, account_id)


async def tokens(owner: Connection) -> list[str]:
    """Those that were mailed, the newest first."""
    rows = await owner.fetch("SELECT details ->> 'token' FROM mail WHERE kind = 'setup' ORDER BY id DESC")
    return [row[0] for row in rows]


async def take(
    database: Database, token: str, username: str = "Nell", password: str = GOOD, slug: str = "harbor"
) -> str:
    return await setup.set_up(database, Passwords(), slug, token, username, password, "Chrome on Linux")


async def test_r029_the_link_defines_user_name_and_password_once_and_opens_the_account(
    database: Database, owner: Connection
) -> None:
    sender, account_id = await made(database, owner)
    await send(database, sender, account_id)
    token = (await tokens(owner))[0]
    outcomes = await asyncio.gather(*(take(database, token) for _ in range(2)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["NotFound", "str"]
    row = await owner.fetchrow("SELECT username, state::text, has_password FROM account WHERE id = $1", account_id)
    assert tuple(row) == ("nell", "active", True)
    with pytest.raises(NotFound):
        await take(database, token)
    verbs = await owner.fetch("SELECT verb FROM audit_line WHERE noun_id = $1 ORDER BY id", account_id)
    assert [row[0] for row in verbs] == ["send_setup_link", "set_up"]


async def test_r203_a_newer_link_ends_the_older_and_none_lives_longer_than_a_week(
    database: Database, owner: Connection
) -> None:
    sender, account_id = await made(database, owner)
    await send(database, sender, account_id)
    async with database.system() as connection:  # the house sends the second
        await setup.post_link(connection, House(sender.organization_id), account_id)
    newer, older = await tokens(owner)
    with pytest.raises(NotFound):
        await take(database, older)
    with pytest.raises(NotFound):
        await take(database, newer, slug="meadow")
    await owner.execute("UPDATE setup_link SET expires_at = clock_now() WHERE used_at IS NULL")
    with pytest.raises(NotFound):
        await take(database, newer)


async def test_a07_a_user_name_is_free_and_looks_like_no_address(database: Database, owner: Connection) -> None:
    sender, account_id = await made(database, owner)
    await send(database, sender, account_id)
    token = (await tokens(owner))[0]
    with pytest.raises(UsernameTaken):
        await take(database, token, "Chloe")
    for bad in ("no", "david@harbor.example", "-dash", "with space", "x" * 51, ""):
        with pytest.raises(Unfit) as refusal:
            await take(database, token, bad)
        assert refusal.value.field == "username"
    with pytest.raises(Unfit):
        await take(database, token, "nell", "short")
    assert await take(database, token), "whoever was refused tries again with the same link"


async def test_a_link_opens_no_account_that_has_a_password_or_is_inactive(
    database: Database, owner: Connection
) -> None:
    sender, account_id = await made(database, owner)
    await send(database, sender, account_id)
    token = (await tokens(owner))[0]
    chloe = await actor(database, "chloe")
    await send(database, sender, chloe.account_id)
    assert len(await tokens(owner)) == 1, "nothing is sent to somebody who has a password"
    await owner.execute("UPDATE account SET state = 'inactive' WHERE id = $1", account_id)
    with pytest.raises(NotFound):
        await take(database, token)


async def test_another_organization_sends_no_link(database: Database, owner: Connection) -> None:
    _, account_id = await made(database, owner)
    stranger = await actor(database, "olivia", "meadow")
    await send(database, stranger, account_id)
    assert await tokens(owner) == []


async def test_a_forgotten_password_that_never_was_brings_the_link_again(database: Database, owner: Connection) -> None:
    sender, account_id = await made(database, owner)
    await send(database, sender, account_id)
    await resets.ask(database, "harbor", "Nell@example.org")
    newer, older = await tokens(owner)
    with pytest.raises(NotFound):
        await take(database, older)
    assert await take(database, newer)
    assert await owner.fetchval("SELECT count(*) FROM password_reset") == 0


async def test_an_address_that_is_theirs_no_more_opens_nothing(database: Database, owner: Connection) -> None:
    sender, account_id = await made(database, owner)
    await send(database, sender, account_id)
    async with database.transaction(sender) as connection:
        await connection.execute("UPDATE account SET email = 'right@example.org' WHERE id = $1", account_id)
    with pytest.raises(NotFound):
        await take(database, (await tokens(owner))[0])
    await send(database, sender, account_id)
    assert await take(database, (await tokens(owner))[0])


async def test_whoever_came_by_a_code_chooses_user_name_and_password_and_still_waits(
    database: Database, owner: Connection
) -> None:
    _, account_id = await made(database, owner)
    await owner.execute("UPDATE account SET state = 'pending' WHERE id = $1", account_id)
    await resets.ask(database, "harbor", "nell@example.org")
    assert await take(database, (await tokens(owner))[0])
    row = await owner.fetchrow("SELECT username, state::text FROM account WHERE id = $1", account_id)
    assert tuple(row) == ("nell", "pending")
