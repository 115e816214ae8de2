"""The files of clients (R-027 to R-036): create one, read it, change it, open and close it.

A file and the account that signs in for it are two rows (A-24). One switch serves both: whoever closes a file closes
its account, and its open pages end within a second. Order of locks: accounts, each by its key, then the file.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from people import associations, setup
from people.access import (
    Actor,
    may_approve,
    may_associate,
    may_close_client,
    may_file_under,
    may_manage_client,
    may_manage_clients,
    may_see_client,
    may_see_staff_member,
    require,
)
from people.associations import Pair
from people.departments import of_organization
from people.errors import EditedMeanwhile, EmailTaken, Invalid, NotFound, PossibleDuplicate
from people.inputs import line
from people.prospects import ADDRESS, longest_email
from records import audit
from records.database import Connection, Row, Tenant, refusing
from records.queries import beside

queries = beside(__file__)

longest_name = 100
earliest_birthday = date(1890, 1, 1)


@dataclass(frozen=True)
class Data:
    """What a file says, as it was typed: R-027's four, and the department that looks after it (public id; empty: the
    organization administrators). `date_of_birth` is ISO 8601."""

    first_name: str
    last_name: str
    email: str
    date_of_birth: str
    department: str = ""


@dataclass(frozen=True)
class Checked:
    """The same as columns."""

    first_name: str
    last_name: str
    email: str
    date_of_birth: date
    department_id: int | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """One file with its account: username, account_email, account_state, has_password (all None without one); `staff`
    says that the account is also somebody's of the staff, `sessions` how many are to come, `version` how it stands.
    Raises `NotFound`."""
    file = await queries.find(connection, public_id=public_id)
    if file is None or not may_see_client(actor, file):
        raise NotFound
    return file


async def history(connection: Connection, file: Row) -> list[Row]:
    """Who did what to the file, newest first: at, verb, by."""
    return await queries.history(connection, id=file["id"])


async def departments(connection: Connection, actor: Actor) -> list[Row]:
    """Those under which the actor may keep a file, by name: id, public_id, name."""
    return [row for row in await of_organization(connection) if may_file_under(actor, row["id"])]


async def create(
    connection: Connection,
    actor: Actor,
    data: Data,
    practitioners: Sequence[str],
    anyway: bool = False,
    tell: bool = True,
) -> Row:
    """A new file, its practitioners (`practitioner:department`, public ids), and an account whose owner gets a mail
    with a link to choose user name and password (R-027 to R-029, R-203); not without `tell`, where an invitation brings
    that link (R-140). Return id and public_id.

    Raises `NotFound` for somebody who keeps no files, `Invalid` with its field, `EmailTaken` where an account has the
    address (R-042), `PossibleDuplicate` where a file may be this person's, unless the sender has seen that and wants a
    new one `anyway` (A-06).
    """
    require(may_manage_clients(actor))
    checked = await check(connection, actor, data)
    chosen = await pairs(connection, actor, practitioners)
    known = await known_files(connection, actor, checked)
    if known and not anyway:
        _refuse_taken(await queries.holder(connection, email=checked.email))
        raise PossibleDuplicate
    account_id = await _account_for(connection, checked)
    await queries.add_client_role(connection, account_id=account_id)
    file = await insert(connection, actor, checked, account_id)
    for pair in chosen:
        await associations.associate(connection, actor, file["id"], pair.practitioner_id, pair.department_id)
    if tell:
        await setup.post_link(connection, actor, account_id)
    return file


async def open_account(connection: Connection, file: Row) -> int:
    """An account for a file (id, first_name, last_name, email, date_of_birth, department_id) that has none; return its
    key. Whoever calls has asked for the right. Raises `EmailTaken`, `Invalid`."""
    named = ("first_name", "last_name", "email", "date_of_birth", "department_id")
    account_id = await _account_for(connection, Checked(**{name: file[name] for name in named}))
    await queries.add_client_role(connection, account_id=account_id)
    await queries.set_account(connection, id=file["id"], account_id=account_id)
    return account_id


async def insert(connection: Connection, actor: Tenant, checked: Checked, account_id: int) -> Row:
    """Store a file for this account; return id and public_id."""
    file = await queries.insert(
        connection,
        account_id=account_id,
        first_name=checked.first_name,
        last_name=checked.last_name,
        email=checked.email,
        date_of_birth=checked.date_of_birth,
        department_id=checked.department_id,
    )
    await audit.record(connection, actor, "create", "client", file["id"])
    return file


async def known_files(connection: Connection, actor: Actor, checked: Checked) -> list[dict[str, Any]]:
    """The files that may be the same person's (A-06): public_id, first_name, last_name, email, date_of_birth, active,
    `same_email`, `holds_address` (its account has this address, so no other file's can), and `seen`: whether the actor
    may see that file. Of those that they may not, they learn that there is one, and no more."""
    rows = await queries.known_files(
        connection,
        email=checked.email,
        first_name=checked.first_name,
        last_name=checked.last_name,
        date_of_birth=checked.date_of_birth,
    )
    return [{**row, "seen": may_see_client(actor, row)} for row in rows]


async def holder(connection: Connection, actor: Actor, email: str) -> dict[str, Any] | None:
    """Whose account has this address, None where nobody's: staff, has_file, `waits` (signed up, no file yet), and
    public_id and name, which are None for somebody whom the actor may not see. Those with a file are in `known_files`.
    """
    row = await queries.holder(connection, email=email)
    if row is None:
        return None
    seen = row["staff"] and may_see_staff_member(actor, row)
    seen = seen or (row["waits"] and may_approve(actor, row))
    shown = {name: row[name] if seen else None for name in ("public_id", "name")}
    return {"staff": row["staff"], "has_file": row["has_file"], "waits": row["waits"], **shown}


async def hold(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The file, with its account and itself locked until the transaction ends. Raises `NotFound` unless the actor may
    change it."""
    await lock(connection, public_id)
    file = await find(connection, actor, public_id)
    require(may_manage_client(actor, file))
    return file


async def lock(connection: Connection, public_id: str) -> None:
    """Lock the file's account, then the file, until the transaction ends: whoever locks both does it in this order."""
    await queries.hold_account(connection, public_id=public_id)
    await queries.hold(connection, public_id=public_id)


async def change(
    connection: Connection,
    actor: Actor,
    public_id: str,
    data: Data,
    practitioners: Sequence[str] | None,
    active: bool | None,
    version: str | None,
) -> None:
    """Save the form of Edit: data, practitioners (R-052) and the Active check (R-035, R-036). Associations of
    departments that are not the actor's stay as they are (R-003). `version` is what `find` gave: raises
    `EditedMeanwhile` if it is another since, `NotFound`, `Invalid`."""
    file = await hold(connection, actor, public_id)
    if version is not None and version != file["version"]:
        raise EditedMeanwhile(await queries.last_changed_by(connection, id=file["id"]))
    checked = await check(connection, actor, data, file)
    if practitioners is not None:
        await _change_practitioners(connection, actor, file, practitioners)
    await _change_data(connection, actor, file, checked)
    if active is not None and active != file["active"]:
        require(may_close_client(actor, file))
        await (_open if active else _close)(connection, actor, file)


async def send_setup_link(connection: Connection, actor: Actor, public_id: str) -> None:
    """Mail the link to choose user name and password once more; the older one ends. Raises `NotFound`, `Invalid` where
    there is nothing to set up."""
    file = await hold(connection, actor, public_id)
    if file["account_id"] is None or file["has_password"] or file["account_state"] == "inactive":
        raise Invalid("This account needs no link: it is set up already, or it is not active.")
    await setup.post_link(connection, actor, file["account_id"])


async def check(connection: Connection, actor: Actor, data: Data, standing: Row | None = None) -> Checked:
    """What was typed as columns. A department that stands may stay, whoever saves. Raises `Invalid` with its field."""
    checked = named(data)
    return replace(checked, department_id=await _department(connection, actor, data, standing))


def named(data: Data) -> Checked:
    """The four of R-027 alone, without the department. Raises `Invalid` with its field."""
    first, last = line(data.first_name, "first_name", longest_name), line(data.last_name, "last_name", longest_name)
    return Checked(first, last, address(data.email), birthday(data.date_of_birth), None)


def address(typed: str) -> str:
    """An email address in the form in which it is kept. Raises `Invalid`."""
    email = typed.strip().lower()
    if len(email) > longest_email or not ADDRESS.fullmatch(email):
        raise Invalid("Please enter an email address, like name@example.org.", field="email")
    return email


def birthday(typed: str) -> date:
    """Raises `Invalid` for what is no date, or nobody's birthday."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid("Please enter a date, like 1990-12-31.", field="date_of_birth") from None
    if not earliest_birthday <= day <= _latest_birthday():
        raise Invalid("Please enter a date of birth in the past.", field="date_of_birth")
    return day


def _latest_birthday() -> date:
    """The last day that has begun somewhere, as registering has it: a clinic's day may be ahead of the server's."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


async def pairs(connection: Connection, actor: Actor, practitioners: Sequence[str]) -> list[Pair]:
    """What a form says of practitioners: `practitioner:department` in public ids, an empty text for nobody. Raises
    `Invalid`, also for two departments of one practitioner (R-053)."""
    named = [one.partition(":") for one in practitioners if one]
    chosen = [await associations.choose(connection, actor, who, where, "practitioners") for who, _, where in named]
    if len({pair.practitioner_id for pair in chosen}) < len(chosen):
        raise Invalid("Choose one department for each practitioner.", field="practitioners")
    return chosen


async def _department(connection: Connection, actor: Actor, data: Data, standing: Row | None) -> int | None:
    if standing is not None and data.department == (standing["department"] or ""):
        return standing["department_id"]
    if not data.department:
        if not may_file_under(actor, None):
            raise Invalid("Choose your department.", field="department")
        return None
    chosen = [row["id"] for row in await departments(connection, actor) if row["public_id"] == data.department]
    if not chosen:
        raise Invalid("Choose one of your departments.", field="department")
    return int(chosen[0])


async def _account_for(connection: Connection, checked: Checked) -> int:
    """A new account for this address, or that of somebody who was only ever a guest in sessions. Raises `Invalid`."""
    placeholder = f"client-{secrets.token_hex(8)}"
    made = await queries.make_account(connection, username=placeholder, email=checked.email, name=checked.name)
    if made is not None:
        return int(made)
    account = await queries.account_of(connection, email=checked.email)
    if account["guest"]:
        await queries.set_state(connection, id=account["id"], state="active")
        await queries.rename(connection, id=account["id"], name=checked.name)
        return int(account["id"])
    _refuse_taken(await queries.holder(connection, email=checked.email))
    raise EmailTaken


def _refuse_taken(holder: Row | None) -> None:
    if holder is None:
        return
    if holder["waits"]:
        told = "Somebody with this address has signed up already: look for them under Pending and Prospects."
        raise Invalid(told, field="email")
    raise EmailTaken


async def _change_data(connection: Connection, actor: Actor, file: Row, checked: Checked) -> None:
    values = asdict(checked)
    changed = sorted(name for name, value in values.items() if value != file[name])
    if not changed:
        return
    await queries.update(connection, id=file["id"], **values)
    await audit.record(connection, actor, "change", "client", file["id"], {"changed": changed})
    if file["account_id"] is None or file["staff"]:
        return
    await queries.rename(connection, id=file["account_id"], name=checked.name)
    if "email" in changed and may_correct_address(file):
        with refusing(account_organization_id_email_key=EmailTaken):
            await queries.set_email(connection, id=file["account_id"], email=checked.email)
        await setup.post_link(connection, actor, file["account_id"])


def may_correct_address(file: Row) -> bool:
    """Whether the account's address follows the file's: while nobody has set the account up. Afterwards its owner alone
    changes it, for whoever has the address can take the account over."""
    return file["account_state"] == "unverified" and not file["has_password"] and not file["staff"]


async def _change_practitioners(connection: Connection, actor: Actor, file: Row, practitioners: Sequence[str]) -> None:
    """Remove, make and move what differs, within the actor's departments."""
    standing = await associations.of_client(connection, file["id"])
    mine = {row["id"]: row for row in standing if may_associate(actor, row["department_id"])}
    kept = {f"{row['public_id']}:{row['department']}": row["id"] for row in mine.values()}
    added = await pairs(connection, actor, [one for one in practitioners if one not in kept])
    named = {kept[one] for one in practitioners if one in kept}
    if named & {pair.practitioner_id for pair in added}:
        raise Invalid("Choose one department for each practitioner.", field="practitioners")
    for practitioner_id in sorted(mine.keys() - named - {pair.practitioner_id for pair in added}):
        await associations.remove(connection, actor, file["id"], practitioner_id)
    for pair in sorted(added, key=lambda one: one.practitioner_id):
        await associations.associate(connection, actor, file["id"], pair.practitioner_id, pair.department_id)


async def _close(connection: Connection, actor: Actor, file: Row) -> None:
    if file["account_id"] is None:
        await queries.set_active(connection, id=file["id"], active=False)
    else:
        await queries.set_state(connection, id=file["account_id"], state="inactive")
    await audit.record(connection, actor, "deactivate", "client", file["id"])


async def _open(connection: Connection, actor: Actor, file: Row) -> None:
    """Somebody who never chose a password gets the link for it again."""
    if file["account_id"] is None:
        await queries.set_active(connection, id=file["id"], active=True)
    else:
        state = "active" if file["has_password"] else "unverified"
        await queries.set_state(connection, id=file["account_id"], state=state)
        if not file["has_password"]:
            await setup.post_link(connection, actor, file["account_id"])
    await audit.record(connection, actor, "activate", "client", file["id"])
