"""A session's changes after it is booked: another time, another host, or none at all.

Each is one guarded UPDATE of a session that is still to come, under its row's lock and the locks of its people
(dispatch/booking.py); raises the SEQUENCE that calendars go by; leaves an audit line; tells all sides; and offers the
time that becomes free to those who wait for one (dispatch/offers.py).
`sequence` is the one that the sender saw: whoever comes second looks again first.
"""

from collections.abc import Callable
from datetime import datetime

from dispatch import admissions, booking, notices, offers, requests
from dispatch.booking import Time, in_nobodys_way
from dispatch.errors import Changed, Invalid, NotFound, NotNow, TooLate
from people.access import Actor, may_arrange, may_cancel, may_host, may_reassign, require
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

longest_reason = 2000


async def reschedule(
    connection: Connection,
    actor: Actor,
    public_id: str,
    starts_at: datetime,
    reason: str,
    sequence: int | None = None,
    overlap: bool = False,
) -> Row:
    """Move a session, as long as it was. Raises `NotFound`, `NotNow` (begun, over or cancelled), `Changed`, `Invalid`,
    `HostBusy`, `ClientBusy`; then nothing is changed."""
    session = await hold(connection, actor, public_id, may_arrange, sequence)
    check_reason(reason)
    if starts_at == session["starts_at"]:
        raise Invalid("The session is at this time already.", field="starts_at")
    if not await queries.is_ahead(connection, starts_at=starts_at):
        raise Invalid("Choose a time that is still to come, within a year.", field="starts_at")
    time = Time(starts_at, starts_at + (session["ends_at"] - session["starts_at"]))
    await booking.lock(connection, [session["host_id"]], session)
    return await put_at(connection, actor, session, time, overlap and session["allow_override"], reason)


async def put_at(connection: Connection, actor: Actor, session: Row, time: Time, overlap: bool, reason: str) -> Row:
    """Move a session that is held (`hold`), its people locked; nothing of the time is asked but whether it is free."""
    override = await booking.is_override(connection, session["host_id"], time, overlap, session["id"])
    changed = await _change(connection, session, session["host_id"], time, override, reason)
    await admissions.put_out(connection, session["id"], None, actor.account_id, "The session has another time now.")
    times = {"from": session["starts_at"].isoformat(), "to": time.starts_at.isoformat(), "override": override}
    await audit.record(connection, actor, "reschedule", "session", session["id"], times)
    await notices.moved(connection, actor, session["id"], session["starts_at"])
    await offers.freed(connection, actor, session)
    return changed


async def reassign(
    connection: Connection,
    actor: Actor,
    public_id: str,
    host: str,
    reason: str,
    sequence: int | None = None,
    overlap: bool = False,
) -> Row:
    """Give a session to another host of its clinic (a public id), at the same time; the client is associated with them
    (A-05). For schedulers. Raises as `reschedule` does."""
    session = await hold(connection, actor, public_id, may_reassign, sequence)
    check_reason(reason)
    host_id = await requests.host_of_clinic(connection, session["clinic_id"], host)
    if host_id == session["host_id"]:
        raise Invalid("This provider has the session already. Select another one.", field="host")
    time = Time(session["starts_at"], session["ends_at"])
    await booking.lock(connection, [session["host_id"], host_id], session)
    override = await booking.is_override(connection, host_id, time, overlap and session["allow_override"])
    changed = await _change(connection, session, host_id, time, override, reason)
    await admissions.put_out(
        connection, session["id"], session["host_id"], actor.account_id, "Another provider has this session now."
    )
    hosts = {"from": session["host_id"], "to": host_id, "override": override}
    await audit.record(connection, actor, "reassign", "session", session["id"], hosts)
    await requests.associate(connection, session["id"])
    await notices.reassigned(connection, actor, session["id"], session["host_email"])
    await offers.freed(connection, actor, session)
    return changed


