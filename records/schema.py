"""Lay the schema into an empty database, and tell whether a database is the one that this code expects."""

import hashlib
from pathlib import Path

from records import jobs
from records.database import Connection


class SchemaMismatch(Exception):
    """The database was made by another version of schema.sql."""


def text() -> str:
    """schema.sql: beside the packages in a checkout, inside `records` in a wheel."""
    here = Path(__file__).parent
    found = next(path for path in (here.parent / "schema.sql", here / "schema.sql") if path.exists())
    return found.read_text()


def fingerprint() -> str:
    return hashlib.sha256(text().encode()).hexdigest()


async def migrate(connection: Connection) -> bool:
    """Bring the database up to this version, as owner; return whether anything was done. Raises `SchemaMismatch`.

    An advisory lock lets two servers start at once.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('anteroom.migrate'))")
        if await connection.fetchval("SELECT to_regclass('schema_version')") is None:
            await _create(connection)
            return True
        await check(connection)
        return False


async def _create(connection: Connection) -> None:
    await connection.execute(text())
    await jobs.install(connection)
    await connection.execute("INSERT INTO schema_version (fingerprint) VALUES ($1)", fingerprint())


async def check(connection: Connection) -> None:
    """Raise `SchemaMismatch` unless the database has this version's schema."""
    if await connection.fetchval("SELECT to_regclass('schema_version')") is None:
        raise SchemaMismatch("the database is empty: run `anteroom migrate` first")
    applied = await connection.fetchval("SELECT fingerprint FROM schema_version ORDER BY applied_at DESC LIMIT 1")
    if applied != fingerprint():
        raise SchemaMismatch(
            "the database was made by another version of schema.sql, and no migration leads from it to this one "
            "(a demo begins afresh after `make clean`, or with another DATA_DIR)"
        )
