"""The waiting room's durable rules, in reading order: knock, admit, what ends a right, and the whole visit's steps.

An admission is a row with a state and an epoch (dispatch/lifecycle.py, ADMISSION). The row comes first; the live room
follows it through the feed (signalling/gate.py), so a restart neither unlocks a door nor asks anybody to knock again.
Each verb also keeps the record of the stay (`attendance`, dispatch/attendance.py).
"""

from collections.abc import Sequence
from datetime import timedelta

from dispatch import attendance, direct_links
from dispatch.errors import DoorLocked, Invalid, NotFound, NotNow
from people.access import Actor, may_host, require
from people.errors import TooMany
from records import audit
from records.database import Connection, Row, Tenant
from records.queries import beside

queries = beside(__file__)

longest_name = 80
longest_sentence = 300
most_knocks, knocks_within = 10, timedelta(minutes=5)
"""Each knock rings at the host's, on every page of theirs."""
INSIDE = ("waiting", "admitted")
OVER = "The visit has ended."


async def knock(connection: Connection, actor: Actor, session: Row, name: str) -> Row:
    """A client asks to be let in, under a confirmed name (R-175, R-178); the host enters by their own right (R-016).

    Knocking twice is knocking once: somebody who waits or is admitted keeps that state (a reload is no second knock),
    but not after an absence that ended it. What was given to one browser with a direct link is not another's, for
    links are forwarded: it knocks for itself, and only when the first is closed.

    Raises `Invalid` for an empty or overlong name, `DoorLocked`, `TooMany`, and `NotNow` if the visit is over or
    another browser with the same link is in it.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= longest_name:
        raise Invalid(f"Please enter your name, at most {longest_name} characters.", field="name")
    own = may_host(actor, session)
    device = await direct_links.device_of(connection, actor)
    locked = await queries.share_session(connection, session_id=session["id"])
    await attendance.end_absent(connection, session["id"], (actor.account_id, device.key))
    if wait := await queries.knocks_too_often(
        connection, session_id=session["id"], account_id=actor.account_id, most=most_knocks, within=knocks_within
    ):
        raise TooMany(wait)
    knocked = await queries.knock(
        connection,
        session_id=session["id"],
        account_id=actor.account_id,
        name=name,
        as_host=own,
        by_link=device.by_link,
        device=device.key,
        other_device=device.other_device,
    )
    if knocked is not None:
        await audit.record(connection, actor, "enter" if own else "knock", "admission", knocked)
    admission = await of_account(connection, session["id"], actor.account_id)
    if admission is None or admission["state"] not in INSIDE:
        raise DoorLocked if locked else NotNow
    if admission["device"] != device.key:
        raise NotNow("The visit is open in another browser with the same link. Leave it there first.")
    return admission


async def admit(connection: Connection, actor: Actor, session: Row, admission_id: str, epoch: int | None = None) -> Row:
    """The host lets one waiting person in (R-016, R-179). `admission_id` is the public id, `epoch` that of the knock
    that the host saw: another browser with the same direct link knocks under the same admission.

    Raises `NotFound` for anybody but the host and for an admission of another session; `NotNow` if the person is not
    waiting any more or the host is not in. Admitting somebody who is already in changes nothing. Else the row names the
    `node` that serves the room, and its `term`.
    """
    await _hold(connection, actor, session)
    admitted = await _admit(connection, actor, session, admission_id, epoch)
    return admitted[0] if admitted else await _already(connection, session, admission_id, "admitted")


async def admit_all(connection: Connection, actor: Actor, session: Row) -> Sequence[Row]:
    """Let everybody in who waits and whose page is open; return their admissions. Raises as `admit` does."""
    await _hold(connection, actor, session)
    return await _admit(connection, actor, session, None, None)


async def _admit(
    connection: Connection, actor: Actor, session: Row, admission_id: str | None, epoch: int | None
) -> Sequence[Row]:
    admitted: Sequence[Row] = await queries.admit(
        connection, session_id=session["id"], public_id=admission_id, epoch=epoch, admitted_by=actor.account_id
    )
    if not admitted and not await queries.is_here(connection, session_id=session["id"], account_id=actor.account_id):
        raise NotNow("You are not in the visit just now. Nobody is let into an empty room.")
    for row in admitted:
        await audit.record(connection, actor, "admit", "admission", row["id"])
    return admitted


async def deny(
    connection: Connection,
    actor: Actor,
    session: Row,
    admission_id: str,
    sentence: str = "",
    epoch: int | None = None,
) -> Row:
    """The host does not let a waiting person in, and may say why. They may knock again. Raises as `admit` does, and
    `Invalid`."""
    return await _put(connection, actor, session, admission_id, "deny", "waiting", "denied", sentence, epoch)


async def remove(connection: Connection, actor: Actor, session: Row, admission_id: str, sentence: str = "") -> Row:
    """The host puts an admitted person out, and may say why. Coming back takes a fresh knock and a fresh admission.
    Raises as `deny` does."""
    return await _put(connection, actor, session, admission_id, "remove", "admitted", "removed", sentence)


async def send_back(connection: Connection, actor: Actor, session: Row, admission_id: str) -> Row:
    """The host sends an admitted person back to the waiting room. Raises as `admit` does."""
    return await _put(connection, actor, session, admission_id, "send_back", "admitted", "waiting", "")


async def _put(
    connection: Connection,
    actor: Actor,
    session: Row,
    admission_id: str,
    verb: str,
    was: str,
    state: str,
    sentence: str,
    epoch: int | None = None,
) -> Row:
    await _hold(connection, actor, session)
    ended = await _end_right(
        connection,
        session["id"],
        was=[was],
        state=state,
        sentence=_checked(sentence, "sentence"),
        public_id=admission_id,
        epoch=epoch,
        but=actor.account_id,
        ended_by=actor.account_id,
        ending="sent_back" if state == "waiting" else state,
    )
    if not ended:
        return await _already(connection, session, admission_id, state)
    if state == "waiting":
        await queries.wait_again(connection, id=ended[0]["id"])
    await audit.record(connection, actor, verb, "admission", ended[0]["id"])
    return ended[0]


async def message(
    connection: Connection, actor: Actor, session: Row, admission_id: str, text: str, epoch: int | None = None
) -> Row:
    """The host tells a waiting person something; the newest message replaces the one before, an empty one takes it
    back. Raises as `deny` does."""
    text = _checked(text, "text")
    await _hold(connection, actor, session)
    told = await queries.message(
        connection, session_id=session["id"], public_id=admission_id, epoch=epoch, message=text
    )
    if told is None:
        return await _already(connection, session, admission_id, "")
    await audit.record(connection, actor, "message", "admission", told["id"])
    return told


async def leave(connection: Connection, actor: Actor, session: Row) -> None:
    """Remove oneself (R-186). The epoch rises, so nothing allowed before counts any more. Leaving twice is
    leaving once.
    """
    device = await direct_links.device_of(connection, actor)
    admission = await of_account(connection, session["id"], actor.account_id)
    if admission is None or admission["device"] != device.key:
        return
    left = await _end_right(
        connection,
        session["id"],
        account_id=actor.account_id,
        epoch=admission["epoch"],
        ended_by=actor.account_id,
        ending="left",
    )
    if left:
        await audit.record(connection, actor, "leave", "admission", left[0]["id"])


async def lock(connection: Connection, actor: Actor, session: Row, locked: bool) -> None:
    """The host locks the door against new knocks, or unlocks it; who waits or is in stays. Raises as `admit` does."""
    await _hold(connection, actor, session)
    if await queries.lock(connection, session_id=session["id"], locked=locked):
        await audit.record(connection, actor, "lock" if locked else "unlock", "session", session["id"])


async def end(connection: Connection, actor: Actor, session: Row) -> None:
    """The host ends the visit: everybody is out, and the host is free for the next one. Ending twice is ending once.

    Raises `NotFound` for anybody but the host.
    """
    require(may_host(actor, session))
    ended = await queries.end_session(connection, session_id=session["id"])
    if ended is not None:
        await put_out(connection, session["id"], None, actor.account_id, OVER)
        await audit.record(connection, actor, "end", "session", session["id"])


async def close(connection: Connection, house: Tenant, session: Row) -> None:
    """The session's time is over and its host is not in it (dispatch/closing.py): whoever is there is told so, and a
    visit that took place has ended. One that did not stays `scheduled`: whether it was missed, the host says."""
    await put_out(connection, session["id"], None, None, "The time for this session is over.")
    if session["state"] == "in_progress":
        await queries.end_session(connection, session_id=session["id"])
        await audit.record(connection, house, "end", "session", session["id"])


async def no_show(connection: Connection, actor: Actor, session: Row) -> None:
    """The host notes that nobody came: from the start on, if nobody was admitted and nobody waits. Twice is once.

    Raises `NotFound` for anybody but the host; `NotNow`.
    """
    require(may_host(actor, session))
    await queries.hold_session(connection, session_id=session["id"])
    await attendance.end_absent(connection, session["id"])
    found = await queries.miss(connection, session_id=session["id"])
    if not found["unmet"]:
        if session["state"] == "no_show":
            return
        raise NotNow
    if not found["begun"]:
        raise NotNow("The session has not begun yet.")
    if found["awaited"]:
        raise NotNow("Somebody is in the waiting room: admit them, or deny them first.")
    await queries.mark_missed(connection, session_id=session["id"])
    await put_out(connection, session["id"], None, actor.account_id, OVER)
    await audit.record(connection, actor, "no_show", "session", session["id"])


async def put_out(
    connection: Connection, session_id: int, account_id: int | None, ended_by: int | None, sentence: str
) -> None:
    """One person's right, or everybody's (None), ends with the visit, or because it has another time or host.
    `sentence` tells them why; `ended_by` is an account, None for the house."""
    await _end_right(
        connection, session_id, account_id=account_id, ended_by=ended_by, sentence=sentence, ending="ended"
    )


async def _end_right(
    connection: Connection,
    session_id: int,
    *,
    was: Sequence[str] = INSIDE,
    state: str = "left",
    sentence: str = "",
    public_id: str | None = None,
    epoch: int | None = None,
    account_id: int | None = None,
    but: int | None = None,
    ended_by: int | None,
    ending: str,
) -> list[Row]:
    return await queries.end_right(
        connection,
        session_id=session_id,
        was=list(was),
        state=state,
        sentence=sentence,
        public_id=public_id,
        epoch=epoch,
        account_id=account_id,
        but=but,
        ended_by=ended_by,
        ending=ending,
    )


async def _hold(connection: Connection, actor: Actor, session: Row) -> None:
    """Only the host goes on (R-016), and only while there is a visit. The session's row before its admissions', as
    whoever moves, cancels or ends it takes them."""
    require(may_host(actor, session))
    if not await queries.hold_session(connection, session_id=session["id"]):
        raise NotNow


async def _already(connection: Connection, session: Row, admission_id: str, state: str) -> Row:
    """What was to be done is done already; or the person is elsewhere by now, and it cannot be."""
    admission = await queries.find(connection, session_id=session["id"], public_id=admission_id)
    if admission is None:
        raise NotFound
    if admission["state"] != state or admission["account_id"] == session["host_id"]:
        raise NotNow
    return admission


def _checked(text: str, field: str) -> str:
    text = text.strip()
    if len(text) > longest_sentence:
        raise Invalid(f"Please keep it under {longest_sentence} characters.", field=field)
    return text


async def of_account(connection: Connection, session_id: int, account_id: int) -> Row | None:
    """The person's admission to the session; None while they are `arriving`."""
    return await queries.of_account(connection, session_id=session_id, account_id=account_id)


async def by_id(connection: Connection, admission_id: int) -> Row | None:
    """An admission by its inner key, with the public id of its session: what the feed's hint leads to."""
    return await queries.by_id(connection, id=admission_id)


async def waiting(connection: Connection, session_id: int) -> list[Row]:
    """Who waits, longest first: public_id, name, by_link, other_device, message, waited_seconds. For the host only
    (R-017)."""
    return await queries.waiting(connection, session_id=session_id)


async def let_in(connection: Connection, session_id: int) -> list[Row]:
    """Who is admitted, besides the host, whether their page is open or not: public_id, name, relation. For the host
    only."""
    return await queries.let_in(connection, session_id=session_id)
