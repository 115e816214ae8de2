"""A session after it is booked: another time, another host, or none at all; and deliberate overlaps."""

import asyncio
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from dispatch import changes, requests, sessions
from dispatch.errors import Changed, ClientBusy, HostBusy, Invalid, NotFound, NotNow, UserError
from people.access import Actor
from records.database import Connection, Database, Row
from tests.dispatch.factories import admit, booked_session, end, knock, pending_request, soon
from tests.support import actor

REASON = "The room is being painted."


async def booked_at(
    database: Database, starts_at: datetime, client: str = "chloe", host: str = "ana", overlap: bool = False
) -> str:
    """A scheduled request accepted by the scheduler; returns the session's public id."""
    asker, taker, sam = [await actor(database, name) for name in (client, host, "sam")]
    request = await pending_request(database, asker, times=(starts_at,))
    async with database.transaction(sam) as connection:
        row = await requests.accept(connection, sam, request, taker.public_id, 1, "", overlap)
    return str(row["public_id"])


async def move(database: Database, who: Actor, session: str, to: datetime, **more: Any) -> Row:
    async with database.transaction(who) as connection:
        return await changes.reschedule(connection, who, session, to, more.pop("reason", REASON), **more)


async def give(database: Database, who: Actor, session: str, host: Actor, **more: Any) -> Row:
    async with database.transaction(who) as connection:
        return await changes.reassign(connection, who, session, host.public_id, more.pop("reason", REASON), **more)


async def cancel(
    database: Database, who: Actor, session: str, reason: str = REASON, sequence: int | None = None
) -> None:
    async with database.transaction(who) as connection:
        await changes.cancel(connection, who, session, reason, sequence)


async def letters(owner: Connection, *kinds: str) -> list[tuple[str, str]]:
    rows = await owner.fetch("SELECT kind, recipient FROM mail WHERE kind = ANY ($1) ORDER BY id", list(kinds))
    return [(row["kind"], row["recipient"].partition("@")[0]) for row in rows]


async def test_a_session_moves_whole_and_both_sides_are_told(database: Database, owner: Connection) -> None:
    session = await booked_at(database, soon(24))
    sam = await actor(database, "sam")
    moved = await move(database, sam, session, soon(30))
    assert (moved["starts_at"], moved["ends_at"], moved["sequence"]) == (soon(30), soon(30, minutes=20), 1)
    assert await letters(owner, "moved") == [("moved", "chloe"), ("moved", "ana")]
    line = await owner.fetchrow("SELECT account_id, details::text FROM audit_line WHERE verb = 'reschedule'")
    assert line is not None and line["account_id"] == sam.account_id
    assert REASON not in line["details"], "details hold keys and times, never texts"


async def test_who_may_move_give_and_cancel_a_session(database: Database) -> None:
    names = ("sam", "ana", "ben", "chloe", "david", "mia")
    people = {name: await actor(database, name) for name in names}
    people["stranger"] = await actor(database, "sam", "meadow")
    session = await booked_at(database, soon(24))
    allowed = {"move": {"sam", "ana"}, "give": {"sam"}, "cancel": {"sam", "ana", "chloe"}}
    for verb, name in product(allowed, people):
        try:
            async with database.transaction(people[name]) as connection:
                if verb == "move":
                    await changes.reschedule(connection, people[name], session, soon(30), REASON)
                elif verb == "give":
                    await changes.reassign(connection, people[name], session, people["ben"].public_id, REASON)
                else:
                    await changes.cancel(connection, people[name], session, REASON)
                raise _Undo
        except _Undo:
            assert name in allowed[verb], f"{name} may not {verb}"
        except NotFound:
            assert name not in allowed[verb], f"{name} may {verb}"


class _Undo(Exception):
    """Rolls a trial back."""


async def test_staff_must_say_why_and_the_client_need_not(database: Database, owner: Connection) -> None:
    session = await booked_at(database, soon(24))
    sam, ana, chloe = [await actor(database, name) for name in ("sam", "ana", "chloe")]
    for who in (sam, ana):
        with pytest.raises(Invalid) as refused:
            await cancel(database, who, session, "  ")
        assert refused.value.field == "reason"
    with pytest.raises(Invalid):
        await cancel(database, sam, session, "x" * 2001)
    await cancel(database, chloe, session, "")
    assert await owner.fetchval("SELECT state FROM session") == "cancelled"
    assert await letters(owner, "cancelled") == [("cancelled", "chloe"), ("cancelled", "ana")]


