"""Asking and deciding, against the real database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product

import pytest

from dispatch import board, clinics, requests, sessions
from dispatch.errors import AlreadyDecided, HostBusy, Invalid, NotFound, Unsuitable
from records.database import Connection, Database
from records.provision import Place
from tests.dispatch.factories import accept, ask_for, pending_request, soon
from tests.support import actor


async def test_r073_a_request_without_times_is_now_and_one_with_times_is_scheduled(
    database: Database,
) -> None:
    client, scheduler = await actor(database, "chloe"), await actor(database, "sam")
    await pending_request(database, client)
    await pending_request(database, client, times=(soon(24), soon(48), soon(72)))
    async with database.transaction(scheduler) as connection:
        shown = await board.snapshot(connection, scheduler)
    assert [(row["kind"], len(row["times"])) for row in shown.rows] == [("now", 0), ("scheduled", 3)]


async def test_r092_r103_the_board_is_oldest_first_and_numbers_count_on(database: Database) -> None:
    chloe, david, scheduler = [await actor(database, name) for name in ("chloe", "david", "sam")]
    for client, host in ((chloe, None), (david, None), (chloe, "Ana Duarte")):
        await pending_request(database, client, host)
    async with database.transaction(scheduler) as connection:
        rows = (await board.snapshot(connection, scheduler)).rows
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert [row["requester_name"] for row in rows] == ["Chloe Adams", "David Mori", "Chloe Adams"]


async def test_a12_the_board_shows_the_services_name_as_it_was_when_asked(
    database: Database, owner: Connection
) -> None:
    client, scheduler = await actor(database, "chloe"), await actor(database, "sam")
    await pending_request(database, client)
    await owner.execute("UPDATE service SET name = 'Renamed'")
    async with database.transaction(scheduler) as connection:
        rows = (await board.snapshot(connection, scheduler)).rows
    assert [row["service_name"] for row in rows] == ["Video consultation"]


async def test_r014_a_scheduler_sees_only_the_clinics_they_serve(database: Database) -> None:
    client, sofia = await actor(database, "chloe"), await actor(database, "sofia")
    async with database.transaction(client) as connection:
        talking = next(row for row in await clinics.of_organization(connection) if row["name"] == "Talking clinic")
        ask = requests.Ask(talking["public_id"], talking["services"][0]["public_id"], None, ())
        await requests.submit(connection, client, ask)
    async with database.transaction(sofia) as connection:
        assert (await board.snapshot(connection, sofia)).rows == []


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ((soon(-24),), "times"),
        ((soon(24 * 400),), "times"),
        ((soon(24), soon(24)), "times"),
        ((soon(24), soon(25), soon(26), soon(27)), "times"),
    ],
    ids=["past", "too far", "the same twice", "four"],
)
async def test_r073_times_that_cannot_be_are_refused_and_nothing_is_stored(
    database: Database, owner: Connection, times: tuple, field: str
) -> None:
    client = await actor(database, "chloe")
    with pytest.raises(Invalid) as refused:
        await pending_request(database, client, times=times)
    assert refused.value.field == field
    assert await owner.fetchval("SELECT count(*) FROM request") == 0
    assert await owner.fetchval("SELECT count(*) FROM mail") == 0


async def test_r071_a_service_of_another_clinic_is_refused(database: Database, owner: Connection) -> None:
    client = await actor(database, "chloe")
    foreign = await owner.fetchval("SELECT public_id FROM service WHERE name = 'First conversation' LIMIT 1")
    async with database.transaction(client) as connection:
        ask = await ask_for(connection)
        with pytest.raises(Invalid) as refused:
            await requests.submit(connection, client, requests.Ask(ask.clinic, foreign, None, ()))
    assert refused.value.field == "service"


async def test_r013_only_clients_ask(database: Database) -> None:
    host = await actor(database, "ana")
    with pytest.raises(NotFound):
        await pending_request(database, host)


async def test_r096_accepting_books_a_session_at_the_chosen_time(database: Database) -> None:
    client, host, scheduler = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    request = await pending_request(database, client, times=(soon(24), soon(30)))
    session = await accept(database, scheduler, request, host, rank=2)
    assert session["starts_at"] == soon(30)
    assert session["ends_at"] - session["starts_at"] == timedelta(minutes=20)


async def test_a26_an_accepted_now_request_starts_at_its_acceptance(database: Database, owner: Connection) -> None:
    client, host, scheduler = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    request = await pending_request(database, client)
    before = await owner.fetchval("SELECT clock_timestamp()")
    session = await accept(database, scheduler, request, host)
    assert timedelta(0) <= session["starts_at"] - before < timedelta(seconds=5)
    assert session["ends_at"] - session["starts_at"] == timedelta(minutes=20)


async def test_a05_accepting_makes_the_care_relationship_in_the_clinics_department(
    database: Database, owner: Connection
) -> None:
    client, host, scheduler = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    await accept(database, scheduler, await pending_request(database, client), host)
    made = await owner.fetch(
        "SELECT practitioner_id, department.name FROM association JOIN department ON department.id = department_id"
    )
    assert [tuple(row) for row in made] == [(host.account_id, "Family medicine")]


async def test_r013_the_host_named_in_a_request_may_accept_it_and_another_host_may_not(
    database: Database,
) -> None:
    client, ana, ben = [await actor(database, name) for name in ("chloe", "ana", "ben")]
    request = await pending_request(database, client, host="Ana Duarte")
    with pytest.raises(NotFound):
        await accept(database, ben, request, ben)
    session = await accept(database, ana, request, ana)
    assert session["public_id"]


async def test_r013_a_host_may_not_hand_a_request_to_somebody_else(database: Database) -> None:
    client, ana, ben = [await actor(database, name) for name in ("chloe", "ana", "ben")]
    request = await pending_request(database, client, host="Ana Duarte")
    with pytest.raises(NotFound):
        await accept(database, ana, request, ben)


async def test_r014_a_client_may_not_decide_and_learns_nothing(database: Database) -> None:
    chloe, david, ana = [await actor(database, name) for name in ("chloe", "david", "ana")]
    request = await pending_request(database, chloe)
    for who in (chloe, david):
        with pytest.raises(NotFound) as refused:
            await accept(database, who, request, ana)
        with pytest.raises(NotFound) as unknown:
            await accept(database, who, "0" * 32, ana)
        assert refused.value.message == unknown.value.message


async def test_another_organizations_request_looks_unknown(database: Database) -> None:
    chloe, stranger = await actor(database, "chloe"), await actor(database, "sam", "meadow")
    request = await pending_request(database, chloe)
    with pytest.raises(NotFound):
        await accept(database, stranger, request, stranger)


@pytest.fixture
async def crowd(place: Place) -> AsyncIterator[Database]:
    """Connections enough for fifty people at once."""
    opened = Database(place.urls, size=50)
    await opened.open()
    yield opened
    await opened.close()


async def test_a20_fifty_schedulers_accept_one_request_and_one_wins(crowd: Database, owner: Connection) -> None:
    client, ana, ben, sam, sofia = [await actor(crowd, name) for name in ("chloe", "ana", "ben", "sam", "sofia")]
    request = await pending_request(crowd, client)
    tries = [accept(crowd, (sam, sofia)[n % 2], request, (ana, ben)[n % 2]) for n in range(50)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    losers = [outcome for outcome in outcomes if isinstance(outcome, AlreadyDecided)]
    assert len(losers) == 49
    assert await owner.fetchval("SELECT count(*) FROM session") == 1
    decided = await owner.fetchrow("SELECT name, decided_at FROM account JOIN request ON decided_by = account.id")
    assert decided is not None
    assert {loser.decision["by"] for loser in losers} == {decided["name"]}
    assert {loser.decision["at"] for loser in losers} == {decided["decided_at"].isoformat()}
    assert {loser.decision["state"] for loser in losers} == {"accepted"}
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'invitation'") == 1


async def test_a20_accept_against_decline_against_withdraw_has_one_winner(
    database: Database, owner: Connection
) -> None:
    chloe, ana, sam, sofia = [await actor(database, name) for name in ("chloe", "ana", "sam", "sofia")]

    async def declined(request: str) -> None:
        async with database.transaction(sofia) as connection:
            await requests.decline(connection, sofia, request, "")

    async def withdrawn(request: str) -> None:
        async with database.transaction(chloe) as connection:
            await requests.withdraw(connection, chloe, request)

    for hour in range(8):
        request = await pending_request(database, chloe, times=(soon(24 + hour),))
        tries = [accept(database, sam, request, ana, 1), declined(request), withdrawn(request)]
        order = tries[hour % 3 :] + tries[: hour % 3]
        outcomes = await asyncio.gather(*order, return_exceptions=True)
        assert sum(isinstance(outcome, AlreadyDecided) for outcome in outcomes) == 2
    accepted = await owner.fetchval("SELECT count(*) FROM request WHERE state = 'accepted'")
    assert await owner.fetchval("SELECT count(*) FROM session") == accepted
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'invitation'") == accepted


async def test_a08_a_true_overlap_is_refused_by_the_database_and_the_request_stays_pending(
    database: Database, owner: Connection
) -> None:
    chloe, david, ana, sam = [await actor(database, name) for name in ("chloe", "david", "ana", "sam")]
    first = await pending_request(database, chloe, times=(soon(24),))
    second = await pending_request(database, david, times=(soon(24, minutes=10), soon(24, minutes=20)))
    await accept(database, sam, first, ana, rank=1)
    with pytest.raises(HostBusy):
        await accept(database, sam, second, ana, rank=1)
    assert await owner.fetchval("SELECT state FROM request WHERE public_id = $1", second) == "pending"
    touching = await accept(database, sam, second, ana, rank=2)
    assert touching["starts_at"] == soon(24, minutes=20), "sessions may touch: intervals are half open"


async def test_a08_fifty_requests_for_one_host_and_time_book_once(crowd: Database, owner: Connection) -> None:
    ana, sam = await actor(crowd, "ana"), await actor(crowd, "sam")
    clients = [await actor(crowd, name) for name in ("chloe", "david")]
    asked = [
        await pending_request(crowd, client, host, times=(soon(24), soon(later)))
        for client, host, later in product(clients, (None, "Ana Duarte"), range(48, 61))
    ]
    outcomes = await asyncio.gather(
        *(accept(crowd, sam, request, ana, rank=1) for request in asked), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["HostBusy"] * 51 + ["Record"]
    assert await owner.fetchval("SELECT count(*) FROM session") == 1
    assert await owner.fetchval("SELECT count(*) FROM request WHERE state = 'accepted'") == 1


async def test_r097_declining_needs_no_provider_and_keeps_the_response(database: Database) -> None:
    client, scheduler = await actor(database, "chloe"), await actor(database, "sam")
    request = await pending_request(database, client)
    async with database.transaction(scheduler) as connection:
        await requests.decline(connection, scheduler, request, "  Please call us.  ")
    async with database.transaction(client) as connection:
        own = await requests.of_account(connection, client)
    assert [(row["state"], row["response"]) for row in own] == [("declined", "Please call us.")]


async def test_r080_r206_the_named_host_and_the_clinics_schedulers_are_written_to(
    database: Database, owner: Connection
) -> None:
    await pending_request(database, await actor(database, "chloe"), host="Ana Duarte")
    letters = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'request' ORDER BY recipient")
    assert [row["recipient"] for row in letters] == [f"{name}@harbor.example" for name in ("ana", "sam", "sofia")]


async def test_r207_a_request_to_the_group_is_written_to_schedulers_and_not_to_hosts(
    database: Database, owner: Connection
) -> None:
    await pending_request(database, await actor(database, "chloe"))
    letters = await owner.fetch("SELECT recipient FROM mail ORDER BY recipient")
    assert [row["recipient"] for row in letters] == ["sam@harbor.example", "sofia@harbor.example"]


async def test_every_decision_leaves_an_audit_line_without_texts(database: Database, owner: Connection) -> None:
    client, host, scheduler = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    await accept(database, scheduler, await pending_request(database, client, note="a secret"), host)
    lines = await owner.fetch("SELECT account_id, verb, noun, details::text FROM audit_line ORDER BY id")
    assert [tuple(line)[:3] for line in lines] == [
        (client.account_id, "submit", "request"),
        (scheduler.account_id, "accepted", "request"),
    ]
    assert not any("secret" in line["details"] for line in lines)


async def test_r124_the_session_is_listed_for_its_two_people_and_nobody_else(database: Database) -> None:
    chloe, david, ana, ben, sam = [await actor(database, name) for name in ("chloe", "david", "ana", "ben", "sam")]
    await accept(database, sam, await pending_request(database, chloe), ana)
    for who, expected in ((chloe, 1), (ana, 1), (david, 0), (ben, 0), (sam, 0)):
        async with database.transaction(who) as connection:
            assert len(await sessions.of_account(connection, who)) == expected, who.name


async def test_a23_a_requester_without_a_file_is_booked_as_a_visitor_and_gets_a_link(
    database: Database, owner: Connection
) -> None:
    chloe, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    request = await pending_request(database, chloe)
    await owner.execute("UPDATE client SET account_id = NULL WHERE account_id = $1", chloe.account_id)
    await accept(database, sam, request, ana)
    session = await owner.fetchrow("SELECT client_id, visitor_id FROM session")
    assert session is not None and tuple(session) == (None, chloe.account_id)
    assert await owner.fetchval("SELECT count(*) FROM association") == 0
    assert await owner.fetchval("SELECT count(*) FROM direct_link") == 1
    assert await owner.fetchval("SELECT details ->> 'token' IS NOT NULL FROM mail WHERE kind = 'invitation'")


async def test_a15_whoever_awaits_approval_gets_a_link_too_and_whoever_may_use_the_portal_does_not(
    database: Database, owner: Connection
) -> None:
    chloe, david, ana, sam = [await actor(database, name) for name in ("chloe", "david", "ana", "sam")]
    await owner.execute("UPDATE account SET state = 'pending' WHERE id = $1", chloe.account_id)
    for client, hour in ((chloe, 24), (david, 26)):
        await accept(database, sam, await pending_request(database, client, times=(soon(hour),)), ana, 1)
    linked = await owner.fetch(
        "SELECT details ->> 'token' IS NOT NULL AS linked FROM mail WHERE kind = 'invitation' ORDER BY id"
    )
    assert [row["linked"] for row in linked] == [True, False]


async def test_r031_nothing_is_booked_for_an_inactive_account(database: Database, owner: Connection) -> None:
    chloe, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    request = await pending_request(database, chloe)
    await owner.execute("UPDATE account SET state = 'inactive' WHERE id = $1", chloe.account_id)
    with pytest.raises(Unsuitable):
        await accept(database, sam, request, ana)
    assert await owner.fetchval("SELECT state FROM request") == "pending"


async def test_withdrawing_tells_whoever_was_asked(database: Database, owner: Connection) -> None:
    chloe = await actor(database, "chloe")
    request = await pending_request(database, chloe, host="Ana Duarte")
    async with database.transaction(chloe) as connection:
        await requests.withdraw(connection, chloe, request)
    told = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'withdrawn' ORDER BY recipient")
    assert [row["recipient"].partition("@")[0] for row in told] == ["ana", "sam", "sofia"]


async def test_r206_a_host_assigned_by_a_scheduler_is_told_and_one_who_takes_it_need_not_be(
    database: Database, owner: Connection
) -> None:
    chloe, david, ana, sam = [await actor(database, name) for name in ("chloe", "david", "ana", "sam")]
    await accept(database, sam, await pending_request(database, chloe, times=(soon(24),)), ana, 1)
    await accept(database, ana, await pending_request(database, david, "Ana Duarte", (soon(26),)), ana, 1)
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'assigned'") == 1


class TestGroupQueue:
    """A-11: where the clinic says so, its hosts see what is sent to the group."""

    @pytest.fixture(autouse=True)
    async def shown(self, owner: Connection) -> None:
        await owner.execute("UPDATE clinic SET hosts_see_group_queue = true")

    async def test_a11_available_hosts_see_it_and_take_it_on_themselves_only(
        self, database: Database, owner: Connection
    ) -> None:
        chloe, ana, ben, mia = [await actor(database, name) for name in ("chloe", "ana", "ben", "mia")]
        await owner.execute("UPDATE clinic_host SET on_demand = account_id <> $1", ben.account_id)
        request = await pending_request(database, chloe)
        for who, expected in ((ana, 1), (ben, 0), (mia, 0)):
            async with database.transaction(who) as connection:
                assert len(await requests.to_host(connection, who)) == expected, who.name
        told = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'request' ORDER BY recipient")
        assert [row["recipient"].partition("@")[0] for row in told] == ["ana", "sam", "sofia"]
        with pytest.raises(NotFound):
            await accept(database, ana, request, ben)
        with pytest.raises(NotFound):
            await accept(database, mia, request, mia)
        async with database.transaction(ana) as connection:
            with pytest.raises(NotFound):
                await requests.decline(connection, ana, request, "")
        assert await accept(database, ana, request, ana)

    async def test_a11_otherwise_a_host_neither_sees_nor_takes_it(self, database: Database, owner: Connection) -> None:
        await owner.execute("UPDATE clinic SET hosts_see_group_queue = false")
        chloe, ana = await actor(database, "chloe"), await actor(database, "ana")
        request = await pending_request(database, chloe)
        async with database.transaction(ana) as connection:
            assert await requests.to_host(connection, ana) == []
        with pytest.raises(NotFound):
            await accept(database, ana, request, ana)
