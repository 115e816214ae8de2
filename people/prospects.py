"""People without an account of the portal (A-23): they prove an email address by a code, and may then ask.

What a code opens is an account in the state `pending` with the role client, without password and without a file. A code
never opens an account that has a password or another role: its owner signs in instead, and is told so by mail alone, so
that no page tells which addresses have accounts. Runs with the system role: nobody is signed in yet.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from people import accounts
from people.errors import Unfit
from records import audit, mail
from records.database import Connection, Database, House, Row
from records.queries import beside

queries = beside(__file__)

lifetime = timedelta(minutes=10)
most_tries = 5
longest_name = 80
longest_email = 254
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
REFUSED = "This code is not right, or it is older than ten minutes. Check the mail, or ask for a new code."


@dataclass(frozen=True)
class Introduction:
    """A name and an address as somebody typed them, in the form in which they are kept."""

    name: str
    email: str


def introduce(name: str, email: str) -> Introduction:
    """Raises `Unfit` with its field."""
    name, email = " ".join(name.split()), email.strip().lower()
    if not 1 <= len(name) <= longest_name:
        raise Unfit(f"Please enter your name, at most {longest_name} characters.", field="name")
    if len(email) > longest_email or not ADDRESS.fullmatch(email):
        raise Unfit("Please enter an email address, like name@example.org.", field="email")
    return Introduction(name, email)


async def send_code(database: Database, organization_id: int, who: Introduction) -> str:
    """Mail a code to the address, or, where a code may not sign in, that its owner has another way in. Older codes stay
    good: else anybody could void the code of whoever waits for it.

    Returns the public id of what is to be confirmed; the same is done whether or not the address has an account.
    """
    public_id, code, house = secrets.token_hex(16), f"{secrets.randbelow(10**6):06}", House(organization_id)
    async with database.system() as connection:
        account = await queries.account(connection, organization_id=organization_id, email=who.email)
        allowed = account is None or account["by_code"]
        known = _hash(public_id, code if allowed else secrets.token_hex(16))
        await queries.add(
            connection,
            organization_id=organization_id,
            public_id=public_id,
            email=who.email,
            name=who.name,
            code_hash=known,
            lifetime=lifetime,
        )
        kind, details = ("code", {"code": code}) if allowed else ("known_account", {})
        await mail.post(connection, house, kind, [who.email], details=details)
    return public_id


async def confirm(database: Database, organization_id: int, public_id: str, code: str, browser: str = "") -> str:
    """Sign in by the code: once, within ten minutes and five tries. The address's other codes end. Returns the
    sign-in's token. Raises `Unfit`."""
    async with database.system() as connection:  # a try counts, whatever becomes of it
        tried = await queries.take_try(
            connection, organization_id=organization_id, public_id=public_id, most_tries=most_tries
        )
    given = _hash(public_id, "".join(code.split()))
    if tried is None or not hmac.compare_digest(tried["code_hash"], given):
        raise Unfit(REFUSED, field="code")
    async with database.system() as connection:
        if not await queries.use(connection, public_id=public_id):
            raise Unfit(REFUSED, field="code")
        await queries.end_others(connection, organization_id=organization_id, email=tried["email"])
        account_id = await _account(connection, organization_id, tried)
        return await accounts.sign_in(connection, account_id, browser)


async def _account(connection: Connection, organization_id: int, proved: Row) -> int:
    """The account of the proved address, made if there is none. Raises `Unfit` if a code may not open it (any more)."""
    made = await queries.make(
        connection,
        organization_id=organization_id,
        username=f"guest-{secrets.token_hex(8)}",
        email=proved["email"],
        name=proved["name"],
    )
    if made is not None:
        await audit.record(connection, accounts.Person(made, organization_id), "prove_email", "account", made)
        return int(made)
    known = await queries.account(connection, organization_id=organization_id, email=proved["email"])
    if known is None or not known["by_code"]:
        raise Unfit(REFUSED, field="code")
    await queries.add_client_role(connection, id=known["id"])
    await queries.rename(connection, id=known["id"], name=proved["name"])
    return int(known["id"])


def _hash(public_id: str, code: str) -> bytes:
    return hashlib.sha256(f"{public_id} {code}".encode()).digest()
