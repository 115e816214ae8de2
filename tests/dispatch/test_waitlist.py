"""The waitlist: what becomes free is offered in order, one at a time, held meanwhile, with one winner (R-122)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from dispatch import changes, offers, requests, waitlist
from dispatch.errors import AlreadyWaiting, HostBusy, Invalid, NotFound, OfferEnded, Taken
from dispatch.offer_expiry import OfferExpiry
from records.database import Connection, Database
from tests.dispatch.choosing import (
    REASON,
    add_client,
    associate,
    booked,
    cancel,
    choose,
    ids,
    join,
    let_choose,
    letters,
    move,
    offered,
    office,
    take,
)
from tests.support import actor

NAMES = ("wait-a", "wait-b", "wait-c")


async def waiting(database: Database, owner: Connection, names: tuple[str, ...] = NAMES) -> str:
    """Chloe has a session at ten, and these wait in their order; its public id."""
    await let_choose(owner)
    for name in names:
        await add_client(owner, name)
        await join(database, name)
    return await booked(database, "chloe", office(10))


async def free(database: Database, session: str) -> None:
    await cancel(database, await actor(database, "chloe"), session)


async def run_out(owner: Connection) -> None:
    await owner.execute(
        "UPDATE waitlist_offer SET offered_at = offered_at - interval '1 hour', "
        "expires_at = clock_now() - interval '1 second' WHERE state = 'open'"
    )


async def decline(database: Database, who: str, offer: str) -> None:
    client = await actor(database, who)
    async with database.transaction(client) as connection:
        await offers.decline(connection, client, offer)


async def whom(database: Database, names: tuple[str, ...] = NAMES) -> list[str]:
    """Who has an offer now."""
    return [name for name in names if await offered(database, name)]


async def test_a_cancelled_time_is_offered_in_order_and_each_answer_leads_on(
    database: Database, owner: Connection
) -> None:
    await free(database, await waiting(database, owner))
    assert await whom(database) == ["wait-a"]
    (offer,) = await offered(database, "wait-a")
    assert (offer["starts_at"], offer["service_name"], offer["host_name"]) == (office(10), "Results", "Nora Weiss")
    assert 29 * 60 < offer["left_seconds"] <= 30 * 60
    await decline(database, "wait-a", offer["public_id"])
    assert await whom(database) == ["wait-b"]
    await run_out(owner)
    assert await whom(database) == [], "an offer that ran out holds nothing, even before it is swept"
    await OfferExpiry(database).sweep()
    assert await whom(database) == ["wait-c"]
    (offer,) = await offered(database, "wait-c")
    session = await take(database, "wait-c", offer["public_id"])
    assert session["starts_at"] == office(10)
    assert await letters(owner, "offer") == [("offer", name) for name in NAMES]
    assert (await letters(owner, "invitation"))[-1] == ("invitation", "wait-c")
    states = await owner.fetch("SELECT state::text FROM waitlist_place ORDER BY id")
    assert [row["state"] for row in states] == ["waiting", "waiting", "booked"], "who declined keeps the place"
    for again in (take(database, "wait-c", offer["public_id"]), decline(database, "wait-c", offer["public_id"])):
        with pytest.raises(OfferEnded):
            await again


async def test_nobody_is_asked_twice_in_a_round_and_then_the_time_is_for_everybody(
    database: Database, owner: Connection
) -> None:
    await free(database, await waiting(database, owner, NAMES[:1]))
    with pytest.raises(Taken):
        await choose(database, "david", office(10))
    await decline(database, "wait-a", (await offered(database, "wait-a"))[0]["public_id"])
    assert await whom(database, NAMES[:1]) == []
    david = await actor(database, "david")
    session = await booked(database, "david", office(10))
    await cancel(database, david, session)
    assert await whom(database, NAMES[:1]) == ["wait-a"], "another round begins with the first"


async def test_only_whom_it_suits_is_asked(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    day = office(10).isoweekday()
    others = tuple(each for each in range(1, 8) if each != day)
    wishes: dict[str, dict[str, Any]] = {
        "another-day": {"weekdays": others},
        "later": {"starts_minute": 10 * 60 + 1},
        "earlier": {"ends_minute": 10 * 60 + 14},
        "far-east": {"starts_minute": 9 * 60, "ends_minute": 11 * 60, "time_zone": "Asia/Tokyo"},
        "busy": {},
        "stranger": {},
        "longer": {"service": "Health check"},
        "suited": {"weekdays": (day,), "starts_minute": 600, "ends_minute": 615},
    }
    for name, wish in wishes.items():
        await add_client(owner, name)
        await join(database, name, **wish)
    await owner.execute("DELETE FROM association USING client WHERE client_id = client.id AND first_name = 'Stranger'")
    await associate(owner, "busy", "theo")
    await let_choose(owner, "theo", ())
    await choose(database, "busy", office(10), host="theo")
    await booked(database, "david", office(10, 15))
    await free(database, await booked(database, "chloe", office(10)))
    assert await whom(database, tuple(wishes)) == ["suited"]


async def test_whose_own_time_it_was_is_not_offered_it_back(database: Database, owner: Connection) -> None:
    session = await waiting(database, owner, ())
    await join(database, "chloe")
    await free(database, session)
    assert await offered(database, "chloe") == []


async def test_a_moved_and_a_reassigned_session_free_their_time_too(database: Database, owner: Connection) -> None:
    session = await waiting(database, owner)
    await move(database, await actor(database, "chloe"), session, office(15))
    assert [row["starts_at"] for row in await offered(database, "wait-a")] == [office(10)]
    sam, theo = await actor(database, "sam"), await actor(database, "theo")
    async with database.transaction(sam) as connection:
        await changes.reassign(connection, sam, session, theo.public_id, REASON)
    assert [row["starts_at"] for row in await offered(database, "wait-b")] == [office(15)]


async def test_a_scheduler_who_books_a_held_time_ends_the_offer(database: Database, owner: Connection) -> None:
    await free(database, await waiting(database, owner))
    (offer,) = await offered(database, "wait-a")
    found = await choose(database, "david", office(14), service="Health check")
    nora, sam = await actor(database, "nora"), await actor(database, "sam")
    async with database.transaction(sam) as connection:
        session = await requests.accept(connection, sam, found.request, nora.public_id, 1, "")
        await changes.reschedule(connection, sam, session["public_id"], office(10), REASON)
    with pytest.raises(OfferEnded):
        await take(database, "wait-a", offer["public_id"])
    states = await owner.fetch("SELECT state::text, starts_at FROM waitlist_offer ORDER BY id")
    assert [tuple(row) for row in states] == [("ended", office(10)), ("open", office(14))], "its former time is free"


async def test_an_offer_is_its_clients_alone(database: Database, owner: Connection) -> None:
    await free(database, await waiting(database, owner))
    (offer,) = await offered(database, "wait-a")
    for name in ("wait-b", "chloe", "nora", "sam", "olivia"):
        with pytest.raises(NotFound):
            await take(database, name, offer["public_id"])
    stranger = await actor(database, "chloe", "meadow")
    async with database.transaction(stranger) as connection:
        with pytest.raises(NotFound):
            await offers.accept(connection, stranger, offer["public_id"])


async def test_what_was_switched_off_meanwhile_is_not_booked(database: Database, owner: Connection) -> None:
    await free(database, await waiting(database, owner))
    (offer,) = await offered(database, "wait-a")
    await owner.execute("UPDATE portal_seat SET subscribed = false")
    with pytest.raises(OfferEnded):
        await take(database, "wait-a", offer["public_id"])
    await owner.execute("UPDATE portal_seat SET subscribed = true")
    await owner.execute("DELETE FROM weekly_hours")
    with pytest.raises(Taken):
        await take(database, "wait-a", offer["public_id"])
    assert await owner.fetchval("SELECT count(*) FROM session WHERE state = 'scheduled'") == 0


async def test_leaving_passes_the_offer_on_and_is_the_clients_alone(database: Database, owner: Connection) -> None:
    await free(database, await waiting(database, owner))
    first = await actor(database, "wait-a")
    async with database.transaction(first) as connection:
        (place,) = await waitlist.of_account(connection, first)
    for name in ("wait-b", "nora"):
        other = await actor(database, name)
        async with database.transaction(other) as connection:
            with pytest.raises(NotFound):
                await waitlist.leave(connection, other, place["public_id"])
    for _ in range(2):
        async with database.transaction(first) as connection:
            await waitlist.leave(connection, first, place["public_id"])
    assert await whom(database) == ["wait-b"]
    nora = await actor(database, "nora")
    async with database.transaction(nora) as connection:
        listed = await waitlist.of_host(connection, nora)
        await connection.execute("DELETE FROM association")
        assert await waitlist.of_host(connection, nora) == [], "who is no client of theirs any more"
    assert [row["client_name"] for row in listed] == ["Wait-B Cast", "Wait-C Cast"]


async def test_joining_is_refused_twice_and_with_times_that_cannot_be(database: Database, owner: Connection) -> None:
    await let_choose(owner)
    await join(database, "chloe")
    with pytest.raises(AlreadyWaiting):
        await join(database, "chloe")
    for wish, field in (
        ({"weekdays": ()}, "weekdays"),
        ({"weekdays": (8,)}, "weekdays"),
        ({"starts_minute": 600, "ends_minute": 600}, "ends"),
        ({"starts_minute": 600, "ends_minute": 614}, "ends"),
        ({"time_zone": "Mars/Olympus"}, "zone"),
    ):
        with pytest.raises(Invalid) as refused:
            await join(database, "david", **wish)
        assert refused.value.field == field
    await owner.execute("UPDATE host SET waitlist = false")
    with pytest.raises(NotFound):
        await join(database, "david")


async def test_accepting_expiring_and_booking_at_once_have_one_winner(database: Database, owner: Connection) -> None:
    """The held time is taken, declined, run out and booked by staff, all at the same moment and again and again: there
    is never more than one session, nobody waits for ever, and no offer stays open beside it."""
    await let_choose(owner)
    for name in NAMES:
        await add_client(owner, name)
        await join(database, name)
    nora, sam = await actor(database, "nora"), await actor(database, "sam")
    known = await ids(owner)
    for number in range(4):
        time = office(10, days=2 + 7 * number)
        await free(database, await booked(database, "chloe", time))
        holder = (await whom(database))[0]
        (offer,) = await offered(database, holder)
        other = await choose(database, "david", office(14, days=2 + 7 * number), service="Health check")
        async with database.transaction(sam) as connection:
            session = await requests.accept(connection, sam, other.request, nora.public_id, 1, "")

        async def put_over(session: str = session["public_id"], time: object = time) -> None:
            async with database.transaction(sam) as connection:
                await changes.reschedule(connection, sam, session, time, REASON)  # type: ignore[arg-type]

        outcomes = await asyncio.gather(
            take(database, holder, offer["public_id"]),
            take(database, holder, offer["public_id"]),
            put_over(),
            decline(database, holder, offer["public_id"]),
            choose(database, "chloe", time),
            return_exceptions=True,
        )
        refused = [one for one in outcomes if isinstance(one, Exception)]
        assert all(isinstance(one, OfferEnded | Taken | HostBusy) for one in refused), outcomes
        booked_then = "SELECT count(*) FROM session WHERE state = 'scheduled' AND starts_at = $1"
        assert await owner.fetchval(booked_then, time) <= 1
        held = await owner.fetchval(
            "SELECT count(*) FROM waitlist_offer AS held JOIN session ON session.host_id = held.host_id "
            "AND session.state = 'scheduled' AND session.starts_at = held.starts_at WHERE held.state = 'open'"
        )
        assert held == 0, outcomes
        await owner.execute("UPDATE waitlist_offer SET state = 'ended', ended_at = clock_now() WHERE state = 'open'")
        await owner.execute("UPDATE waitlist_place SET state = 'waiting', ended_at = NULL")
    assert known["host"] == nora.public_id


async def test_many_who_take_one_offer_are_one_booking(database: Database, owner: Connection) -> None:
    await free(database, await waiting(database, owner))
    (offer,) = await offered(database, "wait-a")
    outcomes = await asyncio.gather(
        *(take(database, "wait-a", offer["public_id"]) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, OfferEnded) for one in outcomes) == 5, outcomes
    assert await owner.fetchval("SELECT count(*) FROM session WHERE state = 'scheduled'") == 1


async def test_an_offer_ends_with_its_time_and_holds_as_long_as_the_clinic_says(
    database: Database, owner: Connection
) -> None:
    session = await waiting(database, owner)
    await owner.execute("UPDATE clinic SET offer_for = '5 minutes'")
    await free(database, session)
    assert (await offered(database, "wait-a"))[0]["left_seconds"] <= 300
    lasts = await owner.fetchval("SELECT expires_at - offered_at FROM waitlist_offer")
    assert lasts == timedelta(minutes=5)
