"""Who is there, and when (R-070, R-098, A-10): for a request that waits, and for people who look for a time.

Hours of one host are worked out by `open_hours` in schema.sql; dispatch/hours.py writes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dispatch.errors import NotFound
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

longest_look = timedelta(days=62)
"""Free times are worked out for at most so long at once, however far the question reaches."""


@dataclass(frozen=True)
class FreeTime:
    """A visit may begin then; `hosts` are the public ids of those who could take it, by name."""

    starts_at: datetime
    hosts: tuple[str, ...]


async def of_request(connection: Connection, request_id: int) -> list[Row]:
    """For every host of the request's clinic and every requested time: `host_id`, `rank` (0: now), `available`
    (R-098) and `free` (no session then). A time that has passed is not available."""
    return await queries.of_request(connection, request_id=request_id)


async def free_times(
    connection: Connection, clinic: str, service: str, host: str | None, since: datetime, until: datetime
) -> list[FreeTime]:
    """When a visit of that service may begin, on the quarter hours of [since, until); ids are public, `host` None
    means anyone.

    A host offers a time if the visit lies wholly in their open hours, is far enough from their other sessions and from
    times that are held for the waitlist (buffers), not too soon (minimum notice) and not too far away (horizon). Those
    whose requests are switched off offer none (A-25). Raises `NotFound` for a service that the clinic does not offer.
    """
    asked = await queries.service(connection, clinic=clinic, service=service)
    if asked is None:
        raise NotFound
    return await times_for(connection, asked["clinic_id"], asked["duration"], host, since, until)


async def times_for(
    connection: Connection,
    clinic_id: int,
    duration: timedelta,
    host: str | None,
    since: datetime,
    until: datetime,
    besides: int | None = None,
) -> list[FreeTime]:
    """The same for a duration; `besides` is the key of a session that is to move, and stands in its own way no more."""
    rows = await queries.free_times(
        connection,
        clinic_id=clinic_id,
        duration=duration,
        host=host,
        since=since,
        until=min(until, since + longest_look),
        besides=besides,
    )
    return [FreeTime(row["starts_at"], tuple(row["hosts"])) for row in rows]


async def fits(
    connection: Connection,
    host_id: int,
    starts_at: datetime,
    duration: timedelta,
) -> bool:
    """Whether a host (inner key) offers that very instant, by the rules of `free_times`, on a quarter hour or not."""
    return bool(await queries.fits(connection, host_id=host_id, starts_at=starts_at, duration=duration, besides=None))


async def offers(
    connection: Connection, clinic: str, service: str, host: str | None, times: Sequence[datetime]
) -> list[bool]:
    """For each time whether a visit may begin then, by the same rules as `free_times`."""
    found = []
    for time in times:
        free = await free_times(connection, clinic, service, host, time, time + timedelta(minutes=1))
        found.append(any(each.starts_at == time for each in free))
    return found


async def available_now(connection: Connection, clinic_id: int, duration: timedelta) -> list[Row]:
    """The hosts (public_id, name) who could take a visit of that duration at once. In a clinic with calendars only
    those who want no notice."""
    return await queries.available_now(connection, clinic_id=clinic_id, duration=duration)


async def now(connection: Connection) -> datetime:
    """The database's time."""
    return await queries.now(connection)


async def today(connection: Connection, zone: str) -> date:
    """The day that a calendar in that zone shows."""
    return await queries.today(connection, zone=zone)