async def cancel(
    connection: Connection, actor: Actor, public_id: str, reason: str, sequence: int | None = None
) -> None:
    """Call a session off. Its client may too, and need not say why, as long as the clinic gives them (`TooLate`).
    Raises as `reschedule` does."""
    session = await hold(connection, actor, public_id, may_cancel, sequence)
    arranges = may_arrange(actor, session)
    if not arranges and not session["client_may_cancel"]:
        raise TooLate("cancel", session["contact"])
    check_reason(reason, needed=arranges)
    await booking.lock(connection, [session["host_id"]], session)
    await queries.cancel(connection, id=session["id"], reason=reason.strip())
    await admissions.put_out(connection, session["id"], None, actor.account_id, "The session was cancelled.")
    await audit.record(connection, actor, "cancel", "session", session["id"])
    await notices.cancelled(connection, actor, session["id"])
    await offers.freed(connection, actor, session)


async def undo_no_show(connection: Connection, actor: Actor, public_id: str) -> None:
    """The host takes back, within a day of the session's end, that nobody came. Twice is once.

    Raises `NotFound` for anybody but the host; `HostBusy` or `ClientBusy` where the time was given away meanwhile;
    `NotNow`.
    """
    await queries.hold(connection, public_id=public_id)
    session = await queries.find(connection, public_id=public_id, actor_id=actor.account_id)
    if session is None:
        raise NotFound
    require(may_host(actor, session))
    if session["state"] in ("scheduled", "in_progress"):
        return
    if not session["restorable"]:
        raise NotNow("This can be taken back within a day of the session only.")
    await booking.lock(connection, [session["host_id"]], session)
    time = Time(session["starts_at"], session["ends_at"])
    await booking.is_override(connection, session["host_id"], time, session["override"], session["id"])
    with in_nobodys_way():
        await queries.restore(connection, id=session["id"])
    await audit.record(connection, actor, "undo_no_show", "session", session["id"])


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The session as those who may arrange it see it: times, people, `changeable`, `allow_override`. Raises
    `NotFound`."""
    return await seen_by(connection, actor, public_id, may_arrange)


async def seen_by(connection: Connection, actor: Actor, public_id: str, allowed: Callable[[Actor, Row], bool]) -> Row:
    """The same for whoever has another right to it. Raises `NotFound`."""
    session = await queries.find(connection, public_id=public_id, actor_id=actor.account_id)
    if session is None:
        raise NotFound
    require(allowed(actor, session))
    return session


async def history(connection: Connection, session: Row) -> list[Row]:
    """What happened to the session and its request, oldest first: at, verb, by_name (None: the house), and of a change
    from_host, to_host, from_time, to_time, override."""
    return await queries.history(connection, session_id=session["id"], request_id=session["request_id"])


async def other_hosts(connection: Connection, session: Row) -> list[Row]:
    """Who else could have it: public_id, name, and whether they are `free` at its time."""
    return await queries.other_hosts(connection, session_id=session["id"])


async def to_come(connection: Connection, actor: Actor, host: str | None) -> list[Row]:
    """The coming sessions of the clinics that a scheduler serves, soonest first; `host` (a public id) chooses."""
    return await queries.to_come(connection, actor_id=actor.account_id, host=host)


async def hosts_of(connection: Connection, actor: Actor) -> list[Row]:
    """The hosts of the clinics that a scheduler serves: public_id, name."""
    return await queries.hosts_of(connection, actor_id=actor.account_id)


async def time_zone(connection: Connection) -> str:
    """The organization's zone: its days are the days of the list."""
    return await queries.time_zone(connection)


async def hold(
    connection: Connection,
    actor: Actor,
    public_id: str,
    allowed: Callable[[Actor, Row], bool],
    sequence: int | None,
) -> Row:
    """The session under its row's lock, if the actor may and it is still to come. Raises `NotFound`, `NotNow`,
    `Changed`."""
    await queries.hold(connection, public_id=public_id)
    session = await seen_by(connection, actor, public_id, allowed)
    if not session["changeable"]:
        raise NotNow
    if sequence is not None and sequence != session["sequence"]:
        raise Changed
    return session


def check_reason(reason: str, needed: bool = True) -> None:
    if needed and not reason.strip():
        raise Invalid("Please say why: everybody concerned is told.", field="reason")
    if len(reason) > longest_reason:
        raise Invalid(f"Please keep the reason under {longest_reason} characters.", field="reason")


async def _change(connection: Connection, session: Row, host_id: int, time: Time, override: bool, reason: str) -> Row:
    with in_nobodys_way():
        return await queries.change(
            connection,
            id=session["id"],
            host_id=host_id,
            starts_at=time.starts_at,
            ends_at=time.ends_at,
            override=override,
            reason=reason.strip(),
        )
