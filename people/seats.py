"""The portal's subscription (R-131, R-132; A-18), and which therapists may invite (R-007, A-02)."""

from dataclasses import dataclass

from people.access import Actor, may_keep_seats, require
from people.errors import Invalid, NotFound
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

free_seats = 1
"""R-132: all features are included for one member of the staff."""
most_listed = 500


@dataclass(frozen=True)
class Subscription:
    """Who may have a seat, and how many are paid for."""

    people: list[Row]
    seats: int

    @property
    def billable(self) -> int:
        return billable(self.seats)


def billable(seats: int) -> int:
    """How many of so many seats are paid for (A-18)."""
    return max(0, seats - free_seats)


async def subscription(connection: Connection, actor: Actor, words: str = "") -> Subscription:
    """Practitioners and organization administrators by name, at most `most_listed`: public_id, name, email, state,
    `practitioner`, `administrator`, `subscribed`, `may_invite`. `words` are part of a name or address. Raises
    `NotFound`."""
    require(may_keep_seats(actor))
    people = await queries.people(connection, words=" ".join(words.split())[:100], most=most_listed)
    return Subscription(people, await queries.seats(connection))


async def change(
    connection: Connection, actor: Actor, account: str, subscribed: bool | None, may_invite: bool | None
) -> Row:
    """Give or take a seat, or leave to invite; None leaves it. Return `subscribed`, `may_invite` as they are now.

    Raises `NotFound`, `Invalid` for a role that neither is of use to, or an account that is closed."""
    require(may_keep_seats(actor))
    held = await queries.hold(connection, public_id=account)
    person = held and await queries.person(connection, id=held)
    if person is None:
        raise NotFound
    _check(person, subscribed, may_invite)
    wanted = {
        "subscribed": person["subscribed"] if subscribed is None else subscribed,
        "may_invite": person["may_invite"] if may_invite is None else may_invite,
    }
    changed = {name: value for name, value in wanted.items() if value != person[name]}
    if changed:
        await queries.put(connection, account_id=person["id"], **wanted)
        await audit.record(connection, actor, "change", "portal_seat", person["id"], changed)
    return wanted


def _check(person: Row, subscribed: bool | None, may_invite: bool | None) -> None:
    """What is taken away may always be."""
    if (subscribed or may_invite) and person["state"] == "inactive":
        raise Invalid("This account is not active. Open it first, under Staff.")
    if subscribed and not (person["practitioner"] or person["administrator"]):
        raise Invalid("A seat is for practitioners and organization administrators.")
    if may_invite and not person["practitioner"]:
        raise Invalid("This is for practitioners. Organization administrators may always invite.")
