"""Who has forms before them and does nothing about it is reminded by mail: each three days, three times at most.

One mail for a client, however many forms wait. Every process looks now and then; a lock lets one at a time do it, and
what it marked is found again by nobody.
"""

from datetime import timedelta

from portal import intakes
from records import audit, mail
from records.database import Connection, Database, House
from records.queries import beside
from records.rounds import rounds

queries = beside(__file__)

apart = timedelta(days=3)
most = 3
batch = 500


class FormReminders:
    """`pause_seconds` is there for tests to shorten."""

    pause_seconds = 600.0

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Look for ever."""
        await rounds("form_reminders", self.pause_seconds, self.sweep)

    async def sweep(self) -> None:
        """Remind all who are due. Raises `Unavailable`."""
        async with self._database.system() as connection:
            organizations = await queries.organizations(connection, apart=apart, most=most)
        for row in organizations:
            house = House(row["organization_id"])
            while True:
                async with self._database.transaction(house) as connection:
                    if await remind_due(connection, house) < batch:
                        break


async def remind_due(connection: Connection, house: House) -> int:
    """Mail the next clients who are due; return how many. None where another process is at it."""
    if not await queries.take_turn(connection):
        return 0
    due = await queries.due(connection, apart=apart, most=most, batch=batch)
    for client in due:
        await mail.post(connection, house, intakes.REMINDER, [client["email"]], client["id"])
        for intake in client["intakes"]:
            await audit.record(connection, house, "remind", "intake", intake)
    return len(due)
