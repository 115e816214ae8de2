"""Refusals of the trade, each a sentence for the person who met it."""

from datetime import datetime
from typing import Any

from people.errors import EditedMeanwhile, InUse, Invalid, NotFound, Refused, UserError

__all__ = [
    "AlreadyAsked",
    "AlreadyDecided",
    "AlreadyWaiting",
    "Changed",
    "ClientBusy",
    "Closed",
    "DoorLocked",
    "EditedMeanwhile",
    "HostBusy",
    "InUse",
    "Invalid",
    "NotCleared",
    "NotFound",
    "NotNow",
    "NotOpen",
    "OfferEnded",
    "PayFirst",
    "Refused",
    "Taken",
    "TooLate",
    "Unsuitable",
    "UserError",
]


class HostBusy(Refused):
    """The host has a session at that time (constraint host_is_free)."""

    message = "This host has a session at that time. Choose another time, or let another host take it."


class ClientBusy(Refused):
    """The client has a session at that time (constraint client_is_free)."""

    message = "This client already has a session at that time."


class Unsuitable(Refused):
    """The requester's account may not sign in (R-031), so no session can be booked for them."""

    message = "This person's account is not active, so no session can be booked for them."


class Changed(Refused):
    """Somebody moved or reassigned the session since it was read (its `sequence` is another)."""

    message = "This session was changed meanwhile. Look at it again before you change it."


class Taken(Refused):
    """The time that a client chose is not free any more, or its host offers it no more."""

    message = "This time has just been taken. Please choose another one."
    field = "time"


class TooLate(Refused):
    """The clinic's limit for its clients has passed: they are told whom to call."""

    def __init__(self, verb: str, contact: str) -> None:
        whom = contact or "the clinic"
        super().__init__(f"It is too late to {verb} this session here. Please call {whom}.")


class OfferEnded(Refused):
    """A time that was offered to somebody on the waitlist is not theirs to take any more."""

    message = (
        "This offer has ended. You keep your place on the waitlist, and we write to you when the next time is free."
    )


class NotOpen(UserError):
    """Outside the join window (R-173, A-14)."""

    message = "This session cannot be joined now."


class NotCleared(UserError):
    """The portal opens this door only to an approved account that is connected with the host (A-01, A-05, R-063)."""

    message = (
        "You cannot join from here yet: the clinic has not approved your account, or not connected you with your host. "
        "If we mailed you a link to this visit, open that. Otherwise please call the clinic."
    )


class PayFirst(UserError):
    """The session's invoice is open, and nobody of the staff waived that (A-29, R-162)."""

    message = "This visit is to be paid before you join it. Pay the invoice, or call the clinic."


class NotNow(Refused):
    """A verb that the present state does not allow."""

    message = "This is no longer possible: the visit has moved on."


class DoorLocked(Refused):
    """The host has locked the door: no new knocks. Those who wait or are in stay."""

    message = "The door is locked just now: the host lets nobody else knock. Please try again in a while."


class Closed(Refused):
    """The clinic, or the whole organization, takes no requests (A-25)."""

    message = "This clinic takes no requests just now."


class AlreadyAsked(Refused):
    """The requester has the same request pending: service, person and times (constraint one_pending_of_a_kind)."""

    message = "You have asked for exactly this already, and it is waiting for an answer. Withdraw it to ask anew."


class AlreadyWaiting(Refused):
    """The client has a place on the waitlist for this service and host (constraint one_place_on_the_waitlist)."""

    message = "You are on this waitlist already. To change your days or hours, leave it and join again."


class AlreadyDecided(Refused):
    """A-20: the first decision wins; the second learns who decided what and when."""

    def __init__(self, state: str, by: str | None, at: datetime | None) -> None:
        who = f" by {by}" if by else ""
        expired = "This request has expired: nobody decided it in time."
        super().__init__(expired if state == "expired" else f"This request was already {state}{who}.")
        self.at = at
        self.decision: dict[str, Any] = {"state": state, "by": by, "at": at and at.isoformat()}
