"""A-10: a host whose pages have all been closed for two minutes is switched off, and told.

Every process watches; each counts from when it first saw nobody there, so a fresh server waits the whole time before it
judges. While the leases of other processes cannot be seen nobody is judged, and afterwards the count begins anew.
"""

import time

import structlog

from dispatch import on_demand
from records.database import Database, House
from records.rounds import rounds
from web.leases import Leases
from web.presence import here

log = structlog.get_logger()
Host = tuple[int, int]


class Absence:
    """Watches the hosts who are on. `limit_seconds` and `sweep_seconds` are there for tests to shorten."""

    limit_seconds = 120.0
    sweep_seconds = 5.0

    def __init__(self, database: Database, leases: Leases) -> None:
        self._database = database
        self._leases = leases
        self._gone_since: dict[Host, float] = {}  # on the monotonic clock

    async def run(self) -> None:
        """Look for ever."""
        await rounds("absence", self.sweep_seconds, lambda: self.sweep(time.monotonic()))

    async def sweep(self, now: float) -> None:
        """Switch off whoever has been gone for the whole time at `now`, in seconds of the monotonic clock."""
        async with self._database.system() as connection:
            on = await on_demand.switched_on(connection)
        gone = [host for host in on if not await self._leases.holders(here(host[1]))]
        if self._leases.away:
            self._gone_since.clear()
            return
        self._gone_since = {host: self._gone_since.get(host, now) for host in gone}
        for host, since in list(self._gone_since.items()):
            if now - since >= self.limit_seconds:
                await self._switch_off(host)

    async def _switch_off(self, host: Host) -> None:
        organization_id, account_id = host
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            if await on_demand.switch_off_absent(connection, house, account_id):
                log.info("absence.switched_off", account=account_id)
