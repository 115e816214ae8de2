"""Leases: who holds what at the moment, told to every process when it changes, forgotten unless it is renewed.

They inform and never decide: "Ana is deciding" on a row, "this host has a page open". Nothing that matters is kept
here, so losing all of it costs a few seconds of not knowing. This form lives in one process; web/shared_leases.py
shares it through Redis.
"""

import asyncio
import heapq
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

log = structlog.get_logger()
OnChange = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Lease:
    """`ends` is on this process's monotonic clock, in seconds."""

    label: str
    ends: float


class Leases:
    """Topics and their holders. Topics in use: `deciding:<clinic id>:<request public id>` (who: account public id,
    label: name, see web/deciding.py), `here:<account id>` (who: a process that has a page of that person open, see
    web/presence.py).
    """

    tick_seconds = 0.5

    def __init__(self) -> None:
        self._held: defaultdict[str, dict[str, Lease]] = defaultdict(dict)
        self._ends: list[tuple[float, str, str]] = []  # a heap; what was renewed meanwhile is skipped
        self._callbacks: list[OnChange] = []
        self._changed: asyncio.Queue[str] = asyncio.Queue()

    @property
    def away(self) -> bool:
        """Whether holders in other processes may be missing: nobody's absence is to be judged by it."""
        return False

    async def hold(self, topic: str, who: str, label: str, seconds: float) -> None:
        """Take or renew: `who` is a holder for so many seconds from now. Never raises."""
        self._put(topic, who, label, seconds)

    async def release(self, topic: str, who: str) -> None:
        """Give up before the end; doing it twice does no harm. Never raises."""
        self._drop(topic, who)

    async def holders(self, topic: str) -> dict[str, str]:
        """The labels of those who hold it now, by who. Never raises."""
        now = time.monotonic()
        return {who: lease.label for who, lease in self._held.get(topic, {}).items() if lease.ends > now}

    def on_change(self, callback: OnChange) -> None:
        """Have `callback(topic)` awaited whenever a topic's holders or their labels changed, in every process."""
        self._callbacks.append(callback)

    async def run(self) -> None:
        """End what was not renewed and tell of changes, for ever."""
        while True:
            self._expire()
            topics = set()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.tick_seconds):
                    topics.add(await self._changed.get())
            while not self._changed.empty():
                topics.add(self._changed.get_nowait())
            for topic in topics:
                await self._tell(topic)

    async def close(self) -> None:
        """Nothing to close here."""

    async def _tell(self, topic: str) -> None:
        for callback in self._callbacks:
            try:
                await callback(topic)
            except Exception:
                log.exception("leases.callback_failed", topic=topic)

    def _put(self, topic: str, who: str, label: str, seconds: float) -> None:
        before = self._held[topic].get(who)
        lease = self._held[topic][who] = Lease(label, time.monotonic() + seconds)
        heapq.heappush(self._ends, (lease.ends, topic, who))
        if before is None or before.label != label:
            self._changed.put_nowait(topic)

    def _drop(self, topic: str, who: str) -> None:
        if self._held.get(topic, {}).pop(who, None) is not None:
            self._changed.put_nowait(topic)
        if not self._held.get(topic, True):
            del self._held[topic]

    def _expire(self) -> None:
        now = time.monotonic()
        while self._ends and self._ends[0][0] <= now:
            ended, topic, who = heapq.heappop(self._ends)
            lease = self._held.get(topic, {}).get(who)
            if lease is not None and lease.ends <= ended:
                self._drop(topic, who)
