"""Work that returns: each process tries, and a lock in the database lets one at a time do it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from portal.exporting import Exporting
from records import chain, purge
from records.database import Connection, Database, Unavailable
from records.files import Files

log = structlog.get_logger()


@dataclass(frozen=True)
class Chore:
    """`work` runs in one transaction of the system role, takes its own lock, and says whether there is more to do."""

    name: str
    first_seconds: float
    pause_seconds: float
    work: Callable[[Connection], Awaitable[bool]]


CHORES = (
    Chore("seal_audit", 1, 5, chain.seal),
    Chore("purge", 60, 3600, purge.chore),
)


def all_of(files: Files, exporting: Exporting) -> tuple[Chore, ...]:
    """`CHORES`, and those that need a part of the application."""
    return (
        *CHORES,
        Chore("settle_files", 30, 300, files.settle),
        Chore("expire_exports", 45, 300, exporting.expire),
    )


async def run(database: Database, chores: tuple[Chore, ...] = CHORES) -> None:
    """Do them for ever, each in its own rhythm."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(_repeat(database, chore))


async def _repeat(database: Database, chore: Chore) -> None:
    await asyncio.sleep(chore.first_seconds)
    while True:
        more = False
        try:
            async with database.system() as connection:
                more = await chore.work(connection)
        except Unavailable:
            log.warning("chore.unavailable", name=chore.name)
        except Exception:
            log.exception("chore.failed", name=chore.name)
        await asyncio.sleep(0.1 if more else chore.pause_seconds)
