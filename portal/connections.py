"""Connection requests: a client asks a practitioner to take them on, and that practitioner alone decides (R-012, R-054
to R-064).

Accepted, a request is an association. Either makes the other true (A-05), which schema.sql sees to: an association that
is made otherwise answers the request, and a practitioner who is none any more leaves no request waiting.
Locks are taken in one order: the practitioner's account, the client's file, the request, its thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from people import associations, inputs
from people.access import Actor, may_decide_connection, may_have_clients, may_withdraw_connection, require
from people.errors import Invalid, NotFound
from portal import messages
from portal.errors import ConnectedAlready, DecidedAlready, NotTaken
from portal.practitioners import own_file
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

SUBJECT = "Connection request"
OPENING = "I would like to connect with you."
NOTICE = "connection"
"""The kind of mail that says that a request was answered, and not how."""

most_pending = 10
most_marks = 100
ENOUGH = (
    f"{most_pending} of your requests wait for an answer. Please wait for one, or withdraw one, before you ask again."
)


@dataclass(frozen=True)
class Mark:
    """What a practitioner ticked beside one request: `decision` is accept or decline; `department` a public id."""

    request: str
    decision: str
    department: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one mark. `state` is how the request stands; `changed` says whether this Update made it so, and
    `reasoned` whether a reason was posted."""

    request: str
    state: str
    changed: bool
    reasoned: bool = False


async def ask(connection: Connection, actor: Actor, practitioner: str, message: str) -> Row:
    """Ask to be connected, with a message or none (R-054, R-055): the practitioner gets a private message (R-056) and a
    Pending Task. Return the request's public_id and its thread's, `thread`.

    Raises `NotFound`, `AwaitingApproval`, `NotTaken`, `ConnectedAlready`, `Invalid`.
    """
    file = await own_file(connection, actor)
    said = inputs.text(message, "message")
    asked_id = await queries.hold_practitioner(connection, public_id=practitioner)
    asked = await queries.practises(connection, id=asked_id)
    if asked is None or asked_id == actor.account_id:
        raise NotFound
    await queries.hold_file(connection, id=file["id"])
    stands = await queries.stands(connection, client_id=file["id"], practitioner_id=asked["id"])
    if stands["connected"] or stands["asked"]:
        raise ConnectedAlready("You are connected already." if stands["connected"] else None)
    if not asked["takes"]:
        raise NotTaken
    if stands["pending"] >= most_pending:
        raise ConnectedAlready(ENOUGH)
    thread_id = await _tell_practitioner(connection, actor, asked["id"], file["id"], stands["thread_id"], said)
    made = await queries.insert(
        connection,
        organization_id=actor.organization_id,
        client_id=file["id"],
        practitioner_id=asked["id"],
        thread_id=thread_id,
        message=said,
    )
    await audit.record(connection, actor, "ask", "connection_request", made["id"], {"practitioner": asked["id"]})
    return made


async def withdraw(connection: Connection, actor: Actor, request: str) -> None:
    """The client takes it back. Raises `NotFound`, `DecidedAlready`."""
    asked = await queries.find(connection, public_id=request)
    if asked is None or not may_withdraw_connection(actor, asked):
        raise NotFound
    if await queries.settle(connection, id=asked["id"], state="withdrawn") is None:
        raise DecidedAlready(await queries.state(connection, id=asked["id"]))
    await audit.record(connection, actor, "withdraw", "connection_request", asked["id"])


async def pending(connection: Connection, actor: Actor) -> list[Row]:
    """The requests that wait for this practitioner, oldest first: public_id, name, message, asked_at, client (the
    file's public id), thread. Those of clients whose account is not active wait unseen. Raises `NotFound`."""
    require(may_have_clients(actor))
    return await queries.pending(connection, practitioner_id=actor.account_id)


