"""Accounts that wait (R-025, R-037) and accounts without a file (R-045): in one step they are approved and get a file,
a new one or one that is there already (A-06, A-24).

Whoever gives an existing file another account decides about its former one: an account that nobody ever set up is
closed; one that has a password is closed only if that is said, naming it, so that a form that is no longer true closes
nobody's. Of two who decide the same, the first wins and the second is told who that was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from people import associations, clients, registrations, setup
from people.access import Actor, may_approve, may_manage_client, may_manage_clients, may_see_client, require
from people.clients import Data
from people.errors import AlreadyHandled, Invalid, NotFound, ReplacesAccount, SessionsOverlap
from records import audit, mail
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)

NEW = "new"


@dataclass(frozen=True)
class Decision:
    """`file` is "new" or a file's public id; `data` what a new one says (its address is always the account's),
    `replace` the accounts, by public id, that may be closed though they have a password: that of the file, where it has
    one."""

    file: str
    data: Data
    practitioners: Sequence[str] = ()
    replace: Sequence[str] = ()


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The account of a registration or of a prospect: name, email, state, `registered`, `client` (the public id of its
    file, once it has one), `hosts` (keys of those whom it is to meet), `sessions` to come. Raises `NotFound` unless the
    actor may approve it, which for whoever is unsure of their department, or named none, organization administrators
    may (R-005)."""
    require(may_manage_clients(actor))
    account = await queries.find(connection, public_id=public_id)
    if account is None or not may_approve(actor, account) or account["state"] == "unverified":
        raise NotFound
    return account


def waits(account: Row) -> bool:
    return account["client_id"] is None and account["state"] in ("pending", "active")


def is_closed(account: Row) -> bool:
    """Turned away, or replaced by another account: it can be opened again, and then waits."""
    return account["client_id"] is None and account["state"] == "inactive" and not account["staff"]


async def handled_by(connection: Connection, account: Row) -> str | None:
    """The name of whoever dealt with the account first."""
    return await queries.handled_by(connection, id=account["id"])


