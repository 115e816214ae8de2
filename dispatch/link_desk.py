"""Direct links in the hands of whoever arranges a session: who has one, new ones, and their end (A-30: staff send a
link on purpose). A link's text is not kept, so it is shown or mailed once, when it is made.
"""

from dataclasses import dataclass, field

from dispatch import admissions, direct_links, guests, notices
from dispatch.errors import Invalid, NotFound
from people.access import Actor
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Made:
    """A new link, and whose it is."""

    token: str = field(repr=False)
    name: str


async def people(connection: Connection, session: Row) -> list[Row]:
    """Who may come by a link: `person` (`client`, or a guest's public id), name, email, relation; and how their link
    stands: made_at (None: they have none), opened_at, other_at (opened in another browser, too)."""
    return await queries.people(connection, session_id=session["id"])


async def make(connection: Connection, actor: Actor, public_id: str, person: str) -> Made:
    """A new link; an older one of the same person opens nothing any more. Raises `NotFound`, `NotNow`,
    `Invalid`."""
    session = await guests.hold(connection, actor, public_id)
    known = await _find(connection, session, person)
    token = await direct_links.make(connection, session["id"], known["account_id"])
    await audit.record(connection, actor, "make_link", "session", session["id"], {"person": person})
    return Made(token, known["name"])


async def send(connection: Connection, actor: Actor, public_id: str, person: str) -> str:
    """Mail a new link; return the address. Raises as `make` does."""
    session = await guests.hold(connection, actor, public_id)
    known = await _find(connection, session, person)
    await notices.send_link(connection, actor, session["id"], known["account_id"], known["email"])
    await audit.record(connection, actor, "send_link", "session", session["id"], {"person": person})
    return str(known["email"])


async def revoke(connection: Connection, actor: Actor, public_id: str, person: str) -> None:
    """End a person's link: whoever came by it is out within a second or two. Twice is once. Raises `NotFound`."""
    session = await guests.hold(connection, actor, public_id, to_come=False)
    known = await _find(connection, session, person, active=False)
    await direct_links.end(connection, session["id"], known["account_id"])
    if await queries.is_in_by_link(connection, session_id=session["id"], account_id=known["account_id"]):
        sentence = "Your link to this visit was ended."
        await admissions.put_out(connection, session["id"], known["account_id"], actor.account_id, sentence)
    await audit.record(connection, actor, "revoke_link", "session", session["id"], {"person": person})


async def _find(connection: Connection, session: Row, person: str, active: bool = True) -> Row:
    for known in await people(connection, session):
        if known["person"] == person:
            if active and known["state"] not in ("pending", "active"):
                raise Invalid("This person's account is not active: a link would not work.", field="person")
            return known
    raise NotFound
