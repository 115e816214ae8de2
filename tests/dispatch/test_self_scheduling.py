"""Clients book and move their own sessions (R-078, R-079, R-122, R-135; A-16)."""

import asyncio
from datetime import timedelta

import pytest

from dispatch import availability, board, changes, figures, instant, requests, self_scheduling
from dispatch.errors import AlreadyAsked, Changed, Invalid, NotFound, NotNow, Taken, TooLate
from dispatch.self_scheduling import Switches
from people.errors import FeatureOff, NoSeat
from records.database import Connection, Database, Row
from tests.dispatch.choosing import (
    add_client,
    booked,
    cancel,
    choose,
    ids,
    let_choose,
    letters,
    move,
    office,
)
from tests.support import actor
from web.view import environment


async def choices(database: Database, who: str) -> list[Row]:
    client = await actor(database, who)
    async with database.transaction(client) as connection:
        return await self_scheduling.choices(connection, client)


async def test_a16_r078_a_service_that_is_booked_at_once_is_a_session_and_both_are_told(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    found = await choose(database, "chloe", office(10))
    row = await owner.fetchrow(
        "SELECT request.state::text, request.decided_by, session.starts_at, session.ends_at - session.starts_at, "
        "host.username FROM session JOIN request ON request.id = request_id JOIN account AS host ON host.id = "
        "session.host_id WHERE session.public_id = $1",
        found.session,
    )
    assert row is not None
    assert tuple(row) == ("accepted", None, office(10), timedelta(minutes=15), "nora")
    told = await letters(owner, "request", "invitation", "assigned", "self_booked")
    assert told == [("invitation", "chloe"), ("self_booked", "nora")]
    verbs = await owner.fetch("SELECT verb FROM audit_line WHERE noun = 'request' ORDER BY id")
    assert [line["verb"] for line in verbs] == ["submit", "accepted"]
    with pytest.raises(Taken):
        await choose(database, "david", office(10, 15, days=2) - timedelta(minutes=15))


async def test_r109_the_board_says_what_was_booked_at_once_and_its_figures_leave_it_out(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    await booked(database, "chloe", office(10))
    sam = await actor(database, "sam")
    async with database.transaction(sam) as connection:
        decided = (await board.snapshot(connection, sam)).decided
        clinics = await connection.fetchval("SELECT array_agg(id) FROM clinic")
        (numbers,) = await figures.queries.today(connection, organization_id=sam.organization_id, clinic_ids=clinics)
    card = environment().get_template("board/_decided.html").render(row=decided[0])
    assert "Chloe Adams chose a free time of Nora Weiss, and it was booked at once." in card
    assert "Booked at once" in card and numbers["decided"] == 0


async def test_a16_by_default_a_choice_is_a_request_that_waits_for_its_answer(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    found = await choose(database, "chloe", office(10), service="Health check")
    assert found.session is None
    assert await owner.fetchval("SELECT state::text FROM request WHERE public_id = $1", found.request) == "pending"
    assert ("request", "nora") in await letters(owner, "request")
    nora = await actor(database, "nora")
    async with database.transaction(nora) as connection:
        session = await requests.accept(connection, nora, found.request, nora.public_id, 1, "")
    assert session["starts_at"] == office(10)


async def test_r079_a_practitioner_who_confirms_gets_requests_also_for_what_is_booked_at_once(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    nora, results = await actor(database, "nora"), (await ids(owner))["service"]
    async with database.transaction(nora) as connection:
        await self_scheduling.change(connection, nora, Switches(True, [results], confirms=True, waitlist=True))
    assert [(row["service_name"], row["instant"]) for row in await choices(database, "chloe")] == [("Results", False)]
    assert (await choose(database, "chloe", office(10))).session is None


TAKEN_AWAY = {
    "feature": "UPDATE organization SET portal_scheduling = false",
    "seat": "UPDATE portal_seat SET subscribed = false",
    "own switch": "UPDATE host SET self_scheduling = false",
    "service": "DELETE FROM self_scheduled",
    "withdrawn": "UPDATE service SET offered = false",
    "association": "DELETE FROM association",
    "requests off": "UPDATE host SET takes_requests = false",
    "closed": "UPDATE clinic SET open = false",
    "organization closed": "UPDATE organization SET requests_open = false",
    "practitioner": "UPDATE account SET state = 'inactive' WHERE username = 'nora'",
}


async def test_r135_every_one_of_the_switches_closes_it(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    chloe, known = await actor(database, "chloe"), await ids(owner)
    wanted = instant.Choice(known["host"], known["service"], office(10))
    for name, statement in TAKEN_AWAY.items():
        change = owner.transaction()
        await change.start()
        await owner.execute(statement)
        open_now = await owner.fetchval(
            "SELECT self_schedules($1, account.id, service.id) FROM account, service WHERE account.public_id = $2 "
            "AND service.public_id = $3",
            chloe.account_id,
            known["host"],
            known["service"],
        )
        await change.rollback()
        assert not open_now, name
    await owner.execute("UPDATE portal_seat SET subscribed = false")
    async with database.transaction(chloe) as connection:
        assert await self_scheduling.choices(connection, chloe) == []
        with pytest.raises(NotFound):
            await instant.choose(connection, chloe, wanted)
    await owner.execute("UPDATE organization SET portal_scheduling = false")
    async with database.transaction(chloe) as connection:
        with pytest.raises(FeatureOff):
            await instant.choose(connection, chloe, wanted)


async def test_r135_only_a_practitioner_with_a_seat_sets_it_and_only_for_own_services(
    database: Database, owner: Connection
) -> None:
    await let_choose(owner)
    nora, theo, chloe = [await actor(database, name) for name in ("nora", "theo", "chloe")]
    known, other = await ids(owner), await ids(owner, "ana", "Follow-up")
    wanted = Switches(True, [known["service"]], False, True)
    async with database.transaction(nora) as connection:
        for who, refusal in ((theo, NoSeat), (chloe, NotFound)):
            with pytest.raises(refusal):
                await self_scheduling.change(connection, who, wanted)
        for services in ([other["service"]], []):
            with pytest.raises(Invalid) as refused:
                await self_scheduling.change(connection, nora, Switches(True, services, False, True))
            assert refused.value.field == "services"
        await self_scheduling.change(connection, nora, Switches(False, [], False, False))
    await owner.execute("UPDATE organization SET portal_scheduling = false")
    async with database.transaction(nora) as connection:
        with pytest.raises(FeatureOff):
            await self_scheduling.change(connection, nora, wanted)


async def test_times_outside_hours_buffers_and_notice_are_refused(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    await owner.execute("UPDATE host SET minimum_notice = '1 hour', buffer_after = '15 minutes', horizon = '30 days'")
    await booked(database, "chloe", office(10))
    for time in (office(8), office(12), office(10, 5), office(10, 15), office(9, days=40), office(9, days=-3)):
        with pytest.raises(Taken):
            await choose(database, "david", time)
    assert await booked(database, "david", office(10, 30))


async def test_of_clients_who_choose_one_time_at_once_one_wins(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    names = [f"client-{letter}" for letter in "abcdefgh"]
    for name in names:
        await add_client(owner, name)
    outcomes = await asyncio.gather(*(choose(database, name, office(10)) for name in names), return_exceptions=True)
    assert sum(isinstance(outcome, Taken) for outcome in outcomes) == len(names) - 1, outcomes
    assert await owner.fetchval("SELECT count(*) FROM session") == 1
    assert await owner.fetchval("SELECT count(*) FROM request") == 1, "who lost leaves nothing behind"


async def test_one_client_does_not_fill_a_calendar(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    for number in range(instant.most_to_come):
        await booked(database, "chloe", office(9 + number % 2, 30 * (number // 2 % 2), days=2 + number // 4))
    with pytest.raises(AlreadyAsked):
        await choose(database, "chloe", office(15))


async def test_r122_a_client_moves_a_session_within_the_clinics_limit(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    chloe, david = await actor(database, "chloe"), await actor(database, "david")
    session = await booked(database, "chloe", office(10))
    assert (await move(database, chloe, session, office(10, 15)))["sequence"] == 1, "it does not stand in its own way"
    with pytest.raises(Changed):
        await move(database, chloe, session, office(11), sequence=0)
    await booked(database, "david", office(11))
    for to in (office(11), office(12), office(10, 15)):
        with pytest.raises(Taken):
            await move(database, chloe, session, to)
    with pytest.raises(NotFound):
        await move(database, david, session, office(11, 30))
    assert await letters(owner, "moved") == [("moved", "chloe"), ("moved", "nora")]
    await owner.execute("UPDATE clinic SET client_move_before = '20 days', contact = 'the desk, 210 000'")
    with pytest.raises(TooLate) as late:
        await move(database, chloe, session, office(11, 30))
    assert "the desk, 210 000" in late.value.message
    await owner.execute("UPDATE clinic SET client_move_before = '0'")
    await owner.execute("UPDATE service SET booking = 'request'")
    with pytest.raises(NotFound):
        await move(database, chloe, session, office(11, 30))


async def test_a_client_cancels_until_the_clinics_limit_and_staff_always(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    chloe, nora = await actor(database, "chloe"), await actor(database, "nora")
    session = await booked(database, "chloe", office(10))
    await owner.execute("UPDATE clinic SET client_cancel_before = '20 days'")
    with pytest.raises(TooLate) as late:
        await cancel(database, chloe, session)
    assert late.value.message == "It is too late to cancel this session here. Please call the clinic."
    await cancel(database, nora, session, "Ill")
    with pytest.raises(NotNow):
        await cancel(database, chloe, session)


async def test_what_a_page_shows_is_free_and_what_is_free_can_be_booked(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    session = await booked(database, "chloe", office(10))
    chloe, known = await actor(database, "chloe"), await ids(owner)
    async with database.transaction(chloe) as connection:
        found = await instant.movable(connection, chloe, session)
        to = await instant.free_times(connection, found, office(0), office(23))
        free = await availability.free_times(
            connection, known["clinic"], known["service"], known["host"], office(0), office(23)
        )
    shown = [each.starts_at for each in free]
    assert office(10) not in shown and office(10) not in to and office(10, 15) in shown
    assert set(shown) < {*to, office(10)}
    for time in to[::9]:
        assert (await move(database, chloe, session, time))["starts_at"] == time


async def test_a_move_and_a_choice_of_the_same_time_have_one_winner(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    chloe = await actor(database, "chloe")
    session = await booked(database, "chloe", office(9))
    outcomes = await asyncio.gather(
        move(database, chloe, session, office(11)),
        choose(database, "david", office(11)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Taken) for outcome in outcomes) == 1, outcomes
    assert await owner.fetchval("SELECT count(*) FROM session WHERE starts_at = $1", office(11)) == 1
    sam = await actor(database, "sam")
    async with database.transaction(sam) as connection:
        assert await changes.find(connection, sam, session)