@pytest.mark.parametrize("later", [timedelta(days=-2), timedelta(days=400), timedelta()], ids=["past", "far", "same"])
async def test_a_time_that_cannot_be_is_refused(database: Database, later: timedelta) -> None:
    now = soon(24)
    session = await booked_at(database, now)
    with pytest.raises(Invalid) as refused:
        await move(database, await actor(database, "sam"), session, now + later)
    assert refused.value.field == "starts_at"


async def test_a_visit_that_has_begun_is_neither_moved_nor_cancelled_by_anybody(database: Database) -> None:
    session = await booked_session(database)
    ana, chloe, sam = [await actor(database, name) for name in ("ana", "chloe", "sam")]
    await knock(database, ana, session)
    await admit(database, ana, session, (await knock(database, chloe, session))["public_id"])
    for attempt in (
        cancel(database, chloe, session, ""),
        move(database, sam, session, soon(30)),
        cancel(database, ana, session),
    ):
        with pytest.raises(NotNow):
            await attempt


async def test_a_session_moved_or_cancelled_puts_out_whoever_waited_at_its_door(
    database: Database, owner: Connection
) -> None:
    session = await booked_session(database)
    await knock(database, await actor(database, "chloe"), session)
    await move(database, await actor(database, "sam"), session, soon(48))
    admission = await owner.fetchrow("SELECT state::text, epoch FROM admission")
    assert admission is not None and admission["state"] == "left" and admission["epoch"] > 1


async def test_reassigning_tells_all_three_and_associates_the_client(database: Database, owner: Connection) -> None:
    session = await booked_at(database, soon(24))
    sam, ana, ben = [await actor(database, name) for name in ("sam", "ana", "ben")]
    await give(database, sam, session, ben)
    assert await letters(owner, "reassigned", "released") == [("reassigned", "chloe"), ("released", "ana")]
    assert (await letters(owner, "assigned"))[-1] == ("assigned", "ben")
    associated = await owner.fetchval("SELECT array_agg(practitioner_id ORDER BY practitioner_id) FROM association")
    assert set(associated) == {ana.account_id, ben.account_id}
    with pytest.raises(NotFound):
        await cancel(database, ana, session)
    with pytest.raises(Invalid) as refused:
        await give(database, sam, session, ben)
    assert refused.value.field == "host"


async def test_r098_a_host_of_another_clinic_cannot_be_given_a_session(database: Database) -> None:
    session = await booked_at(database, soon(24))
    with pytest.raises(Invalid):
        await give(database, await actor(database, "sam"), session, await actor(database, "mia"))


async def test_a08_moving_and_giving_are_refused_where_they_would_overlap(
    database: Database, owner: Connection
) -> None:
    first = await booked_at(database, soon(24))
    second = await booked_at(database, soon(26), client="david")
    third = await booked_at(database, soon(24, minutes=5), client="david", host="ben")
    sam, ana = await actor(database, "sam"), await actor(database, "ana")
    for attempt in (move(database, sam, second, soon(24, minutes=10)), give(database, sam, third, ana)):
        with pytest.raises(HostBusy):
            await attempt
    with pytest.raises(ClientBusy):
        await move(database, sam, second, soon(24, minutes=20))
    assert (await move(database, sam, first, soon(24, minutes=10)))["sequence"] == 1, "it does not overlap itself"
    assert await owner.fetchval("SELECT count(*) FROM audit_line WHERE noun = 'session'") == 1


async def test_whoever_comes_second_looks_again_first(database: Database) -> None:
    session = await booked_at(database, soon(24))
    sam, sofia = await actor(database, "sam"), await actor(database, "sofia")
    outcomes = await asyncio.gather(
        *(move(database, (sam, sofia)[n % 2], session, soon(30 + n), sequence=0) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Changed) for outcome in outcomes) == 7


async def test_sessions_that_change_places_at_once_never_wait_for_each_other(
    database: Database, owner: Connection
) -> None:
    """Hosts' locks are taken in the order of their keys: a deadlock would show as DeadlockDetectedError."""
    sam, ana, ben = [await actor(database, name) for name in ("sam", "ana", "ben")]
    sessions = [
        await booked_at(database, soon(24 + hour), client, host)
        for hour, client, host in ((0, "chloe", "ana"), (1, "david", "ben"), (2, "chloe", "ben"), (3, "david", "ana"))
    ]
    hosts = [ana, ben]
    for _ in range(4):
        outcomes = await asyncio.gather(
            *(give(database, sam, session, host) for session in sessions for host in hosts), return_exceptions=True
        )
        unexpected = [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, UserError)]
        assert unexpected == []
    assert await owner.fetchval("SELECT bool_and(sequence > 0) FROM session")


