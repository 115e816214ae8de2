"""Invoices (R-121, R-160; A-04, A-29): drafted, issued, void; and as their clients see them.

A booked session with a price makes and issues its own (schema.sql: bill_session). Others are written by administrators:
a draft with lines, which gets its number when it is issued and never changes again. What was paid and what is due is
counted from payments (portal/payments.py). Each verb locks the invoice's row first.

Where payments are switched off, nothing is billed, paid by card or asked for before a visit; the books stay: what was
issued is there to be read and printed on both sides, and staff note, give back and make void.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from people import clients, entitlements
from people.access import (
    Actor,
    may_bill,
    may_have_invoices,
    may_keep_billing,
    may_manage_invoice,
    may_pay,
    may_see_client,
    may_settle,
    require,
)
from people.errors import EditedMeanwhile, Invalid, NotFound
from people.inputs import line, text
from portal import money
from portal.errors import Settled
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

FEATURE = "payments"
STATES = ("draft", "issued", "paid", "void", "refunded")
most_lines = 50
most_of_one = Decimal(999)
page_rows = 50


@dataclass(frozen=True)
class Line:
    """As it was typed: `quantity` with up to two places (hours), empty for 1; `price` in the invoice's currency, for
    one, below zero for a discount."""

    description: str
    quantity: str
    price: str


@dataclass(frozen=True)
class Found:
    """One page of a list; `next` is the public id after which the next begins, or None."""

    rows: Sequence[Row]
    next: str | None


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """For the staff. Raises `NotFound`."""
    invoice = await queries.find(connection, public_id=public_id, actor_id=actor.account_id)
    if invoice is None or not may_settle(actor, invoice):
        raise NotFound
    return invoice


async def own(connection: Connection, actor: Actor, public_id: str) -> Row:
    """For the client whose it is, never a draft. Raises `NotFound`."""
    invoice = await queries.find(connection, public_id=public_id, actor_id=actor.account_id)
    if invoice is None or not may_pay(actor, invoice):
        raise NotFound
    return invoice


async def all_own(connection: Connection, actor: Actor) -> list[Row]:
    """A client's own, those to pay first (R-120). Raises `NotFound`."""
    require(may_have_invoices(actor))
    return await queries.own(connection, account_id=actor.account_id)


async def balance(connection: Connection, actor: Actor) -> list[Row]:
    """What a client owes, in each currency: currency, due."""
    return await queries.balance(connection, account_id=actor.account_id)


async def of_session(connection: Connection, actor: Actor, session: Row) -> Row | None:
    """The invoice that this session is to be paid by, as its client or whoever arranges it sees it; None without one,
    and where payments are switched off."""
    public_id = await queries.of_session(connection, session_id=session["id"])
    if public_id is None or not (await entitlements.features(connection)).payments:
        return None
    invoice = await queries.find(connection, public_id=public_id, actor_id=actor.account_id)
    return invoice if may_pay(actor, invoice) or may_settle(actor, invoice) else None


async def of_client(connection: Connection, actor: Actor, client: str) -> tuple[Row, list[Row]]:
    """A client's file (by public id) and its invoices, for whoever keeps invoices and sees the file. Raises
    `NotFound`."""
    require(may_bill(actor))
    file = await clients.find(connection, actor, client)
    rows = await queries.of_client(connection, client_id=file["id"])
    return file, [row for row in rows if may_manage_invoice(actor, row)]


async def listed(connection: Connection, actor: Actor, state: str | None, search: str, before: str | None) -> Found:
    """The staff's list, newest first: of one state, by number or by the beginning of a client's name."""
    require(may_bill(actor))
    search = " ".join(search.split())
    mine = {"departments": _departments(actor), "state": state}
    if search.isascii() and search.isdecimal() and len(search) < 15:
        return Found(await queries.numbered(connection, number=int(search), **mine), None)
    name = _prefix(search) if search else None
    rows = await queries.listed(connection, name=name, before=before, most=page_rows + 1, **mine)
    return Found(rows[:page_rows], rows[page_rows - 1]["public_id"] if len(rows) > page_rows else None)


