"""Direct links (A-15): one person, one session, no account of the portal needed.

A link is 256 random bits, of which only the SHA-256 is kept. It works within the session's join window, as long as the
session stands, the account may sign in and nobody revoked it. It is not used up: whoever loses the tab comes in again.
"""

import secrets
from dataclasses import dataclass

from dispatch.errors import NotFound, NotOpen
from people import accounts
from people.access import Actor
from people.accounts import hash_of as _hash
from records import audit
from records.database import Connection, Database, House, Row, Tenant
from records.queries import beside

queries = beside(__file__)


async def make(connection: Connection, session_id: int, account_id: int) -> str:
    """A new link's token for this account to this session. Older ones of the two open nothing any more; whoever waits
    or is in by one stays."""
    token = secrets.token_urlsafe(32)
    await queries.replace(connection, session_id=session_id, account_id=account_id)
    await queries.add(connection, token_hash=_hash(token), session_id=session_id, account_id=account_id)
    return token


async def end(connection: Connection, session_id: int, account_id: int) -> None:
    """End this account's links to this session, and the sign-ins made by them (`link_stands` in schema.sql)."""
    await queries.revoke(connection, session_id=session_id, account_id=account_id)


async def revoke(connection: Connection, actor: Tenant, session_id: int) -> None:
    """End every link to this session, and the sign-ins made by them."""
    await queries.revoke(connection, session_id=session_id, account_id=None)
    await audit.record(connection, actor, "revoke_links", "session", session_id)


@dataclass(frozen=True)
class Device:
    """The browser that somebody comes in. `key` tells the browsers of one direct link apart, so that a knock in one is
    not another's; None for whoever signed in with a password. The host is told `by_link` and `other_device`."""

    by_link: bool
    other_device: bool
    key: bytes | None


async def device_of(connection: Connection, actor: Actor) -> Device:
    return Device(actor.session_id is not None, actor.other_device, actor.device)


async def look(database: Database, token: str) -> Row:
    """What a link leads to, without using it: `session_public_id`, `opens_at`, `closes_at`, `open` (is it open now),
    `cleared` (may its owner join from the portal, too).

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


async def exchange(database: Database, token: str, device: str) -> tuple[accounts.Visit, str]:
    """Sign in to that session alone; return the sign-in and the session's public id. `device` is what the browser's
    device cookie says, or empty.

    Raises `NotFound` as `look` does, and `NotOpen` before the join window (A-14).
    """
    link = await look(database, token)
    if not link["open"]:
        raise NotOpen
    async with database.system() as connection:
        # Whoever is in a visit that runs over stays; the door is judged by itself (dispatch/sessions.py, is_open).
        until = link["closes_at"] + accounts.absolute_limit
        visit = await accounts.visit(connection, _hash(token), until, device)
    if visit is None:
        raise NotFound
    return visit, link["session_public_id"]
