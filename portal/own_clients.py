"""My Clients: whom a practitioner is connected with, and the profile of each (R-061)."""

from dataclasses import dataclass

from people import registrations
from people.access import Actor, may_have_clients, may_read_registration, require
from people.errors import NotFound
from people.searching import folded
from portal import connections
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

most_listed = 500


@dataclass(frozen=True)
class Client:
    """Somebody as their practitioner sees them: the `file`, what they said of themselves (None if they never
    registered), and the request that waits (None if none does)."""

    file: Row
    registration: Row | None
    asked: Row | None


async def clients(connection: Connection, actor: Actor, search: str = "") -> list[Row]:
    """My Clients, by last name, at most `most_listed`: public_id, name, email, active, department_name, made_at,
    next_at (their next session together), thread. Raises `NotFound`."""
    require(may_have_clients(actor))
    words = folded(search).split()
    return await queries.clients(connection, practitioner_id=actor.account_id, words=words, most=most_listed)


async def client(connection: Connection, actor: Actor, public_id: str) -> Client:
    """One client's profile with what they said when they registered, also before their request is decided (R-061).
    Raises `NotFound`."""
    file = await queries.file(connection, public_id=public_id, practitioner_id=actor.account_id)
    if file is None or not may_read_registration(actor, file):
        raise NotFound
    said = await registrations.of_account(connection, file["account_id"]) if file["account_id"] else None
    waiting = await connections.pending(connection, actor)
    return Client(file, said, next((row for row in waiting if row["client"] == public_id), None))
