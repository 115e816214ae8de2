"""What may be asked, what is refused and why, and what becomes of requests that nobody decides."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch import availability, clinics, requests
from dispatch.asking import Ask
from dispatch.errors import AlreadyAsked, AlreadyDecided, Closed, Invalid, NotFound, UserError
from dispatch.expiry import Expiry, NotDue
from people.access import Actor
from records.database import Connection, Database, House
from records.provision import Place
from tests.dispatch.factories import accept, ask_for, pending_request, soon
from tests.support import actor


async def submit(database: Database, who: Actor, ask: Ask) -> Any:
    async with database.transaction(who) as connection:
        return await requests.submit(connection, who, ask)


async def plain_ask(database: Database, who: Actor, **changes: Any) -> Ask:
    async with database.transaction(who) as connection:
        return replace(await ask_for(connection), **changes)


async def add_field(
    owner: Connection, kind: str, label: str, required: bool = False, choices: tuple[str, ...] = ()
) -> str:
    """A field of harbor's Family clinic; returns its public id."""
    return await owner.fetchval(
        "INSERT INTO form_field (organization_id, clinic_id, position, kind, label, required, choices) "
        "SELECT organization_id, clinic.id, 9, $1::form_field_kind, $2, $3, $4 FROM clinic "
        "JOIN organization ON organization.id = organization_id "
        "WHERE clinic.name = 'Family clinic' AND slug = 'harbor' RETURNING public_id",
        kind,
        label,
        required,
        list(choices),
    )


async def planned(database: Database, who: Actor) -> tuple[Ask, list[datetime]]:
    """An Ask to the calendar clinic, and times that it offers."""
    async with database.transaction(who) as connection:
        listed = await clinics.of_organization(connection)
        clinic = await clinics.find(
            connection, next(row["public_id"] for row in listed if row["name"] == "Planned care")
        )
        ask = Ask(clinic["public_id"], clinic["services"][0]["public_id"], None, ())
        now = datetime.now(UTC)
        free = await availability.free_times(
            connection, ask.clinic, ask.service, None, now + timedelta(days=1), now + timedelta(days=14)
        )
    return ask, [each.starts_at for each in free]


async def stored(owner: Connection) -> int:
    """Rows that a submit leaves behind."""
    return await owner.fetchval(
        "SELECT (SELECT count(*) FROM request) + (SELECT count(*) FROM requested_time) + (SELECT count(*) FROM mail) "
        "+ (SELECT count(*) FROM audit_line WHERE verb = 'submit') + (SELECT count(*) FROM pgqueuer)"
    )


async def test_r076_answers_are_kept_with_their_labels_as_they_were(database: Database, owner: Connection) -> None:
    client = await actor(database, "chloe")
    await owner.execute("DELETE FROM form_field")
    phone = await add_field(owner, "short_text", "Phone")
    story = await add_field(owner, "long_text", "Story")
    before = await add_field(owner, "choice", "Been here?", choices=("Yes", "No"))
    consent = await add_field(owner, "check", "I agree", required=True)
    await add_field(owner, "check", "Interpreter")
    await add_field(owner, "short_text", "Left out")
    answers = {phone: " 12 34 ", story: "one\r\ntwo", before: "No", consent: "on"}
    sent = await submit(database, client, await plain_ask(database, client, answers=answers))
    await owner.execute("UPDATE form_field SET label = 'changed'")
    await owner.execute("DELETE FROM form_field WHERE kind = 'choice'")
    async with database.transaction(client) as connection:
        own = await requests.own(connection, client, sent["public_id"])
    assert own["answers"] == [
        {"label": "Phone", "kind": "short_text", "answer": "12 34"},
        {"label": "Story", "kind": "long_text", "answer": "one\ntwo"},
        {"label": "Been here?", "kind": "choice", "answer": "No"},
        {"label": "I agree", "kind": "check", "answer": True},
        {"label": "Interpreter", "kind": "check", "answer": False},
    ]


