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


class Refused(UserError):
    """Nothing was stored; whoever sent it may look, and send it again: a form comes back with what was typed."""


class Invalid(Refused):
    """An input is missing, too long or not one of those offered; nothing was stored."""


class EditedMeanwhile(Refused):
    """Somebody else saved the same thing after the form was opened; nothing was overwritten."""

    def __init__(self, by: str | None) -> None:
        who = by or "Somebody"
        super().__init__(f"{who} changed this while you were editing it. Nothing of theirs was overwritten.")


class FeatureOff(Refused):
    """The organization has switched this feature of the portal off (R-009, R-134). Told to whoever would have it
    otherwise; to everybody else it is `NotFound` (people/entitlements.py)."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature}: the clinic has switched this off.")


class NoSeat(Refused):
    """Messages and scheduling need a place in the portal's subscription (R-131). Told to the staff member without."""

    def __init__(self, feature: str) -> None:
        told = f"{feature}: you have no place in the Client Portal subscription."
        super().__init__(f"{told} An organization administrator gives you one.")


class InUse(Refused):
    """It cannot go while others depend on it."""


class DepartmentUsed(InUse):
    """Somebody or something belongs to the department, perhaps somebody who left."""

    message = "Roles, clinics, clients or registrations belong to this department. Move them to another first."


class PossibleDuplicate(Refused):
    """A-06: somebody's file may be there already; whoever creates another says that they have seen it."""

    message = "There may be a file of this person already. Look at it before you create another."


class AlreadyHandled(Refused):
    """Somebody else approved or associated this account first (R-037, R-045); nothing of theirs was overwritten."""

    def __init__(self, by: str | None) -> None:
        super().__init__(f"{by or 'Somebody'} has dealt with this account already.")


class EmailTaken(Refused):
    """R-042: one address, one account."""

    message = "Another account has this email address. Each person needs an address of their own."
    field = "email"


class ReplacesAccount(Refused):
    """The file has an account already, with which somebody signs in: staff say that it is to be closed."""

    message = "This file has another account, with which its owner signs in. Confirm that it is to be closed."
    field = "replace"


class SessionsOverlap(Refused):
    """Two people who become one have sessions at the same time (constraints client_is_free, visitor_is_free)."""

    message = "Both have a session to come at the same time. Move or cancel one of the two first."


class NotPractitioner(Refused):
    """R-004, R-051: clients are associated with practitioners alone."""

    message = "Clients can be associated with practitioners only. Tick Practitioner, save, then choose clients."


class LastAdministrator(Refused):
    """An organization always has an active organization administrator."""

    message = "This is the last active organization administrator. Make somebody else one first."


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


class Unconfirmed(UserError):
    """Right password, but the address was never confirmed (A-01). Told only to a person who gave the right password.
    `registration` is the public id by which the mail can be sent again, if they registered."""

    message = "Your email address is not confirmed yet. Please open the link in the mail that we sent you."

    def __init__(self, registration: str | None = None) -> None:
        super().__init__()
        self.registration = registration


class AwaitingApproval(UserError):
    """R-032: a pending account has the portal, and no visits, bookings or connections."""

    message = (
        "Your account waits for approval by the clinic. You can do this as soon as somebody there has approved it; "
        "we send you a mail then."
    )


class RegistrationClosed(UserError):
    """A-06: this organization takes people by invitation only."""

    message = "This clinic opens accounts by invitation only. Please ask the clinic for your invitation."


class TooMany(UserError):
    """Too many tries of a kind. `retry_after` is how long to wait, in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        minutes = -(-retry_after // 60)
        wait = f"{retry_after} seconds" if retry_after < 60 else f"{minutes} minute{'s' if minutes > 1 else ''}"
        super().__init__(f"There were too many tries. Please wait {wait}, then try again.")


class SignedOut(UserError):
    """Nobody is signed in, or no longer; told to programs and scripts, while people are led to the sign-in page."""

    message = "Your sign-in has ended, so nothing was sent. Sign in again in another window, then try once more."


class LinkEnded(UserError):
    """Whoever came by a direct link that has ended since, or by one that a newer one replaced, when they had left."""

    message = (
        "Your link to this visit has ended. Open the newest link that you were sent, or ask the clinic for a new one."
    )


class Unfit(UserError):
    """An input that is missing, wrong or too weak; `field` names it."""


class TokenRefused(UserError):
    """A bearer token that is unknown, expired or revoked, or whose account may no longer sign in."""

    message = "This token is not known here: it may have expired or been revoked."


class OutOfScope(UserError):
    """A good token in a place that none of its scopes opens."""

    message = "This token may not be used for that."


class UsernameTaken(Unfit):
    message = "Somebody has this user name already. Choose another."
    field = "username"


class AddressTaken(UserError):
    """Told only to somebody who opened the mail that was sent to that address."""

    message = "This address belongs to another account by now, so yours keeps its own."


class PasskeyKnown(Unfit):
    message = "This device has a passkey here already."
