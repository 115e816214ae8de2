"""Refusals of the portal, each a sentence for the person who met it."""

from people.errors import Refused, UserError


class NotTaken(Refused):
    """The practitioner takes no connection requests, or is none any more."""

    message = "This practitioner takes no new connections just now."


class ConnectedAlready(Refused):
    """There is a care relationship, or a request for one waits for its answer (index one_pending_connection)."""

    message = "You have asked this practitioner already. They will answer here."


class DecidedAlready(Refused):
    """Somebody was first (A-19): the practitioner decided, or the client took the request back."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This connection request was already {state}.")


class NameTaken(Refused):
    """Two forms of one name could not be told apart."""

    message = "Another form has this name already. Perhaps it is archived."
    field = "name"


class SavedElsewhere(Refused):
    """The same form was saved on another device, or in another window, since this one read it; nothing of it was
    overwritten."""

    message = (
        "You saved this form somewhere else meanwhile. Nothing of that was overwritten: "
        "compare the answers below, then save again."
    )


class FormClosed(Refused):
    """The form is completed or withdrawn."""

    message = "This form is closed: it was completed, or your clinic has taken it back."


class AlreadySigned(FormClosed):
    """The form was completed before: in another window, or by the same button pressed twice."""

    message = "You have signed and sent this form already. Your copy is under Your documents."


class DocumentDamaged(UserError):
    """The stored file is gone, or not byte for byte what was signed."""

    message = (
        "This document is not as it was when it was signed, so it is not shown. Please tell whoever runs this server."
    )


class NothingSent(Refused):
    """None of the chosen clients can be sent any of the chosen forms."""


class CannotWrite(Refused):
    """The thread can be read and not written any more: the two are in no relation now, or one of the accounts is
    closed. The sentence says it as the reader may know it."""

    message = "Nobody can write here any more. What was written stays readable."


class InvitationEnded(Refused):
    """It was accepted or taken back meanwhile; there is nothing left to send or to take back."""

    def __init__(self, state: str) -> None:
        done = "taken back" if state == "revoked" else "accepted: the client has set up the portal"
        super().__init__(f"This invitation was {done}.")


class Settled(Refused):
    """What was asked for an invoice or a payment does not go with how it stands."""

    message = "This invoice has changed meanwhile. Look at it again."


class TooMuch(Refused):
    """More is to go back than came (constraint refund_within_payment)."""

    message = "More than what is left of this payment cannot be given back."
    field = "amount"


class CardsOff(Refused):
    """The operator has set no keys, so nobody pays by card here; or Stripe does not answer."""

    message = (
        "Card payments are not available just now. Nothing was charged. Please try again later, or call the clinic."
    )
