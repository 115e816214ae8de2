"""Direct links (A-15): one person, one session, no account of the portal needed.

A link is 256 random bits, of which only the SHA-256 is kept. It works within the session's join window, as long as the
session stands, the account may sign in and nobody revoked it. It is not used up: whoever loses the tab comes in again.
"""

import hashlib
import secrets

from dispatch.errors import NotFound, NotOpen
from people import accounts
from records import audit
from records.database import Connection, Database, House, Row, Tenant
from records.queries import beside

queries = beside(__file__)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def make(connection: Connection, session_id: int, account_id: int) -> str:
    """A new link's token for this account to this session; older ones of the two end."""
    token = secrets.token_urlsafe(32)
    await queries.revoke(connection, session_id=session_id, account_id=account_id)
    await queries.add(connection, token_hash=_hash(token), session_id=session_id, account_id=account_id)
    return token


async def revoke(connection: Connection, actor: Tenant, session_id: int) -> None:
    """End every link to this session, and the sign-ins made by them (people/accounts.sql)."""
    await queries.revoke(connection, session_id=session_id, account_id=None)
    await audit.record(connection, actor, "revoke_links", "session", session_id)


async def look(database: Database, token: str) -> Row:
    """What a link leads to, without using it: `session_public_id`, `opens_at`, `closes_at`, `open` (is it open now).

    Raises `NotFound` alike for an unknown and a revoked link, a session that is over or cancelled, and an account that
    may not sign in.
    """
    token_hash = _hash(token)
    async with database.system() as connection:
        organization_id = await queries.organization_of(connection, token_hash=token_hash)
    if organization_id is None:
        raise NotFound
    async with database.transaction(House(organization_id)) as connection:
        link = await queries.find(connection, token_hash=token_hash)
    if link is None:
        raise NotFound
    return link


async def exchange(database: Database, token: str) -> tuple[str, str]:
    """Sign in to that session alone; return the sign-in's token and the session's public id.

    Raises `NotFound` as `look` does, and `NotOpen` before the join window (A-14).
    """
    link = await look(database, token)
    if not link["open"]:
        raise NotOpen
    async with database.system() as connection:
        visit = await accounts.visit(connection, link["account_id"], link["session_id"], link["closes_at"])
    return visit, link["session_public_id"]
