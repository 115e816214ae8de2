"""Reminders a day and an hour ahead: once each, only for what still stands, and not for what was booked later."""

import asyncio

import pytest

from dispatch.reminders import Reminders
from people import profile
from records.database import Connection, Database
from tests.dispatch.choosing import booked, cancel, let_choose, letters, move, office
from tests.support import actor


async def bring_near(owner: Connection, session: str, ahead: str, booked_before: str = "10 days") -> None:
    """The session's start is so far ahead, and it was booked so long before."""
    await owner.execute(
        "UPDATE session SET starts_at = clock_now() + $2::text::interval, ends_at = clock_now() + $2::text::interval "
        "+ (ends_at - starts_at), timed_at = clock_now() - $3::text::interval WHERE public_id = $1",
        session,
        ahead,
        booked_before,
    )


async def reminded(owner: Connection) -> int:
    return len(await letters(owner, "reminder"))


async def test_a_day_and_an_hour_ahead_the_client_is_reminded_once_each(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    session = await booked(database, "chloe", office(10))
    sweep = Reminders(database).sweep
    for ahead, expected in (("30 hours", 0), ("23 hours", 1), ("20 hours", 1), ("2 hours", 1), ("59 minutes", 2)):
        # The same session comes nearer as the clock goes on: its time stays, so the row of the first reminder stands.
        await bring_near(owner, session, ahead)
        await owner.execute(
            "UPDATE reminder SET starts_at = session.starts_at FROM session WHERE session_id = session.id"
        )
        for _ in range(2):
            await sweep()
        assert await reminded(owner) == expected, ahead
    assert await letters(owner, "reminder") == [("reminder", "chloe")] * 2


async def test_two_servers_post_one_reminder(database: Database, second: Database, owner: Connection) -> None:
    await let_choose(owner)
    for hour in (9, 10, 11, 14):
        await bring_near(owner, await booked(database, "chloe", office(hour)), f"{hour + 8} hours")
    await asyncio.gather(*(Reminders(each).sweep() for each in (database, second) * 3))
    assert await reminded(owner) == 4
    assert await owner.fetchval("SELECT count(*) FROM reminder") == 4


async def test_a_server_that_dies_before_the_commit_has_posted_nothing_and_the_next_posts_it(
    database: Database, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await let_choose(owner)
    await bring_near(owner, await booked(database, "chloe", office(10)), "23 hours")

    async def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("dispatch.notices.remind", die)
        with pytest.raises(RuntimeError):
            await Reminders(database).sweep()
    assert await owner.fetchval("SELECT count(*) FROM reminder") == 0
    await Reminders(database).sweep()
    assert await reminded(owner) == 1


async def test_none_for_what_was_cancelled_moved_or_booked_inside_the_lead_nor_for_who_wants_none(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    chloe, david = await actor(database, "chloe"), await actor(database, "david")
    cancelled = await booked(database, "chloe", office(9))
    moved = await booked(database, "chloe", office(10))
    late = await booked(database, "chloe", office(11))
    unwanted = await booked(database, "david", office(14))
    await move(database, chloe, moved, office(15))
    for session, ahead, before in (
        (cancelled, "21 hours", "9 days"),
        (late, "20 hours", "5 minutes"),
        (unwanted, "19 hours", "9 days"),
    ):
        await bring_near(owner, session, ahead, before)
    await owner.execute(
        "UPDATE session SET starts_at = clock_now() + interval '22 hours', ends_at = clock_now() + interval '23 hours' "
        "WHERE public_id = $1",
        moved,
    )
    await cancel(database, chloe, cancelled)
    async with database.transaction(david) as connection:
        await profile.choose_mail(connection, david, {"expired", "message"})
    await Reminders(database).sweep()
    assert await reminded(owner) == 0


async def test_a_server_that_was_away_reminds_late_but_not_of_what_is_long_overdue(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    session = await booked(database, "chloe", office(10))
    for ahead, expected in (("11 hours", 0), ("13 hours", 1), ("-1 minute", 1)):
        await bring_near(owner, session, ahead)
        await Reminders(database).sweep()
        assert await reminded(owner) == expected, ahead
