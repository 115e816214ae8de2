"""Which server process owns a session's live room: a lease with a term that rises with every change of owner.

With one process the lease is always ours; the rule stands all the same, so that an order of an older owner is refused.
"""

from datetime import timedelta

from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

lease = timedelta(seconds=15)


async def claim(connection: Connection, session_id: int, node: str) -> int | None:
    """Take or renew the room for `node` (its NODE_URL); return the term, or None while another node's lease runs."""
    return await queries.claim(connection, session_id=session_id, node=node, lease=lease)


async def owner(connection: Connection, session_id: int) -> Row | None:
    """node, term and whether the lease still runs (`current`)."""
    return await queries.owner(connection, session_id=session_id)
