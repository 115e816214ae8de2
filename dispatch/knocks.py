"""Knocks: who waits at a host's doors, for every page of that host. Nobody else is told (R-016, R-017)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from dispatch.touched import Hints
from people.access import Actor, may_see_knocks, require
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Knock:
    """One waiting person; `admission` and `session` are public ids. A higher `epoch` is a fresh knock. The door closes
    in `closes_in_ms`: from then on nobody waits there."""

    admission: str
    epoch: int
    name: str
    session: str
    service: str
    waited_ms: int
    closes_in_ms: int


@dataclass(frozen=True)
class Knocks:
    """All knocks at a host's doors, longest first. Read at `read_at`, in microseconds: the newest counts."""

    read_at: int
    knocks: tuple[Knock, ...]


async def of_actor(connection: Connection, actor: Actor) -> Knocks:
    """The knocks at one's own doors. Raises `NotFound` for anybody but a host."""
    require(may_see_knocks(actor))
    return (await of_hosts(connection, [actor.account_id]))[actor.account_id]


async def of_hosts(connection: Connection, hosts: Collection[int]) -> dict[int, Knocks]:
    """The knocks of each of these hosts, by account."""
    rows = await queries.of_hosts(connection, hosts=list(hosts))
    return {host: _knocks(list(own)) for host, own in groupby(rows, lambda row: row["host_id"])}


async def hosts(connection: Connection, hints: Hints) -> set[int]:
    """The accounts of the hosts at whose doors somebody may have come or gone with these changes."""
    if not (hints.sessions or hints.admissions or hints.agendas):
        return set()
    rows = await queries.hosts(
        connection, sessions=list(hints.sessions), admissions=list(hints.admissions), agendas=list(hints.agendas)
    )
    return {row["host_id"] for row in rows}


def _knocks(rows: Iterable[Row]) -> Knocks:
    known = list(rows)
    return Knocks(known[0]["read_at"], tuple(_knock(row) for row in known if row["admission"] is not None))


def _knock(row: Row) -> Knock:
    return Knock(
        admission=row["admission"],
        epoch=row["epoch"],
        name=row["name"],
        session=row["session"],
        service=row["service_name"],
        waited_ms=max(0, round(row["waited_seconds"] * 1000)),
        closes_in_ms=round(row["closes_in_seconds"] * 1000),
    )
