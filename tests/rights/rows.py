"""The row that a right asks about, read with the verbs' own queries, as the actor's transaction sees it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dispatch import changes, clinic_setup, hours, requests, sessions, switches
from people import approval, clients, profile
from people.access import Actor
from records.database import Connection

Ids = Mapping[str, str]
Read = Callable[[Connection, Actor, Ids], Awaitable[Any]]


async def request(connection: Connection, actor: Actor, ids: Ids) -> Any:
    found = await requests.queries.find(connection, public_id=ids["request"], actor_id=actor.account_id)
    another = await connection.fetchval("SELECT id FROM account WHERE public_id = $1", ids["spare"])
    return found and {**found, "another_id": another}


async def session(connection: Connection, actor: Actor, ids: Ids) -> Any:
    seen = await sessions.queries.find(connection, public_id=ids["session"])
    arranged = await changes.queries.find(connection, public_id=ids["session"], actor_id=actor.account_id)
    return seen and {**arranged, **seen}


async def clinic(connection: Connection, actor: Actor, ids: Ids) -> Any:
    found = await clinic_setup.queries.find(connection, public_id=ids["clinic"])
    hosted = "SELECT EXISTS (SELECT FROM clinic_host WHERE clinic_id = $1 AND account_id = $2)"
    return found and {**found, "hosted_by_actor": await connection.fetchval(hosted, found["id"], actor.account_id)}


async def department(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(
        "SELECT id, id AS department_id FROM department WHERE public_id = $1", ids["department"]
    )


async def host(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await hours.queries.find(connection, host=ids["hoster"], actor_id=actor.account_id)


async def practitioner(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await switches.queries.host(connection, host=ids["host"])


async def hours_of(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(
        "SELECT host_id AS account_id FROM weekly_hours WHERE public_id = $1", ids["hours"]
    )


async def client(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await clients.queries.find(connection, public_id=ids["client"])


async def applicant(connection: Connection, _: Actor, ids: Ids) -> Any:
    found = await approval.queries.find(connection, public_id=ids["account"])
    return found if found and found["state"] != "unverified" else None


async def self(connection: Connection, actor: Actor, _: Ids) -> Any:
    return await profile.own(connection, actor)


ROWS: dict[str, Read] = {
    "applicant": applicant,
    "client": client,
    "clinic": clinic,
    "department": department,
    "host": host,
    "hours": hours_of,
    "practitioner": practitioner,
    "request": request,
    "self": self,
    "session": session,
}
SYSTEM_ROWS = {
    "sign_in": "SELECT account_id FROM sign_in WHERE public_id = $1 AND organization_id = $2",
    "passkey": "SELECT account_id FROM passkey WHERE public_id = $1 AND organization_id = $2",
    "token": "SELECT account_id FROM api_token WHERE public_id = $1 AND organization_id = $2",
}
"""What only the system role may read."""
