"""The outbox: a letter is posted in the transaction that it tells of, and written and sent after commit."""

from typing import Any

from records import jobs
from records.database import Connection, Row, Tenant
from records.queries import beside

queries = beside(__file__)


async def post(
    connection: Connection,
    actor: Tenant,
    kind: str,
    recipients: list[str],
    about_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Post a letter of one kind (web/letters.py) to each address, once each, save to those who do not want that kind
    (`account.unwanted_mail`); a job "send_mail" follows the commit.

    `about_id` is the request or session that it tells of. `details` hold what must be said as it is now, and secrets:
    they are emptied once the letter is sent.
    """
    posted = await queries.post(
        connection,
        organization_id=actor.organization_id,
        kind=kind,
        recipients=list(dict.fromkeys(recipients)),
        about_id=about_id,
        details=details or {},
    )
    await jobs.enqueue(connection, "send_mail", *(row["id"] for row in posted))


async def organization_of(connection: Connection, mail_id: int) -> int | None:
    """Whose letter it is; asked with the system role, which has no tenant yet."""
    return await queries.organization_of(connection, id=mail_id)


async def unsent(connection: Connection, mail_id: int) -> Row | None:
    """The letter; None if it was sent already. Two workers may still both send it: at least once, one Message-ID."""
    return await queries.unsent(connection, id=mail_id)


async def write(
    connection: Connection, mail_id: int, subject: str, text: str | None, html: str | None, calendar: str | None
) -> None:
    """Keep what the letter says; for one that bears a secret, nothing but its subject."""
    await queries.write(connection, id=mail_id, subject=subject, text=text, html=html, calendar=calendar)


async def mark_sent(connection: Connection, mail_id: int) -> None:
    await queries.mark_sent(connection, id=mail_id)


async def recipients(connection: Connection, kind: str, about_id: int) -> list[str]:
    """Who was written to of this: so that they can be told what became of it."""
    return [row["recipient"] for row in await queries.recipients(connection, kind=kind, about_id=about_id)]


async def newest(connection: Connection, limit: int = 100) -> list[Row]:
    """What was sent of late, newest first: the demo mailbox (system role)."""
    return await queries.newest(connection, limit=limit)
