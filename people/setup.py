"""The mailed link by which somebody whom the staff made an account for defines a user name and a password (R-029,
R-203); also whoever had no password until now, and asks for one.

For somebody who is invited into the portal the invitation brings the link, and a newer link is the invitation sent
again (R-140): whoever sends it, and also when its owner asks for it.
Good for seven days and once; a newer one ends the older. It never opens an account that has a password: its owner signs
in, or takes the way back of people/resets.py.
"""

import secrets
from datetime import timedelta

from people import accounts
from people.accounts import Person, hash_of
from people.errors import NotFound, UsernameTaken
from people.passwords import Passwords, check_new
from people.usernames import check_username
from records import audit, mail
from records.database import Connection, Database, Row, Tenant, refusing
from records.queries import beside

queries = beside(__file__)
lifetime = timedelta(days=7)
INVITED = "portal_invitation"
"""The kind of mail that brings the link to somebody who is invited; "setup" brings it to others."""
ENDED = "This link was used already, or it is older than a week."


async def post_link(connection: Connection, actor: Tenant, account_id: int, asked: bool = False) -> bool:
    """Mail a fresh link to this account's address; return whether one was sent. `actor` is whoever sends it, or the
    house. Works in the app's transaction and with the system role. Nothing is sent for an account that has a password,
    or is inactive: callers offer it only where `account.has_password` is false. `asked` (with the system role): its
    owner asks for it, and gets none if an invitation was taken back."""
    token = secrets.token_urlsafe(32)
    account = await queries.hold(connection, id=account_id, organization_id=actor.organization_id)
    if account is None or (asked and await queries.is_taken_back(connection, account_id=account_id)):
        return False
    await end_links(connection, account_id)
    await queries.add(
        connection,
        token_hash=hash_of(token),
        organization_id=actor.organization_id,
        account_id=account_id,
        lifetime=lifetime,
    )
    await audit.record(connection, actor, "send_setup_link", "account", account_id)
    invitation = await queries.renew_invitation(
        connection, account_id=account_id, email=account["email"], lifetime=lifetime
    )
    kind = INVITED if invitation else "setup"
    details = {"token": token, "name": account["name"]}
    await mail.post(connection, actor, kind, [account["email"]], invitation, details)
    return True


async def end_links(connection: Connection, account_id: int) -> None:
    """No link that was mailed for this account opens it any more."""
    await queries.end_older(connection, account_id=account_id)


async def post_again(connection: Connection, slug: str, login: str) -> bool:
    """Mail another link (system role) if nobody has set up the account of this user name or email. To whom an
    invitation was taken from, only the staff sends another."""
    waiting = await queries.waiting(connection, slug=slug, login=login)
    if waiting is None:
        return False
    return await post_link(connection, Person(waiting["id"], waiting["organization_id"]), waiting["id"], asked=True)


async def look(connection: Connection, slug: str, token: str) -> Row:
    """Whose link it is (system role): id, organization_id, name, email. Raises `NotFound` if it is unknown, used, too
    old or replaced. Looking uses nothing up, for mail scanners look too."""
    found = await queries.look(connection, slug=slug, token_hash=hash_of(token))
    if found is None:
        raise NotFound(ENDED)
    return found


async def set_up(
    database: Database, passwords: Passwords, slug: str, token: str, username: str, password: str, browser: str
) -> str:
    """Define user name and password, once, and sign in; returns the sign-in's token. An account that waited for this
    becomes active (A-01). Raises `NotFound` as `look` does, `Unfit` with its field."""
    async with database.system() as connection:
        found = await look(connection, slug, token)
    username = check_username(username)
    check_new(password, username, found["email"])
    password_hash = await passwords.hash(password)
    async with database.system() as connection:
        await queries.lock(connection, id=found["id"])
        if await queries.use(connection, token_hash=hash_of(token)) is None:
            raise NotFound(ENDED)
        with refusing(account_organization_id_username_key=UsernameTaken):
            defined = await queries.define(connection, id=found["id"], username=username, password_hash=password_hash)
        if defined is None:
            raise NotFound(ENDED)
        person = Person(found["id"], found["organization_id"])
        await audit.record(connection, person, "set_up", "account", person.account_id)
        return await accounts.sign_in(connection, person.account_id, browser)
