"""Guests: third people in a session, such as family, an interpreter or a supervisor.

Whoever arranges the session invites them by mail, with a direct link of their own. They wait and are admitted like its
client. Their account has no password and no file, unless the address had one before; it opens nothing but this session.
"""

import secrets

from dispatch import admissions, changes, direct_links, notices
from dispatch.errors import Invalid, NotFound, NotNow
from people import prospects
from people.access import Actor
from people.errors import Unfit
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

RELATIONS = {
    "family": "Family member",
    "carer": "Carer",
    "interpreter": "Interpreter",
    "supervisor": "Supervisor",
    "guest": "Somebody else",
}
"""What is stored, and how forms say it."""
most_guests = 4
"""With the host and the client the six for whom browsers have slots."""


async def invite(connection: Connection, actor: Actor, public_id: str, name: str, email: str, relation: str) -> Row:
    """Invite somebody into a session that is to come or runs; they get a letter with their link. Return `public_id` and
    `name`. Raises `NotFound`, `NotNow`, `Invalid`."""
    session = await hold(connection, actor, public_id)
    try:
        who = prospects.introduce(name, email)
    except Unfit as error:
        raise Invalid(error.message, field=error.field) from None
    if relation not in RELATIONS:
        raise Invalid("Choose who they are.", field="relation")
    if await queries.count(connection, session_id=session["id"]) >= most_guests:
        raise Invalid(f"A session has room for {most_guests} guests. Withdraw an invitation first.")
    account_id = await _account(connection, session, who)
    guest = await queries.add(
        connection,
        session_id=session["id"],
        account_id=account_id,
        name=who.name,
        email=who.email,
        relation=relation,
        invited_by=actor.account_id,
    )
    if guest is None:
        raise Invalid("This person is invited already.", field="email")
    await audit.record(connection, actor, "invite_guest", "session", session["id"], {"guest": guest["id"]})
    await notices.invited(connection, actor, session["id"], guest)
    return guest


async def _account(connection: Connection, session: Row, who: prospects.Introduction) -> int:
    """The account of that address, made if there is none."""
    name = f"guest-{secrets.token_hex(8)}"
    made = await queries.make_account(connection, username=name, email=who.email, name=who.name)
    account = made or await queries.account(connection, email=who.email)
    if account["id"] in (session["host_id"], session["client_account_id"]):
        raise Invalid("This is the address of the session's own host or client.", field="email")
    if account["state"] not in ("pending", "active"):
        raise Invalid("This person cannot be invited. Please ask an administrator.", field="email")
    return int(account["id"])


async def withdraw(connection: Connection, actor: Actor, public_id: str, guest_id: str) -> None:
    """Take an invitation back: the link ends, and whoever is inside by it is out. Twice is once. Raises `NotFound`."""
    session = await hold(connection, actor, public_id, to_come=False)
    guest = await queries.find(connection, session_id=session["id"], public_id=guest_id)
    if guest is None:
        raise NotFound
    if not await queries.withdraw(connection, id=guest["id"]):
        return
    await direct_links.end(connection, session["id"], guest["account_id"])
    sentence = "Your invitation was withdrawn."
    await admissions.put_out(connection, session["id"], guest["account_id"], actor.account_id, sentence)
    await audit.record(connection, actor, "withdraw_guest", "session", session["id"], {"guest": guest["id"]})
    if session["visitable"]:
        await notices.uninvited(connection, actor, session["id"], guest)


async def name_of(connection: Connection, session_id: int, account_id: int) -> str | None:
    """How a guest was introduced; None for everybody else."""
    return await queries.name_of(connection, session_id=session_id, account_id=account_id)


async def hold(connection: Connection, actor: Actor, public_id: str, to_come: bool = True) -> Row:
    """The session under its row's lock, for whoever may arrange it. Raises `NotFound`; `NotNow` if it is over."""
    await queries.hold(connection, public_id=public_id)
    session = await changes.find(connection, actor, public_id)
    if to_come and not session["visitable"]:
        raise NotNow
    return session
