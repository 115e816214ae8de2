"""What the portal has, and who of the staff has a place in its subscription (R-130 to R-135; A-03).

A feature is on or off for the whole organization (R-134). Forms and payments are then every practitioner's (R-130);
messages and scheduling are add-ons, which somebody of the staff has only with a seat as well (R-131, R-135).

One rule for what is off: a verb asks its right first, as if everything were on, and then the feature. So whoever would
have the right if the feature were on is told so in a sentence (`FeatureOff`, `NoSeat`), and to everybody else it is
`NotFound`, on or off. Verbs ask in their own transaction (`require`, `require_seat`), so that what was switched off
a moment ago is off, however old the page or socket is; templates ask what the actor brought along.
"""

from dataclasses import dataclass

from people.errors import FeatureOff, NoSeat
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

FEATURES = {
    "forms": "Intake forms",
    "payments": "Payments",
    "messages": "Secure messages",
    "scheduling": "Self-scheduling",
}
SEATED = frozenset({"messages", "scheduling"})
"""Those that need a seat as well as the switch (R-131)."""


@dataclass(frozen=True)
class Features:
    """What is switched on in an organization (R-133)."""

    forms: bool = False
    payments: bool = False
    messages: bool = False
    scheduling: bool = False

    def has(self, feature: str) -> bool:
        """Whether this one of FEATURES is on."""
        return bool(getattr(self, feature))


@dataclass(frozen=True)
class Seat:
    """What somebody of the staff was given: a place in the subscription, and leave to invite (R-007, A-02)."""

    subscribed: bool = False
    may_invite: bool = False


async def features(connection: Connection) -> Features:
    """The tenant's, as they stand now."""
    return features_from(await queries.features(connection))


async def seat(connection: Connection, account_id: int) -> Seat:
    """This account's; one that is closed, or no staff's any more, uses none."""
    row = await queries.seat(connection, account_id=account_id)
    return Seat(row["subscribed"], row["may_invite"]) if row else Seat()


async def require(connection: Connection, feature: str) -> None:
    """Raise `FeatureOff` unless the organization has it on."""
    if not (await features(connection)).has(feature):
        raise FeatureOff(FEATURES[feature])


async def require_seat(connection: Connection, feature: str, account_id: int) -> None:
    """`require`, and for what needs one that this account of the staff has a seat: raises `NoSeat`."""
    await require(connection, feature)
    if feature in SEATED and not (await seat(connection, account_id)).subscribed:
        raise NoSeat(FEATURES[feature])


def is_entitled(features: Features, seat: Seat, feature: str) -> bool:
    """Whether somebody of the staff with this seat has this feature: by its switch, and for add-ons by the seat."""
    return features.has(feature) and (feature not in SEATED or seat.subscribed)


def features_from(row: Row) -> Features:
    return Features(*(row[f"portal_{feature}"] for feature in FEATURES))
