"""Booking: nobody is in two sessions at once, save where a clinic lets a host's overlap on purpose (A-08).

Every booking and every move takes the advisory locks of its people first, hosts before clients and each in the order of
their keys, so that no two wait for each other. Under the host's lock it looks at all of the host's sessions, overrides
included; the exclusion constraints of schema.sql stay the last guard.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from dispatch.errors import ClientBusy, HostBusy, Invalid
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Time:
    """A session's time, half open: it does not overlap one that begins when it ends."""

    starts_at: datetime
    ends_at: datetime


async def book(connection: Connection, request: Row, host_id: int, rank: int | None, overlap: bool) -> Row:
    """Book the session of an accepted request: at the requested time of that rank, or from now on (A-26).

    `overlap` books over another session of the host's, if the clinic allows it. Raises `HostBusy`, `ClientBusy`, or
    `Invalid` for a rank that was not requested or has passed. Returns id, public_id, starts_at, ends_at, override.
    """
    await lock(connection, [host_id], request)
    chosen = await queries.chosen(connection, request_id=request["id"], rank=rank)
    if chosen is None:
        raise Invalid("Choose one of the requested times that has not passed.", field="time")
    time = Time(chosen["starts_at"], chosen["ends_at"])
    override = await is_override(connection, host_id, time, overlap and request["allow_override"])
    with in_nobodys_way():
        return await queries.book(
            connection,
            request_id=request["id"],
            host_id=host_id,
            client_id=request["client_id"],
            starts_at=time.starts_at,
            ends_at=time.ends_at,
            override=override,
        )


async def lock(connection: Connection, host_ids: Iterable[int], people: Row) -> None:
    """Take the locks of these hosts, and of the client and visitor that `people` names, until the transaction ends."""
    for host_id in sorted(set(host_ids)):
        await queries.lock_host(connection, host_id=host_id)
    await queries.lock_client(connection, client_id=people["client_id"], visitor_id=people["visitor_id"])


async def is_override(
    connection: Connection, host_id: int, time: Time, allowed: bool, besides: int | None = None
) -> bool:
    """Whether this time overlaps another session of the host's (`besides` is the one that moves), which must then be
    wanted and `allowed`: else raises `HostBusy`. To be asked under the host's lock."""
    overlaps = await queries.overlaps(
        connection, host_id=host_id, starts_at=time.starts_at, ends_at=time.ends_at, besides=besides
    )
    if overlaps and not allowed:
        raise HostBusy
    return bool(overlaps)


def in_nobodys_way() -> AbstractContextManager[None]:
    """The exclusion constraints by the trade's names."""
    return refusing(host_is_free=HostBusy, client_is_free=ClientBusy, visitor_is_free=ClientBusy)
