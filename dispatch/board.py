"""The board's read side: pending requests as a scheduler sees them, oldest first, and what was decided of late.

A row bears `read_at`, the database's time at which it was read, in microseconds. A browser keeps the newest it
has seen.
Every commit is followed by a read that started later, so all boards end equal whatever the order of arrival:
snapshot at t0 + events applied = snapshot at t1.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from people.access import Actor, may_see_board, require
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

most_decided = 200
"""The lane holds the last 24 hours, and of a very busy day its newest decisions."""

BoardRow = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """A scheduler's board at one moment; `read_at` in microseconds of database time.

    `rows` are pending, oldest first (R-092); `decided` newest first. `clinics` are those that the scheduler
    serves, each with `id`, `public_id`, `name` and whether it is `shown` (R-093).
    """

    rows: Sequence[BoardRow]
    decided: Sequence[BoardRow]
    read_at: int
    clinics: Sequence[Row]

    @property
    def filtered(self) -> bool:
        return not all(clinic["shown"] for clinic in self.clinics)


async def snapshot(connection: Connection, actor: Actor) -> Snapshot:
    """The requests of every clinic that the scheduler serves and chose to see (R-014, R-093). Raises `NotFound`."""
    clinics = await served(connection, actor)
    read_at = await queries.read_at(connection)
    found = await queries.whole(connection, clinic_ids=shown_ids(clinics), most_decided=most_decided)
    rows = [_row(record) for record in found]
    pending = [row for row in rows if row["state"] == "pending"]
    decided = [row for row in rows if row["state"] != "pending"]
    return Snapshot(pending, sorted(decided, key=_newest_decision_first), read_at, clinics)


def _newest_decision_first(row: BoardRow) -> tuple[float, int]:
    return -row["decided_at"].timestamp(), -row["number"]


async def served(connection: Connection, actor: Actor) -> list[Row]:
    """The scheduler's clinics by name: id, public_id, name, shown. Raises `NotFound` for who has no board."""
    require(may_see_board(actor))
    return await queries.clinics(connection, account_id=actor.account_id)


async def listened(connection: Connection, actor: Actor) -> list[int]:
    """The inner keys of the clinics that the account schedules at this moment, whatever the actor's roles were when
    they were read. Chosen or not: what is not shown is filtered by the page."""
    return [row["clinic_id"] for row in await queries.listened(connection, account_id=actor.account_id)]


async def listeners(connection: Connection) -> dict[int, frozenset[int]]:
    """What `listened` says for every account of the organization that schedules anything."""
    return {row["account_id"]: frozenset(row["clinic_ids"]) for row in await queries.listeners(connection)}


def shown_ids(clinics: Sequence[Row]) -> list[int]:
    return [clinic["id"] for clinic in clinics if clinic["shown"]]


async def choose(connection: Connection, actor: Actor, clinics: Collection[str]) -> None:
    """Remember which clinics, by public id, the scheduler wants to see (R-093); none of them means all.

    Those that they do not serve are left out, as if there were none of that name. Raises `NotFound`.
    """
    known = {clinic["public_id"]: clinic["id"] for clinic in await served(connection, actor)}
    chosen = sorted(known[clinic] for clinic in set(clinics) & known.keys())
    await queries.choose(
        connection, account_id=actor.account_id, organization_id=actor.organization_id, clinic_ids=chosen
    )


async def rows_touched_by(connection: Connection, request_ids: Sequence[int]) -> list[BoardRow]:
    """The rows of these requests whatever their state, read afresh; those no longer pending leave the board."""
    return [_row(record) for record in await queries.rows_by_id(connection, ids=list(request_ids))]


def _row(record: Row) -> BoardRow:
    """`near` with instants, as `times` has them; [] for a request that is decided."""
    near = [time | {"starts_at": datetime.fromisoformat(time["starts_at"])} for time in record["near"] or []]
    return {**record, "near": near}
