"""LISTEN -> Change. One direct connection hears which rows changed; it never carries data.

A notification is a hint: whoever hears it re-reads. So nothing is lost when the connection is: after every
(re)connection `on_resync` says "anything may have changed", and the boards load afresh.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from records.database import Connection, connect

log = structlog.get_logger()
NAME = "anteroom.feed"


@dataclass(frozen=True)
class Change:
    """A row that changed, by its inner key."""

    organization_id: int
    table: str
    id: int


class Feed:
    """Listens for ever. `connected` tells whether it hears at the moment; `on_lost` is called when it could not be had
    again at once."""

    liveness_seconds = 2.0
    first_retry_seconds = 0.05
    longest_retry_seconds = 2.0

    def __init__(
        self,
        url: str,
        on_change: Callable[[Change], None],
        on_resync: Callable[[], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._on_change = on_change
        self._on_resync = on_resync
        self._on_lost = on_lost
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Connect, listen, notice silence, reconnect with a growing pause; until cancelled."""
        pause = self.first_retry_seconds
        while True:
            try:
                await self._listen_once()
                pause = self.first_retry_seconds
            except Exception as error:
                # Whatever it was: a feed that has ended would leave every board stale and calm.
                log.warning("feed.failed", reason=type(error.__cause__ or error).__name__)
                if pause == self.first_retry_seconds:
                    self._on_lost()
                pause = min(pause * 2, self.longest_retry_seconds)
            await asyncio.sleep(pause)

    async def _listen_once(self) -> None:
        connection = await connect(self._url, NAME)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await asyncio.wait_for(connection.add_listener("change", self._hear), 5)
            self.connected.set()
            self._on_resync()
            log.info("feed.connected")
            await self._until_lost(connection, lost)
            log.warning("feed.lost")
        finally:
            self.connected.clear()
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 1)

    async def _until_lost(self, connection: Connection, lost: asyncio.Event) -> None:
        """Return when the connection ended or does not answer: a hung peer sends no FIN, so it is asked."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), self.liveness_seconds)
                return
            try:
                await connection.execute("SELECT 1", timeout=self.liveness_seconds)
            except Exception:
                connection.terminate()
                return

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        told = orjson.loads(payload)
        self._on_change(Change(told["organization"], told["table"], int(told["id"])))
