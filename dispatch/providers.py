"""Whom a request could be given to: what the Assign dialog and a host's dashboard say of each (R-095, R-098, R-099)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from dispatch import availability, conflicts
from people.access import Actor
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class TimeFor:
    """One requested time as it suits one host. `rank` is 0 for Now; `near` are the sessions within two hours of it,
    of which those with `overlaps` truly overlap (A-08)."""

    rank: int
    starts_at: datetime
    available: bool
    free: bool
    near: tuple[Row, ...]


@dataclass(frozen=True)
class Provider:
    """A host of the request's clinic. `associated` tells whether the requester is their client already (A-05);
    `assigned_at` is when they were last given a session, None if not of late."""

    id: int
    public_id: str
    name: str
    associated: bool
    assigned_at: datetime | None
    times: tuple[TimeFor, ...]
    suggested: bool = False

    @property
    def available(self) -> bool:
        """At one of the times at least (A-10)."""
        return any(time.available for time in self.times)

    @property
    def busy(self) -> list[int]:
        """The ranks of the times at which they have a session."""
        return [time.rank for time in self.times if not time.free]


async def of_request(connection: Connection, request_id: int) -> list[Provider]:
    """The clinic's hosts by name, one of them suggested: of those available the one longest without an assignment."""
    hosts = await queries.of_request(connection, request_id=request_id)
    times = await _times(connection, request_id)
    found = [_provider(host, times.get(host["id"], ())) for host in hosts]
    choice = suggestion(found)
    return [_suggested(each) if each is choice else each for each in found]


async def of_host(connection: Connection, actor: Actor, request_id: int) -> Provider | None:
    """The same of the actor alone, who hosts in the request's clinic; None if they do not any more."""
    found = await of_request(connection, request_id)
    return next((each for each in found if each.id == actor.account_id), None)


def suggestion(providers: Sequence[Provider]) -> Provider | None:
    """Whoever was never given a session of late comes first, then whose last one is longest ago; else by name."""
    there = [each for each in providers if each.available]
    return min(there, key=lambda each: (each.assigned_at is not None, each.assigned_at or 0), default=None)


async def _times(connection: Connection, request_id: int) -> dict[int, tuple[TimeFor, ...]]:
    near = {
        key: tuple(rows)
        for key, rows in groupby(
            await conflicts.of_request(connection, request_id), lambda row: (row["host_id"], row["rank"])
        )
    }
    starts = {row["rank"]: row["starts_at"] for row in await queries.times(connection, request_id=request_id)}
    found: dict[int, tuple[TimeFor, ...]] = {}
    for row in await availability.of_request(connection, request_id):
        host_id, rank = row["host_id"], row["rank"]
        time = TimeFor(rank, starts[rank], row["available"], row["free"], near.get((host_id, rank), ()))
        found[host_id] = (*found.get(host_id, ()), time)
    return found


def _provider(host: Row, times: tuple[TimeFor, ...]) -> Provider:
    return Provider(host["id"], host["public_id"], host["name"], host["associated"], host["assigned_at"], times)


def _suggested(provider: Provider) -> Provider:
    return replace(provider, suggested=True)
