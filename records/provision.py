"""Prepare a Postgres server that we own ourselves (the embedded one): the owner role and the database."""

from dataclasses import dataclass

from records.database import DatabaseUrls, connect
from records.embedded import EmbeddedServer

owner = "anteroom_owner"


@dataclass(frozen=True)
class Place:
    """Where the database is, for each role."""

    owner: str
    urls: DatabaseUrls


def place(server: EmbeddedServer, database: str = "anteroom") -> Place:
    """The URLs of one database on a started embedded server."""
    system = server.url("anteroom_system", database)
    return Place(
        owner=server.url(owner, database),
        urls=DatabaseUrls(app=server.url("anteroom_app", database), system=system, listener=system),
    )


async def provision(server: EmbeddedServer, database: str = "anteroom") -> Place:
    """Create the owner and the (empty) database where they are missing."""
    connection = await connect(server.url())
    try:
        if not await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", owner):
            await connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER {owner}')
    finally:
        await connection.close()
    return place(server, database)
