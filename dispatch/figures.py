"""Today in figures: how long the queue was, and how long people waited for a decision.

Today is the organization's, on its own wall clock. A decision is in time if it came before its clinic's limit (A-09:
five minutes, or what the clinic says). What expired was decided by nobody and counts as late; what was withdrawn is
neither.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from people.access import Actor
from records.database import Connection
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Figures:
    """Times in seconds; None where nothing was decided yet. `queue` holds (seconds since 1970, pending), of each
    minute in which it changed, from midnight until now."""

    queue: Sequence[tuple[int, int]]
    decided: int
    median_s: float | None
    p90_s: float | None
    share_in_time: float | None
    pending: int
    red: int


async def today(connection: Connection, actor: Actor, clinic_ids: Collection[int]) -> Figures:
    """The figures of these clinics together."""
    scope = {"organization_id": actor.organization_id, "clinic_ids": list(clinic_ids)}
    (told,) = await queries.today(connection, **scope)
    queue = [(row["at_s"], row["pending"]) for row in await queries.queue(connection, **scope)]
    queue.append((told["now_s"], told["pending"]))
    return Figures(
        queue=queue,
        decided=told["decided"],
        median_s=told["median_s"],
        p90_s=told["p90_s"],
        share_in_time=told["share_in_time"],
        pending=told["pending"],
        red=told["red"],
    )
