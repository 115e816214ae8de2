"""A client books or moves a session by choosing a free time of a practitioner of theirs (R-078, R-122).

Where service and practitioner say so, the house accepts at once: the same request, checks, constraint and letters as
everywhere (A-16). Else it is an ordinary request that waits for its answer. Whether the time is free is asked under the
host's lock, so of two who choose it at once one is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dispatch import asking, availability, booking, changes, requests, self_scheduling
from dispatch.asking import Ask
from dispatch.booking import Time
from dispatch.errors import AlreadyAsked, Taken, TooLate
from people.access import Actor, may_move_own, require
from records.database import Connection, House, Row
from records.queries import beside

queries = beside(__file__)

most_to_come = 5
"""So many sessions with one host a client may have ahead and still book another without being asked."""


@dataclass(frozen=True)
class Choice:
    """A time of a practitioner's for a service, by public ids; note and answers are to the clinic's form."""

    host: str
    service: str
    starts_at: datetime
    note: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Chosen:
    """What came of it: a session, or a request that waits (public ids)."""

    session: str | None
    request: str


async def choose(connection: Connection, actor: Actor, wanted: Choice) -> Chosen:
    """Book, or ask. Raises `NotFound` where the client may not choose times, `Taken`, `ClientBusy`, `AlreadyAsked` (for
    whoever has enough booked, too), `Closed`, `Invalid` with its field; then nothing is changed."""
    choice = await self_scheduling.choice(connection, actor, wanted.host, wanted.service)
    await booking.lock(connection, [choice["host_id"]], choice)
    await _must_be_free(connection, choice, wanted.host, wanted.starts_at)
    ask = Ask(choice["clinic"], wanted.service, wanted.host, (wanted.starts_at,), wanted.note, wanted.answers)
    if not choice["instant"]:
        request = await requests.submit(connection, actor, ask)
        return Chosen(None, request["public_id"])
    await _check_number(connection, choice)
    request = await requests.store(connection, actor, ask.kind, ask.times, await asking.offer(connection, ask))
    await requests.note_submitted(connection, actor, request["id"])
    found = await requests.find(connection, actor, request["public_id"])
    session = await requests.settle(connection, House(actor.organization_id), found, choice["host_id"], 1)
    return Chosen(session["public_id"], request["public_id"])


async def movable(connection: Connection, actor: Actor, public_id: str) -> Row:
    """A session that its client may move, with what the page needs. Raises `NotFound`, `TooLate`."""
    session = await changes.seen_by(connection, actor, public_id, may_move_own)
    require(session["changeable"])
    _in_time(session)
    return session


async def move(
    connection: Connection, actor: Actor, public_id: str, starts_at: datetime, reason: str, sequence: int | None
) -> Row:
    """Move one's own session to another free time of its host, as long as it was. Raises `NotFound`, `NotNow`,
    `Changed`, `TooLate`, `Taken`, `ClientBusy`, `Invalid`; then nothing is changed."""
    session = await changes.hold(connection, actor, public_id, may_move_own, sequence)
    changes.check_reason(reason, needed=False)
    _in_time(session)
    await booking.lock(connection, [session["host_id"]], session)
    time = Time(starts_at, starts_at + (session["ends_at"] - session["starts_at"]))
    free = await free_times(connection, session, starts_at, starts_at + timedelta(minutes=1))
    if starts_at == session["starts_at"] or starts_at not in free:
        raise Taken
    return await changes.put_at(connection, actor, session, time, False, reason)


async def free_times(connection: Connection, session: Row, since: datetime, until: datetime) -> list[datetime]:
    """To which instants of [since, until) a session may move."""
    lasts = session["ends_at"] - session["starts_at"]
    clinic, host = session["clinic_id"], session["host"]
    found = await availability.times_for(connection, clinic, lasts, host, since, until, session["id"])
    return [each.starts_at for each in found if each.starts_at != session["starts_at"]]


def _in_time(session: Row) -> None:
    if not session["client_may_move"]:
        raise TooLate("move", session["contact"])


async def _must_be_free(connection: Connection, choice: Row, host: str, starts_at: datetime) -> None:
    until = starts_at + timedelta(minutes=1)
    free = await availability.times_for(connection, choice["clinic_id"], choice["duration"], host, starts_at, until)
    if starts_at not in [each.starts_at for each in free]:
        raise Taken


async def _check_number(connection: Connection, choice: Row) -> None:
    """A calendar is not filled by one client."""
    keys = {"client_id": choice["client_id"], "host_id": choice["host_id"]}
    if await queries.number_to_come(connection, **keys) >= most_to_come:
        raise AlreadyAsked(
            f"You have {most_to_come} sessions with {choice['host_name']} to come. Please ask the clinic for more."
        )
