"""Refusals of the portal, each a sentence for the person who met it."""

from people.errors import Refused


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
