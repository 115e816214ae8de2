"""What a visit refuses. Each becomes the acknowledgement {"error": code, "message": sentence}."""


class Refused(Exception):
    """A browser's message that changes nothing. `code` is for the page, `message` for the person."""

    code = "refused"
    message = "That did not work."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or type(self).message
        super().__init__(self.message)

    @property
    def ack(self) -> dict[str, str]:
        return {"error": self.code, "message": self.message}


class Malformed(Refused):
    """Not one of the messages of signalling/messages.py, or not of its shape."""

    code = "malformed"
    message = "The server did not understand this page. Please reload it."


class TooLarge(Refused):
    """An SDP over 64 KiB."""

    code = "too_large"
    message = "This browser's description of its media is too large."


class TooOften(Refused):
    """More of one message than its allowance, or a full inbox."""

    code = "too_often"
    message = "Too many messages at once. Please wait a moment."


class NotAllowed(Refused):
    """The person's admission does not allow this message: nobody offers media before they knock."""

    code = "not_allowed"
    message = "This is not possible before you have been let in."


class OutOfOrder(Refused):
    """A message that needs a media connection came without one; the page offers anew."""

    code = "out_of_order"
    message = "There is no media connection yet."


class ScreenTaken(Refused):
    """Somebody else shares their screen; there is one place for one."""

    code = "screen_taken"
    message = "Somebody else is sharing their screen."


class Replaced(Refused):
    """The person's newer browser has the visit."""

    code = "replaced"
    message = "The visit was opened in another window, which has the sound and picture now."


class BadOffer(Refused):
    """The relay could not answer the offer; the message says why."""

    code = "bad_offer"
