"""What nobody needs any more is removed: rows that have ended, and the job queue's own log."""

import structlog

from records.database import Connection
from records.queries import beside

log = structlog.get_logger()
queries = beside(__file__)


KINDS = (
    "sign_ins",
    "answers",
    "password_resets",
    "email_changes",
    "passkey_challenges",
    "email_codes",
    "registrations",
    "setup_links",
    "job_log",
)
batch = 10_000


async def purge(connection: Connection) -> dict[str, int]:
    """Remove (system role) up to `batch` rows of each kind, unless another process does it at this moment; return how
    many."""
    if not await queries.take_turn(connection):
        return {}
    return {name: await getattr(queries, name)(connection, limit=batch) for name in KINDS}


async def chore(connection: Connection) -> bool:
    """`purge`, and whether there may be more."""
    removed = await purge(connection)
    if any(removed.values()):
        log.info("purge.done", **removed)
    return batch in removed.values()
