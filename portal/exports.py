"""Leaving with one's data: a client takes along their own, an organization administrator the organization's.

Whoever asks gets a zip that a job makes (portal/exporting.py), a mail when it is ready, and a day to download it. One
at a time each; asking again meanwhile is the same asking. Every step is in the audit.
"""

from datetime import timedelta

from people.access import Actor, may_export_organization, may_take_data, require
from people.errors import NotFound
from records import audit, jobs, mail
from records.database import Connection, Row, Tenant
from records.queries import beside

queries = beside(__file__)

good_for = timedelta(hours=24)
NOTICE = "export"
"""The kind of mail that says that it is ready, and nothing of what is in it."""


async def ask_own(connection: Connection, actor: Actor) -> None:
    """A client's own data. Raises `NotFound` without a file."""
    require(may_take_data(actor))
    client_id = await queries.own_file(connection, account_id=actor.account_id)
    require(client_id is not None)
    await _ask(connection, actor, client_id)


async def ask_organization(connection: Connection, actor: Actor) -> None:
    """All of the organization's data. Raises `NotFound`."""
    require(may_export_organization(actor))
    await _ask(connection, actor, None)


async def has_own(connection: Connection, actor: Actor) -> bool:
    """Whether there is anything of the actor's to take along: a prospect has no file yet."""
    return may_take_data(actor) and await queries.own_file(connection, account_id=actor.account_id) is not None


async def own(connection: Connection, actor: Actor) -> list[Row]:
    """What the actor asked for of their own data, newest first: public_id, state, done, steps, asked_at, ready_at,
    expires_at, bytes. Raises `NotFound`."""
    require(may_take_data(actor))
    return await queries.asked(connection, account_id=actor.account_id, whole=False)


async def of_organization(connection: Connection, actor: Actor) -> list[Row]:
    """`own` for what the actor asked for of the organization's. Raises `NotFound`."""
    require(may_export_organization(actor))
    return await queries.asked(connection, account_id=actor.account_id, whole=True)


async def take(connection: Connection, actor: Actor, export: str) -> Row:
    """What is ready to be downloaded: name (of the stored file), bytes, ready_at, whole. Raises `NotFound`, also for
    somebody else's and what has ended."""
    row = await queries.ready(connection, public_id=export, account_id=actor.account_id)
    if row is None or not (may_export_organization(actor) if row["whole"] else may_take_data(actor)):
        raise NotFound
    await audit.record(connection, actor, "download", "export", row["id"])
    return row


async def _ask(connection: Connection, actor: Actor, client_id: int | None) -> None:
    made = await queries.ask(
        connection, organization_id=actor.organization_id, account_id=actor.account_id, client_id=client_id
    )
    if made is not None:
        await jobs.enqueue(connection, "make_export", made)
        await audit.record(connection, actor, "ask", "export", made)


# What the job needs.


async def begin(connection: Connection, export_id: int) -> Row | None:
    """An export that is to be made: id, account_id, client_id; None if it was made already."""
    return await queries.begin(connection, id=export_id)


async def tell(connection: Connection, export_id: int, done: int, steps: int) -> None:
    """How far it is."""
    await queries.tell(connection, id=export_id, done=done, steps=steps)


class MadeAlready(Exception):
    """Another worker was quicker; what this one made is not needed."""


async def finish(connection: Connection, house: Tenant, export: Row, file_id: int) -> None:
    """It can be downloaded from now on, for a day. Raises `MadeAlready`."""
    told = await queries.finish(connection, id=export["id"], file_id=file_id, good_for=good_for)
    if told is None:
        raise MadeAlready
    await mail.post(connection, house, NOTICE, [told["email"]], details={"page": told["page"]})
    await audit.record(connection, house, "make", "export", export["id"])
