"""Which people have a page open: for each, one lease per process, renewed by one task for all of them.

A host whose pages have all been closed for two minutes is switched off (A-10); who judges that asks
`leases.holders(here(account_id))` and looks at `leases.away` first.
"""

import asyncio
import secrets
from collections import Counter

from web.leases import Leases


def here(account_id: int) -> str:
    """The topic of a person's open pages."""
    return f"here:{account_id}"


class Presence:
    """`opened` and `closed` are told by the sockets; a page that reconnects within the lease is never missed."""

    lease_seconds = 45.0
    renew_seconds = 15.0

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._process = secrets.token_hex(8)
        self._people: dict[str, tuple[int, str]] = {}  # by socket

    async def opened(self, sid: str, account_id: int, name: str) -> None:
        self._people[sid] = (account_id, name)
        await self._leases.hold(here(account_id), self._process, name, self.lease_seconds)

    async def closed(self, sid: str) -> None:
        person = self._people.pop(sid, None)
        if person is not None and not Counter(self._people.values())[person]:
            await self._leases.release(here(person[0]), self._process)

    async def run(self) -> None:
        """Renew for ever."""
        while True:
            await asyncio.sleep(self.renew_seconds)
            for account_id, name in set(self._people.values()):
                await self._leases.hold(here(account_id), self._process, name, self.lease_seconds)

    async def close(self) -> None:
        """Give up all of it: this process ends, and its pages will open elsewhere."""
        people, self._people = set(self._people.values()), {}
        for account_id, _ in people:
            await self._leases.release(here(account_id), self._process)
