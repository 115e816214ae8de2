"""What we ask of Stripe: the only importer of its library. Amounts go over as whole numbers of the smallest unit.

Every call that makes something bears an idempotency key of ours, so that asking again after a crash makes nothing
twice. The keys are the operator's, one account for all organizations; metadata say whose a payment is.
"""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import stripe
import structlog

from portal import money
from portal.errors import CardsOff
from records.database import Row

log = structlog.get_logger()
Answer = TypeVar("Answer")
STATES = {"succeeded": "succeeded", "processing": "processing", "canceled": "cancelled"}
"""Stripe's states of an intent that mean something to us; in all others it still waits for a card."""
patience_seconds = 10


@dataclass(frozen=True)
class Standing:
    """How an intent stands at Stripe. `refunded` is what went back in all, in the smallest unit; `failure` what Stripe
    tells the payer of the last attempt. `secret` opens the intent to the payer's browser: shown to nobody else."""

    intent: str
    state: str
    amount: int
    currency: str
    metadata: Mapping[str, str]
    refunded: int = 0
    failure: str = ""
    secret: str = field(default="", repr=False)


class Refused(Exception):
    """Stripe will never do that, whoever asks again."""


class Cards:
    """`api_url` is Stripe's own, or in tests that of a stand-in."""

    def __init__(self, secret_key: str, api_url: str | None = None) -> None:
        addresses: Any = {"api": api_url} if api_url else None
        self._http = stripe.AIOHTTPClient(timeout=patience_seconds)
        client = stripe.StripeClient(
            secret_key, base_addresses=addresses, http_client=self._http, max_network_retries=1
        )
        self._api: Any = client.v1

    async def close(self) -> None:
        """Let go of its connections."""
        with suppress(Exception):  # it may never have opened any
            await self._http.close_async()

    async def begin(self, payment: Row) -> Standing:
        """An intent for a payment: public_id, amount, currency, invoice and organization (public ids). Raises
        `CardsOff`."""
        asked = {
            "amount": money.minor(payment["amount"], payment["currency"]),
            "currency": payment["currency"].lower(),
            "payment_method_types": ["card"],
            "metadata": metadata_of(payment),
        }
        options = {"idempotency_key": f"payment-{payment['public_id']}"}
        return _standing(await _answer(self._api.payment_intents.create_async(asked, options=options)))

    async def look(self, intent: str) -> Standing:
        """Raises `CardsOff`."""
        asked = {"expand": ["latest_charge"]}
        return _standing(await _answer(self._api.payment_intents.retrieve_async(intent, asked)))

    async def cancel(self, intent: str) -> Standing:
        """Call an intent off; one that succeeded meanwhile says so. Raises `CardsOff`."""
        try:
            return _standing(await _answer(self._api.payment_intents.cancel_async(intent)))
        except Refused:
            return await self.look(intent)

    async def give_back(self, refund: Row) -> None:
        """Refund an amount of a payment: public_id, amount, currency, intent. Raises `CardsOff`, and `Refused` if it
        can never be. Asked for twice it is done once: what was made under our name is found first."""
        made = await _answer(self._api.refunds.list_async({"payment_intent": refund["intent"], "limit": 100}))
        if any((one.to_dict().get("metadata") or {}).get("refund") == refund["public_id"] for one in made.data):
            return
        asked = {
            "payment_intent": refund["intent"],
            "amount": money.minor(refund["amount"], refund["currency"]),
            "metadata": {"refund": refund["public_id"]},
        }
        options = {"idempotency_key": f"refund-{refund['public_id']}"}
        await _answer(self._api.refunds.create_async(asked, options=options))


def metadata_of(payment: Row) -> dict[str, str]:
    """Whose a payment is: what each of Stripe's events is checked against."""
    return {
        "payment": payment["public_id"],
        "invoice": payment["invoice"],
        "organization": payment["organization"],
    }


async def _answer(asked: Awaitable[Answer]) -> Answer:
    try:
        return await asked
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        log.warning("stripe.refused", code=error.code, status=error.http_status)
        raise Refused(str(error.code)) from error
    except stripe.StripeError as error:
        log.warning("stripe.unavailable", reason=type(error).__name__, status=error.http_status)
        raise CardsOff from error


def _standing(intent: Any) -> Standing:
    charge = intent.latest_charge if not isinstance(intent.latest_charge, str) else None
    return standing_of(intent.to_dict(), charge.to_dict() if charge else {})


def standing_of(intent: Mapping[str, Any], charge: Mapping[str, Any]) -> Standing:
    """From an intent as Stripe writes it, and its last charge if that is known."""
    failure = (intent.get("last_payment_error") or {}).get("message") or ""
    return Standing(
        intent=intent["id"],
        state=STATES.get(intent["status"], "pending"),
        amount=intent["amount"],
        currency=intent["currency"],
        metadata=intent.get("metadata") or {},
        refunded=charge.get("amount_refunded") or 0,
        failure=failure,
        secret=intent.get("client_secret") or "",
    )
