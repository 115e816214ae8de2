"""The sessions of one client's file, as those see them who keep it."""

from typing import Any

from people.access import Actor, may_arrange, may_know_session
from records.database import Connection
from records.queries import beside

queries = beside(__file__)

most_shown = 25


async def of_client(connection: Connection, actor: Actor, client_id: int) -> list[dict[str, Any]]:
    """Those to come, then the newest past ones; the caller has made sure that the actor may see the file (inner key).
    `known` says whether the actor may know more of it than when it is, `manages` whether its page opens for them."""
    rows = await queries.of_client(connection, client_id=client_id, actor_id=actor.account_id, most=most_shown)
    return [{**row, "known": may_know_session(actor, row), "manages": may_arrange(actor, row)} for row in rows]
