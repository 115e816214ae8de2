"""The accounts of the staff: who there is, create, edit, close and open again (R-023, R-024, R-050, R-051).

Organization administrators keep everybody; department administrators give and take roles in their own departments, and
change the account of whoever has no others; care coordinators look (people/access.py).
"""

import secrets

from people import setup, staff_roles
from people.access import (
    Actor,
    may_change_staff,
    may_manage_staff,
    may_see_staff,
    may_see_staff_member,
    require,
)
from people.errors import EditedMeanwhile, EmailTaken, Invalid, LastAdministrator, NotFound, Unfit
from people.inputs import line
from people.prospects import introduce
from people.staff_roles import ADMINISTRATOR, Held, Wanted
from records import audit, mail
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)

most_listed = 500


async def listed(
    connection: Connection, actor: Actor, words: str = "", role: str = "", state: str = "active", department: str = ""
) -> list[Row]:
    """The staff whom the actor may see, by name, at most `most_listed`: public_id, name, email, state, has_password,
    `roles` (role, department or None). `words` are part of a name or address; `role`, `state` (active, inactive;
    active is whoever is not inactive) and `department` (a public id) filter, empty for all. Raises `NotFound`."""
    require(may_see_staff(actor))
    own = actor.departments_as("department_administrator", "care_coordinator")
    return await queries.listed(
        connection,
        department_ids=None if actor.is_organization_administrator else own,
        words=" ".join(words.split())[:100],
        role=role,
        state=state,
        department=department,
        most=most_listed,
    )


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """One account: id, public_id, name, email, state, has_password, created_at, `notified` (of new clients), `held`
    (pairs of a role and a department's key), `roles` (role, department: public id or None, name), `practises_in`,
    `version`. Raises `NotFound`."""
    found = await queries.find(connection, public_id=public_id)
    if found is None or not may_see_staff_member(actor, found):
        raise NotFound
    return found


async def effects(connection: Connection, account_id: int) -> Row:
    """What hangs on somebody: counts of `sessions` to come, pending `requests` and `connections` that name them,
    `clients`; names of the clinics that they host (`hosts`) and that they schedule (`schedules`)."""
    return await queries.effects(connection, account_id=account_id)


async def create(connection: Connection, actor: Actor, name: str, email: str, notified: bool, wanted: Wanted) -> Row:
    """A new account, and a mail with its setup link; return id and public_id. Raises `NotFound` for somebody who
    administers nothing, `Invalid` with its field."""
    require(may_manage_staff(actor))
    name, email = _introduced(name, email)
    roles = await staff_roles.resolve(connection, actor, wanted, frozenset())
    account = await queries.insert(connection, username=f"staff-{secrets.token_hex(8)}", email=email, name=name)
    account = account or await queries.adopt(connection, email=email, name=name)
    if account is None:
        raise EmailTaken
    await staff_roles.replace(connection, account["id"], frozenset(), roles)
    if not notified:
        await queries.update(connection, id=account["id"], name=name, email=email, notified=False)
    await audit.record(connection, actor, "create", "account", account["id"], {"roles": _told(roles)})
    await setup.post_link(connection, actor, account["id"])
    return account


async def change(
    connection: Connection,
    actor: Actor,
    public_id: str,
    name: str,
    email: str,
    notified: bool,
    wanted: Wanted,
    version: str | None,
) -> None:
    """Replace what the actor may change; roles that they may not give stay as they are. Raises `NotFound`, `Invalid`
    with its field, `EditedMeanwhile` as `clinic_setup.change` does, `InUse` for a department in which somebody's
    clients or clinics keep them, `LastAdministrator`."""
    person = await _held(connection, actor, public_id)
    require(may_manage_staff(actor))
    if version is not None and version != person["version"]:
        raise EditedMeanwhile(await audit.last_writer(connection, "account", person["id"]))
    before = held_by(person)
    roles = await staff_roles.resolve(connection, actor, wanted, before)
    await staff_roles.releases(connection, person, before, roles)
    if any(role == ADMINISTRATOR for role, _ in before - roles):
        await _another_administrator(connection, person)
    changed = await _identify(connection, actor, person, name, email, notified)
    await staff_roles.replace(connection, person["id"], before, roles)
    if changed or before != roles:
        details = {"changed": changed, "given": _told(roles - before), "taken": _told(before - roles)}
        await audit.record(connection, actor, "change", "account", person["id"], details)


async def switch(connection: Connection, actor: Actor, public_id: str, active: bool) -> None:
    """Close an account, which ends its sign-ins at once, or open it again; twice is once. Who never set it up gets a
    new link with that. Raises `NotFound`, `LastAdministrator`, `Invalid` for one's own account."""
    person = await _held(connection, actor, public_id)
    require(may_change_staff(actor, person))
    if not active and person["id"] == actor.account_id:
        raise Invalid("You cannot deactivate your own account. Ask another administrator.")
    if not active and (ADMINISTRATOR, None) in held_by(person):
        await _another_administrator(connection, person)
    state = "inactive" if not active else "active" if person["has_password"] else "unverified"
    if not await queries.switch(connection, id=person["id"], state=state):
        return
    await audit.record(connection, actor, "activate" if active else "deactivate", "account", person["id"])
    if active and not person["has_password"]:
        await setup.post_link(connection, actor, person["id"])


async def send_link(connection: Connection, actor: Actor, public_id: str) -> None:
    """Mail the setup link again to somebody who has not used theirs; older ones end. Raises `NotFound`, `Invalid`."""
    person = await _held(connection, actor, public_id)
    require(may_change_staff(actor, person))
    if person["has_password"] or person["state"] == "inactive":
        raise Invalid("This account needs no setup link.")
    await setup.post_link(connection, actor, person["id"])


def held_by(person: Row) -> frozenset[Held]:
    """The roles of somebody whom `find` found, without that of a client, which is not the staff's to give."""
    return frozenset((role, department) for role, department in person["held"] if role != "client")


async def _held(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The account under its lock and the organization's: what is checked stays true until the transaction ends."""
    await queries.hold_organization(connection)
    await queries.hold(connection, public_id=public_id)
    return await find(connection, actor, public_id)


async def _identify(
    connection: Connection, actor: Actor, person: Row, name: str, email: str, notified: bool
) -> list[str]:
    """Change who it is; return what changed. Both addresses are told of a new one."""
    name, email = _introduced(name, email)
    given = {"name": name, "email": email, "notified": notified}
    changed = sorted(field for field, value in given.items() if value != person[field])
    if not changed:
        return []
    if not may_change_staff(actor, person):
        raise Invalid("Only an organization administrator changes this: this person works elsewhere too.", changed[0])
    with refusing(account_organization_id_email_key=EmailTaken):
        await queries.update(connection, id=person["id"], **given)
    if "email" in changed and person["has_password"]:
        details = {"told": "An administrator changed the email address of your account."}
        await mail.post(connection, actor, "account_notice", [person["email"], email], details=details)
    elif "email" in changed:
        await setup.post_link(connection, actor, person["id"])
    return changed


def _introduced(name: str, email: str) -> tuple[str, str]:
    name = line(name, "name")
    try:
        return name, introduce("Somebody", email).email
    except Unfit as error:
        raise Invalid(error.message, field=error.field) from None


async def _another_administrator(connection: Connection, person: Row) -> None:
    if person["state"] == "active" and not await queries.other_administrators(connection, account_id=person["id"]):
        raise LastAdministrator


def _told(roles: frozenset[Held]) -> list[list[str | int | None]]:
    return [[role, department] for role, department in sorted(roles, key=str)]
