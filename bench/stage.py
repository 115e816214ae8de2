"""A throwaway Postgres with one seeded organization and many signed-in people, for benchmarks of the whole server."""

import asyncio
import hashlib
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dispatch import seed
from records import schema
from records.database import Connection, connect
from records.embedded import EmbeddedServer
from records.provision import Place, provision

PEOPLE = """
    INSERT INTO account (organization_id, username, email, name, state)
    SELECT organization.id, $1 || number, $1 || number || '@bench.example', initcap($1) || ' ' || number, 'active'
    FROM organization, generate_series(1, $2) AS number WHERE slug = 'bench' RETURNING id, organization_id"""
SIGN_IN = """
    INSERT INTO sign_in (token_hash, organization_id, account_id, expires_at)
    SELECT $1, organization_id, id, now() + interval '1 hour' FROM account WHERE id = $2"""


@dataclass(frozen=True)
class Stage:
    """The running database. `server` is for its programs, `folder` for logs and scratch files."""

    place: Place
    server: EmbeddedServer
    folder: Path


@contextmanager
def stage(**settings: str) -> Iterator[Stage]:
    """Start PostgreSQL with these settings of its own, lay the schema, seed the organization `bench`."""
    with tempfile.TemporaryDirectory(prefix="anteroom-bench-") as folder:
        server = EmbeddedServer(Path(folder, "postgres"), settings)
        with server:
            yield Stage(asyncio.run(_prepare(server)), server, Path(folder))


async def _prepare(server: EmbeddedServer) -> Place:
    place = await provision(server)
    connection = await connect(place.owner)
    try:
        await schema.migrate(connection)
        await seed.organization(connection, "bench", "Bench", "no password fits", "UTC")
        # A demo's organization, which the server may add, has one of the old name.
        await connection.execute("UPDATE clinic SET name = 'Bench clinic' WHERE name = 'Family clinic'")
    finally:
        await connection.close()
    return place


async def add_people(owner: Connection, kind: str, count: int) -> list[int]:
    """Accounts named `<kind>1` and so on, with the role and rows that make a scheduler, practitioner or client of the
    Bench clinic; returns their keys."""
    rows = await owner.fetch(PEOPLE, kind, count)
    role = {"scheduler": "scheduler", "host": "practitioner", "client": "client"}[kind]
    ids = [row["id"] for row in rows]
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role) "
        "SELECT organization_id, id, $2::role_name FROM account WHERE id = ANY ($1::bigint[])",
        ids,
        role,
    )
    await owner.execute(JOIN_CLINIC[kind], ids)
    return ids


JOIN_CLINIC = {
    "scheduler": """
        INSERT INTO clinic_scheduler (organization_id, clinic_id, account_id)
        SELECT organization_id, id, account FROM clinic, unnest($1::bigint[]) AS account
        WHERE name = 'Bench clinic'""",
    "host": """
        WITH made AS (INSERT INTO host (account_id, organization_id)
            SELECT id, organization_id FROM account WHERE id = ANY ($1::bigint[]))
        INSERT INTO clinic_host (organization_id, clinic_id, account_id, on_demand)
        SELECT organization_id, id, account, true
        FROM clinic, unnest($1::bigint[]) AS account
        WHERE name = 'Bench clinic'""",
    "client": """
        INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth)
        SELECT organization_id, id, split_part(name, ' ', 1), split_part(name, ' ', 2), email, '1990-01-01'
        FROM account WHERE id = ANY ($1::bigint[])""",
}


async def signed_in(owner: Connection, account_ids: list[int]) -> list[str]:
    """A signed-in browser for each account; returns their Cookie headers."""
    tokens = [secrets.token_urlsafe(32) for _ in account_ids]
    hashes = [hashlib.sha256(token.encode()).digest() for token in tokens]
    await owner.executemany(SIGN_IN, list(zip(hashes, account_ids, strict=True)))
    return [f"anteroom={token}" for token in tokens]
