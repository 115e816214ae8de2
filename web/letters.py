"""The kinds of letters: how each is titled, how what it is about is read, and whether it bears a secret.

A new kind is a line here and two templates, web/templates/mail/<kind>.txt and .html, which find `about` (what was
read), `details` (what was posted with it), `letter` (recipient, organization_name, organization_slug, time_zone) and
`public_url`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dispatch import notices, offers, requests
from portal import connections, filling, invitations, invoices, messages, payment_notices, returned_forms
from records.database import Connection, Row

About = Mapping[str, Any]


async def _request(connection: Connection, letter: Row) -> About:
    return await requests.told(connection, letter["about_id"])


async def _session(connection: Connection, letter: Row) -> About:
    """The session, with what has changed since the letter was posted as it was then."""
    return {**await notices.told(connection, letter["about_id"]), **notices.as_it_was(letter["details"])}


async def _upcoming(connection: Connection, letter: Row) -> About | None:
    """The session, unless it was cancelled or has another time since."""
    now, then = await notices.told(connection, letter["about_id"]), notices.as_it_was(letter["details"])
    stands = now["state"] in ("scheduled", "in_progress") and now["starts_at"] == then["starts_at"]
    return {**now, **then} if stands else None


async def _offer(connection: Connection, letter: Row) -> About | None:
    return await offers.told(connection, letter["about_id"])


async def _thread(connection: Connection, letter: Row) -> About:
    """Where it is, and not who wrote what."""
    return await messages.told(connection, letter["about_id"])


async def _forms(connection: Connection, letter: Row) -> About | None:
    """That forms wait, unless none does any more; never which."""
    return await filling.waiting(connection, letter["about_id"])


async def _returned(connection: Connection, letter: Row) -> About:
    """Where it is; not whose, nor which form."""
    return await returned_forms.told(connection, letter["about_id"])


async def _connection(connection: Connection, letter: Row) -> About:
    """Whom the client had asked, and not what they answered."""
    return await connections.told(connection, letter["about_id"])


async def _invitation(connection: Connection, letter: Row) -> About | None:
    """Who invites, and how many forms wait; not which."""
    return await invitations.told(connection, letter["about_id"])


async def _invoice(connection: Connection, letter: Row) -> About:
    return await invoices.told(connection, letter["about_id"])


async def _payment(connection: Connection, letter: Row) -> About:
    return await payment_notices.told(connection, letter["about_id"])


@dataclass(frozen=True)
class Kind:
    """`about` reads what the letter tells of, None if `details` say it all; what it finds true no more (None) is not
    sent. What a `secret` letter says (codes, reset links) is kept nowhere once it is sent, save for
    the demo's mailbox. `method` is that of its calendar file (RFC 5546).
    """

    subject: str
    about: Callable[[Connection, Row], Awaitable[About | None]] | None = None
    secret: bool = False
    method: str | None = None


KINDS: Mapping[str, Kind] = {
    "request": Kind("Video Session Request", _request),
    "operator": Kind("A question to the operator"),
    "declined": Kind("About your request for a video session", _request),
    "withdrawn": Kind("Video Session Request withdrawn", _request),
    "expired": Kind("Your request for a video session has expired", _request),
    "code": Kind("Your code", secret=True),
    "known_account": Kind("You have an account already"),
    "reset": Kind("Choose a new password", secret=True),
    "setup": Kind("Set up your account", secret=True),
    "portal_invitation": Kind("Your invitation to the client portal", _invitation, secret=True),
    "login_link": Kind("How to sign in"),
    "email_change": Kind("Confirm your new address", secret=True),
    "email_taken": Kind("You have an account already"),
    "approved": Kind("Your account is open"),
    "account_notice": Kind("A change to how you sign in"),
    "confirm_registration": Kind("Confirm your email address", secret=True),
    "known_registration": Kind("You have an account already"),
    "new_client": Kind("A pending client account needs approval"),
    "invitation": Kind("Your video session is booked", _session, secret=True, method="REQUEST"),
    "assigned": Kind("A video session was assigned to you", _session, method="REQUEST"),
    "moved": Kind("Your video session has a new time", _session, secret=True, method="REQUEST"),
    "reassigned": Kind("Your video session is with another host", _session, secret=True, method="REQUEST"),
    "released": Kind("A video session is no longer yours", _session, method="CANCEL"),
    "cancelled": Kind("Your video session is cancelled", _session, method="CANCEL"),
    "link": Kind("Your link to a video visit", _session, secret=True),
    "guest": Kind("You are invited to a video visit", _session, secret=True, method="REQUEST"),
    "guest_moved": Kind("A video visit has a new time", _session, secret=True, method="REQUEST"),
    "guest_cancelled": Kind("About your invitation to a video visit", _session, method="CANCEL"),
    "switched_off": Kind("You were switched off"),
    "self_booked": Kind("A client booked a video session", _session, method="REQUEST"),
    "reminder": Kind("Reminder: your video session", _upcoming, secret=True),
    "offer": Kind("A time has become free", _offer),
    "invoice": Kind("You have an invoice", _invoice),
    "receipt": Kind("Your payment has arrived", _payment),
    "payment": Kind("A client has paid", _payment),
    "payment_anyway": Kind("A client has paid", _payment),
    "export": Kind("Your data are ready to download"),
    "message": Kind("You have a private message", _thread),
    "forms": Kind("Your clinic has sent you something to fill in", _forms),
    "form_reminder": Kind("Something from your clinic is waiting for you", _forms),
    "form_returned": Kind("A client has sent something back", _returned),
    "connection": Kind("Your connection request was answered", _connection),
}
"""R-080 fixes the first subject to the letter. No clinical words, no service and no name in any."""
