"""What ends by the clock: whoever has been away for too long has left, and a visit whose time is over ends when its
host is not in it. A running visit is never cut off.

Every process looks, each minute; every change is guarded, so whoever comes second finds nothing to do.
"""

from dispatch import admissions, attendance
from records.database import Database, House
from records.queries import beside
from records.rounds import rounds

queries = beside(__file__)


class Closing:
    """`pause_seconds` is there for tests to shorten."""

    pause_seconds = 60.0

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Look for ever."""
        await rounds("closing", self.pause_seconds, self.sweep)

    async def sweep(self) -> None:
        """Close all that is to be closed. Raises `Unavailable`."""
        async with self._database.system() as connection:
            rows = await queries.organizations(connection)
        for row in rows:
            await self._close(House(row["organization_id"]))

    async def _close(self, house: House) -> None:
        async with self._database.transaction(house) as connection:
            await attendance.end_absent(connection, None)
        async with self._database.transaction(house) as connection:
            for session in await queries.over(connection, away=attendance.away_limit):
                await admissions.close(connection, house, session)
