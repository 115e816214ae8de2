"""Every state and every verb, tried against the database: what the table does not name changes nothing."""

import itertools
from contextlib import suppress

import pytest

from dispatch import admissions, attendance, changes, requests, sessions
from dispatch.errors import UserError
from dispatch.lifecycle import ADMISSION, REQUEST, SESSION
from people.access import Actor
from records.database import Connection, Database, House
from tests.dispatch.factories import accept, admit, booked_session, end, knock, leave, pending_request, soon
from tests.support import actor

REQUEST_PAIRS = list(
    itertools.product(
        ("pending", "accepted", "declined", "withdrawn", "expired"), ("accept", "decline", "withdraw", "expire")
    )
)
ADMISSION_PAIRS = list(
    itertools.product(
        ("arriving", "waiting", "admitted", "left", "denied", "removed"),
        ("knock", "admit", "deny", "send_back", "remove", "leave", "end", "vanish"),
    )
)
SESSION_PAIRS = list(
    itertools.product(
        ("scheduled", "in_progress", "ended", "cancelled", "no_show"),
        ("admit", "end", "no_show", "undo_no_show", "reschedule", "reassign", "cancel"),
    )
)


async def _do(database: Database, verb: str, request: str) -> None:
    client, host, scheduler = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    if verb == "accept":
        await accept(database, scheduler, request, host)
        return
    if verb == "expire":
        house = House(client.organization_id)
        async with database.transaction(house) as connection:
            request_id = await connection.fetchval("SELECT id FROM request WHERE public_id = $1", request)
            if not await requests.expire(connection, house, request_id):
                raise UserError
        return
    who = scheduler if verb == "decline" else client
    async with database.transaction(who) as connection:
        if verb == "decline":
            await requests.decline(connection, who, request, "")
        else:
            await requests.withdraw(connection, who, request)


@pytest.mark.parametrize(("state", "verb"), REQUEST_PAIRS)
async def test_r082_a_request_moves_only_as_its_table_says(
    database: Database, owner: Connection, state: str, verb: str
) -> None:
    request = await pending_request(database, await actor(database, "chloe"))
    if verb == "expire":
        await owner.execute("UPDATE request SET expires_at = now()")
    if state != "pending":
        await owner.execute("UPDATE request SET state = $1::request_state, decided_at = now()", state)
    expected = REQUEST.get((state, verb), state)
    if expected == state:
        with pytest.raises(UserError):
            await _do(database, verb, request)
    else:
        await _do(database, verb, request)
    assert await owner.fetchval("SELECT state FROM request") == expected


@pytest.mark.parametrize(("state", "verb"), ADMISSION_PAIRS)
async def test_r179_an_admission_moves_only_as_its_table_says(
    database: Database, owner: Connection, state: str, verb: str
) -> None:
    session = await booked_session(database)
    client, host = await actor(database, "chloe"), await actor(database, "ana")
    await knock(database, host, session)
    admission = "0" * 32
    if state != "arriving":
        admission = (await knock(database, client, session))["public_id"]
        await owner.execute(
            "UPDATE admission SET state = $1::admission_state, admitted_by = $2 WHERE public_id = $3",
            state,
            host.account_id if state == "admitted" else None,
            admission,
        )
        if state not in admissions.INSIDE:
            await owner.execute("UPDATE attendance SET ended_at = now(), ending = 'left'")
    with suppress(UserError):
        await _move(database, owner, verb, session, admission)
    async with database.transaction(host) as connection:
        row = await sessions.find(connection, host, session)
        after = await admissions.of_account(connection, row["id"], client.account_id)
    assert (after["state"] if after else "arriving") == ADMISSION.get((state, verb), state)


@pytest.mark.parametrize(("state", "verb"), SESSION_PAIRS)
async def test_a_session_moves_only_as_its_table_says(
    database: Database, owner: Connection, state: str, verb: str
) -> None:
    session = await booked_session(database)
    client, host = await actor(database, "chloe"), await actor(database, "ana")
    await knock(database, host, session)
    admission = (await knock(database, client, session))["public_id"]
    await owner.execute("UPDATE session SET state = $1::session_state", state)
    with suppress(UserError):
        if verb == "admit":
            await admit(database, host, session, admission)
        elif verb == "end":
            await end(database, host, session)
        elif verb == "no_show":
            await leave(database, client, session)
            await _miss(database, host, session)
        elif verb == "undo_no_show":
            async with database.transaction(host) as connection:
                await changes.undo_no_show(connection, host, session)
        else:
            await _change(database, verb, session)
    assert await owner.fetchval("SELECT state FROM session") == SESSION.get((state, verb), state)
    if verb in ("reschedule", "reassign", "cancel"):
        assert await owner.fetchval("SELECT sequence FROM session") == ((state, verb) in SESSION)


async def _move(database: Database, owner: Connection, verb: str, session: str, admission: str) -> None:
    client, host = await actor(database, "chloe"), await actor(database, "ana")
    if verb == "knock":
        await knock(database, client, session)
    elif verb == "leave":
        await leave(database, client, session)
    elif verb == "end":
        await end(database, host, session)
    elif verb == "vanish":
        await owner.execute("UPDATE admission SET here_until = clock_now() - interval '11 minutes'")
        async with database.transaction(host) as connection:
            await attendance.end_absent(connection, None)
    else:
        async with database.transaction(host) as connection:
            row = await sessions.find(connection, host, session)
            await getattr(admissions, verb)(connection, host, row, admission)


async def _miss(database: Database, host: Actor, session: str) -> None:
    async with database.transaction(host) as connection:
        await admissions.no_show(connection, host, await sessions.find(connection, host, session))


async def _change(database: Database, verb: str, session: str) -> None:
    sam, ben = await actor(database, "sam"), await actor(database, "ben")
    async with database.transaction(sam) as connection:
        if verb == "reschedule":
            await changes.reschedule(connection, sam, session, soon(24), "why")
        elif verb == "reassign":
            await changes.reassign(connection, sam, session, ben.public_id, "why")
        else:
            await changes.cancel(connection, sam, session, "why")
