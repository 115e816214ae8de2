"""What clients may read of a practitioner before they ask for a connection: written by the practitioner, or by who
administers one of their departments."""

from people import staff
from people.access import Actor, may_edit_profile, require
from people.errors import NotFound
from people.inputs import text
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def find(connection: Connection, account_id: int) -> Row:
    """`title`, `about`, `takes_connections`, by the account's key; as it begins where nothing was written yet."""
    return await queries.find(connection, account_id=account_id)


async def own(connection: Connection, actor: Actor) -> Row:
    """The actor's own account as `staff.find` tells it. Raises `NotFound` unless they practise."""
    return await _practitioner(actor, await queries.person(connection, public_id=actor.public_id))


async def of_staff(connection: Connection, actor: Actor, public_id: str) -> Row:
    """Somebody's account, for whoever may write their profile. Raises `NotFound`."""
    return await _practitioner(actor, await staff.find(connection, actor, public_id))


async def change(
    connection: Connection, actor: Actor, person: Row, title: str, about: str, takes_connections: bool
) -> None:
    """`person` comes from `own` or `of_staff`. Who takes no connections is not found by clients who look for somebody
    new. Raises `NotFound`, `Invalid`."""
    require(may_edit_profile(actor, person))
    given = {
        "title": text(" ".join(title.split()), "title", 100),
        "about": text(about, "about"),
        "takes_connections": takes_connections,
    }
    if await queries.change(connection, account_id=person["id"], **given):
        await audit.record(connection, actor, "change_profile", "account", person["id"])


async def _practitioner(actor: Actor, person: Row | None) -> Row:
    if person is None or not (person["practises_in"] or person["practises_anywhere"]):
        raise NotFound
    require(may_edit_profile(actor, person))
    return person
