"""Signing in and being signed in. Runs with the system role: before the cookie is read there is no tenant."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from people.access import Actor
from people.entitlements import Seat, features_from
from people.errors import AccountInactive, NotFound, SignInRefused, Unconfirmed, Unfit
from people.passwords import Passwords
from records.database import Connection, Database, Row
from records.queries import beside

queries = beside(__file__)

idle_limit = timedelta(minutes=60)
absolute_limit = timedelta(hours=12)


@dataclass(frozen=True)
class Person:
    """Whom something is done for while nobody is signed in: a new password, a second factor."""

    account_id: int
    organization_id: int


@dataclass(frozen=True)
class Proved:
    """Whose password was right, and the hash that it fitted."""

    account_id: int
    password_hash: str = field(repr=False)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def check_password(database: Database, passwords: Passwords, slug: str, login: str, password: str) -> Proved:
    """The account with this user name or email (A-07) and this password.

    Raises `SignInRefused` alike, and after the same work, for an unknown organization, an unknown account and a wrong
    password; `AccountInactive` (R-031) and `Unconfirmed` only to somebody who knew the password. No connection is held
    meanwhile: the slow part must not keep others from being recognised.
    """
    login = login.strip().lower()
    async with database.system() as connection:
        account = await queries.account_by_login(connection, slug=slug, login=login)
        unconfirmed = await queries.unconfirmed(connection, slug=slug, login=login)
    if not await passwords.fits(password, account and account["password_hash"]):
        # Asked also where the address has an account, and where nobody registered: neither must show.
        if await passwords.fits(password, unconfirmed and unconfirmed["password_hash"]):
            raise Unconfirmed(unconfirmed["public_id"])
        raise SignInRefused
    if account["state"] == "unverified":
        raise Unconfirmed
    if account["state"] not in ("pending", "active"):
        raise AccountInactive
    return Proved(account["id"], account["password_hash"])


async def hold(connection: Connection, proved: Proved) -> int:
    """The account's key, kept from a new password until the transaction ends. Raises `SignInRefused` if it got one
    since the old one was checked: checking takes a while, and nothing may be opened by a password that was changed."""
    if await queries.hold(connection, id=proved.account_id, password_hash=proved.password_hash) is None:
        raise SignInRefused
    return proved.account_id


async def confirm(database: Database, passwords: Passwords, account_id: int, password: str) -> None:
    """Raise `Unfit` unless this is the password of somebody who is signed in already."""
    async with database.system() as connection:
        account = await queries.account_by_id(connection, id=account_id)
    if not await passwords.fits(password, account and account["password_hash"]):
        raise Unfit("This is not your password.", field="current")


async def sign_in(connection: Connection, account_id: int, browser: str = "") -> str:
    """Remember a browser and return its new token (256 random bits); only the token's hash is stored. `browser` is what
    its owner will know it by."""
    token = secrets.token_urlsafe(32)
    await queries.add_sign_in(
        connection, token_hash=hash_of(token), account_id=account_id, absolute_limit=absolute_limit, browser=browser
    )
    return token


@dataclass(frozen=True)
class Visit:
    """A sign-in by direct link: its token, and the browser's (both 256 random bits, of which the hashes are kept)."""

    token: str = field(repr=False)
    device: str = field(repr=False)


async def visit(connection: Connection, link_hash: bytes, until: datetime, device: str) -> Visit | None:
    """`sign_in` for one link's session alone (A-15). The first browser binds the link; of any
    other the host is told. `device` is what the browser's device cookie says, empty for a browser that has none yet.
    None if the link was revoked meanwhile."""
    made = Visit(secrets.token_urlsafe(32), device or secrets.token_urlsafe(32))
    bound = await queries.bind(connection, link_hash=link_hash, device_hash=hash_of(made.device))
    if bound is None:
        return None
    await queries.add_visit(
        connection,
        token_hash=hash_of(made.token),
        link_hash=link_hash,
        device_hash=hash_of(made.device),
        other_device=bound["other_device"],
        until=until,
    )
    return made


async def sign_out(connection: Connection, token: str) -> None:
    await queries.remove_sign_in(connection, token_hash=hash_of(token))


async def actor_of(connection: Connection, token: str) -> Actor | None:
    """Who bears this token; None if unknown, idle too long, too old, or the account may no longer sign in."""
    row = await queries.actor_by_token(connection, token_hash=hash_of(token), idle_limit=idle_limit)
    return row and actor_from(row)


async def is_visit(connection: Connection, token: str) -> bool:
    """Whether this token signed somebody in by a direct link: one that stands no more means that the link has ended."""
    return bool(await queries.is_visit(connection, token_hash=hash_of(token)))


async def sign_ins(connection: Connection, account_id: int, token: str) -> list[Row]:
    """The browsers in which this person is signed in, `current` marking the one that bears the token."""
    return await queries.sign_ins(connection, account_id=account_id, token_hash=hash_of(token), idle_limit=idle_limit)


async def end_others(connection: Connection, account_id: int, token: str | None) -> None:
    """Sign out every browser of this person but the one with this token; web/sign_in_watch closes their sockets."""
    await queries.end_others(connection, account_id=account_id, token_hash=hash_of(token or ""))


async def end_one(connection: Connection, account_id: int, public_id: str) -> None:
    """Sign out one browser of this person. Raises `NotFound` if it is signed out already, or not theirs."""
    if await queries.end_one(connection, account_id=account_id, public_id=public_id) is None:
        raise NotFound


async def details(connection: Connection, account_id: int) -> Row:
    """Public id, username, email, name, `has_password` and `has_second_factor`."""
    return await queries.account_by_id(connection, id=account_id)


def actor_from(row: Row) -> Actor:
    return Actor(
        account_id=row["id"],
        organization_id=row["organization_id"],
        public_id=row["public_id"],
        name=row["name"],
        state=row["state"],
        roles=frozenset(row["roles"]),
        session_id=row["session_id"],
        device=row["device_hash"],
        other_device=row["other_device"],
        department_roles=frozenset((role, department_id) for role, department_id in row["department_roles"]),
        time_zone=row["time_zone"],
        features=features_from(row),
        seat=Seat(row["subscribed"], row["may_invite"]),
    )


async def standing(connection: Connection, token_hashes: list[bytes]) -> set[bytes]:
    """Which of these sign-ins still stand; asking for one is using it."""
    rows = await queries.standing(connection, token_hashes=token_hashes, idle_limit=idle_limit)
    return {row["token_hash"] for row in rows}


async def organization_by_slug(connection: Connection, slug: str) -> Row | None:
    """The organization at an address (R-020): id, slug, name, time_zone."""
    return await queries.organization_by_slug(connection, slug=slug)


async def organization_of(connection: Connection, actor: Actor) -> Row:
    return await queries.organization_by_id(connection, id=actor.organization_id)


async def organizations(connection: Connection) -> list[Row]:
    return await queries.organizations(connection)
