"""What a committed change touches: the requests that look different, and the people whose own pages do.

A hint names a row (schema.sql: announce); these read who shows it. Hosts' agendas touch rows that nobody changed:
when a session is booked, moved or cancelled, every pending request near it counts anew (R-099, A-27).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

Ids = Collection[int]


@dataclass(frozen=True)
class Hints:
    """Inner keys of what changed; `agendas` and `accounts` are people, `near` requests that only the clock touched."""

    requests: Ids = ()
    near: Ids = ()
    sessions: Ids = ()
    admissions: Ids = ()
    agendas: Ids = ()
    clinics: Ids = ()
    accounts: Ids = ()


async def requests(connection: Connection, hints: Hints) -> list[int]:
    """The requests to read again: those that changed themselves first, then those that may look different."""
    if not (hints.sessions or hints.agendas or hints.clinics or hints.accounts):
        return list(hints.requests)
    rows = await queries.requests(
        connection,
        requests=list(hints.requests),
        sessions=list(hints.sessions),
        agendas=list(hints.agendas),
        clinics=list(hints.clinics),
        accounts=list(hints.accounts),
    )
    return [row["id"] for row in rows]


async def people(connection: Connection, hints: Hints) -> list[int]:
    """The accounts whose own pages show any of it."""
    rows = await queries.people(
        connection,
        requests=[*hints.requests, *hints.near],
        sessions=list(hints.sessions),
        admissions=list(hints.admissions),
        clinics=list(hints.clinics),
        accounts=[*hints.accounts, *hints.agendas],
    )
    return [row["account_id"] for row in rows]


async def clinics_of_providers(connection: Connection, hints: Hints) -> list[Row]:
    """The clinics (`id`, `public_id`) whose providers may look different in an Assign dialog whose request itself is
    not touched, since it names another host."""
    if not (hints.clinics or hints.accounts or hints.agendas):
        return []
    return await queries.clinics_of_providers(
        connection, clinics=list(hints.clinics), accounts=[*hints.accounts, *hints.agendas]
    )


async def by_the_clock(connection: Connection, since: datetime | None) -> tuple[list[int], datetime]:
    """The pending requests that may look different since that instant only because time went by (A-26), and the instant
    until which that holds: begin there the next time. Without a beginning, those of the last minute."""
    until = await queries.now(connection)
    rows = await queries.by_the_clock(connection, since=since or until - timedelta(minutes=1), until=until)
    return [row["id"] for row in rows], until
