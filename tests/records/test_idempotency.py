"""What is sent twice happens once."""

import asyncio
from typing import Any

import pytest

from people.access import Actor
from records.database import Connection, Database
from records.idempotency import KeyReused, once
from tests.support import actor


async def _act(database: Database, who: Actor, key: str | None, verb: str = "count", fail: bool = False) -> Any:
    async with database.transaction(who) as connection:

        async def work() -> dict[str, int]:
            await connection.execute("UPDATE organization SET last_request_number = last_request_number + 1")
            if fail:
                raise ZeroDivisionError
            return {"number": await connection.fetchval("SELECT last_request_number FROM organization")}

        return await once(connection, who, key, verb, work)


async def test_a_repeat_gets_the_first_answer_and_changes_nothing(database: Database, owner: Connection) -> None:
    who = await actor(database, "chloe")
    assert await _act(database, who, "a-key-of-mine") == {"number": 1}
    assert await _act(database, who, "a-key-of-mine") == {"number": 1}
    assert await _act(database, who, "another-key") == {"number": 2}
    assert await _act(database, who, None) == {"number": 3}


async def test_twins_at_the_same_moment_happen_once(database: Database) -> None:
    who = await actor(database, "chloe")
    answers = await asyncio.gather(*(_act(database, who, "a-key-of-mine") for _ in range(8)))
    assert answers == [{"number": 1}] * 8


async def test_keys_of_two_people_do_not_meet(database: Database) -> None:
    chloe, david = await actor(database, "chloe"), await actor(database, "david")
    assert await _act(database, chloe, "the-same-key") == {"number": 1}
    assert await _act(database, david, "the-same-key") == {"number": 2}


async def test_what_failed_may_be_tried_again_with_its_key(database: Database) -> None:
    who = await actor(database, "chloe")
    with pytest.raises(ZeroDivisionError):
        await _act(database, who, "a-key-of-mine", fail=True)
    assert await _act(database, who, "a-key-of-mine") == {"number": 1}


async def test_a_key_of_another_verb_is_refused(database: Database) -> None:
    who = await actor(database, "chloe")
    await _act(database, who, "a-key-of-mine")
    with pytest.raises(KeyReused):
        await _act(database, who, "a-key-of-mine", verb="other")
