"""Rows one state further: a pending request, a booked session, a waiting client, an admitted client."""

from datetime import UTC, datetime, timedelta

from dispatch import admissions, clinics, requests, sessions
from people.access import Actor
from records.database import Connection, Database, Row
from tests.support import actor


def soon(hours: float = 24, minutes: float = 0) -> datetime:
    """A round time to come."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return start + timedelta(hours=hours, minutes=minutes)


async def ask_for(
    connection: Connection, host: str | None = None, times: tuple[datetime, ...] = (), note: str = ""
) -> requests.Ask:
    """An Ask to the seeded Family clinic, for its first service; `host` is a name."""
    listed = await clinics.of_organization(connection)
    clinic = await clinics.find(connection, listed[0]["public_id"])
    ids = {person["name"]: person["public_id"] for person in clinic["hosts"]}
    return requests.Ask(clinic["public_id"], clinic["services"][0]["public_id"], host and ids[host], times, note)


async def pending_request(
    database: Database,
    client: Actor,
    host: str | None = None,
    times: tuple[datetime, ...] = (),
    note: str = "",
) -> str:
    """Submitted and committed; returns its public id."""
    async with database.transaction(client) as connection:
        stored = await requests.submit(connection, client, await ask_for(connection, host, times, note))
    return str(stored["public_id"])


async def accept(database: Database, who: Actor, request: str, host: Actor, rank: int | None = None) -> Row:
    async with database.transaction(who) as connection:
        return await requests.accept(connection, who, request, host.public_id, rank, "")


async def booked_session(database: Database, client: str = "chloe", host: str = "ana") -> str:
    """A Now request accepted for the host by the scheduler; returns the session's public id."""
    asker, taker, scheduler = [await actor(database, name) for name in (client, host, "sam")]
    request = await pending_request(database, asker)
    session = await accept(database, scheduler, request, taker)
    return str(session["public_id"])


async def knock(database: Database, who: Actor, session: str, name: str = "Somebody") -> Row:
    async with database.transaction(who) as connection:
        row = await sessions.open_door(connection, who, session)
        return await admissions.knock(connection, who, row, name)


async def admit(database: Database, host: Actor, session: str, admission: str) -> Row:
    async with database.transaction(host) as connection:
        row = await sessions.find(connection, host, session)
        return await admissions.admit(connection, host, row, admission)


async def end(database: Database, who: Actor, session: str) -> None:
    async with database.transaction(who) as connection:
        await admissions.end(connection, who, await sessions.find(connection, who, session))


async def leave(database: Database, who: Actor, session: str) -> None:
    async with database.transaction(who) as connection:
        await admissions.leave(connection, who, await sessions.find(connection, who, session))
