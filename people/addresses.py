"""Another email address for an account: its owner asks, the old address is told, a link that is mailed to the new one
confirms it."""

import secrets
from datetime import timedelta

from people.access import Actor
from people.accounts import Person, hash_of
from people.errors import AddressTaken, NotFound, Unfit
from people.prospects import ADDRESS, longest_email
from records import audit, mail
from records.database import Connection, Database, Row, refusing
from records.queries import beside

queries = beside(__file__)
lifetime = timedelta(hours=24)
ENDED = "This link was used already, it is older than a day, or another took its place."


def check_address(typed: str) -> str:
    """The address as it is kept. Raises `Unfit` with the field `email`."""
    email = typed.strip().lower()
    if len(email) > longest_email or not ADDRESS.fullmatch(email):
        raise Unfit("Please enter an email address, like name@example.org.", field="email")
    return email


async def ask(connection: Connection, actor: Actor, typed: str) -> str:
    """Mail a link to the new address (system role) and tell the old one, while it still can set a new password, which
    ends the link. The same is done for an address that has an account already, save that its owner is told just that.
    Returns the address. Raises `Unfit`."""
    email = check_address(typed)
    known = await queries.hold(connection, id=actor.account_id, email=email)
    if known["email"] == email:
        raise Unfit("This is your address already.", field="email")
    token = secrets.token_urlsafe(32)
    await queries.end_older(connection, account_id=actor.account_id)
    if not known["taken"]:
        await queries.add(
            connection, token_hash=hash_of(token), account_id=actor.account_id, email=email, lifetime=lifetime
        )
    kind, details = ("email_taken", {}) if known["taken"] else ("email_change", {"token": token})
    await mail.post(connection, actor, kind, [email], details=details)
    told = f"Somebody asked to change your address to {email}. Nothing changes until it is confirmed there."
    await mail.post(connection, actor, "account_notice", [known["email"]], details={"told": told})
    await audit.record(connection, actor, "ask_email_change", "account", actor.account_id)
    return email


async def look(connection: Connection, slug: str, token: str) -> Row:
    """The change that a link stands for (system role): account_id, organization_id, name, email (the new one) and
    former. Raises `NotFound`. Looking changes nothing, for mail scanners look too."""
    found = await queries.look(connection, slug=slug, token_hash=hash_of(token))
    if found is None:
        raise NotFound(ENDED)
    return found


async def confirm(database: Database, slug: str, token: str) -> None:
    """Take the new address, once; a client's file takes it too, where it had the old one. Links that were sent
    to the old address end with it (schema.sql, end_mailed_links). Raises `NotFound` as `look` does, `AddressTaken`."""
    async with database.system() as connection:
        found = await look(connection, slug, token)
        if await queries.use(connection, token_hash=hash_of(token)) is None:
            raise NotFound(ENDED)
        person = Person(found["account_id"], found["organization_id"])
        with refusing(account_organization_id_email_key=AddressTaken):
            await queries.change(connection, id=person.account_id, email=found["email"])
        await queries.change_file(connection, id=person.account_id, former=found["former"], email=found["email"])
        await audit.record(connection, person, "change_email", "account", person.account_id)
        told = "The address of your account was changed. Mail goes to the new one from now on."
        await mail.post(connection, person, "account_notice", [found["former"], found["email"]], details={"told": told})