async def sums(connection: Connection, actor: Actor) -> list[Row]:
    """What is open among those that the actor manages: currency, invoices, due."""
    return await queries.sums(connection, departments=_departments(actor))


async def lines(connection: Connection, invoice: Row) -> list[Row]:
    """public_id, description, quantity, unit_price, amount."""
    return await queries.lines(connection, id=invoice["id"])


async def history(connection: Connection, invoice: Row) -> list[Row]:
    """at, verb, by (None: the house), newest first."""
    return await queries.history(connection, id=invoice["id"])


async def create(connection: Connection, actor: Actor, client: str, typed: Sequence[Line], note: str) -> Row:
    """A draft for a client's file (public id); return id, public_id. Raises `NotFound`, `FeatureOff`, `Invalid`."""
    require(may_bill(actor))
    file = await clients.find(connection, actor, client)
    require(may_see_client(actor, file) and may_manage_invoice(actor, file))
    await entitlements.require(connection, FEATURE)
    made = await queries.insert(
        connection, client_id=file["id"], note=text(note, "note", 1000), made_by=actor.account_id
    )
    await _write_lines(connection, made["id"], typed)
    await audit.record(connection, actor, "create", "invoice", made["id"])
    return made


async def change(
    connection: Connection, actor: Actor, public_id: str, typed: Sequence[Line], note: str, version: str | None
) -> None:
    """Write a draft anew.

    Raises `NotFound`, `FeatureOff`, `Settled` once it is issued, `Invalid`, `EditedMeanwhile`.
    """
    invoice = await held(connection, actor, public_id)
    await entitlements.require(connection, FEATURE)
    if invoice["state"] != "draft":
        raise Settled("This invoice is issued: it cannot be changed any more. Make it void, and write another.")
    if version is not None and version != invoice["version"]:
        raise EditedMeanwhile(await audit.last_writer(connection, "invoice", invoice["id"]))
    await queries.clear_lines(connection, id=invoice["id"])
    await _write_lines(connection, invoice["id"], typed)
    await queries.set_note(connection, id=invoice["id"], note=text(note, "note", 1000))
    await audit.record(connection, actor, "change", "invoice", invoice["id"])


async def issue(connection: Connection, actor: Actor, public_id: str) -> None:
    """Give a draft its number: from now on the client sees it and it never changes. Raises `NotFound`,
    `FeatureOff`, `Settled`, `Invalid` for one without lines, or whose discounts leave nothing to pay."""
    invoice = await held(connection, actor, public_id)
    await entitlements.require(connection, FEATURE)
    if invoice["state"] != "draft":
        raise Settled("This invoice is issued already.")
    written = await lines(connection, invoice)
    if not written:
        raise Invalid("Write at least one line before you issue the invoice.", field="lines")
    if invoice["total"] <= 0 and any(one["amount"] < 0 for one in written):
        raise Invalid("The discounts leave nothing to pay. An invoice's total must be above zero.", field="lines")
    await queries.issue(connection, id=invoice["id"])
    await audit.record(connection, actor, "issue", "invoice", invoice["id"])


async def void(connection: Connection, actor: Actor, public_id: str) -> None:
    """The invoice is no more. Its number stays taken. Raises `NotFound`, `Settled` for what was paid, also in part."""
    invoice = await held(connection, actor, public_id)
    if invoice["paid"] > invoice["refunded"]:
        raise Settled("Something was paid on this invoice. Give that back first.")
    if await queries.void(connection, id=invoice["id"]) is None:
        raise Settled("Only a draft or an open invoice can be made void.")
    await audit.record(connection, actor, "void", "invoice", invoice["id"])