async def candidates(
    connection: Connection, actor: Actor, account: Row
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Whom this may be already: files as `as_choices` tells them, and other registrations that wait, which can only be
    compared (A-06): rows of `registrations.duplicates` with `seen`, as files have it."""
    said = await registrations.of_account(connection, account["id"])
    if said is None:
        first, _, last = account["name"].rpartition(" ")
        names = {"first_name": first, "last_name": last, "date_of_birth": None}
        said = {"account_id": account["id"], "email": account["email"], **names}
    found = await registrations.duplicates(connection, said)
    files = await as_choices(connection, actor, [row["client_id"] for row in found if row["kind"] == "file"])
    others = [{**row, "seen": may_approve(actor, row)} for row in found if row["kind"] != "file"]
    return files, others


async def as_choices(connection: Connection, actor: Actor, ids: Iterable[int]) -> list[dict[str, Any]]:
    """Files by key: what tells people apart, `seen` (of others the actor learns only that there is one), and of the
    account that each has now: `account` (public id), username, account_state, has_password, `closes`: whether choosing
    it closes an account with which somebody signs in."""
    rows = await queries.of_ids(connection, ids=list(ids))
    return [{**row, "seen": may_see_client(actor, row), "closes": _closes(row)} for row in rows]


def _closes(file: Row) -> bool:
    return bool(file["has_password"]) and file["account_state"] != "inactive"


async def approve(connection: Connection, actor: Actor, public_id: str, decision: Decision) -> str:
    """Open the account and give it its file; its owner is told by mail. Return the file's public id. Raises `NotFound`,
    `Invalid` with its field, `AlreadyHandled`, `ReplacesAccount`, `SessionsOverlap`."""
    await find(connection, actor, public_id)
    await queries.hold(connection, public_id=public_id, file=decision.file)
    account = await find(connection, actor, public_id)
    if not waits(account):
        raise AlreadyHandled(await handled_by(connection, account))
    if not decision.file:
        raise Invalid("Choose a new file, or the one that is this person's already.", field="file")
    file = await (_new_file if decision.file == NEW else _existing)(connection, actor, account, decision)
    name = f"{file['first_name']} {file['last_name']}" if not account["staff"] else account["name"]
    await queries.open(connection, id=account["id"], name=name)
    with refusing(client_is_free=SessionsOverlap, visitor_is_free=SessionsOverlap):
        await queries.file_sessions(connection, account_id=account["id"], client_id=file["id"])
    for pair in await clients.pairs(connection, actor, decision.practitioners):
        await associations.associate(connection, actor, file["id"], pair.practitioner_id, pair.department_id)
    await audit.record(connection, actor, "approve", "account", account["id"], {"client": file["id"]})
    await _tell(connection, actor, account)
    return str(file["public_id"])


async def close(connection: Connection, actor: Actor, public_id: str) -> None:
    """Turn somebody away: the account is inactive, nothing of it is lost. Raises `NotFound`, `AlreadyHandled`."""
    await find(connection, actor, public_id)
    await queries.hold(connection, public_id=public_id, file="")
    account = await find(connection, actor, public_id)
    if not waits(account):
        raise AlreadyHandled(await handled_by(connection, account))
    require(not account["staff"])
    await queries.close(connection, id=account["id"])
    await audit.record(connection, actor, "deactivate", "account", account["id"])


async def reopen(connection: Connection, actor: Actor, public_id: str) -> None:
    """Let somebody who was turned away wait again. Twice is once. Raises `NotFound`."""
    await find(connection, actor, public_id)
    await queries.hold(connection, public_id=public_id, file="")
    account = await find(connection, actor, public_id)
    if is_closed(account):
        await queries.wait(connection, id=account["id"])
        await audit.record(connection, actor, "activate", "account", account["id"])


async def _new_file(connection: Connection, actor: Actor, account: Row, decision: Decision) -> dict[str, Any]:
    checked = await clients.check(connection, actor, replace(decision.data, email=account["email"]))
    made = await clients.insert(connection, actor, checked, account["id"])
    return {**made, "first_name": checked.first_name, "last_name": checked.last_name}


async def _existing(connection: Connection, actor: Actor, account: Row, decision: Decision) -> Row:
    """The file, given to this account."""
    await queries.hold_file(connection, file=decision.file)
    found = await queries.file(connection, public_id=decision.file)
    files = await queries.of_ids(connection, ids=[found["id"]] if found else [])
    if not files or not may_manage_client(actor, files[0]):
        raise Invalid("Choose one of the files that are shown.", field="file")
    file = files[0]
    if file["staff"]:
        raise Invalid("This file belongs to somebody of the staff. Choose another, or a new file.", field="file")
    if _closes(file) and file["account"] not in decision.replace:
        raise ReplacesAccount
    await queries.give_file(connection, id=file["id"], account_id=account["id"])
    if file["account_id"] is not None:
        await _replace(connection, actor, file, account)
    await audit.record(connection, actor, "give_account", "client", file["id"], {"account": account["id"]})
    return file


async def _replace(connection: Connection, actor: Actor, file: Row, account: Row) -> None:
    """Close the former account, which ends its sign-ins. Its sessions to come go with the file; what it asks for
    follows by itself (requests_follow_file)."""
    former = file["account_id"]
    with refusing(visitor_is_free=SessionsOverlap):
        await queries.move_sessions(connection, client_id=file["id"], former_id=former, account_id=account["id"])
    await queries.close(connection, id=former)
    await audit.record(connection, actor, "deactivate", "account", former, {"replaced_by": account["id"]})


async def _tell(connection: Connection, actor: Actor, account: Row) -> None:
    """The owner: the account is open; somebody without a password chooses one first."""
    if account["has_password"]:
        await mail.post(connection, actor, "approved", [account["email"]])
    else:
        await setup.post_link(connection, actor, account["id"])
