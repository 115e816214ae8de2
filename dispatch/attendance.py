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

Browser = tuple[int, bytes | None]
"""An account, and what tells the browsers of its direct link apart (None: signed in)."""

lease = timedelta(seconds=15)
away_limit = timedelta(minutes=10)


async def keep_here(connection: Connection, session_id: int, browsers: Collection[Browser]) -> None:
    """These people's pages are open."""
    account_ids, devices = [account_id for account_id, _ in browsers], [device for _, device in browsers]
    await queries.keep_here(connection, session_id=session_id, account_ids=account_ids, devices=devices, lease=lease)


async def come_back(connection: Connection, session_id: int, browser: Browser) -> None:
    """Somebody opened the page, perhaps again; whoever it concerns hears of a return."""
    account_id, device = browser
    await queries.come_back(connection, session_id=session_id, account_id=account_id, device=device, lease=lease)
    await keep_here(connection, session_id, [browser])


async def go(connection: Connection, session_id: int, browser: Browser) -> None:
    """Somebody's page was closed or cut off. Their right stays for `away_limit`."""
    account_id, device = browser
    await queries.go(connection, session_id=session_id, account_id=account_id, device=device)


async def end_absent(connection: Connection, session_id: int | None, knocking: Browser | None = None) -> None:
    """Whoever has been away for too long has left: of one session, or (None) of all that no process serves. Whoever
    knocks in one browser has left any other that is closed."""
    account_id, device = knocking or (None, None)
    await queries.end_absent(connection, session_id=session_id, limit=away_limit, knocking=account_id, device=device)


async def of_session(connection: Connection, session_id: int) -> list[Row]:
    """Every stay, in the order of the knocks: name, as_host, relation, knocked_at, admitted_at and _by, ended_at and
    _by, ending, here (is the page open), waited_seconds, inside_seconds (up to now, if it goes on)."""
    return await queries.of_session(connection, session_id=session_id)