@pytest.mark.parametrize(
    ("kind", "required", "answer"),
    [
        ("short_text", True, None),
        ("short_text", True, "  "),
        ("short_text", False, "x" * 201),
        ("short_text", False, True),
        ("short_text", False, "a\0b"),
        ("long_text", False, "x" * 2001),
        ("choice", True, ""),
        ("choice", False, "Perhaps"),
        ("choice", False, False),
        ("check", True, None),
        ("check", True, False),
        ("check", False, "perhaps"),
    ],
)
async def test_r076_an_answer_that_is_missing_too_long_or_not_offered_is_refused_by_its_field(
    database: Database, owner: Connection, kind: str, required: bool, answer: Any
) -> None:
    client = await actor(database, "chloe")
    field = await add_field(owner, kind, "Tell us", required, ("Yes", "No"))
    ask = await plain_ask(database, client, answers={} if answer is None else {field: answer})
    with pytest.raises(Invalid) as refused:
        await submit(database, client, ask)
    assert refused.value.field == f"answer-{field}"
    assert await stored(owner) == 0


async def test_r076_texts_of_exactly_the_longest_length_are_taken_whatever_their_line_ends(
    database: Database, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    field = await add_field(owner, "long_text", "Story")
    text = "x" * 1000 + "\r\n" + "y" * 999
    await submit(database, client, await plain_ask(database, client, note=text, answers={field: text}))
    assert await owner.fetchval("SELECT length(note) FROM request") == 2000


async def test_r076_an_answer_to_a_field_that_is_gone_is_refused(database: Database, owner: Connection) -> None:
    client = await actor(database, "chloe")
    field = await add_field(owner, "short_text", "Gone")
    ask = await plain_ask(database, client, answers={field: "kept?"})
    await owner.execute("DELETE FROM form_field WHERE public_id = $1", field)
    with pytest.raises(Invalid, match="changed this form"):
        await submit(database, client, ask)
    assert await stored(owner) == 0


Change = Callable[[Ask], Ask]
REFUSED: dict[str, tuple[str, Change, type[UserError], str | None]] = {
    "a closed clinic": ("UPDATE clinic SET open = false", lambda ask: ask, Closed, None),
    "requests switched off (A-25)": ("UPDATE organization SET requests_open = false", lambda ask: ask, Closed, None),
    "an unknown clinic": ("", lambda ask: replace(ask, clinic="0" * 32), NotFound, None),
    "an unknown service": ("", lambda ask: replace(ask, service="0" * 32), Invalid, "service"),
    "a withdrawn service": ("UPDATE service SET offered = false", lambda ask: ask, Invalid, "service"),
    "an unknown person": ("", lambda ask: replace(ask, host="0" * 32), Invalid, "host"),
    "a note that is too long": ("", lambda ask: replace(ask, note="x" * 2001), Invalid, "note"),
    "a time in the past": ("", lambda ask: replace(ask, times=(soon(-1),)), Invalid, "times"),
    "a time after a year": ("", lambda ask: replace(ask, times=(soon(24 * 366),)), Invalid, "times"),
    "the same time twice": ("", lambda ask: replace(ask, times=(soon(24), soon(24))), Invalid, "times"),
    "four times": ("", lambda ask: replace(ask, times=tuple(soon(hours) for hours in range(9, 13))), Invalid, "times"),
}


@pytest.mark.parametrize(("change", "asked", "error", "field"), REFUSED.values(), ids=REFUSED)
async def test_r071_r073_a25_what_is_not_offered_is_refused_and_nothing_is_stored(
    database: Database, owner: Connection, change: str, asked: Change, error: type[UserError], field: str | None
) -> None:
    client = await actor(database, "chloe")
    ask = asked(await plain_ask(database, client))
    if change:
        await owner.execute(change)
    with pytest.raises(error) as refused:
        await submit(database, client, ask)
    assert refused.value.field == field
    assert await stored(owner) == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE host SET takes_requests = false WHERE account_id = $1",
        "UPDATE account SET state = 'inactive' WHERE id = $1",
        "DELETE FROM clinic_host WHERE account_id = $1",
    ],
)
async def test_r074_a25_a_person_who_takes_no_requests_here_is_refused_and_not_listed(
    database: Database, owner: Connection, change: str
) -> None:
    client, ana = await actor(database, "chloe"), await actor(database, "ana")
    ask = await plain_ask(database, client, host=ana.public_id)
    await owner.execute(change, ana.account_id)
    with pytest.raises(Invalid) as refused:
        await submit(database, client, ask)
    assert refused.value.field == "host"
    async with database.transaction(client) as connection:
        assert "Ana Duarte" not in [host["name"] for host in (await clinics.find(connection, ask.clinic))["hosts"]]
    assert await stored(owner) == 0


