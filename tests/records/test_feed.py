"""The feed against a real database whose connections are cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from dispatch import requests
from records.database import Connection, Database
from records.embedded import EmbeddedServer
from records.feed import Change, Feed
from records.provision import Place
from tests.dispatch.factories import ask_for, pending_request
from tests.support import actor, cut_feeds, eventually


class Heard:
    """What a feed told, in order; None stands for a resync."""

    def __init__(self) -> None:
        self.told: list[Change | None] = []

    def tables(self) -> list[str]:
        return [change.table for change in self.told if change is not None]

    def resyncs(self) -> int:
        return self.told.count(None)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def feed(place: Place, heard: Heard) -> AsyncIterator[Feed]:
    listening = Feed(place.urls.listener, heard.told.append, lambda: heard.told.append(None))
    task = asyncio.create_task(listening.run())
    await asyncio.wait_for(listening.connected.wait(), 10)
    yield listening
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_committed_change_is_heard_and_a_rolled_back_one_is_not(
    database: Database, feed: Feed, heard: Heard, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    with suppress(ZeroDivisionError):
        async with database.transaction(client) as connection:
            await requests.submit(connection, client, await ask_for(connection))
            raise ZeroDivisionError
    await pending_request(database, client)
    await eventually(lambda: "request" in heard.tables())
    key = await owner.fetchval("SELECT id FROM request")
    assert heard.told[1:] == [Change(client.organization_id, "request", key)]


async def test_the_feed_survives_a_dropped_listener_and_says_resync(
    database: Database, feed: Feed, heard: Heard, postgres: EmbeddedServer, place: Place
) -> None:
    client = await actor(database, "chloe")
    assert heard.resyncs() == 1
    assert await cut_feeds(postgres, place) == 1
    await eventually(lambda: heard.resyncs() == 2, 5)
    await pending_request(database, client)
    await eventually(lambda: "request" in heard.tables())


async def test_a_connection_that_hangs_without_closing_is_noticed(
    place: Place, heard: Heard, postgres_proxy: "HangingProxy"
) -> None:
    listening = Feed(postgres_proxy.url(place.urls.listener), heard.told.append, lambda: heard.told.append(None))
    listening.liveness_seconds = 0.2
    task = asyncio.create_task(listening.run())
    try:
        await eventually(lambda: heard.resyncs() == 1)
        postgres_proxy.hang()
        await eventually(lambda: not listening.connected.is_set(), 5)
        postgres_proxy.pass_again()
        await eventually(lambda: heard.resyncs() == 2, 10)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class HangingProxy:
    """A unix-socket proxy before Postgres that can stop passing bytes without closing anything."""

    def __init__(self, target: str, folder: str) -> None:
        self._target = target
        self._folder = folder
        self._passing = asyncio.Event()
        self._passing.set()

    def url(self, original: str) -> str:
        head, _, _ = original.partition("?host=")
        return f"{head}?host={self._folder}&port=5432"

    def hang(self) -> None:
        self._passing.clear()

    def pass_again(self) -> None:
        self._passing.set()

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._connect, f"{self._folder}/.s.PGSQL.5432")

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_unix_connection(self._target)
        await asyncio.gather(self._copy(reader, onward_writer), self._copy(onward_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def postgres_proxy(place: Place, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HangingProxy]:
    target = place.urls.listener.partition("?host=")[2].partition("&")[0].replace("%2F", "/")
    folder = tmp_path_factory.mktemp("p")
    proxy = HangingProxy(f"{target}/.s.PGSQL.5432", str(folder))
    server = await proxy.serve()
    yield proxy
    server.close()


async def test_a_feed_that_is_cut_while_it_connects_goes_on_trying(
    place: Place, postgres: EmbeddedServer, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def cut_at_first(connection: asyncpg.Connection, *rest: object) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            await cut_feeds(postgres, place)
        await listen(connection, *rest)

    listen = asyncpg.Connection.add_listener
    monkeypatch.setattr(asyncpg.Connection, "add_listener", cut_at_first)
    listening = Feed(place.urls.listener, heard.told.append, lambda: heard.told.append(None))
    task = asyncio.create_task(listening.run())
    await eventually(lambda: heard.resyncs() == 1)
    assert tries == 3
    task.cancel()
