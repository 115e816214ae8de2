"""Requests that nobody decided in time: a job a request, and a look at the start for jobs that were lost."""

from dispatch import requests
from records.database import Database, House
from records.queries import beside

queries = beside(__file__)


class NotDue(Exception):
    """The request still has time: the job is tried again later."""


class Expiry:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def expire(self, request_id: int) -> None:
        """The job "expire_request". Doing it twice, or after somebody decided, is nothing. Raises `NotDue`."""
        async with self._database.system() as connection:
            request = await queries.pending(connection, id=request_id)
        if request is None:
            return
        if not request["due"]:
            raise NotDue
        house = House(request["organization_id"])
        async with self._database.transaction(house) as connection:
            await requests.expire(connection, house, request_id)

    async def sweep(self) -> None:
        """Expire all that is due. Raises `Unavailable`."""
        async with self._database.system() as connection:
            due = await queries.due(connection)
        for request in due:
            house = House(request["organization_id"])
            async with self._database.transaction(house) as connection:
                await requests.expire(connection, house, request["id"])
