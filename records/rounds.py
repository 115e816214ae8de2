"""Work that returns for as long as the process runs, and goes on when Postgres was away for a while."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from records.database import Unavailable

log = structlog.get_logger()


async def rounds(name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do it for ever, with a pause of so many seconds before each time. What it raises is a line in the log under its
    name, and the next round comes all the same."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Unavailable:
            log.warning(f"{name}.unavailable")
        except Exception:
            log.exception(f"{name}.failed")
