"""Somebody who registers: the fields as typed, and the mails that follow."""

from typing import Any

from people import registering
from people.passwords import Passwords
from records.database import Connection, Database

PASSWORD = "seven grey herons"
RITA: dict[str, Any] = {
    "username": "rita",
    "password": PASSWORD,
    "email": "rita@example.org",
    "first_name": "Rita",
    "last_name": "Roe",
    "date_of_birth": "1988-02-29",
    "department": "unsure",
    "reason": "I sleep badly.",
}
"""What a browser sends."""


async def home(owner: Connection, slug: str = "harbor") -> int:
    return int(await owner.fetchval("SELECT id FROM organization WHERE slug = $1", slug))


async def department(owner: Connection, name: str = "Family medicine", slug: str = "harbor") -> str:
    query = (
        "SELECT department.public_id FROM department JOIN organization ON organization.id = organization_id "
        "WHERE department.name = $1 AND slug = $2"
    )
    return str(await owner.fetchval(query, name, slug))


async def register(
    database: Database, owner: Connection, passwords: Passwords, slug: str = "harbor", **changed: Any
) -> str:
    """Registered, and its mail posted; returns the public id."""
    fields = RITA | changed
    username, password = fields.pop("username"), fields.pop("password")
    async with database.system() as connection:
        offered = await registering.form(connection, await home(owner, slug))
    fit = registering.check(offered, username, password, registering.Said(**fields))
    return await registering.register(database, passwords, fit)


async def letters(owner: Connection, email: str = RITA["email"]) -> list[str]:
    """The kinds that were posted there, oldest first."""
    return [row["kind"] for row in await owner.fetch("SELECT kind FROM mail WHERE recipient = $1 ORDER BY id", email)]


async def link(owner: Connection, email: str = RITA["email"]) -> str:
    """The token of the newest confirmation mail."""
    query = (
        "SELECT details ->> 'token' FROM mail WHERE kind = 'confirm_registration' AND recipient = $1 ORDER BY id DESC"
    )
    return str(await owner.fetchval(query, email))


async def confirm(database: Database, owner: Connection, passwords: Passwords, token: str, slug: str = "harbor") -> str:
    return await registering.confirm(database, passwords, await home(owner, slug), token, PASSWORD)


async def told(owner: Connection) -> set[str]:
    """Who was mailed of a pending account: the part before the @."""
    rows = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'new_client'")
    assert len(rows) == len({row["recipient"] for row in rows})
    return {row["recipient"].partition("@")[0] for row in rows}
