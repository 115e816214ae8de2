"""Offers that nobody answered in time: a job an offer, and a look at the start for jobs that were lost."""

from dispatch import offers
from dispatch.expiry import NotDue
from records.database import Database, House
from records.queries import beside

queries = beside(__file__)


class OfferExpiry:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def expire(self, offer_id: int) -> None:
        """The job "expire_offer". Doing it twice, or after an answer, is nothing. Raises `NotDue`."""
        async with self._database.system() as connection:
            offer = await queries.open(connection, id=offer_id)
        if offer is None:
            return
        if not offer["due"]:
            raise NotDue
        await self._expire(offer["organization_id"], offer_id)

    async def sweep(self) -> None:
        """Expire all that is due. Raises `Unavailable`."""
        async with self._database.system() as connection:
            due = await queries.due(connection)
        for offer in due:
            await self._expire(offer["organization_id"], offer["id"])

    async def _expire(self, organization_id: int, offer_id: int) -> None:
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            await offers.expire(connection, house, offer_id)
