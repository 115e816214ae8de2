"""Asks Stripe about card payments that nothing was heard of (K-16): an event that never came, a crash between Stripe's
answer and our commit. Intents that are not to be paid any more are called off.

Every process looks, each minute; all that it finds ends in guarded changes, so whoever comes second finds nothing to
do.
"""

from datetime import timedelta

import structlog

from portal import card_payments
from portal.errors import CardsOff
from portal.stripe_cards import Cards, Refused
from records.database import Database, House, Row
from records.queries import beside
from records.rounds import rounds

log = structlog.get_logger()
queries = beside(__file__)


class StripeSweep:
    """`pause_seconds` and `grace` are there for tests to shorten."""

    pause_seconds = 60.0
    grace = timedelta(minutes=2)

    def __init__(self, database: Database, cards: Cards | None) -> None:
        self._database = database
        self._cards = cards

    async def run(self) -> None:
        """Look for ever."""
        await rounds("stripe_sweep", self.pause_seconds, self.sweep)

    async def sweep(self) -> None:
        """Ask about all that has waited for longer than `grace`. Raises `Unavailable`."""
        if self._cards is None:
            return
        async with self._database.system() as connection:
            rows = await queries.organizations(connection, grace=self.grace)
        for row in rows:
            house = House(row["organization_id"])
            async with self._database.transaction(house) as connection:
                waiting = await queries.waiting(connection, grace=self.grace)
            for payment in waiting:
                await self._ask(self._cards, house, payment)

    async def _ask(self, cards: Cards, house: House, payment: Row) -> None:
        if payment["intent"] is None:
            await self._forget(house, payment)
            return
        try:
            standing = await cards.look(payment["intent"])
            if standing.state == "pending" and payment["useless"]:
                standing = await cards.cancel(payment["intent"])
        except (CardsOff, Refused) as error:
            log.warning("stripe.unasked", reason=type(error).__name__)
            return
        await card_payments.settle(self._database, house, payment["id"], standing)

    async def _forget(self, house: House, payment: Row) -> None:
        """Stripe was never reached, or its answer was lost."""
        async with self._database.transaction(house) as connection:
            await card_payments.forget(connection, payment["id"])
