"""What Stripe tells by its webhook: checked, heard once, and applied in whatever order it comes (K-16).

Nothing is believed but what bears a good signature over the raw body and a time within five minutes of ours, before or
after. Then the figures must be those of a payment that we began. What concerns no payment of ours has no effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import stripe
import structlog

from portal import card_payments
from portal.stripe_cards import Standing, metadata_of, standing_of
from records.database import Connection, Database, House
from records.queries import beside

log = structlog.get_logger()
queries = beside(__file__)

tolerance_seconds = 300
INTENTS = frozenset(
    f"payment_intent.{verb}" for verb in ("created", "processing", "succeeded", "payment_failed", "canceled")
)
CHARGES = frozenset(f"charge.{verb}" for verb in ("succeeded", "refunded", "captured"))


class Unsigned(Exception):
    """Not from Stripe, or not of now."""


@dataclass(frozen=True)
class Event:
    """Stripe's id and type, and the object that it is about."""

    id: str
    kind: str
    about: Mapping[str, Any]


def read(body: bytes, signature: str, secret: str, now: int) -> Event:
    """Check and parse; `now` is the database's time in seconds. Raises `Unsigned`."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret)
        sent = int(dict(part.split("=", 1) for part in reversed(signature.split(",")))["t"])
        told = orjson.loads(body)
        event = Event(str(told["id"]), str(told["type"]), told["data"]["object"])
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise Unsigned from error
    if abs(now - sent) > tolerance_seconds or not isinstance(event.about, dict):
        raise Unsigned
    return event


async def now(connection: Connection) -> int:
    """The database's time, in seconds since 1970."""
    return int(await queries.now(connection))


async def hear(database: Database, event: Event) -> str:
    """Apply an event that was checked; return what came of it: `applied`, `unchanged`, `refused`, `repeated`, or
    `ignored` for what is not about a payment of ours."""
    intent = _intent_of(event)
    if intent is None:
        return "ignored"
    async with database.system() as connection:
        organization_id = await queries.organization_of(connection, **intent)
    if organization_id is None:
        return "ignored"
    async with database.transaction(House(organization_id)) as connection:
        return await take(connection, House(organization_id), event)


async def take(connection: Connection, house: House, event: Event) -> str:
    """`hear` within an organization's transaction."""
    intent = _intent_of(event)
    payment = await card_payments.hold_by_stripe(connection, **intent) if intent else None
    if payment is None:
        return "ignored"
    if await queries.claim(connection, id=event.id, payment_id=payment["id"], kind=event.kind) is None:
        return "repeated"
    standing = _standing_of(event, metadata_of(payment))
    if standing is None or not card_payments.figures_match(payment, standing):
        log.error("stripe.mismatch", payment=payment["public_id"], kind=event.kind, event_id=event.id)
        verdict = "refused"
    else:
        verdict = "applied" if await card_payments.apply(connection, house, payment, standing) else "unchanged"
    await queries.judge(connection, id=event.id, verdict=verdict)
    return verdict


def _intent_of(event: Event) -> dict[str, str | None] | None:
    """By what we may know the payment: the intent, and the name that we gave it."""
    if event.kind not in INTENTS | CHARGES:
        return None
    found = event.about.get("id" if event.kind in INTENTS else "payment_intent")
    named = (event.about.get("metadata") or {}).get("payment")
    return {"intent": found, "public_id": named} if isinstance(found, str) else None


def _standing_of(event: Event, ours: Mapping[str, str]) -> Standing | None:
    """How things stand by this event. An intent's object may be newer than the event's name: what the name says
    happened is what counts. A charge bears its intent's metadata only where Stripe copied them."""
    about = event.about
    try:
        if event.kind in INTENTS:
            state = {
                "payment_intent.succeeded": "succeeded",
                "payment_intent.processing": "processing",
                "payment_intent.canceled": "cancelled",
            }.get(event.kind, "pending")
            told = standing_of(about, {})
            failure = told.failure if event.kind == "payment_intent.payment_failed" else ""
            return Standing(told.intent, state, told.amount, told.currency, told.metadata, failure=failure)
        captured = about["status"] == "succeeded" and about.get("captured", True)
        return Standing(
            intent=about["payment_intent"],
            state="succeeded" if captured else "pending",
            amount=about["amount"],
            currency=about["currency"],
            metadata=about.get("metadata") or ours,
            refunded=about.get("amount_refunded") or 0,
        )
    except (KeyError, TypeError):
        return None
