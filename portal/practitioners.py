"""Whom a client may ask for a connection (R-054): practitioners' public profiles, and how the client stands to each."""

from people.access import Actor, may_ask_connection, require, require_approved
from people.errors import NotFound
from people.searching import folded
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

most_listed = 200


async def practitioners(connection: Connection, actor: Actor, search: str = "") -> list[Row]:
    """Whom the client may ask, by name, at most `most_listed`: public_id, name, title, about, departments (one line),
    `connected`, `asked` (their request waits). `search` holds words, all of which must be found in these, whatever
    their case and accents. Raises `NotFound`, `AwaitingApproval`."""
    file = await own_file(connection, actor)
    words = folded(search).split()
    return await queries.practitioners(
        connection, client_id=file["id"], own_id=actor.account_id, words=words, most=most_listed
    )


async def practitioner(connection: Connection, actor: Actor, public_id: str) -> Row:
    """One of them whole, also who takes no more (`takes`) but was asked or is connected. Raises as above."""
    file = await own_file(connection, actor)
    found = await queries.practitioner(connection, client_id=file["id"], public_id=public_id)
    if found is None or found["id"] == actor.account_id:
        raise NotFound
    require(found["takes"] or found["connected"] or found["request"] is not None)
    return found


async def relations(connection: Connection, actor: Actor) -> list[Row]:
    """The client's practitioners, and those asked of late: name, public_id, title, `state` (connected, pending,
    declined, ended), request, thread, asked_at, decided_at, `practises` (still). None for somebody without a file."""
    file = await queries.file_of(connection, account_id=actor.account_id)
    return [] if file is None else await queries.relations(connection, client_id=file["id"])


async def may_ask(connection: Connection, actor: Actor) -> bool:
    """Whether Find a practitioner is for this person."""
    return may_ask_connection(actor, await queries.file_of(connection, account_id=actor.account_id))


async def own_file(connection: Connection, actor: Actor) -> Row:
    """The actor's own file. Raises `AwaitingApproval` for a client who has none yet or is not approved, `NotFound` for
    somebody who is no client."""
    require(actor.is_client)
    require_approved(actor)
    file = await queries.file_of(connection, account_id=actor.account_id)
    require(may_ask_connection(actor, file))
    return file
