"""Which server process owns a session's live room: a lease with a term that rises with every change of owner.

A process that was killed keeps its rooms until their leases end; one that is stopped gives them up.
"""

from datetime import timedelta

from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

lease = timedelta(seconds=15)


async def claim(connection: Connection, session_id: int, node: str) -> int | None:
    """Take or renew the room for `node` (its NODE_URL); return the term, or None while another node's lease runs."""
    return await queries.claim(connection, session_id=session_id, node=node, lease=lease)


async def release(connection: Connection, session_id: int, node: str) -> None:
    """Give the room up before its lease ends, if it is the node's: whoever asks next takes it."""
    await queries.release(connection, session_id=session_id, node=node)


async def owner(connection: Connection, session_id: int) -> Row | None:
    """node, term and whether the lease still runs (`current`)."""
    return await queries.owner(connection, session_id=session_id)
