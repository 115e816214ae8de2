"""Small helpers that tests share: waiting by condition, and people to act as."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher

from people import accounts
from people.access import Actor
from records.database import Connection, Database, connect
from records.embedded import EmbeddedServer
from records.feed import NAME
from records.provision import Place

PASSWORD = "anteroom-demo"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""Real argon2id at the least cost: a hash bears its own, so that a thousand sign-ins of tests take no minutes."""


async def eventually(condition: Callable[[], Any], seconds: float = 10.0, what: str = "") -> Any:
    """Wait until the condition (a function, sync or async) is true; return its value. AssertionError at the
    deadline.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, what or f"not within {seconds} s: {inspect.getsource(condition).strip()}"
        await asyncio.sleep(0.02)


async def actor(database: Database, username: str, organization: str = "harbor") -> Actor:
    """The seeded person as somebody signed in."""
    async with database.system() as connection:
        account_id = await connection.fetchval(
            "SELECT account.id FROM account JOIN organization ON organization.id = organization_id "
            "WHERE username = $1 AND slug = $2",
            username,
            organization,
        )
        token = await accounts.sign_in(connection, account_id)
        known = await accounts.actor_of(connection, token)
    assert known is not None
    return known


async def file_of(owner: Connection, username: str) -> str:
    """The public id of the file of one of Harbor's clients."""
    return str(
        await owner.fetchval(
            "SELECT client.public_id FROM client JOIN account ON account.id = account_id "
            "JOIN organization ON organization.id = client.organization_id WHERE username = $1 AND slug = 'harbor'",
            username,
        )
    )


async def cut_feeds(postgres: EmbeddedServer, place: Place) -> int:
    """End every listener's connection to this database from Postgres's side; return how many there were."""
    connection = await connect(postgres.url())
    try:
        return await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = $1 AND datname = split_part(split_part($2, '@/', 2), '?', 1)",
            NAME,
            place.urls.listener,
        )
    finally:
        await connection.close()
