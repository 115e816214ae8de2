"""Sessions: appointments of one host and one client, as their own people see them. dispatch/booking.py makes them."""

from dispatch.attendance import away_limit
from dispatch.errors import NotCleared, NotFound, NotOpen, PayFirst
from people.access import Actor, may_host, may_join, may_see_session, require, require_approved
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


UNAPPROVED = (
    "Your account waits for approval by the clinic, so you cannot join from here yet. "
    "If we mailed you a link to this visit, open that. Otherwise please call the clinic."
)
ENDINGS = ("held", "cancelled", "missed")
"""How a session that is over may have ended."""

most_to_come = 200
most_past = 25


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The session as one of its own people sees it, whatever the time. Raises `NotFound`."""
    session = await queries.find(connection, public_id=public_id)
    if session is None:
        raise NotFound
    require(may_see_session(actor, session))
    return session


async def open_door(connection: Connection, actor: Actor, public_id: str) -> Row:
    """`find`, but only for whom may join (`AwaitingApproval`, `NotCleared`, `PayFirst`), and only within the join
    window, in instants of the database (R-173, A-14; `NotOpen`). Whoever is in a visit that runs over may come back
    into it."""
    session = await find(connection, actor, public_id)
    if not may_join(actor, session):
        if may_join(actor, {**session, "owed": False}):
            raise PayFirst
        require_approved(actor, UNAPPROVED)
        raise NotCleared
    if not await is_open(connection, actor, session):
        raise NotOpen
    return session


async def is_open(connection: Connection, actor: Actor, session: Row) -> bool:
    """Whether the door is open at this moment, to somebody who may join."""
    return session["joinable"] or await queries.is_inside(
        connection, session_id=session["id"], account_id=actor.account_id, device=actor.device, limit=away_limit
    )


async def of_account(connection: Connection, actor: Actor) -> list[Row]:
    """The account's sessions as host or client, those to come first (R-125); each with who waits in it."""
    return await _listed(connection, actor, past=None, before=None, most=100)


async def to_come(connection: Connection, actor: Actor) -> list[Row]:
    """Those that can still be joined, soonest first (R-124, R-125)."""
    return await _listed(connection, actor, past=False, before=None, most=most_to_come)


async def past(
    connection: Connection, actor: Actor, before: str | None, ending: str | None = None, other: str | None = None
) -> tuple[list[Row], str | None]:
    """Those that are over, newest first, from the one after `before` (a public id) on; and after which to go on.
    `ending` (ENDINGS) and `other` (a host, or a client's file, by public id) choose among them (R-120)."""
    rows = await _listed(connection, actor, past=True, before=before, most=most_past + 1, ending=ending, other=other)
    return rows[:most_past], rows[most_past - 1]["public_id"] if len(rows) > most_past else None


async def met(connection: Connection, actor: Actor) -> list[Row]:
    """With whom the account has had sessions, by name: public_id (a host's, or of a client's file) and name."""
    return await queries.met(connection, account_id=actor.account_id)


async def _listed(
    connection: Connection,
    actor: Actor,
    past: bool | None,
    before: str | None,
    most: int,
    ending: str | None = None,
    other: str | None = None,
) -> list[Row]:
    return await queries.of_account(
        connection, account_id=actor.account_id, past=past, before=before, most=most, ending=ending, other=other
    )


async def by_id(connection: Connection, session_id: int) -> Row | None:
    return await queries.by_id(connection, id=session_id)


def role_of(actor: Actor, session: Row) -> str:
    """`host` or `client`, for somebody who may join."""
    return "host" if may_host(actor, session) else "client"
