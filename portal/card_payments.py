"""Payments by card (R-160): begun by the payer, settled by what Stripe says, in whatever order and however often.

A payment is a row before Stripe hears of it, so that whatever crashes, nothing is charged that we know nothing of. Only
the payer's browser confirms an intent, on the page that was given its secret. What Stripe says comes as events
(portal/stripe_events.py), as answers, and to the sweep that asks (portal/stripe_sweep.py); all of it ends in `apply`.
"""

from dataclasses import dataclass

import structlog

from people import entitlements
from people.access import Actor, may_pay, require
from portal import invoices, money, payment_notices
from portal.errors import CardsOff, Settled
from portal.stripe_cards import Cards, Refused, Standing, metadata_of
from records import audit
from records.database import Connection, Database, House, Row, Tenant
from records.queries import beside

log = structlog.get_logger()
queries = beside(__file__)


@dataclass(frozen=True)
class Begun:
    """A payment that its payer may confirm; `stale`: its amount is no longer what is due, so it is to be called off
    first."""

    payment: Row
    stale: bool


async def begin(connection: Connection, actor: Actor, invoice: str) -> Begun:
    """The open card payment of an invoice (public id), or a new one over what is due. Raises `NotFound`, `FeatureOff`,
    `Settled`, `Invalid` for an amount that cards cannot pay."""
    await invoices.lock(connection, invoice)
    standing = await invoices.own(connection, actor, invoice)
    require(may_pay(actor, standing))
    await entitlements.require(connection, invoices.FEATURE)
    if standing["state"] != "issued" or standing["due"] <= 0:
        raise Settled("Nothing is due on this invoice any more.")
    money.minor(standing["due"], standing["currency"])
    waiting = await queries.open(connection, invoice_id=standing["id"])
    if waiting is None:
        waiting = await queries.begin(
            connection, invoice_id=standing["id"], amount=standing["due"], made_by=actor.account_id
        )
        await audit.record(connection, actor, "begin_payment", "invoice", standing["id"], {"payment": waiting["id"]})
    payment = await queries.find(connection, id=waiting["id"])
    return Begun(payment, stale=waiting["amount"] != standing["due"])


async def prepare(database: Database, cards: Cards | None, actor: Actor, invoice: str) -> Standing:
    """Begin, and have Stripe know of it: how the intent stands, with the secret for the payer's page. Raises what
    `begin` raises, and `CardsOff`."""
    if cards is None:
        async with database.transaction(actor) as connection:
            await invoices.own(connection, actor, invoice)
        raise CardsOff
    async with database.transaction(actor) as connection:
        begun = await begin(connection, actor, invoice)
    if begun.stale:
        await _call_off(database, cards, actor, begun.payment)
        async with database.transaction(actor) as connection:
            begun = await begin(connection, actor, invoice)
    if begun.payment["intent"] is not None:
        standing = await cards.look(begun.payment["intent"])
        await settle(database, actor, begun.payment["id"], standing)
        return standing
    try:
        standing = await cards.begin(begun.payment)
    except Refused as error:
        raise CardsOff from error
    async with database.transaction(actor) as connection:
        kept = await queries.adopt(connection, id=begun.payment["id"], intent=standing.intent)
    if kept is None:
        raise Settled
    return standing if kept == standing.intent else await cards.look(kept)


async def open_intent(connection: Connection, actor: Actor, invoice: str) -> Row | None:
    """The payment that waits for its payer on an invoice (public id), once Stripe knows of it. Raises `NotFound`."""
    standing = await invoices.own(connection, actor, invoice)
    waiting = await queries.open(connection, invoice_id=standing["id"])
    return waiting if waiting and waiting["intent"] else None


async def settle(database: Database, tenant: Tenant, payment_id: int, standing: Standing) -> None:
    """Write down how a payment stands, if it is the one that was asked for."""
    async with database.transaction(House(tenant.organization_id)) as connection:
        payment = await hold(connection, payment_id)
        if not figures_match(payment, standing):
            log.error("stripe.mismatch", payment=payment["public_id"], intent=standing.intent)
            return
        await apply(connection, House(tenant.organization_id), payment, standing)