async def test_r070_a_calendar_clinic_takes_the_times_that_it_offers(database: Database, owner: Connection) -> None:
    client = await actor(database, "chloe")
    ask, free = await planned(database, client)
    chosen = (free[7], free[0], free[3])
    sent = await submit(database, client, replace(ask, times=chosen))
    async with database.transaction(client) as connection:
        own = await requests.own(connection, client, sent["public_id"])
    assert tuple(own["times"]) == chosen, "in the order of their rank"


async def test_r070_a_calendar_clinic_refuses_a_time_that_it_does_not_offer(
    database: Database, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    ask, free = await planned(database, client)
    for moved in (timedelta(minutes=5), timedelta(hours=12)):
        with pytest.raises(Invalid, match="second choice is not offered") as refused:
            await submit(database, client, replace(ask, times=(free[0], free[0] + moved)))
        assert refused.value.field == "times"
    assert await stored(owner) == 0


async def test_r070_a_time_that_was_free_when_the_page_was_shown_is_looked_at_again(
    database: Database, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    ask, free = await planned(database, client)
    await owner.execute("DELETE FROM weekly_hours")
    with pytest.raises(Invalid, match="first choice"):
        await submit(database, client, replace(ask, times=(free[0],)))
    assert await stored(owner) == 0


async def test_a_second_identical_request_is_refused_while_the_first_waits(
    database: Database, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    ask = await plain_ask(database, client, times=(soon(24), soon(48)))
    first = await submit(database, client, ask)
    with pytest.raises(AlreadyAsked):
        await submit(database, client, replace(ask, times=(soon(48), soon(24)), note="other words"))
    await submit(database, client, replace(ask, times=(soon(24),)))
    async with database.transaction(client) as connection:
        await requests.withdraw(connection, client, first["public_id"])
    await submit(database, client, ask)
    assert await owner.fetchval("SELECT count(*) FROM request") == 3
    assert await owner.fetchval("SELECT last_request_number FROM organization WHERE slug = 'harbor'") == 3


async def test_a_receipt_is_the_requesters_own(database: Database) -> None:
    chloe, david, sam = [await actor(database, name) for name in ("chloe", "david", "sam")]
    request = await pending_request(database, chloe)
    for who in (david, sam):
        async with database.transaction(who) as connection:
            with pytest.raises(NotFound):
                await requests.own(connection, who, request)


# Expiry


async def expire(database: Database, request_id: int) -> None:
    await Expiry(database).expire(request_id)


async def test_expiry_is_planned_with_the_request_at_its_last_time_or_the_clinics_limit(
    database: Database, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    await owner.execute("UPDATE clinic SET now_expires_after = '7 minutes'")
    await pending_request(database, client)
    await pending_request(database, client, times=(soon(48), soon(24)))
    rows = await owner.fetch(
        "SELECT request.expires_at, asked_times, execute_after, submitted_at FROM request "
        "JOIN pgqueuer ON entrypoint = 'expire_request' AND convert_from(payload, 'UTF8') = request.id::text "
        "ORDER BY request.id"
    )
    now, scheduled = rows
    assert now["expires_at"] - now["submitted_at"] == pytest.approx(timedelta(minutes=7), abs=timedelta(seconds=5))
    assert scheduled["expires_at"] == soon(48)
    for row in rows:
        assert abs(row["execute_after"] - row["expires_at"]) < timedelta(seconds=5)


async def test_a_request_expires_when_its_time_has_come_and_the_requester_is_told_once(
    database: Database, owner: Connection
) -> None:
    client = await actor(database, "chloe")
    await pending_request(database, client)
    request_id = await owner.fetchval("SELECT id FROM request")
    with pytest.raises(NotDue):
        await expire(database, request_id)
    assert await owner.fetchval("SELECT state FROM request") == "pending"
    await owner.execute("UPDATE request SET expires_at = now()")
    for _ in range(2):
        await expire(database, request_id)
    row = await owner.fetchrow("SELECT state, decided_by, decided_at FROM request")
    assert (row["state"], row["decided_by"]) == ("expired", None) and row["decided_at"]
    letters = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'expired'")
    assert [letter["recipient"] for letter in letters] == ["chloe@harbor.example"]
    lines = await owner.fetch("SELECT account_id, verb FROM audit_line WHERE verb = 'expired'")
    assert [tuple(line) for line in lines] == [(None, "expired")]


async def test_requests_whose_jobs_were_lost_expire_at_the_next_start(database: Database, owner: Connection) -> None:
    chloe, david, stranger = [await actor(database, *who) for who in (("chloe",), ("david",), ("chloe", "meadow"))]
    for who in (chloe, david, stranger):
        await pending_request(database, who)
    await owner.execute("DELETE FROM pgqueuer")
    await owner.execute("UPDATE request SET expires_at = now() WHERE requester_id <> $1", david.account_id)
    await Expiry(database).sweep()
    rows = await owner.fetch("SELECT requester_id FROM request WHERE state = 'expired'")
    assert {row["requester_id"] for row in rows} == {chloe.account_id, stranger.account_id}


async def test_expiry_goes_by_the_databases_clock(place: Place, database: Database, owner: Connection) -> None:
    client = await actor(database, "chloe")
    await pending_request(database, client)
    request_id = await owner.fetchval("SELECT id FROM request")
    offset = "&anteroom.clock_offset=61%20minutes"
    later = Database(replace(place.urls, app=place.urls.app + offset, system=place.urls.system + offset))
    await later.open()
    try:
        await expire(later, request_id)
    finally:
        await later.close()
    assert await owner.fetchval("SELECT state FROM request") == "expired"


@pytest.mark.parametrize("verb", ["accept", "withdraw"])
async def test_a20_a_decision_and_the_expiry_at_the_same_moment_end_in_exactly_one_of_them(
    database: Database, owner: Connection, verb: str
) -> None:
    client, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    house = House(client.organization_id)

    async def withdraw(request: str) -> None:
        async with database.transaction(client) as connection:
            await requests.withdraw(connection, client, request)

    async def run_out(request_id: int) -> bool:
        async with database.transaction(house) as connection:
            return await requests.expire(connection, house, request_id)

    for turn in range(6):
        request = await pending_request(database, client, times=(soon(24 + turn),))
        await owner.execute("UPDATE request SET expires_at = now() WHERE public_id = $1", request)
        request_id = await owner.fetchval("SELECT id FROM request WHERE public_id = $1", request)
        decide = accept(database, sam, request, ana, 1) if verb == "accept" else withdraw(request)
        both = [decide, run_out(request_id)] if turn % 2 else [run_out(request_id), decide]
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        decided, expired = (outcomes[0], outcomes[1]) if turn % 2 else (outcomes[1], outcomes[0])
        state = await owner.fetchval("SELECT state FROM request WHERE id = $1", request_id)
        if state == "expired":
            assert expired is True
            assert isinstance(decided, AlreadyDecided) and decided.decision["state"] == "expired"
        else:
            assert expired is False and not isinstance(decided, Exception)
    sessions = await owner.fetchval("SELECT count(*) FROM session")
    expired_mail = await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'expired'")
    states = await owner.fetch("SELECT state::text FROM request")
    assert sessions == sum(row["state"] == "accepted" for row in states)
    assert expired_mail == sum(row["state"] == "expired" for row in states)
