"""Leases that several processes share through Redis (or Valkey).

Each process keeps the whole picture itself and hears of every change by publication, so reading asks nobody and
Redis may be away at any time: until it is back, a process sees its own people, and others' leases as they run out.
The keys in Redis, which expire by themselves, are only for whoever joins later.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from web.leases import Leases

log = structlog.get_logger()
AWAY = (RedisError, OSError, TimeoutError)


@dataclass(frozen=True)
class Own:
    """What this process holds itself, and tells again when Redis has forgotten."""

    label: str
    ends: float


class SharedLeases(Leases):
    """`house` (the PUBLIC_URL) keeps two Anterooms in one Redis apart."""

    answer_seconds = 1.0
    liveness_seconds = 2.0
    retry_seconds = 0.5
    settle_seconds = 5.0
    """After Redis is back every process tells again what it holds; so long nobody is taken for absent."""

    def __init__(self, url: str, house: str) -> None:
        super().__init__()
        self._keys = f"anteroom:{hashlib.sha256(house.encode()).hexdigest()[:12]}:lease:"
        self._channel = self._keys + "changed"
        self._redis: Redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=self.answer_seconds,
            socket_timeout=self.answer_seconds,
            retry=Retry(NoBackoff(), 1),  # the first command after a restart finds its connection closed
        )
        # The listener must notice when it was cut off, so its connection never mends itself silently.
        self._listening: Redis = Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=self.answer_seconds, retry=Retry(NoBackoff(), 0)
        )
        self._own: dict[tuple[str, str], Own] = {}
        self._following = False
        self._settled_at = 0.0

    @property
    def away(self) -> bool:
        return not self._following or time.monotonic() < self._settled_at

    async def hold(self, topic: str, who: str, label: str, seconds: float) -> None:
        self._own[topic, who] = Own(label, time.monotonic() + seconds)
        if not await self._say(topic, who, label, seconds):
            self._put(topic, who, label, seconds)

    async def release(self, topic: str, who: str) -> None:
        self._own.pop((topic, who), None)
        if not await self._say(topic, who, "", 0):
            self._drop(topic, who)

    def _drop(self, topic: str, who: str) -> None:
        self._own.pop((topic, who), None)
        super()._drop(topic, who)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(super().run())
            group.create_task(self._follow())

    async def close(self) -> None:
        await self._redis.aclose()
        await self._listening.aclose()

    # Speaking

    async def _say(self, topic: str, who: str, label: str, seconds: float) -> bool:
        """Store and publish; everybody, ourselves included, applies it in the order in which Redis tells it.

        False if Redis is away: the caller then applies it here.
        """
        if not self._following:
            return False
        try:
            await self._store(topic, who, label, seconds)
        except AWAY:
            return False
        return True

    async def _store(self, topic: str, who: str, label: str, seconds: float) -> None:
        key, milliseconds = self._key(topic, who), int(seconds * 1000)
        async with self._redis.pipeline(transaction=True) as pipeline:
            if milliseconds > 0:
                pipeline.set(key, label, px=milliseconds)
            else:
                pipeline.delete(key)
            pipeline.publish(self._channel, orjson.dumps([topic, who, label, milliseconds]).decode())
            await pipeline.execute()

    def _key(self, topic: str, who: str) -> str:
        return self._keys + orjson.dumps([topic, who]).decode()

    # Hearing

    async def _follow(self) -> None:
        while True:
            try:
                async with self._listening.pubsub() as pubsub:
                    await self._listen(pubsub)
            except AWAY as error:
                if self._following:
                    log.warning("redis.away", reason=type(error).__name__)
                self._following = False
            await asyncio.sleep(self.retry_seconds)

    async def _listen(self, pubsub: PubSub) -> None:
        """Subscribe first, then read what is there, then follow: what changes meanwhile waits in the channel."""
        await pubsub.subscribe(self._channel)
        await self._heard(pubsub)
        await self._tell_own()
        await self._read_all()
        self._settled_at = time.monotonic() + self.settle_seconds
        self._following = True
        log.info("redis.followed")
        while True:
            self._apply(await self._heard(pubsub))

    async def _heard(self, pubsub: PubSub) -> dict[str, Any]:
        """The next message; a silent Redis is asked whether it still answers. TimeoutError if it does not."""
        if message := await pubsub.get_message(timeout=self.liveness_seconds):
            return message
        await pubsub.ping()
        if message := await pubsub.get_message(timeout=self.liveness_seconds):
            return message
        raise TimeoutError("Redis does not answer")

    def _apply(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        topic, who, label, milliseconds = orjson.loads(message["data"])
        if milliseconds > 0:
            self._put(topic, who, str(label), milliseconds / 1000)
        else:
            self._drop(topic, who)

    async def _tell_own(self) -> None:
        now = time.monotonic()
        for (topic, who), own in list(self._own.items()):
            if own.ends > now:
                await self._store(topic, who, own.label, own.ends - now)

    async def _read_all(self) -> None:
        """Take over what others hold. What Redis has forgotten stays until its own end: they tell it again."""
        async for key in self._redis.scan_iter(match=self._keys + "[[]*", count=1000):
            label, milliseconds = await asyncio.gather(self._redis.get(key), self._redis.pttl(key))
            if label is not None and milliseconds > 0:
                topic, who = orjson.loads(key.removeprefix(self._keys))
                self._put(topic, who, str(label), milliseconds / 1000)


def create(redis_url: str | None, house: str) -> Leases:
    """The shared form with REDIS_URL, the one process's own without."""
    return SharedLeases(redis_url, house) if redis_url else Leases()
