"""What was paid and given back (R-120, R-160; A-29): money at the desk, refunds, and the history.

Money at the desk has come when it is noted. Card payments are begun in portal/card_payments.py and settled by what
Stripe tells (portal/stripe_events.py). The state of the invoice follows by itself (schema.sql: settle).
"""

from people.access import Actor, may_manage_invoice, may_settle, require
from people.errors import Invalid, NotFound
from people.inputs import text
from portal import invoices, money
from portal.errors import Settled, TooMuch
from records import audit, jobs
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)

DESK = {"cash": "Cash", "terminal": "Card at the desk", "transfer": "Bank transfer", "other": "Other"}
"""What staff may note."""
METHODS = {"card": "Card", **DESK}


async def of_invoice(connection: Connection, invoice: Row) -> list[Row]:
    """Oldest first: public_id, method, amount, state, refunded, failure, note, made_by, made_at, settled_at."""
    return await queries.of_invoice(connection, id=invoice["id"])


async def refunds_of(connection: Connection, invoice: Row) -> list[Row]:
    """Oldest first: amount, state, owed_again, reason, made_at, made_by (None: in Stripe's own pages)."""
    return await queries.refunds_of(connection, id=invoice["id"])


async def history(connection: Connection, actor: Actor) -> list[Row]:
    """A client's own payments and what went back to them, newest first (R-120)."""
    return await queries.history(connection, account_id=actor.account_id)


async def record(connection: Connection, actor: Actor, invoice: str, amount: str, method: str, note: str) -> Row:
    """Note what was paid at the desk, on an open invoice (public id) and at most what is due; return public_id.

    Raises `NotFound`, `Settled`, `Invalid` with its field.
    """
    await invoices.lock(connection, invoice)
    standing = await invoices.find(connection, actor, invoice)
    require(may_settle(actor, standing))
    if standing["state"] != "issued":
        raise Settled("Nothing is due on this invoice any more." if standing["number"] else "Issue the invoice first.")
    if method not in DESK:
        raise Invalid("Choose how it was paid.", field="method")
    paid = money.typed(amount, "amount")
    if paid > standing["due"]:
        raise Invalid(f"Only {money.shown(standing['due'], standing['currency'])} are due.", field="amount")
    made = await queries.record(
        connection,
        invoice_id=standing["id"],
        method=method,
        amount=paid,
        note=text(note, "note", 300),
        made_by=actor.account_id,
    )
    details = {"payment": made["id"], "amount": str(paid), "method": method}
    await audit.record(connection, actor, "record_payment", "invoice", standing["id"], details)
    return made


async def give_back(
    connection: Connection,
    actor: Actor,
    payment: str,
    amount: str,
    reason: str,
    owed_again: bool,
    invoice: str | None = None,
) -> Row:
    """Give back a payment (public id), whole or in part; return public_id, method. `invoice` (public id) must
    be its own. Money at the desk has gone when this is noted; a card's goes by a job that asks Stripe until it answers.

    `owed_again`: the client owes it again, for it was noted by mistake. What is given back before all was paid always
    is. Raises `NotFound`, `Settled`, `Invalid` with its field.
    """
    known = await queries.invoice_of(connection, public_id=payment)
    if known is None or invoice not in (None, known):
        raise NotFound
    standing = await invoices.held(connection, actor, known)
    require(may_manage_invoice(actor, standing))
    paid = await queries.find(connection, public_id=payment)
    back = money.typed(amount, "amount")
    if paid["state"] != "succeeded" or back > paid["amount"] - paid["refunded"]:
        raise TooMuch
    card = paid["method"] == "card"
    if card:
        money.minor(back, standing["currency"])
    with refusing(refund_within_payment=TooMuch):
        made = await queries.give_back(
            connection,
            payment_id=paid["id"],
            amount=back,
            owed_again=owed_again or standing["state"] == "issued",
            state="pending" if card else "succeeded",
            reason=text(reason, "reason", 300),
            made_by=actor.account_id,
        )
    details = {"refund": made["id"], "amount": str(back)}
    await audit.record(connection, actor, "refund", "invoice", standing["id"], details)
    if card:
        await jobs.enqueue(connection, "refund_card", made["id"])
    return made