async def waive(connection: Connection, actor: Actor, public_id: str, waived: bool) -> None:
    """Let the client visit before they pay, or ask for it first again (A-29). The invoice stays open. Twice is once.
    Raises `NotFound`, `FeatureOff`, `Settled`."""
    await queries.hold(connection, public_id=public_id)
    invoice = await find(connection, actor, public_id)
    await entitlements.require(connection, FEATURE)
    if invoice["session_id"] is None or invoice["state"] != "issued":
        raise Settled("Only an open invoice of a session can be waived before the visit.")
    if await queries.waive(connection, id=invoice["id"], waived=waived, actor_id=actor.account_id) is not None:
        await audit.record(connection, actor, "waive" if waived else "unwaive", "invoice", invoice["id"])


async def send(connection: Connection, actor: Actor, public_id: str) -> None:
    """Mail the client that there is an invoice, and where (A-04). Raises `NotFound`, `Settled` for a draft."""
    invoice = await held(connection, actor, public_id)
    if invoice["number"] is None or invoice["state"] == "void":
        raise Settled("Issue the invoice before you send it.")
    recipient = await queries.recipient(connection, id=invoice["id"])
    await mail.post(connection, actor, "invoice", [recipient], invoice["id"])
    await audit.record(connection, actor, "send", "invoice", invoice["id"])


async def billing(connection: Connection, actor: Actor) -> Row:
    """What invoices say of the organization: name, billing_text, currency. Raises `NotFound`, `FeatureOff`."""
    require(may_keep_billing(actor))
    await entitlements.require(connection, FEATURE)
    return await queries.billing(connection)


async def set_billing(connection: Connection, actor: Actor, billing_text: str, currency: str) -> None:
    """For invoices that are issued from now on. Raises `NotFound`, `FeatureOff`, `Invalid`."""
    standing = await billing(connection, actor)
    code = currency.strip().upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise Invalid("Please give the currency as three letters, like EUR or USD.", field="currency")
    said = text(billing_text, "billing_text", 1000)
    if (said, code) != (standing["billing_text"], standing["currency"]):
        await queries.set_billing(connection, billing_text=said, currency=code)
        await audit.record(connection, actor, "set_billing", "organization", actor.organization_id)


async def told(connection: Connection, invoice_id: int) -> Row:
    """What a letter says: public_id, number, currency, total, due."""
    return await queries.told(connection, id=invoice_id)


async def lock(connection: Connection, public_id: str) -> None:
    """Whoever else changes the invoice, or a payment of it, waits until the transaction ends."""
    await queries.hold(connection, public_id=public_id)


async def currency(connection: Connection) -> str:
    """The organization's, for invoices that are written from now on."""
    return str((await queries.billing(connection))["currency"])


async def held(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The invoice under its row's lock, for whoever manages it. Raises `NotFound`."""
    await lock(connection, public_id)
    invoice = await find(connection, actor, public_id)
    require(may_manage_invoice(actor, invoice))
    return invoice


async def _write_lines(connection: Connection, invoice_id: int, typed: Sequence[Line]) -> None:
    written = [one for one in typed if one.description.strip() or one.price.strip()]
    if len(written) > most_lines:
        raise Invalid(f"Please keep an invoice to {most_lines} lines.", field="lines")
    for number, one in enumerate(typed):
        if one in written:
            description, quantity, price = _checked(one, number)
            await queries.add_line(
                connection, invoice_id=invoice_id, description=description, quantity=quantity, unit_price=price
            )


def _checked(typed: Line, number: int) -> tuple[str, Decimal, Decimal]:
    """The line as columns; an error names its field by the number of the line."""
    description = line(typed.description, f"description-{number}", 300)
    quantity = money.typed(typed.quantity.strip() or "1", f"quantity-{number}", most=most_of_one)
    price = money.typed(typed.price, f"price-{number}", -money.highest)
    if abs(quantity * price) > money.highest:
        raise Invalid("This line comes to more than an invoice can say.", field=f"price-{number}")
    return description, quantity, price


def _departments(actor: Actor) -> list[int] | None:
    return None if actor.is_organization_administrator else actor.departments_as("department_administrator")


def _prefix(search: str) -> str:
    escaped = search.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"
