"""Work that follows a commit: enqueued inside the business transaction, done by a worker, at least once.

pgqueuer keeps the queue. A payload is one key, never a person's data: the queue's table has no tenant.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.cli import supervisor
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

from records.database import Connection, leave

log = structlog.get_logger()
Work = Callable[[int], Awaitable[None]]
most_at_once = 8  # of one kind: a slow mail server gets that many connections from a process, not a thousand
breath_seconds = 0.015
tables = "pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics"


async def install(connection: Connection) -> None:
    """Create the queue's tables (as owner) and let the app put jobs in and the system role work them off."""
    await Queries(AsyncpgDriver(connection)).install()
    await connection.execute(f"""
        GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO anteroom_system;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO anteroom_system, anteroom_app;
        GRANT INSERT, SELECT ON pgqueuer TO anteroom_app;
        GRANT INSERT ON pgqueuer_log TO anteroom_app;
    """)


async def enqueue(connection: Connection, name: str, *keys: int, after: timedelta | None = None) -> None:
    """Ask for the work `name` on each row of `keys`, at once or `after` a while, in one statement; it exists if and
    only if the caller's transaction commits."""
    if keys:
        payloads: list[bytes | None] = [str(key).encode() for key in keys]
        count = len(keys)
        await Queries(AsyncpgDriver(connection)).enqueue([name] * count, payloads, [0] * count, [after] * count)


class Worker:
    """Does the jobs that were committed, each until it succeeds, with growing pauses between tries."""

    def __init__(self, url: str, work: dict[str, Work]) -> None:
        self._url = url
        self._work = work
        self._shutdown = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; a lost database connection is found again."""
        await supervisor.runit(
            self._queue,
            dequeue_timeout=timedelta(seconds=5),
            batch_size=10,
            restart_delay=timedelta(seconds=1),
            restart_on_failure=True,
            shutdown=self._shutdown,
            mode=QueueExecutionMode.continuous,
            max_concurrent_tasks=None,
            shutdown_on_listener_failure=True,
            handle_signals=False,
        )

    def stop(self) -> None:
        self._shutdown.set()

    @asynccontextmanager
    async def _queue(self) -> AsyncIterator[PgQueuer]:
        async with asyncpg.create_pool(self._url, min_size=1, max_size=4, reset=leave) as pool:
            driver = AsyncpgPoolDriver(pool)
            queue = PgQueuer(driver)
            # pgqueuer probes its listener before it listens: on a busy machine the probe's own notification is lost,
            # and ten seconds later the worker begins anew with a stack in the log. So we listen before it does.
            await driver.add_listener(queue.channel, _ignore)
            pace = Pace()
            for name, work in self._work.items():
                queue.entrypoint(name, concurrency_limit=most_at_once)(_job(work, pace))
            yield queue


def _ignore(_: str | bytes | bytearray) -> None:
    """The queue's own listener, on the same connection, does the work."""


class Pace:
    """Lets jobs begin one after the other, with a breath between: a thousand letters at once take their time, and those
    who watch a board meanwhile notice nothing. A breath that took much longer than it should says that the loop has
    other work: then another is taken, up to a second of them."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        async with self._turn:
            began = now = time.monotonic()
            late = True
            while late and now - began < 1:
                await asyncio.sleep(breath_seconds)
                now, before = time.monotonic(), now
                late = now - before > 1.5 * breath_seconds


def _job(work: Work, pace: Pace) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        await pace.begin()
        try:
            await work(int(job.payload or b"0"))
        except Exception as error:
            # Never given up: a mail server that is down over a weekend, or not set yet, loses no mail.
            log.warning("job.retried", name=job.entrypoint, tries=job.attempts + 1, reason=type(error).__name__)
            raise RetryRequested(_pause(job.attempts), type(error).__name__) from error

    return run


def _pause(attempts: int) -> timedelta:
    """1, 2, 4 … seconds, at most five minutes."""
    return timedelta(seconds=min(2 ** min(attempts, 9), 300))