async def hold(connection: Connection, payment_id: int) -> Row:
    """The payment, under its invoice's lock."""
    await queries.hold_invoice(connection, id=payment_id)
    return await queries.find(connection, id=payment_id)


async def hold_by_stripe(connection: Connection, intent: str | None, public_id: str | None) -> Row | None:
    """The payment that Stripe speaks of, held; None if it is none of this organization's."""
    payment_id = await queries.by_stripe(connection, intent=intent, public_id=public_id)
    return await hold(connection, payment_id) if payment_id is not None else None


async def forget(connection: Connection, payment_id: int) -> None:
    """Call off a payment that Stripe does not know of: nobody has the secret of an intent that we never kept, so nobody
    can pay it."""
    payment = await hold(connection, payment_id)
    if payment["intent"] is None:
        await queries.move(connection, id=payment_id, state="cancelled", intent=None)


def figures_match(payment: Row, standing: Standing) -> bool:
    """Whether what Stripe tells of is what we asked for: intent, amount, currency, and whose it is."""
    known = payment["intent"] in (None, standing.intent)
    sum_is_ours = (standing.amount, standing.currency.lower()) == (
        money.minor(payment["amount"], payment["currency"]),
        payment["currency"].lower(),
    )
    return known and sum_is_ours and dict(standing.metadata) == metadata_of(payment)


async def apply(connection: Connection, house: House, payment: Row, standing: Standing) -> bool:
    """Bring a payment, held, to how it stands at Stripe; return whether anything changed. What was known already, or is
    older than what is known, changes nothing."""
    paid = standing.state == "succeeded" or standing.refunded > 0
    state = "succeeded" if paid else standing.state
    changed = False
    if state != "pending":
        moved = await queries.move(connection, id=payment["id"], state=state, intent=standing.intent)
        changed = moved is not None
    elif standing.failure:
        changed = (await queries.fail(connection, id=payment["id"], failure=standing.failure[:300])) is not None
    if changed and state == "succeeded":
        await audit.record(connection, house, "pay", "invoice", payment["invoice_id"], {"payment": payment["id"]})
        await payment_notices.paid(connection, house, payment)
    if standing.refunded:
        changed = await _apply_refunds(connection, house, payment, standing.refunded) or changed
    return changed


async def _apply_refunds(connection: Connection, house: House, payment: Row, units: int) -> bool:
    """`units` went back in all. Those of ours that wait for Stripe's answer are the first that this explains; the rest
    was given back in Stripe's own pages."""
    told = money.major(units, payment["currency"])
    known = await queries.given_back(connection, id=payment["id"])
    if told < known["done"] + known["pending"]:
        return False
    if known["pending"]:
        await queries.confirm_refunds(connection, id=payment["id"])
    foreign = told - known["done"] - known["pending"]
    if foreign > 0:
        await queries.add_refund(connection, id=payment["id"], amount=foreign)
        await audit.record(connection, house, "refund", "invoice", payment["invoice_id"], {"amount": str(foreign)})
    return bool(known["pending"]) or foreign > 0


async def _call_off(database: Database, cards: Cards, tenant: Tenant, payment: Row) -> None:
    if payment["intent"] is not None:
        await settle(database, tenant, payment["id"], await cards.cancel(payment["intent"]))
        return
    async with database.transaction(House(tenant.organization_id)) as connection:
        await forget(connection, payment["id"])


class CardRefunds:
    """The job "refund_card": ask Stripe, as often as it takes, and once it was done nothing more."""

    def __init__(self, database: Database, cards: Cards | None) -> None:
        self._database = database
        self._cards = cards

    async def give_back(self, refund_id: int) -> None:
        """Raises `CardsOff`, so that the job is tried again later."""
        async with self._database.system() as connection:
            organization_id = await queries.organization_of_refund(connection, id=refund_id)
        if organization_id is None:
            return
        if self._cards is None:
            raise CardsOff
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            refund = await queries.refund(connection, id=refund_id)
        if refund["state"] != "pending":
            return
        state = "succeeded"
        try:
            await self._cards.give_back(refund)
        except Refused:
            state = "failed"
        async with self._database.transaction(house) as connection:
            await hold(connection, refund["payment_id"])
            await queries.settle_refund(connection, id=refund_id, state=state)
