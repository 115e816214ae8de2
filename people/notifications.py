"""Which mails people may do without, and which must come. records/mail.py posts none that its reader switched off."""

from collections.abc import Callable
from dataclasses import dataclass

from people.access import Actor


@dataclass(frozen=True)
class Choice:
    """A kind of mail (web/letters.py) that its readers may switch off; `concerns` says whom it is sent to."""

    kind: str
    title: str
    about: str
    concerns: Callable[[Actor], bool]


CHOICES = (
    Choice(
        "new_client",
        "New clients",
        "Somebody registered and waits for approval.",
        lambda actor: actor.sees_organization,
    ),
    Choice(
        "payment",
        "Payments",
        "A client paid by card. If no administrator takes this mail, the longest serving one gets it all the same.",
        lambda actor: actor.is_organization_administrator or actor.is_host,
    ),
    Choice("message", "Private messages", "Somebody wrote to you. The mail does not say what.", lambda _: True),
    Choice(
        "form_returned",
        "Forms that came back",
        "A client signed a form that you sent, or a client of yours did. Your dashboard says so, too.",
        lambda actor: actor.is_organization_administrator or actor.is_host,
    ),
    Choice(
        "form_reminder",
        "Reminders of forms",
        "A form from your clinic waits for you. That it was sent, we always tell you.",
        lambda actor: actor.is_client,
    ),
    Choice(
        "reminder",
        "Reminders",
        "Your session is a day or an hour away.",
        lambda actor: actor.is_client,
    ),
    Choice(
        "withdrawn",
        "Withdrawn requests",
        "Somebody took back a request that you were told of.",
        lambda actor: actor.is_host or actor.is_scheduler,
    ),
    Choice(
        "switched_off",
        "Switched off",
        "You became Not Available because none of your pages was open.",
        lambda actor: actor.is_host,
    ),
    Choice(
        "expired",
        "Expired requests",
        "Nobody took your request in time. Your dashboard says so, too.",
        lambda actor: actor.is_client,
    ),
)


@dataclass(frozen=True)
class Duty:
    """Mails that always come, and why."""

    title: str
    about: str
    concerns: Callable[[Actor], bool]


DUTIES = (
    Duty("Your sign-in", "Changes of your password, second step, address and passkeys.", lambda _: True),
    Duty(
        "Sessions", "A session of yours is booked, moved or cancelled.", lambda actor: actor.is_host or actor.is_client
    ),
    Duty("Forms", "Your clinic has sent you forms to fill in.", lambda actor: actor.is_client),
    Duty("Answers", "Your request is accepted or declined.", lambda actor: actor.is_client),
    Duty("Requests", "A request waits for you to decide.", lambda actor: actor.is_host or actor.is_scheduler),
)


def choices_for(actor: Actor) -> list[Choice]:
    return [choice for choice in CHOICES if choice.concerns(actor)]


def kinds_for(actor: Actor) -> set[str]:
    return {choice.kind for choice in choices_for(actor)}


def duties_for(actor: Actor) -> list[Duty]:
    return [duty for duty in DUTIES if duty.concerns(actor)]
