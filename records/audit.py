"""Who did what. Lines are added inside the transaction that they tell of; the database refuses to change or
remove one.
"""

from typing import Any

from records.database import Connection, Tenant
from records.queries import beside

queries = beside(__file__)


async def record(
    connection: Connection,
    actor: Tenant,
    verb: str,
    noun: str,
    noun_id: int,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one line, e.g. `record(connection, actor, "accept", "request", 7)`. Details hold keys and times,
    never texts.
    """
    account_id = getattr(actor, "account_id", None)
    await queries.add_line(
        connection,
        organization_id=actor.organization_id,
        account_id=account_id,
        verb=verb,
        noun=noun,
        noun_id=noun_id,
        details=details or {},
    )


async def last_writer(connection: Connection, noun: str, noun_id: int) -> str | None:
    """The name of the person who last changed this row."""
    return await queries.last_writer(connection, noun=noun, noun_id=noun_id)
