"""One socket of a person: what it was told, and what is still to be told.

Every event tells a whole state, so of each name only the newest waits. What waits for a slow browser is
therefore bounded by the number of names, not by time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from signalling.messages import Event, ParticipantReplaced

log = structlog.get_logger()

Send = Callable[[str, dict[str, Any]], Awaitable[None]]
Close = Callable[[], Awaitable[None]]


class Browser:
    """Writes events with `send(name, data)`; `close()` disconnects the socket. Needs a running loop."""

    def __init__(self, send: Send, close: Close) -> None:
        self._send = send
        self._close = close
        self._told: dict[str, Event] = {}
        self._unsent: dict[str, Event] = {}
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._write())

    def show(self, news: Event) -> None:
        """Tell it, unless the browser was told the same before."""
        if not news.says_the_same(self._told.get(news.event)):
            self.tell(news)

    def tell(self, news: Event) -> None:
        """Tell it, after all that was told before."""
        self._told[news.event] = news
        self._unsent.pop(news.event, None)
        self._unsent[news.event] = news
        self._wake.set()

    def hide(self, kind: type[Event]) -> None:
        """The browser may not know this any more: take back what was not sent; a later one is news again."""
        self._told.pop(kind.event, None)
        self._unsent.pop(kind.event, None)

    def replace(self, crowded: bool = False) -> None:
        """Say the last word to an older browser of the same person, and close it."""
        self._told.clear()
        self._unsent.clear()
        self.tell(ParticipantReplaced(crowded=crowded))
        self.dismiss()

    def dismiss(self) -> None:
        """Close the socket when all is said."""
        self._closing = True
        self._wake.set()

    def gone(self) -> None:
        """The socket is closed already."""
        if not self._closing:
            self._task.cancel()

    async def _write(self) -> None:
        try:
            while not self._closing or self._unsent:
                await self._wake.wait()
                self._wake.clear()
                await self._empty()
            await self._close()
        except Exception:
            log.exception("browser.unreachable")

    async def _empty(self) -> None:
        while self._unsent:
            name = next(iter(self._unsent))
            news = self._unsent.pop(name)
            await self._send(name, news.model_dump(mode="json"))
