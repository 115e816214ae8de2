"""Personal API tokens: a program acts for an account, within scopes and never beyond the account's own rights.

A token begins with `anteroom_`, so that scanners of published code can find one that slipped out. Only its
hash is kept.
"""

import secrets
from dataclasses import replace
from datetime import timedelta

from people import accounts
from people.access import Actor
from people.accounts import hash_of
from people.errors import NotFound, Unfit
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)
prefix = "anteroom_"
longest_life = timedelta(days=365)
most_tokens = 50

SCOPES = {
    "requests:read": "see your requests, and those that you may decide",
    "requests:write": "ask, withdraw, accept and decline",
    "board:read": "see the board of the clinics that you schedule",
    "sessions:read": "see your sessions",
    "sessions:write": "reschedule, reassign and cancel sessions; knock, admit and leave",
    "availability:write": "change when you are available",
    "clinics:write": "change clinics, services and forms",
}


async def create(connection: Connection, actor: Actor, name: str, scopes: list[str], days: int) -> tuple[str, str]:
    """Make a token; returns its public id and the token itself, which nobody sees again. Its owner is told by mail.
    Raises `Unfit`."""
    if not name.strip():
        raise Unfit("Give the token a name, so that you know it later.", field="name")
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise Unfit("Choose at least one scope.", field="scopes")
    if not 1 <= days <= longest_life.days:
        raise Unfit(f"Choose between 1 and {longest_life.days} days.", field="days")
    if await queries.number(connection, account_id=actor.account_id) >= most_tokens:
        raise Unfit("You have too many tokens. Revoke one that you no longer use.")
    token = prefix + secrets.token_urlsafe(32)
    added = await queries.add(
        connection,
        organization_id=actor.organization_id,
        account_id=actor.account_id,
        name=name.strip(),
        token_hash=hash_of(token),
        scopes=sorted(set(scopes)),
        life=timedelta(days=days),
    )
    await audit.record(connection, actor, "create_token", "api_token", added["id"])
    email = (await accounts.details(connection, actor.account_id))["email"]
    await mail.post(connection, actor, "account_notice", [email], details={"told": "An API token was made."})
    return added["public_id"], token


async def of_account(connection: Connection, actor: Actor) -> list[Row]:
    """Public id, name, scopes, created_at, expires_at, used_at and `alive` of each not revoked, newest first."""
    return await queries.of_account(connection, account_id=actor.account_id)


async def revoke(connection: Connection, actor: Actor, public_id: str) -> None:
    """Raises `NotFound` if this person has no such token."""
    token_id = await queries.revoke(connection, account_id=actor.account_id, public_id=public_id)
    if token_id is None:
        raise NotFound
    await audit.record(connection, actor, "revoke_token", "api_token", token_id)


async def actor_of(connection: Connection, token: str) -> Actor | None:
    """Who bears this token, with `token_scopes`; None if it is unknown, expired or revoked, or its account closed."""
    row = await queries.actor(connection, token_hash=hash_of(token))
    return row and replace(accounts.actor_from(row), token_scopes=frozenset(row["scopes"]))
