"""What may go wrong between people and us. The web answers each by one table (web/errors.py)."""


class UserError(Exception):
    """The person should be told and can go on. `message` is a sentence for the screen; `field` the input it
    belongs to.
    """

    message = "That did not work."
    field: str | None = None

    def __init__(self, message: str | None = None, field: str | None = None) -> None:
        self.message = message or type(self).message
        self.field = field or type(self).field
        super().__init__(self.message)


class NotFound(UserError):
    """There is no such thing, or none for this person: the two look the same from outside."""

    message = "This page does not exist, or it is not yours to see."


class SignInRefused(UserError):
    """Unknown account, wrong password or a state that may not sign in: one answer for the first two."""

    message = "The user name or the password is not right."
    field = "password"


class AccountInactive(UserError):
    """R-031. Told only to a person who gave the right password."""

    message = "This account is not active. Please ask your clinic to open it again."
