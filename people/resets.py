"""The way back for a forgotten password: a link by mail, good for an hour and once."""

import secrets
from datetime import timedelta

from people import accounts, setup
from people.accounts import Person, hash_of
from people.errors import NotFound
from people.passwords import Passwords, check_new
from records import audit, jobs, mail
from records.database import Connection, Database, Row
from records.queries import beside

queries = beside(__file__)
lifetime = timedelta(minutes=60)
ENDED = "This link was used already, or it is older than an hour. You can ask for another."


async def ask(database: Database, slug: str, login: str) -> None:
    """Mail a link to whoever this user name or email belongs to. For nobody the same is done, to no effect: neither an
    answer nor its time tells which accounts exist. Whoever has no password yet gets a
    link to set up the account."""
    token, login = secrets.token_urlsafe(32), login.strip().lower()
    async with database.system() as connection:
        if await setup.post_again(connection, slug, login):
            return
        account = await queries.add(connection, slug=slug, login=login, token_hash=hash_of(token), lifetime=lifetime)
        if account is None:
            await jobs.enqueue(connection, "send_mail", 0)  # a letter that does not exist
            return
        person = Person(account["id"], account["organization_id"])
        await mail.post(connection, person, "reset", [account["email"]], details={"token": token})
        await audit.record(connection, person, "ask_reset", "account", person.account_id)


async def look(connection: Connection, slug: str, token: str) -> Row:
    """Whose link it is: id, organization_id, username, email. Raises `NotFound` if it is unknown, used or too old.
    Looking uses nothing up, for mail scanners look too."""
    found = await queries.look(connection, slug=slug, token_hash=hash_of(token))
    if found is None:
        raise NotFound(ENDED)
    return found


async def use(database: Database, passwords: Passwords, slug: str, token: str, password: str) -> None:
    """Set the new password, once; sign out every browser and end every token, for this is also how somebody takes an
    account back. Raises `NotFound` as `look` does, `Unfit` for a weak
    password."""
    async with database.system() as connection:
        found = await look(connection, slug, token)
    check_new(password, found["username"], found["email"])
    password_hash = await passwords.hash(password)
    async with database.system() as connection:
        if not await queries.use(connection, token_hash=hash_of(token)):
            raise NotFound(ENDED)
        person = Person(found["id"], found["organization_id"])
        await queries.end_tokens(connection, account_id=person.account_id)
        await set_password(connection, person, password_hash, found["email"])


async def change(
    database: Database, passwords: Passwords, person: Person, current: str, password: str, browser: str
) -> str:
    """Set a new password for somebody who is signed in and knows the old one. Every browser is signed out; returns the
    token that this one is signed in with anew. Raises `Unfit`."""
    await accounts.confirm(database, passwords, person.account_id, current)
    async with database.system() as connection:
        known = await accounts.details(connection, person.account_id)
    check_new(password, known["username"], known["email"])
    password_hash = await passwords.hash(password)
    async with database.system() as connection:
        await set_password(connection, person, password_hash, known["email"])
        return await accounts.sign_in(connection, person.account_id, browser)


async def set_password(connection: Connection, person: Person, password_hash: str, email: str) -> None:
    """Whatever an older password opened is closed: sign-ins, half of them, links, and another address that
    nobody has confirmed yet; the owner is told."""
    await queries.set_password(connection, account_id=person.account_id, password_hash=password_hash)
    await queries.end_links(connection, account_id=person.account_id)
    await queries.end_email_changes(connection, account_id=person.account_id)
    await queries.end_second_steps(connection, account_id=person.account_id)
    await accounts.end_others(connection, person.account_id, None)
    await audit.record(connection, person, "set_password", "account", person.account_id)
    await mail.post(connection, person, "account_notice", [email], details={"told": "Your password was changed."})
