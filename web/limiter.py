"""How often somebody may try: per account and per network, in this process or, with REDIS_URL, in all of them.

A try is counted before its answer is known, so that many at once are as few as one after the other, and given back
when it turns out well. What is counted by is what was typed, known or not: so a limit tells nobody which accounts
exist.
If Redis is away, this process counts by itself: limits weaken, and nobody is kept out.
"""

import hashlib
import math
import time
from dataclasses import dataclass

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from people.errors import TooMany

log = structlog.get_logger()
redis_patience = 0.5
"""Seconds that Redis has for an answer."""
redis_rest = 5.0
"""Seconds for which nothing is asked of it after it gave none."""


@dataclass(frozen=True)
class Rule:
    """Limits of one kind of try, each "<number> per <number> <unit>" or several joined by ";".

    here: for one account from one network. This one a forgetful person meets.
    account: for one account from everywhere; higher, so that a stranger elsewhere does not lock its owner out at once.
    network: for one network, whatever the accounts.
    """

    here: str = ""
    account: str = ""
    network: str = ""


RULES = {
    "sign-in": Rule(here="10 per 5 minutes; 30 per hour", account="50 per hour", network="60 per 5 minutes"),
    "second-step": Rule(account="5 per 5 minutes; 20 per hour", network="60 per 5 minutes"),
    "password": Rule(account="10 per 5 minutes", network="60 per 5 minutes"),
    "forgot": Rule(account="3 per 15 minutes", network="20 per 15 minutes"),
    "reset": Rule(network="30 per 5 minutes"),
    "join": Rule(here="20 per 5 minutes", account="60 per 5 minutes", network="300 per 5 minutes"),
    "token": Rule(network="60 per 5 minutes"),
    "passkey": Rule(network="120 per 5 minutes"),
    "email": Rule(account="5 per hour", network="20 per hour"),
    "code": Rule(
        here="5 per 15 minutes; 20 per day", account="10 per 15 minutes; 60 per day", network="20 per 15 minutes"
    ),
    "register": Rule(account="5 per 15 minutes; 15 per day", network="30 per 15 minutes; 200 per day"),
    "confirm": Rule(account="10 per 15 minutes", network="60 per 15 minutes"),
    "code-guess": Rule(account="10 per 15 minutes", network="60 per 15 minutes"),
    "message": Rule(account="30 per 5 minutes; 200 per hour"),
    "upload": Rule(account="10 per 5 minutes; 200 per day"),
    "connect": Rule(account="20 per hour"),
    "paper": Rule(account="60 per 5 minutes"),
    "export": Rule(account="6 per hour; 20 per day"),
    "pay": Rule(account="20 per 5 minutes; 60 per hour"),
}
"""`forgot`, `email`, `code` and `register` send mail. With five tries a code, 60 codes a day bound how often
an address is guessed at. `code` and `code-guess` are a prospect's address and the code sent to it (A-23).
`upload` is a message with files: each is drawn anew, one at a time in the process, so nobody may have it all day.
`join` is a direct link, each use of which is a sign-in; a hospital's whole network may have visitors."""


class Limits:
    """Counts tries in fixed windows. One object an app."""

    def __init__(self, redis_url: str | None) -> None:
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._pool = _pool(redis_url) if redis_url else None
        self._shared = FixedWindowRateLimiter(_storage(redis_url, self._pool)) if redis_url else None
        self._rests_until = 0.0

    async def take(self, kind: str, account: str, network: str) -> None:
        """Count one try. Raises `TooMany` at the first limit that is used up; a refused try counts nowhere, so that
        who goes on trying from one place uses up no limit of others."""
        counted: list[tuple[RateLimitItem, tuple[str, ...]]] = []
        for item, key in _counted(kind, account, network):
            counted.append((item, key))
            if await self._add(item, 1, *key) > item.amount:
                wait = await self._wait(item, *key)
                await self._take_back(counted)
                raise TooMany(wait)

    async def give_back(self, kind: str, account: str, network: str) -> None:
        """The try turned out well, so it does not count."""
        await self._take_back(_counted(kind, account, network))

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _take_back(self, counted: list[tuple[RateLimitItem, tuple[str, ...]]]) -> None:
        for item, key in counted:
            await self._add(item, -1, *key)

    async def _wait(self, item: RateLimitItem, *key: str) -> int:
        """Seconds until the window ends."""
        ends = await self._ask("get_expiry", item.key_for(*key))
        return min(max(1, math.ceil(ends - time.time())), item.get_expiry())

    async def _add(self, item: RateLimitItem, number: int, *key: str) -> float:
        return await self._ask("incr", item.key_for(*key), item.get_expiry(), amount=number)

    async def _ask(self, method: str, *values: str | int, **named: int) -> float:
        shared = self._shared
        if shared is not None and time.monotonic() >= self._rests_until:
            try:
                return float(await getattr(shared.storage, method)(*values, **named))
            except (RedisError, OSError, TimeoutError) as error:
                self._rests_until = time.monotonic() + redis_rest
                log.warning("limits.alone", reason=type(error).__name__)
        return float(await getattr(self._memory.storage, method)(*values, **named))


def _counted(kind: str, account: str, network: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    """The windows that a try counts in. Keys hold no name and no address, only their digests."""
    rule = RULES[kind]
    person, place = _digest(account), _digest(network)
    ways = (
        (rule.here, ("here", person, place)),
        (rule.account, ("account", person)),
        (rule.network, ("network", place)),
    )
    return [(parse(text.strip()), (kind, *key)) for texts, key in ways for text in texts.split(";") if text.strip()]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _pool(redis_url: str) -> ConnectionPool:
    return ConnectionPool.from_url(
        redis_url,
        socket_timeout=redis_patience,
        socket_connect_timeout=redis_patience,
        retry=Retry(NoBackoff(), 1),  # a connection from before a restart gets a second chance, a hung server none
        max_connections=20,
    )


def _storage(redis_url: str, pool: ConnectionPool | None) -> Storage:
    url = redis_url.replace("unix://", "redis+unix://", 1)
    options = {"connection_pool": pool, "key_prefix": "anteroom:limits"}
    return RedisStorage(f"async+{url}", implementation="redispy", **options)  # type: ignore[arg-type]
