"""The waiting room's durable rules, in reading order: knock, admit, leave, end.

An admission is a row with a state and an epoch (dispatch/lifecycle.py, ADMISSION). The row comes first; the live room
follows it through the feed (signalling/gate.py), so a restart neither unlocks a door nor asks anybody to knock again.
"""

from dispatch.errors import Invalid, NotFound, NotNow
from people.access import Actor, may_host, require
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

longest_name = 80


async def knock(connection: Connection, actor: Actor, session: Row, name: str) -> Row:
    """A client asks to be let in, under a confirmed name (R-175, R-178); the host enters by their own right (R-016).

    Knocking twice is knocking once: somebody who waits or is admitted keeps that state (a reload is no second knock).
    Raises `Invalid` for an empty or overlong name.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= longest_name:
        raise Invalid(f"Please enter your name, at most {longest_name} characters.", field="name")
    own = may_host(actor, session)
    changed = await queries.knock(
        connection,
        session_id=session["id"],
        account_id=actor.account_id,
        name=name,
        state="admitted" if own else "waiting",
        admitted_by=actor.account_id if own else None,
    )
    if changed is not None:
        verb = "enter" if own else "knock"
        await audit.record(connection, actor, verb, "admission", changed["id"])
    admission = await of_account(connection, session["id"], actor.account_id)
    assert admission is not None
    return admission


async def admit(connection: Connection, actor: Actor, session: Row, admission_id: str) -> Row:
    """The host lets one waiting person in (R-016, R-179). `admission_id` is the public id.

    Raises `NotFound` for anybody but the host and for an admission of another session; `NotNow` if the person is not
    waiting any more or the host has not entered. Admitting somebody who is already in changes nothing.
    """
    require(may_host(actor, session))
    # The session's row before its admissions', as whoever moves, cancels or ends it takes them.
    if not await queries.hold_session(connection, session_id=session["id"]):
        raise NotNow
    admitted = await queries.admit(
        connection, session_id=session["id"], public_id=admission_id, admitted_by=actor.account_id
    )
    if admitted is None:
        return await _already_in(connection, session, admission_id)
    await queries.start_session(connection, session_id=session["id"])
    await audit.record(connection, actor, "admit", "admission", admitted["id"])
    return admitted


async def _already_in(connection: Connection, session: Row, admission_id: str) -> Row:
    admission = await queries.find(connection, session_id=session["id"], public_id=admission_id)
    if admission is None:
        raise NotFound
    if admission["state"] != "admitted":
        raise NotNow
    return admission


async def leave(connection: Connection, actor: Actor, session: Row) -> None:
    """Remove oneself (R-186). The epoch rises, so nothing allowed before counts any more. Leaving twice is
    leaving once.
    """
    left = await queries.leave(connection, session_id=session["id"], account_id=actor.account_id)
    if left is not None:
        await audit.record(connection, actor, "leave", "admission", left)


async def end(connection: Connection, actor: Actor, session: Row) -> None:
    """The host ends the visit: everybody is out, and the host is free for the next one. Ending twice is ending once.

    Raises `NotFound` for anybody but the host.
    """
    require(may_host(actor, session))
    ended = await queries.end_session(connection, session_id=session["id"])
    if ended is not None:
        await put_out(connection, session["id"], None)
        await audit.record(connection, actor, "end", "session", session["id"])


async def put_out(connection: Connection, session_id: int, account_id: int | None) -> None:
    """One person's right, or everybody's (None), ends with the visit, or because it has another time or host."""
    await queries.put_out(connection, session_id=session_id, account_id=account_id)


async def of_account(connection: Connection, session_id: int, account_id: int) -> Row | None:
    """The person's admission to the session; None while they are `arriving`."""
    return await queries.of_account(connection, session_id=session_id, account_id=account_id)


async def by_id(connection: Connection, admission_id: int) -> Row | None:
    """An admission by its inner key, with the public id of its session: what the feed's hint leads to."""
    return await queries.by_id(connection, id=admission_id)


async def waiting(connection: Connection, session_id: int) -> list[Row]:
    """Who waits, longest first: public_id, name, waited_seconds. For the host only (R-017)."""
    return await queries.waiting(connection, session_id=session_id)
