"""The board's read side: pending requests as a scheduler sees them, oldest first.

A row bears `read_at`, the database's time at which it was read, in microseconds. A browser keeps the newest it
has seen.
Every commit is followed by a read that started later, so all boards end equal whatever the order of arrival:
snapshot at t0 + events applied = snapshot at t1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from people.access import Actor, may_see_board, require
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Snapshot:
    """All rows of some clinics at one moment; `read_at` in microseconds of database time."""

    rows: Sequence[Row]
    read_at: int


async def snapshot(connection: Connection, actor: Actor) -> Snapshot:
    """The pending requests of every clinic that the scheduler serves (R-014, R-092). Raises `NotFound` for others."""
    require(may_see_board(actor))
    read_at = await queries.read_at(connection)
    rows = await queries.pending_rows(connection, account_id=actor.account_id)
    return Snapshot(rows, read_at)


async def rows_touched_by(connection: Connection, request_ids: Sequence[int]) -> list[Row]:
    """The rows of these requests whatever their state, read afresh; those no longer pending leave the board."""
    return await queries.rows_by_id(connection, ids=list(request_ids))
