"""People of the seed who ask, decide and administer; verbs commit nothing unless a test says so."""

from collections.abc import AsyncIterator

import pytest

from people.access import Actor
from records.database import Connection, Database
from tests.support import actor


@pytest.fixture
async def chloe(database: Database) -> Actor:
    return await actor(database, "chloe")


@pytest.fixture
async def ana(database: Database) -> Actor:
    return await actor(database, "ana")


@pytest.fixture
async def olivia(database: Database) -> Actor:
    return await actor(database, "olivia")


@pytest.fixture
async def connection(database: Database, chloe: Actor) -> AsyncIterator[Connection]:
    """The organization's, for verbs whose outcome is read in the same transaction."""
    async with database.transaction(chloe) as opened:
        yield opened
