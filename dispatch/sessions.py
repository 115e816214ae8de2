"""Sessions: appointments of one host and one client. Overlaps are refused by the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dispatch.errors import ClientBusy, HostBusy, Invalid, NotFound, NotOpen
from people.access import Actor, may_host, may_join, require
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)


async def book(connection: Connection, request: Row, host_id: int, rank: int | None) -> Row:
    """Book the session of an accepted request: at the requested time of that rank, or from now on (A-26).

    Raises `HostBusy`, `ClientBusy`, or `Invalid` for a rank that was not requested or has passed.
    """
    await queries.lock_host(connection, host_id=host_id)
    await queries.lock_client(connection, client_id=request["client_id"])
    with refusing(host_is_free=HostBusy, client_is_free=ClientBusy):
        session = await queries.book(connection, request_id=request["id"], host_id=host_id, rank=rank)
    if session is None:
        raise Invalid("Choose one of the requested times that has not passed.", field="time")
    return session


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The session as one of its own people sees it, whatever the time. Raises `NotFound`."""
    session = await queries.find(connection, public_id=public_id)
    if session is None:
        raise NotFound
    require(may_join(actor, session))
    return session


async def open_door(connection: Connection, actor: Actor, public_id: str) -> Row:
    """`find`, but only within the join window, in instants of the database (R-173, A-14). Raises `NotOpen`."""
    session = await find(connection, actor, public_id)
    if not session["joinable"]:
        raise NotOpen
    return session


async def of_account(connection: Connection, actor: Actor) -> list[Row]:
    """The account's sessions as host or client, those to come first (R-124, R-125); each with who waits in it."""
    return await queries.of_account(connection, account_id=actor.account_id)


async def by_id(connection: Connection, session_id: int) -> Row | None:
    return await queries.by_id(connection, id=session_id)


async def told(connection: Connection, session_id: int) -> Row:
    """All that a letter about this session says."""
    return await queries.told(connection, id=session_id)


def as_it_was(details: Mapping[str, Any]) -> dict[str, Any]:
    """What a letter's details keep of a session (`snapshot`), with its times as instants again."""
    times = {"starts_at", "ends_at", "opens_at"}
    return {name: datetime.fromisoformat(value) if name in times else value for name, value in details.items()}


def role_of(actor: Actor, session: Row) -> str:
    """`host` or `client`, for somebody who may join."""
    return "host" if may_host(actor, session) else "client"
