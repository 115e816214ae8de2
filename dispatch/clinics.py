"""Virtual clinics: who may be asked, for which service (R-071 to R-077)."""

from dispatch.errors import NotFound
from people.access import Actor
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def of_organization(connection: Connection) -> list[Row]:
    """The organization's clinics by name, each with the services that it offers (public_id, name, description, minutes)
    and `open`: whether it takes requests now (A-25)."""
    return await queries.of_organization(connection)


async def find(connection: Connection, public_id: str) -> Row:
    """One clinic as somebody who asks sees it: the services that it offers, the hosts who take requests, `open` (does
    it take any, A-25), `availability` (A-10). Raises `NotFound`."""
    clinic = await queries.find(connection, public_id=public_id)
    if clinic is None:
        raise NotFound
    return clinic


async def served_by(connection: Connection, actor: Actor) -> list[Row]:
    """The clinics that a scheduler serves (R-014): id, public_id, name."""
    return await queries.served_by(connection, account_id=actor.account_id)
