"""Reminders of sessions, a day and an hour ahead, to their clients.

A row says that one was posted, written together with the letter: two servers post it once, and one that is killed
posts it when it is back. Whether the session still stands then is asked again when the letter is written
(web/letters.py).
"""

from dispatch import notices
from records import audit
from records.database import Database, House, Row
from records.queries import beside
from records.rounds import rounds

queries = beside(__file__)


class Reminders:
    """`pause_seconds` is there for tests to shorten."""

    pause_seconds = 30.0

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Look for ever."""
        await rounds("reminders", self.pause_seconds, self.sweep)

    async def sweep(self) -> None:
        """Post all that is due. Raises `Unavailable`."""
        async with self._database.system() as connection:
            due = await queries.due(connection)
        for row in due:
            await self._remind(House(row["organization_id"]), row)

    async def _remind(self, house: House, row: Row) -> None:
        async with self._database.transaction(house) as connection:
            if await queries.post(connection, session_id=row["id"], starts_at=row["starts_at"], lead=row["lead"]):
                await audit.record(connection, house, "remind", "session", row["id"], {"lead": row["lead"]})
                await notices.remind(connection, house, row["id"])
