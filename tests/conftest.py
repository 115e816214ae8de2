"""Three speeds: pure; a connection that is rolled back; a database cloned from a template where COMMIT or
NOTIFY matters.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from dispatch import seed
from people.passwords import Passwords
from records import schema
from records.database import Connection, Database, connect
from records.embedded import EmbeddedServer
from records.provision import Place, provision
from records.provision import place as place_of
from tests.stripe_stand_in import StripeStandIn
from tests.support import PASSWORD_HASH
from tests.valkey import Valkey

TEMPLATE = "template_seeded"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """One real PostgreSQL for the whole run; nothing in it outlives the run, so it need not reach the disk."""
    with tempfile.TemporaryDirectory(prefix="anteroom-test-", dir=_memory()) as folder:
        server = EmbeddedServer(Path(folder, "postgres"), {"fsync": "off", "synchronous_commit": "off"})
        with server:
            yield server


def _memory() -> str | None:
    """Where files are memory, if there is room for several runs at once: cloning a database is files made and removed,
    and that is most of what the suite would cost the kernel."""
    memory = "/dev/shm"
    return memory if os.path.isdir(memory) and shutil.disk_usage(memory).free > 4 << 30 else None


@pytest.fixture(scope="session")
def seeded(postgres: EmbeddedServer) -> list[dict[str, Any]]:
    """The template database: two organizations with every role. Returns what `anteroom seed --json` would print."""
    return asyncio.run(_make_template(postgres))


async def _make_template(postgres: EmbeddedServer) -> list[dict[str, Any]]:
    made = await provision(postgres, TEMPLATE)
    connection = await connect(made.owner)
    try:
        await schema.migrate(connection)
        return [
            await seed.organization(connection, "harbor", "Harbor Health", PASSWORD_HASH, "Europe/Lisbon"),
            await seed.organization(connection, "meadow", "Meadow Clinic", PASSWORD_HASH, "America/New_York"),
        ]
    finally:
        await connection.close()


_numbers = itertools.count()


@pytest.fixture
def place(postgres: EmbeddedServer, seeded: list[dict[str, Any]]) -> Iterator[Place]:
    """A database of the test's own."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_run(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY OWNER anteroom_owner"))
    yield place_of(postgres, name)
    asyncio.run(_run(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


async def _run(postgres: EmbeddedServer, statement: str) -> None:
    connection = await connect(postgres.url())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    async with _opened(place) as database:
        yield database


@pytest.fixture
async def second(place: Place) -> AsyncIterator[Database]:
    """Another server's database."""
    async with _opened(place) as database:
        yield database


@asynccontextmanager
async def _opened(place: Place) -> AsyncIterator[Database]:
    opened = Database(place.urls)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def owner(place: Place) -> AsyncIterator[Connection]:
    """The schema's owner in the test's own database: sees every row and may move any time."""
    connection = await connect(place.owner)
    yield connection
    await connection.close()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server of its own, for what processes share."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def stripe_stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeStandIn]:
    """One for the whole run; intents of one test mean nothing to another."""
    server = StripeStandIn(tmp_path_factory.mktemp("stripe"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def passwords(monkeypatch: pytest.MonkeyPatch) -> Passwords:
    """Hashes that cost nothing."""
    monkeypatch.setattr("people.passwords.hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return Passwords()
