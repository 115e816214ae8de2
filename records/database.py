"""Pools and transactions. Everything that people do runs inside `Database.transaction(actor)`, which sets the tenant.

Row-level security then shows that organization's rows and no others; a connection outside a transaction sees none.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import asyncpg
import orjson

Connection: TypeAlias = asyncpg.Connection
Row: TypeAlias = asyncpg.Record


class Unavailable(Exception):
    """Postgres does not answer; nothing was changed that was acknowledged."""


class Tenant(Protocol):
    """Whoever acts, as far as this room cares: on behalf of one organization."""

    @property
    def organization_id(self) -> int: ...


@dataclass(frozen=True)
class House:
    """The system itself acting for one organization: re-reading after a change, expiring, reminding."""

    organization_id: int


@dataclass(frozen=True)
class DatabaseUrls:
    """Connection URLs: `app` for people, `system` for sign-in and workers, `listener` a direct connection for
    the feed.
    """

    app: str
    system: str
    listener: str


class Database:
    """The app's and the system's pools."""

    def __init__(self, urls: DatabaseUrls, size: int = 10) -> None:
        self.urls = urls
        self._size = size
        self._app: asyncpg.Pool | None = None
        self._system: asyncpg.Pool | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect both pools. Raises `Unavailable` if Postgres cannot be reached."""
        try:
            self._app = await _pool(self.urls.app, 2, self._size)
            self._system = await _pool(self.urls.system, 1, 4)
        except UNREACHABLE as error:
            raise Unavailable(str(error)) from error

    async def close(self) -> None:
        for pool in (self._app, self._system):
            if pool is not None:
                await _close(pool)

    @asynccontextmanager
    async def transaction(self, actor: Tenant) -> AsyncIterator[Connection]:
        """A transaction that sees and writes the rows of `actor.organization_id` only; commits when the block ends."""
        tenant = f"SELECT set_config('anteroom.organization', '{actor.organization_id:d}', true)"
        async with _transaction(self._app, f"BEGIN; {tenant}") as connection:
            yield connection

    def reading(self, actor: Tenant, plan_once: bool = False) -> AbstractAsyncContextManager[Connection]:
        """`transaction` for a page that only reads: Postgres refuses it to write, and the page does not wait for its
        end. `plan_once` is for lists that are walked in one order whatever is asked for: their statements are planned
        once a connection, where Postgres would plan each time anew for the values."""
        settings = f"set_config('anteroom.organization', '{actor.organization_id:d}', true)"
        if plan_once:
            settings += ", set_config('plan_cache_mode', 'force_generic_plan', true)"
        return self._unawaited(_transaction(self._app, f"BEGIN READ ONLY; SELECT {settings}"))

    @asynccontextmanager
    async def snapshot(self, actor: Tenant) -> AsyncIterator[Connection]:
        """`transaction` that reads everything as it was at one moment, however long it takes, and writes nothing."""
        tenant = f"SELECT set_config('anteroom.organization', '{actor.organization_id:d}', true)"
        async with _transaction(self._app, f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {tenant}") as connection:
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Connection]:
        """A transaction of the narrow system role, for what has no tenant yet."""
        async with _transaction(self._system, "BEGIN") as connection:
            yield connection

    def system_statement(self) -> AbstractAsyncContextManager[Connection]:
        """The system role for one statement, which is its own transaction: whoever asks for a page is recognised in one
        journey instead of three."""
        return self._unawaited(_taken(self._system))

    @asynccontextmanager
    async def _unawaited(self, block: AbstractAsyncContextManager[Connection]) -> AsyncIterator[Connection]:
        """A block whose end nobody waits for, unless it fails."""
        begun = AsyncExitStack()
        connection = await begun.enter_async_context(block)
        async with begun:
            yield connection
            ending = asyncio.create_task(begun.pop_all().aclose())
            self._ending.add(ending)
            ending.add_done_callback(self._ended)

    def _ended(self, ending: asyncio.Task[None]) -> None:
        """All had been read, so a connection that was lost since then is nobody's trouble."""
        self._ending.discard(ending)
        if not ending.cancelled() and not isinstance(error := ending.exception(), Unavailable | None):
            raise error


# What asyncpg raises when a connection cannot be had: the other end is not there, refuses, or was named wrongly.
UNREACHABLE = (
    OSError,
    TimeoutError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
# What it raises when one is lost, or does not answer, in the middle of a transaction.
GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InternalClientError,  # a connection that ends at the very moment in which it is used or given back
)
longest_statement = 5.0


async def _pool(url: str, least: int, most: int) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        url, min_size=least, max_size=most, init=_prepare, reset=leave, command_timeout=longest_statement
    )


async def leave(_: Connection) -> None:
    """Nothing to undo when a connection goes back: all that we set ends with its transaction, and asking Postgres to
    forget the rest would cost each transaction one more journey."""


async def _close(pool: asyncpg.Pool) -> None:
    """Close gently, or at once if the other end does not answer."""
    try:
        await asyncio.wait_for(pool.close(), 3)
    except TimeoutError:
        pool.terminate()


@asynccontextmanager
async def _taken(pool: asyncpg.Pool | None) -> AsyncIterator[Connection]:
    """A connection of the pool; whatever says that the other end is gone becomes `Unavailable`."""
    if pool is None:
        raise Unavailable("the database is not open")
    try:
        connection = await pool.acquire(timeout=longest_statement)
    except UNREACHABLE as error:
        raise Unavailable(str(error)) from error
    try:
        try:
            yield connection
        finally:
            await pool.release(connection)
    except GONE as error:
        raise Unavailable(str(error)) from error


@asynccontextmanager
async def _transaction(pool: asyncpg.Pool | None, begin: str) -> AsyncIterator[Connection]:
    """`begin` is all that comes before the block, in one journey."""
    async with _taken(pool) as connection:
        await connection.execute(begin)
        try:
            yield connection
        except BaseException:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")


async def connect(url: str, name: str = "anteroom") -> Connection:
    """One connection outside the pools, for listeners, migrations and seeds; `name` is what Postgres shows of it.

    Raises `Unavailable`.
    """
    try:
        connection = await asyncpg.connect(url, timeout=10, server_settings={"application_name": name})
        await _prepare(connection)
    except UNREACHABLE as error:
        raise Unavailable(str(error)) from error
    return connection


async def _prepare(connection: Connection) -> None:
    """Python values for `json`. Not for `jsonb`: the job queue passes that as text of its own making."""
    await connection.set_type_codec("json", schema="pg_catalog", encoder=_dump, decoder=orjson.loads, format="text")


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()


@contextmanager
def refusing(**by_constraint: type[Exception]) -> Iterator[None]:
    """Turn the violation of a named constraint into the trade's own error.

    A deadlock (40P01) between two writers under one exclusion constraint means the same as losing to it, so it becomes
    the first error named.
    """
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        known = by_constraint.get(error.constraint_name or "")
        if known is None:
            raise
        raise known() from error
    except asyncpg.DeadlockDetectedError as error:
        raise next(iter(by_constraint.values()))() from error
