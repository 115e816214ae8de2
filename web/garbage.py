"""When Python looks for cycles of dead objects.

A full collection looks at every object that lives: at 3,000 open boards that takes a third of a second, in which nobody
is served. What this house makes hardly ever dies in cycles, so full collections wait for a quiet moment: when nobody
is in a visit, at most once an hour, and after a day in any case.
"""

import asyncio
import gc
import time
from collections.abc import Callable

YOUNG, MIDDLE, NEVER = 2_000, 10, 1_000_000
pause_seconds = 3600.0
longest_wait_seconds = 24 * 3600.0


class Garbage:
    """`is_quiet` says whether a pause would hurt nobody who talks."""

    def __init__(self, is_quiet: Callable[[], bool]) -> None:
        self._is_quiet = is_quiet

    async def run(self) -> None:
        """Set what was loaded at the start aside, then collect for ever."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        collected = time.monotonic()
        while True:
            await asyncio.sleep(pause_seconds)
            if self._is_quiet() or time.monotonic() - collected > longest_wait_seconds:
                gc.collect()
                collected = time.monotonic()
