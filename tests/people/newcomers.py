"""People who registered and wait, prospects, and files, as rows of the seeded organization."""

from datetime import date

from records.database import Connection

BORN = date(1991, 4, 5)


async def department(owner: Connection, name: str) -> int:
    query = "SELECT department.id FROM department JOIN organization ON organization.id = organization_id"
    return int(await owner.fetchval(f"{query} WHERE department.name = $1 AND slug = 'harbor'", name))


async def prospect(
    owner: Connection, name: str = "Nina New", password: str | None = None, state: str = "pending"
) -> str:
    """Somebody who proved an address by a code, or has a password; returns the account's public id."""
    username = name.lower().replace(" ", "-")
    row = await owner.fetchrow(
        "INSERT INTO account (organization_id, username, email, name, state, password_hash) "
        "SELECT id, $1, $1 || '@example.org', $2, 'pending', $3 FROM organization WHERE slug = 'harbor' "
        "RETURNING id, public_id",
        username,
        name,
        password,
    )
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role) "
        "SELECT organization_id, id, 'client' FROM account WHERE id = $1",
        row["id"],
    )
    return str(row["public_id"])


async def registered(owner: Connection, name: str = "Rita Reed", in_department: str | None = None) -> str:
    """Somebody who registered, confirmed the address and waits; unsure of the department unless one is named. Returns
    the account's public id."""
    public_id = await prospect(owner, name, "nobody knows")
    first, last = name.split(" ")
    await owner.execute(
        "INSERT INTO registration (organization_id, account_id, email, department_id, unsure, first_name, last_name, "
        "date_of_birth, reason, confirmed_at) "
        "SELECT organization_id, id, email, $2::bigint, $2::bigint IS NULL, $3, $4, $5, 'Sleeps badly', clock_now() "
        "FROM account WHERE public_id = $1",
        public_id,
        in_department and await department(owner, in_department),
        first,
        last,
        BORN,
    )
    return public_id


async def file(
    owner: Connection, name: str, email: str | None = None, in_department: str | None = None, account: str | None = None
) -> str:
    """A client's file, with the account of that public id; returns its public id."""
    first, last = name.split(" ")
    made = await owner.fetchval(
        "INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth, "
        "department_id) "
        "SELECT organization.id, (SELECT id FROM account WHERE public_id = $1), $2, $3, $4, $5, $6 "
        "FROM organization WHERE slug = 'harbor' RETURNING public_id",
        account,
        first,
        last,
        email or f"{first.lower()}@file.example",
        BORN,
        in_department and await department(owner, in_department),
    )
    return str(made)


async def state(owner: Connection, account: str) -> str:
    return str(await owner.fetchval("SELECT state::text FROM account WHERE public_id = $1", account))


async def public_id(owner: Connection, username: str) -> str:
    query = "SELECT account.public_id FROM account JOIN organization ON organization.id = organization_id"
    return str(await owner.fetchval(f"{query} WHERE username = $1 AND slug = 'harbor'", username))


async def file_of(owner: Connection, username: str) -> str:
    query = "SELECT client.public_id FROM client JOIN account ON account.id = account_id"
    return str(await owner.fetchval(f"{query} WHERE account.public_id = $1", await public_id(owner, username)))
