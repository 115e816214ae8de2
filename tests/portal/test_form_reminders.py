"""Who leaves forms undone is reminded each three days, three times, once each also with two servers."""

import asyncio

import pytest

from people.access import Actor
from portal import filling, intakes
from portal.form_reminders import FormReminders
from records.database import Connection, Database
from tests.portal.intake_people import published, send
from tests.support import actor


@pytest.fixture
async def sent(database: Database, chloe: Actor) -> list[str]:
    """Two forms that Chloe has before her."""
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        forms = [await published(connection, olivia, name) for name in ("First", "Second")]
        return await send(connection, olivia, chloe, *forms)


async def pass_days(owner: Connection, days: int) -> None:
    """All that was sent and reminded lies so much longer back."""
    await owner.execute(
        "UPDATE intake SET sent_at = sent_at - $1::int * interval '1 day', "
        "reminded_at = reminded_at - $1::int * interval '1 day'",
        days,
    )


async def reminders(owner: Connection) -> list[str]:
    rows = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'form_reminder'")
    return [row["recipient"] for row in rows]


async def test_r145_a_client_is_reminded_each_three_days_and_three_times_at_most_by_one_mail_for_all(
    database: Database, owner: Connection, sent: list[str]
) -> None:
    sweep = FormReminders(database).sweep
    told = []
    for days in (2, 1, 1, 2, 3, 3, 30):
        await pass_days(owner, days)
        await sweep()
        await sweep()
        told.append(len(await reminders(owner)))
    assert told == [0, 1, 1, 2, 3, 3, 3]
    assert set(await reminders(owner)) == {"chloe@harbor.example"}


async def test_r145_two_servers_remind_once(
    database: Database, second: Database, owner: Connection, sent: list[str]
) -> None:
    await pass_days(owner, 4)
    await asyncio.gather(*(FormReminders(one).sweep() for one in (database, second) * 3))
    assert len(await reminders(owner)) == 1


async def test_r145_nobody_is_reminded_of_what_is_done_switched_off_or_not_wanted(
    database: Database, owner: Connection, chloe: Actor, sent: list[str]
) -> None:
    sweep = FormReminders(database).sweep
    await pass_days(owner, 4)
    await owner.execute("UPDATE organization SET portal_forms = false")
    await sweep()
    await owner.execute("UPDATE organization SET portal_forms = true")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE id = $1", chloe.account_id)
    await sweep()
    await owner.execute(
        "UPDATE account SET state = 'active', unwanted_mail = '{form_reminder}' WHERE id = $1", chloe.account_id
    )
    await sweep()
    assert await reminders(owner) == []
    await owner.execute("UPDATE account SET unwanted_mail = '{}' WHERE id = $1", chloe.account_id)
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        for intake in sent:
            await intakes.withdraw(connection, olivia, intake)
    await pass_days(owner, 4)
    await sweep()
    assert await reminders(owner) == []


async def test_a_letter_is_not_written_when_no_form_waits_any_more(
    database: Database, chloe: Actor, sent: list[str]
) -> None:
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        client = await connection.fetchval("SELECT id FROM client WHERE account_id = $1", chloe.account_id)
        waiting = await filling.waiting(connection, client)
        assert waiting is not None and waiting["count"] == 2
        for intake in sent:
            await intakes.withdraw(connection, olivia, intake)
        assert await filling.waiting(connection, client) is None