async def decide(connection: Connection, actor: Actor, marks: Sequence[Mark]) -> list[Outcome]:
    """Apply every mark, or none if one of them is refused; what was decided meanwhile stands and is told (A-19).

    A reason is posted into the thread (A-13, R-064), and the client is told by mail that there is an answer. Raises
    `NotFound` for a request that is not theirs to decide, `Invalid` (of a department: its field is
    `department-<request>`)."""
    chosen = _read(marks)
    await queries.hold_practitioner(connection, public_id=actor.public_id)
    require(await queries.practises(connection, id=actor.account_id) is not None)
    await queries.hold_files_of(connection, requests=list(chosen))
    rows = await queries.hold(connection, requests=list(chosen))
    require(len(rows) == len(chosen) and all(may_decide_connection(actor, row) for row in rows))
    departments = await associations.departments_of(connection, actor.account_id)
    return [await _decide(connection, actor, row, chosen[row["public_id"]], departments) for row in rows]


async def settled(connection: Connection, actor: Actor, requests: Sequence[str]) -> list[Row]:
    """How requests to this practitioner stand: public_id, name, client, thread, state, decided_at."""
    require(may_have_clients(actor))
    return await queries.settled(connection, practitioner_id=actor.account_id, requests=list(requests)[:most_marks])


async def in_thread(connection: Connection, thread_id: int) -> Row | None:
    """The newest connection request that this thread tells of: public_id, state, `name` and `client` (public id) of the
    client's file, client_account_id, practitioner_id (inner keys), `practitioner` (name), asked_at, decided_at."""
    return await queries.in_thread(connection, thread_id=thread_id)


async def told(connection: Connection, request_id: int) -> Row:
    """What the mail says of a request: its practitioner's name."""
    return await queries.told(connection, id=request_id)


async def _tell_practitioner(
    connection: Connection, actor: Actor, practitioner_id: int, file_id: int, thread_id: int | None, message: str
) -> int:
    """The private message, in the thread that the two have from an earlier request or in a new one; return its key."""
    body = f"{OPENING}\n\n{message}" if message else OPENING
    if thread_id is None:
        about = messages.About("connection", file_id)
        begun = await messages.begin(connection, actor, SUBJECT, [practitioner_id], body, about)
        return int(begun["id"])
    await messages.say(connection, actor, thread_id, body)
    return thread_id


def _read(marks: Sequence[Mark]) -> dict[str, Mark]:
    """The marks by request. Raises `Invalid`."""
    if not marks:
        raise Invalid("Mark at least one request with ✓ or ✕, then press Update.", field="decisions")
    if len(marks) > most_marks:
        raise Invalid(f"Please decide at most {most_marks} at once.", field="decisions")
    chosen = {mark.request: mark for mark in marks}
    if len(chosen) < len(marks) or any(mark.decision not in ("accept", "decline") for mark in marks):
        raise Invalid("Mark each request with ✓ or ✕, once.", field="decisions")
    return chosen


async def _decide(connection: Connection, actor: Actor, asked: Row, mark: Mark, departments: Sequence[Row]) -> Outcome:
    if asked["state"] != "pending" or not asked["active"]:
        return Outcome(mark.request, asked["state"], changed=False)
    reason = inputs.text(mark.reason, f"reason-{mark.request}") if mark.decision == "decline" else ""
    if mark.decision == "accept":
        state, department_id = "accepted", _department(mark, departments)
        await associations.connect(connection, asked["client_id"], actor.account_id, department_id)
        details = {"client": asked["client_id"], "department": department_id}
    else:
        state, details = "declined", {"client": asked["client_id"]}
    await queries.settle(connection, id=asked["id"], state=state)
    if reason:  # said after the decision, so that whoever gave none may still write one message
        await messages.say(connection, actor, asked["thread_id"], reason, tell=False)
    await audit.record(connection, actor, mark.decision, "connection_request", asked["id"], details)
    await mail.post(connection, actor, NOTICE, [asked["email"]], asked["id"])
    return Outcome(mark.request, state, changed=True, reasoned=bool(reason))


def _department(mark: Mark, departments: Sequence[Row]) -> int:
    """The one in which the two are connected (A-28, R-053). Raises `Invalid`."""
    named = [
        row
        for row in departments
        if row["public_id"] == mark.department or (not mark.department and len(departments) == 1)
    ]
    if not named:
        raise Invalid("Choose the department for this connection.", field=f"department-{mark.request}")
    return int(named[0]["id"])
