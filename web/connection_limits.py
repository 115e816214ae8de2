"""How many sockets one address may hold, and how long one may stay that joins nothing.

An open connection costs memory whether anybody signed in on it or not. Those of one account are counted where it is
known who connects (web/board_socket.py).
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class ConnectionLimits:
    """`address_of` names the place that a connection comes from; a clinic's whole staff may share one."""

    address_of: Callable[[web.Request], str] = lambda request: request.remote or ""
    per_address: int = 1000
    outside_seconds: float = 10.0


class AddressCount:
    """The open connections of each address."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def is_full(self, address: str) -> bool:
        return self._open[address] >= self._most

    @contextmanager
    def one_more(self, address: str) -> Iterator[None]:
        """Count a connection for as long as it lasts."""
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


class Outsiders:
    """Connections that are in no namespace: not yet, refused, or no more."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, float] = {}

    def overdue(self, outside: Collection[str]) -> list[str]:
        """Of the connections that are outside now, those that have been for too long. Ask again and again."""
        now = time.monotonic()
        self._since = {id: self._since.get(id, now) for id in outside}
        return [id for id, since in self._since.items() if now - since >= self._seconds]