class TestOverride:
    """A-08: a clinic may allow deliberate overlaps."""

    @pytest.fixture(autouse=True)
    async def allowed(self, owner: Connection) -> None:
        await owner.execute("UPDATE clinic SET allow_override = true")

    async def test_a08_an_overlap_is_booked_only_on_purpose_and_is_stored_and_audited(
        self, database: Database, owner: Connection
    ) -> None:
        await booked_at(database, soon(24))
        with pytest.raises(HostBusy):
            await booked_at(database, soon(24, minutes=10), client="david")
        await owner.execute("UPDATE request SET state = 'withdrawn', decided_at = now() WHERE state = 'pending'")
        await booked_at(database, soon(24, minutes=10), client="david", overlap=True)
        assert await owner.fetchval("SELECT array_agg(override ORDER BY id) FROM session") == [False, True]
        audited = await owner.fetch("SELECT details ->> 'override' AS override FROM audit_line WHERE verb = 'accepted'")
        assert [row["override"] for row in audited] == ["false", "true"]

    async def test_a08_later_bookings_see_overrides_too(self, database: Database, owner: Connection) -> None:
        await booked_at(database, soon(24))
        await booked_at(database, soon(24, minutes=10), client="david", overlap=True)
        await owner.execute("UPDATE session SET state = 'cancelled' WHERE NOT override")
        with pytest.raises(HostBusy):
            await booked_at(database, soon(24, minutes=15))

    async def test_a08_what_overlaps_nothing_is_no_override(self, database: Database, owner: Connection) -> None:
        session = await booked_at(database, soon(24), overlap=True)
        assert not await owner.fetchval("SELECT override FROM session")
        await booked_at(database, soon(26), client="david")
        sam = await actor(database, "sam")
        assert (await move(database, sam, session, soon(26), overlap=True))["override"]
        assert not (await move(database, sam, session, soon(28), overlap=True))["override"]

    async def test_a08_a_client_is_never_in_two_sessions_at_once(self, database: Database) -> None:
        await booked_at(database, soon(24))
        with pytest.raises(ClientBusy):
            await booked_at(database, soon(24, minutes=10), host="ben", overlap=True)


async def test_a08_without_the_clinics_leave_a_stale_form_books_no_overlap(database: Database) -> None:
    await booked_at(database, soon(24))
    with pytest.raises(HostBusy):
        await booked_at(database, soon(24, minutes=10), client="david", overlap=True)


async def test_the_history_tells_who_did_what_in_order(database: Database) -> None:
    session = await booked_at(database, soon(24))
    sam, ana, ben = [await actor(database, name) for name in ("sam", "ana", "ben")]
    await move(database, ana, session, soon(30))
    await give(database, sam, session, ben)
    async with database.transaction(sam) as connection:
        row = await changes.find(connection, sam, session)
        told = await changes.history(connection, row)
    assert [(line["verb"], line["by_name"]) for line in told] == [
        ("submit", "Chloe Adams"),
        ("accepted", "Sam Reyes"),
        ("reschedule", "Ana Duarte"),
        ("reassign", "Sam Reyes"),
    ]
    assert (told[2]["from_time"], told[2]["to_time"]) == (soon(24), soon(30))
    assert (told[1]["to_host"], told[3]["from_host"], told[3]["to_host"]) == ("Ana Duarte", "Ana Duarte", "Ben Okafor")


async def test_r014_schedulers_list_the_coming_sessions_of_their_clinics(database: Database, owner: Connection) -> None:
    await booked_at(database, soon(24))
    await booked_at(database, soon(26), "david", "ben")
    gone = await booked_at(database, soon(28), "chloe", "ben")
    sam, sofia, ben, stranger = [
        await actor(database, *who) for who in (("sam",), ("sofia",), ("ben",), ("sam", "meadow"))
    ]
    await cancel(database, sam, gone)
    await owner.execute("DELETE FROM clinic_scheduler WHERE account_id = $1", sofia.account_id)
    for who, host, expected in (
        (sam, None, ["Ana Duarte", "Ben Okafor"]),
        (sam, ben.public_id, ["Ben Okafor"]),
        (sofia, None, []),
        (stranger, None, []),
    ):
        async with database.transaction(who) as connection:
            assert [row["host_name"] for row in await changes.to_come(connection, who, host)] == expected


async def test_r125_what_is_over_makes_room_at_once_for_the_next_session(database: Database) -> None:
    chloe = await actor(database, "chloe")
    over = await booked_session(database)
    await end(database, await actor(database, "ana"), over)
    coming = await booked_at(database, soon(24))
    async with database.transaction(chloe) as connection:
        rows = await sessions.of_account(connection, chloe)
    assert [(row["public_id"], row["past"]) for row in rows] == [(coming, False), (over, True)]
