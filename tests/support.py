"""Small helpers that tests share: waiting by condition, and people to act as."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

from people import accounts
from people.access import Actor
from records.database import Database

PASSWORD = "anteroom-demo"


async def eventually(condition: Callable[[], Any], seconds: float = 10.0, what: str = "") -> Any:
    """Wait until the condition (a function, sync or async) is true; return its value. AssertionError at the deadline."""
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
