"""A priced service, a session that was booked for it, and what Stripe would say of its payment."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from people.access import Actor
from portal import card_payments
from portal.stripe_events import Event
from records.database import Connection, Database, Row
from tests.dispatch.factories import booked_session
from tests.support import actor

PRICE = Decimal("60.00")


async def priced(owner: Connection, price: str | None = "60.00") -> None:
    """Every service of the organization costs that."""
    await owner.execute(
        "UPDATE service SET price = $1 FROM organization WHERE organization.id = organization_id AND slug = 'harbor'",
        None if price is None else Decimal(price),
    )


async def billed(database: Database, owner: Connection, client: str = "chloe") -> Row:
    """A booked session of a priced service: its invoice, with `session` (public id) and `session_id`."""
    await priced(owner)
    session = await booked_session(database, client)
    return await owner.fetchrow("SELECT * FROM invoice_row WHERE session = $1", session)


async def state(owner: Connection, invoice: Row) -> dict[str, Any]:
    """state, paid, refunded, due, surplus as they stand."""
    row = await owner.fetchrow(
        "SELECT state, paid, refunded, due, surplus FROM invoice_row WHERE id = $1", invoice["id"]
    )
    return {name: value if isinstance(value, str) else str(value) for name, value in row.items()}


async def begun(database: Database, invoice: Row, intent: str = "pi_1", client: str = "chloe") -> Row:
    """A card payment of which Stripe knows."""
    who = await actor(database, client)
    async with database.transaction(who) as connection:
        started = await card_payments.begin(connection, who, invoice["public_id"])
        await card_payments.queries.adopt(connection, id=started.payment["id"], intent=intent)
        return await card_payments.queries.find(connection, id=started.payment["id"])


def intent_of(payment: Row, status: str = "succeeded", **changed: Any) -> dict[str, Any]:
    """The PaymentIntent as Stripe writes it."""
    metadata = {name: payment[name] for name in ("invoice", "organization")} | {"payment": payment["public_id"]}
    return {
        "id": payment["intent"],
        "object": "payment_intent",
        "amount": int(payment["amount"] * 100),
        "currency": payment["currency"].lower(),
        "status": status,
        "metadata": metadata,
        "last_payment_error": {"message": "Your card was declined."} if status == "requires_payment_method" else None,
        **changed,
    }


def charge_of(payment: Row, refunded: int = 0, **changed: Any) -> dict[str, Any]:
    """The Charge as Stripe writes it."""
    return {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": payment["intent"],
        "amount": int(payment["amount"] * 100),
        "currency": payment["currency"].lower(),
        "status": "succeeded",
        "captured": True,
        "amount_refunded": refunded,
        "metadata": {},
        **changed,
    }


def six_events(payment: Row, refunded: int) -> list[Event]:
    """A life at Stripe: created, a failed attempt, under way, charged, succeeded, given back."""
    told = [
        ("payment_intent.created", intent_of(payment, "requires_payment_method", last_payment_error=None)),
        ("payment_intent.payment_failed", intent_of(payment, "requires_payment_method")),
        ("payment_intent.processing", intent_of(payment, "processing")),
        ("charge.succeeded", charge_of(payment)),
        ("payment_intent.succeeded", intent_of(payment)),
        ("charge.refunded", charge_of(payment, refunded)),
    ]
    return [Event(f"evt_{number}", kind, about) for number, (kind, about) in enumerate(told)]


def body_of(event: Event) -> bytes:
    """The event as Stripe posts it."""
    told = {"id": event.id, "object": "event", "type": event.kind, "data": {"object": event.about}}
    return json.dumps(told).encode()


def seconds() -> int:
    return int(datetime.now(UTC).timestamp())


async def audit_of(owner: Connection, invoice: Row) -> list[str]:
    """What was noted of the invoice, oldest first."""
    rows = await owner.fetch(
        "SELECT verb FROM audit_line WHERE noun = 'invoice' AND noun_id = $1 ORDER BY id", invoice["id"]
    )
    return [row["verb"] for row in rows]


async def administrator(database: Database) -> Actor:
    return await actor(database, "olivia")
