"""Row-level security, roles and statements, against the real database."""

import importlib
import re
from pathlib import Path

import asyncpg
import pytest

from records.database import Connection, Database, House, connect
from records.provision import Place
from records.queries import Queries, beside
from tests.dispatch.factories import booked_session, knock, pending_request
from tests.support import actor

TENANT_TABLES = """
    SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      AND has_any_column_privilege('anteroom_app', pg_class.oid, 'SELECT')
"""


async def _fill(database: Database) -> None:
    session = await booked_session(database)
    await knock(database, await actor(database, "chloe"), session)
    await pending_request(database, await actor(database, "david"))


async def test_a_query_without_a_tenant_sees_nothing(database: Database, place: Place, owner: Connection) -> None:
    await _fill(database)
    tables = [row[0] for row in await owner.fetch(TENANT_TABLES)] + ["organization", "board_row"]
    app = await connect(place.urls.app)
    try:
        seen = {table: await app.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
    finally:
        await app.close()
    assert len(tables) >= 10
    assert {"account", "request", "session", "admission", "mail", "audit_line"} <= set(tables)
    assert {table for table, count in seen.items() if count} == set()


async def test_an_organization_sees_its_own_rows_and_no_others(database: Database, owner: Connection) -> None:
    await _fill(database)
    meadow = await owner.fetchval("SELECT id FROM organization WHERE slug = 'meadow'")
    harbor = await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'")
    async with database.transaction(House(meadow)) as connection:
        assert await connection.fetchval("SELECT count(*) FROM request") == 0
        assert await connection.fetchval("SELECT count(*) FROM board_row") == 0
        assert await connection.fetchval("SELECT array_agg(slug) FROM organization") == ["meadow"]
    async with database.transaction(House(harbor)) as connection:
        assert await connection.fetchval("SELECT count(*) FROM board_row") == 2


async def test_the_tenant_ends_with_its_transaction(database: Database, owner: Connection) -> None:
    await _fill(database)
    harbor = await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'")
    for _ in range(20):
        async with database.transaction(House(harbor)) as connection:
            assert await connection.fetchval("SELECT count(*) FROM request") == 2
        async with database.transaction(House(0)) as connection:
            assert await connection.fetchval("SELECT count(*) FROM request") == 0


async def test_whoever_only_reads_sees_the_same_rows_and_writes_nothing(database: Database, owner: Connection) -> None:
    await _fill(database)
    harbor = await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'")
    for organization_id, count in ((harbor, 2), (0, 0)) * 5:
        async with database.reading(House(organization_id), plan_once=True) as connection:
            assert await connection.fetchval("SELECT count(*) FROM request") == count
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.reading(House(harbor)) as connection:
            await connection.execute("UPDATE account SET name = 'x'")
    with pytest.raises(KeyError):
        async with database.reading(House(harbor)):
            raise KeyError


async def test_what_was_set_for_reading_ends_with_it_and_connections_come_back(
    database: Database, owner: Connection
) -> None:
    harbor = await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'")
    for _ in range(50):  # more than the pool has
        async with database.reading(House(harbor), plan_once=True) as connection:
            assert await connection.fetchval("SHOW plan_cache_mode") == "force_generic_plan"
    for _ in range(20):
        async with database.transaction(House(harbor)) as connection:
            assert await connection.fetchval("SHOW plan_cache_mode") == "auto"
            assert await connection.fetchval("SHOW transaction_read_only") == "off"


async def test_a_row_cannot_point_into_another_organization(database: Database, owner: Connection) -> None:
    harbor = await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'")
    foreign = await owner.fetchrow("SELECT * FROM service WHERE organization_id <> $1 LIMIT 1", harbor)
    client = await actor(database, "chloe")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with database.transaction(client) as connection:
            await connection.execute(
                "INSERT INTO request (organization_id, number, clinic_id, service_id, service_name, duration, "
                "requester_id, kind, expires_at) VALUES ($1, 99, $2, $3, 'x', '10 minutes', $4, 'now', now())",
                harbor,
                foreign["clinic_id"],
                foreign["id"],
                client.account_id,
            )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_line SET verb = 'nothing'",
        "DELETE FROM audit_line",
        "DELETE FROM request",
        "UPDATE request SET requester_id = 1",
        "SELECT password_hash FROM account",
        "UPDATE account SET password_hash = ''",
        "SELECT * FROM sign_in",
        "DELETE FROM passkey",
    ],
)
async def test_the_app_role_is_refused_what_people_never_do(database: Database, statement: str) -> None:
    client = await actor(database, "chloe")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(client) as connection:
            await connection.execute(statement)


async def test_the_system_role_reads_no_requests_and_no_sessions(database: Database) -> None:
    for table in ("request", "session", "admission", "service", "board_row", "visit_room"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.system() as connection:
                await connection.execute(f"SELECT * FROM {table}")


def _statement_files() -> list[str]:
    root = Path(__file__).parents[2]
    return sorted(
        ".".join(path.relative_to(root).with_suffix("").parts)
        for package in ("records", "people", "dispatch", "portal")
        for path in (root / package).glob("*.sql")
    )


@pytest.mark.parametrize("module", _statement_files())
async def test_every_statement_is_understood_by_postgres(owner: Connection, module: str) -> None:
    queries: Queries = beside(str(importlib.import_module(module).__file__))
    assert queries.statements
    for statement in queries.statements.values():
        prepared = await owner.prepare(statement.text)
        assert len(prepared.get_parameters()) == len(statement.names)


def test_parameters_are_numbered_by_name_and_casts_and_texts_are_left_alone() -> None:
    queries = Queries("-- name: one$\nSELECT :b::text || ':no' || :a -- :comment\n || :b;\n-- name: two!\nSELECT 1")
    assert queries.statements["one"].text == "SELECT $1::text || ':no' || $2 -- :comment\n || $1"
    assert queries.statements["one"].names == ("b", "a")
    assert queries.statements["two"].fetch == "execute"


def test_what_statements_share_stands_once() -> None:
    queries = Queries("-- part: own\nid = :id\n-- name: a\nSELECT :b WHERE {own}\n-- name: c\nSELECT '{}' WHERE {own}")
    assert queries.statements["a"].text == "SELECT $1 WHERE id = $2"
    assert queries.statements["c"].text == "SELECT '{}' WHERE id = $1"
    assert queries.statements.keys() == {"a", "c"}


@pytest.mark.parametrize("module", _statement_files())
def test_every_statement_that_a_module_names_is_there(module: str) -> None:
    file = str(importlib.import_module(module).__file__)
    named = set(re.findall(r"\bqueries\.(\w+)\(", Path(file).read_text()))
    assert named <= beside(file).statements.keys()
