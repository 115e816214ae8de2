"""Who is here, and who was: a page that is open, and the record of every stay.

A person's page is held to be open for `lease` longer than it was last known to be (`admission.here_until`): the process
that serves the room says so every few seconds, and says at once when it sees somebody gone. Whoever is away for longer
than `away_limit` has left, and knocks again; until then a return needs no second knock.
"""

from collections.abc import Collection
from datetime import timedelta

from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

lease = timedelta(seconds=15)
away_limit = timedelta(minutes=10)


async def keep_here(connection: Connection, session_id: int, account_ids: Collection[int]) -> None:
    """These people's pages are open."""
    await queries.keep_here(connection, session_id=session_id, account_ids=list(account_ids), lease=lease)


async def come_back(connection: Connection, session_id: int, account_id: int) -> None:
    """Somebody opened the page, perhaps again; whoever it concerns hears of a return."""
    await queries.come_back(connection, session_id=session_id, account_id=account_id, lease=lease)
    await keep_here(connection, session_id, [account_id])


async def go(connection: Connection, session_id: int, account_id: int) -> None:
    """Somebody's page was closed or cut off. Their right stays for `away_limit`."""
    await queries.go(connection, session_id=session_id, account_id=account_id)


async def end_absent(connection: Connection, session_id: int | None) -> None:
    """Whoever has been away for too long has left: of one session, or (None) of all that no process serves."""
    await queries.end_absent(connection, session_id=session_id, limit=away_limit)


async def of_session(connection: Connection, session_id: int) -> list[Row]:
    """Every stay, in the order of the knocks: name, as_host, knocked_at, admitted_at and _by, ended_at and _by, ending,
    by_self, waited_seconds, inside_seconds (up to now, if it goes on)."""
    return await queries.of_session(connection, session_id=session_id)
