"""The work that returns, in a running server."""

import asyncio
from contextlib import suppress

from records import audit
from records.database import Connection, Database, Unavailable
from tests.support import actor, eventually
from tests.web.conftest import Site
from web.chores import Chore, run
from web.keys import DATABASE


async def test_a_running_server_seals_what_people_do(site: Site, owner: Connection) -> None:
    database = site.app[DATABASE]
    client = await actor(database, "chloe")
    async with database.transaction(client) as connection:
        await audit.record(connection, client, "submit", "request", 1)
    await eventually(lambda: owner.fetchval("SELECT bool_and(seal IS NOT NULL) FROM audit_line"), 15)


async def test_a_chore_that_fails_is_tried_again_and_one_that_has_more_does_not_wait(database: Database) -> None:
    outcomes = [ZeroDivisionError(), Unavailable("gone"), True, True, False]
    seen: list[object] = []

    async def work(connection: Connection) -> bool:
        outcome = outcomes[len(seen)]
        seen.append(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is False:
            chore_done.set()
        return bool(outcome)

    chore_done = asyncio.Event()
    task = asyncio.create_task(run(database, (Chore("test", 0, 0.3, work),)))
    await asyncio.wait_for(chore_done.wait(), 10)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
