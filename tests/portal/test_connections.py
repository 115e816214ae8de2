"""A client asks, the practitioner decides: nobody else, once, and only then may the two meet."""

import asyncio
import re
from dataclasses import replace

import pytest

from people import associations
from people.access import Actor
from people.errors import AwaitingApproval, Invalid, NotFound
from portal import connections, messages, own_clients, practitioners
from portal.connections import Mark
from portal.errors import ConnectedAlready, DecidedAlready, NotTaken
from records.database import Connection, Database
from tests.support import actor

WHY = "I live nearby, and sleep badly."


async def ask(connection: Connection, by: Actor, of: Actor, message: str = WHY) -> str:
    return str((await connections.ask(connection, by, of.public_id, message))["public_id"])


async def committed(database: Database, by: Actor, of: Actor) -> str:
    async with database.transaction(by) as connection:
        return await ask(connection, by, of)


async def cleared(connection: Connection, client: Actor, host: Actor) -> bool:
    return bool(await connection.fetchval("SELECT is_cleared($1, $2)", client.account_id, host.account_id))


async def state(connection: Connection, request: str) -> str:
    return str(await connection.fetchval("SELECT state FROM connection_request WHERE public_id = $1", request))


async def department(owner: Connection, name: str, organization: str = "harbor") -> int:
    return int(
        await owner.fetchval(
            "SELECT department.id FROM department JOIN organization ON organization.id = organization_id "
            "WHERE department.name = $1 AND slug = $2",
            name,
            organization,
        )
    )


async def practises_in(owner: Connection, who: Actor, department_id: int) -> None:
    await owner.execute(
        "INSERT INTO account_role VALUES ($1, $2, 'practitioner', $3)",
        who.organization_id,
        who.account_id,
        department_id,
    )


async def test_r054_r055_r056_r205_asking_makes_a_private_message_and_a_pending_task(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    await ask(connection, chloe, ana)
    (task,) = await connections.pending(connection, ana)
    assert (task["name"], task["message"]) == ("Chloe Adams", WHY)
    seen = await messages.read(connection, ana, task["thread"])
    assert [(m["author_name"], m["body"], m["unread"]) for m in seen.messages] == [
        ("Chloe Adams", f"{connections.OPENING}\n\n{WHY}", True)
    ]
    assert (await connection.fetchval("SELECT recipient FROM mail WHERE kind = 'message'")) == "ana@harbor.example"
    (relation,) = await practitioners.relations(connection, chloe)
    assert (relation["name"], relation["state"]) == ("Ana Duarte", "pending")


async def test_r055_the_message_may_be_left_out_and_too_long_a_one_is_refused_by_its_field(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        await ask(connection, chloe, ana, "x" * 2001)
    assert refused.value.field == "message"
    await ask(connection, chloe, ana, " ")
    (task,) = await connections.pending(connection, ana)
    assert task["message"] == ""
    assert (await messages.read(connection, ana, task["thread"])).messages[0]["body"] == connections.OPENING


async def test_r063_the_two_may_meet_after_acceptance_and_not_before(
    connection: Connection, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    request = await ask(connection, chloe, ana)
    assert not await cleared(connection, chloe, ana)
    (task,) = await connections.pending(connection, ana)
    await messages.reply(connection, ana, task["thread"], "Gladly!")
    assert await state(connection, request) == "pending"
    assert not await cleared(connection, chloe, ana)
    (outcome,) = await connections.decide(connection, ana, [Mark(request, "accept")])
    assert (outcome.state, outcome.changed) == ("accepted", True)
    assert await cleared(connection, chloe, ana)
    assert await connections.pending(connection, ana) == []
    listed = await own_clients.clients(connection, ana)
    assert [(row["name"], row["department_name"]) for row in listed] == [("Chloe Adams", "Family medicine")]
    (relation,) = await practitioners.relations(connection, chloe)
    assert relation["state"] == "connected"
    assert await connection.fetch("SELECT recipient, details::text FROM mail WHERE kind = 'connection'") == [
        ("chloe@harbor.example", "{}")
    ]


async def test_r064_a13_a_reason_goes_into_the_thread_and_none_is_needed(
    connection: Connection, database: Database, chloe: Actor, ana: Actor
) -> None:
    david = await actor(database, "david")
    said, unsaid = await ask(connection, chloe, ana), await ask(connection, david, ana)
    marks = [Mark(said, "decline", reason=" I am not licensed where you live. "), Mark(unsaid, "decline", reason=" \n")]
    outcomes = await connections.decide(connection, ana, marks)
    assert [(outcome.state, outcome.changed) for outcome in outcomes] == [("declined", True)] * 2
    threads = {row["name"]: row["thread"] for row in await connections.settled(connection, ana, [said, unsaid])}
    for name, last in (
        ("Chloe Adams", "I am not licensed where you live."),
        ("David Mori", f"{connections.OPENING}\n\n{WHY}"),
    ):
        assert (await messages.read(connection, ana, threads[name])).messages[-1]["body"] == last
    assert not await cleared(connection, chloe, ana)
    assert len(await connection.fetch("SELECT FROM mail WHERE recipient = 'chloe@harbor.example'")) == 1
    again = await connections.ask(connection, chloe, ana.public_id, "I have moved.")
    assert again["thread"] == threads["Chloe Adams"]


@pytest.mark.parametrize("username", ["olivia", "dora", "carl", "sam", "ben", "chloe"])
async def test_r012_only_the_practitioner_decides_and_nobody_else_learns_of_it(
    connection: Connection, database: Database, chloe: Actor, ana: Actor, username: str
) -> None:
    request = await ask(connection, chloe, ana)
    who = await actor(database, username)
    with pytest.raises(NotFound):
        await connections.decide(connection, who, [Mark(request, "accept")])
    with pytest.raises(NotFound):
        file = await connection.fetchval("SELECT public_id FROM client WHERE account_id = $1", chloe.account_id)
        await own_clients.client(connection, who, file)
    assert await state(connection, request) == "pending"


async def test_r012_a_request_in_another_organization_does_not_exist(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    request = await committed(database, chloe, ana)
    stranger, foreign = await actor(database, "ana", "meadow"), await actor(database, "chloe", "meadow")
    async with database.transaction(stranger) as connection:
        with pytest.raises(NotFound):
            await connections.decide(connection, stranger, [Mark(request, "accept")])
        with pytest.raises(NotFound):
            await connections.withdraw(connection, foreign, request)
        with pytest.raises(NotFound):
            await connections.ask(connection, foreign, ana.public_id, "")
        assert ana.public_id not in {row["public_id"] for row in await practitioners.practitioners(connection, foreign)}
    assert await state(owner, request) == "pending"


async def test_a01_only_an_approved_client_with_a_file_may_ask(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    waiting = replace(chloe, state="pending")
    for verb in (
        connections.ask(connection, waiting, ana.public_id, ""),
        practitioners.practitioners(connection, waiting),
        practitioners.practitioner(connection, waiting, ana.public_id),
    ):
        with pytest.raises(AwaitingApproval):
            await verb
    assert await practitioners.relations(connection, waiting) == []
    for change in ("active = false", "account_id = NULL"):
        await connection.execute(f"UPDATE client SET {change} WHERE account_id = $1", chloe.account_id)
        with pytest.raises(NotFound):
            await connections.ask(connection, chloe, ana.public_id, "")
    with pytest.raises(NotFound):
        await connections.ask(connection, ana, ana.public_id, "")


async def test_asking_twice_too_much_or_somebody_who_takes_nobody_is_refused(
    connection: Connection,
    owner: Connection,
    database: Database,
    chloe: Actor,
    ana: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ben = await actor(database, "ben")
    await owner.execute(
        "INSERT INTO public_profile (account_id, organization_id, takes_connections) VALUES ($1, $2, false)",
        ben.account_id,
        ben.organization_id,
    )
    with pytest.raises(NotTaken):
        await ask(connection, chloe, ben)
    request = await ask(connection, chloe, ana)
    with pytest.raises(ConnectedAlready):
        await ask(connection, chloe, ana)
    monkeypatch.setattr(connections, "most_pending", 1)
    mia = await actor(database, "mia")
    with pytest.raises(ConnectedAlready):
        await ask(connection, chloe, mia)
    await connections.decide(connection, ana, [Mark(request, "accept")])
    await ask(connection, chloe, mia)
    with pytest.raises(ConnectedAlready):
        await ask(connection, chloe, ana)
    found = {row["name"]: row for row in await practitioners.practitioners(connection, chloe)}
    assert (found["Ana Duarte"]["connected"], found["Mia Torres"]["asked"]) == (True, True)
    assert "Ben Okafor" not in found and "Sam Reyes" not in found
    with pytest.raises(NotFound):
        await practitioners.practitioner(connection, chloe, ben.public_id)


async def test_a_search_finds_by_every_word_of_a_profile(
    connection: Connection, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    await owner.execute(
        "UPDATE public_profile SET title = 'Psychologist', about = 'Slēep, 100% of it' WHERE account_id = $1",
        ana.account_id,
    )
    for words, found in (
        ("Sléep PSYCH", ["Ana Duarte"]),
        ("sleep psych", ["Ana Duarte"]),
        ("FAMILY duarte", ["Ana Duarte"]),
        ("100%", ["Ana Duarte"]),
        ("duarte nothing", []),
        ("mental", ["Mia Torres"]),
    ):
        rows = await practitioners.practitioners(connection, chloe, words)
        assert [row["name"] for row in rows] == found, words


async def test_a28_r053_a_practitioner_of_several_departments_chooses_one_and_only_one_of_theirs(
    connection: Connection, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    second = await department(owner, "Mental health")
    await practises_in(owner, ana, second)
    foreign = await owner.fetchval(
        "SELECT public_id FROM department WHERE id = $1", await department(owner, "Mental health", "meadow")
    )
    request = await ask(connection, chloe, ana)
    for wrong in ("", foreign, "nothing"):
        with pytest.raises(Invalid) as refused:
            await connections.decide(connection, ana, [Mark(request, "accept", department=wrong)])
        assert refused.value.field == f"department-{request}"
    chosen = await owner.fetchval("SELECT public_id FROM department WHERE id = $1", second)
    await connections.decide(connection, ana, [Mark(request, "accept", department=chosen)])
    assert await connection.fetchval("SELECT department_id FROM association") == second


async def test_a19_one_update_decides_all_or_nothing_and_tells_each_line(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    david = await actor(database, "david")
    first, second = await committed(database, chloe, ana), await committed(database, david, ana)
    with pytest.raises(NotFound):
        async with database.transaction(ana) as connection:
            await connections.decide(connection, ana, [Mark(first, "accept"), Mark("unknown", "accept")])
    assert [await state(owner, one) for one in (first, second)] == ["pending", "pending"]
    async with database.transaction(david) as connection:
        await connections.withdraw(connection, david, second)
    async with database.transaction(ana) as connection:
        outcomes = await connections.decide(connection, ana, [Mark(second, "accept"), Mark(first, "decline")])
    assert {o.request: (o.state, o.changed) for o in outcomes} == {
        first: ("declined", True),
        second: ("withdrawn", False),
    }
    assert await owner.fetchval("SELECT count(*) FROM association") == 0


@pytest.mark.parametrize(
    "marks",
    [
        [],
        [Mark("a", "accept"), Mark("a", "decline")],
        [Mark("a", "maybe")],
        [Mark(str(n), "accept") for n in range(101)],
    ],
    ids=["none", "twice", "neither", "too many"],
)
async def test_a19_marks_that_say_nothing_clear_are_refused(
    connection: Connection, ana: Actor, marks: list[Mark]
) -> None:
    with pytest.raises(Invalid):
        await connections.decide(connection, ana, marks)


async def test_a05_an_association_made_by_staff_answers_what_was_asked(
    connection: Connection, database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    request = await ask(connection, chloe, ana)
    file = await connection.fetchval("SELECT id FROM client WHERE account_id = $1", chloe.account_id)
    olivia = await actor(database, "olivia")
    await associations.associate(connection, olivia, file, ana.account_id, await department(owner, "Family medicine"))
    assert await state(connection, request) == "accepted"
    (outcome,) = await connections.decide(connection, ana, [Mark(request, "decline")])
    assert (outcome.state, outcome.changed) == ("accepted", False)
    assert await cleared(connection, chloe, ana)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM account_role WHERE account_id = $1 AND role = 'practitioner'",
        "UPDATE account SET state = 'inactive' WHERE id = $1",
    ],
)
async def test_who_is_no_practitioner_any_more_leaves_no_request_waiting(
    database: Database, owner: Connection, chloe: Actor, ana: Actor, change: str
) -> None:
    request = await committed(database, chloe, ana)
    async with database.transaction(await actor(database, "olivia")) as connection:
        await connection.execute(change, ana.account_id)
    assert await state(owner, request) == "ended"
    async with database.transaction(chloe) as connection:
        (relation,) = await practitioners.relations(connection, chloe)
        assert relation["state"] == "ended"
        with pytest.raises(NotFound):
            await ask(connection, chloe, ana)


async def test_a_role_that_moves_to_another_department_keeps_its_requests(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    request, second = await committed(database, chloe, ana), await department(owner, "Mental health")
    async with database.transaction(await actor(database, "olivia")) as connection:
        await connection.execute("DELETE FROM account_role WHERE account_id = $1", ana.account_id)
        await practises_in(connection, ana, second)
    assert await state(owner, request) == "pending"


async def test_r036_the_request_of_a_client_who_is_not_active_waits_unseen(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    request = await ask(connection, chloe, ana)
    await connection.execute("UPDATE account SET state = 'inactive' WHERE id = $1", chloe.account_id)
    assert await connections.pending(connection, ana) == []
    (outcome,) = await connections.decide(connection, ana, [Mark(request, "accept")])
    assert (outcome.state, outcome.changed) == ("pending", False)
    await connection.execute("UPDATE account SET state = 'active' WHERE id = $1", chloe.account_id)
    assert [row["public_id"] for row in await connections.pending(connection, ana)] == [request]


async def test_a24_a_file_that_gets_another_account_takes_its_requests_and_messages_along(
    connection: Connection, database: Database, chloe: Actor, ana: Actor
) -> None:
    request = await ask(connection, chloe, ana)
    david = await actor(database, "david")
    await connection.execute("UPDATE client SET account_id = NULL WHERE account_id = $1", david.account_id)
    await connection.execute(
        "UPDATE client SET account_id = $1 WHERE account_id = $2", david.account_id, chloe.account_id
    )
    (task,) = await connections.pending(connection, ana)
    assert not await messages.unread(connection, david), "what they wrote themselves is no news"
    with pytest.raises(NotFound):
        await messages.read(connection, chloe, task["thread"])
    assert (await messages.read(connection, david, task["thread"])).messages[0]["author_name"] == "Chloe Adams"
    with pytest.raises(NotFound):
        await connections.withdraw(connection, chloe, request)
    await connections.decide(connection, ana, [Mark(request, "accept")])
    assert await cleared(connection, david, ana) and not await cleared(connection, chloe, ana)


async def test_r061_the_profile_shows_the_registration_to_whoever_is_asked_and_ends_with_the_request(
    connection: Connection, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    await owner.execute(
        "INSERT INTO registration (account_id, organization_id, email, first_name, last_name, date_of_birth, reason, "
        "confirmed_at) VALUES ($1, $2, 'chloe@harbor.example', 'Chloe', 'Adams', '1990-01-01', 'No sleep', now())",
        chloe.account_id,
        chloe.organization_id,
    )
    file = await connection.fetchval("SELECT public_id FROM client WHERE account_id = $1", chloe.account_id)
    with pytest.raises(NotFound):
        await own_clients.client(connection, ana, file)
    request = await ask(connection, chloe, ana)
    seen = await own_clients.client(connection, ana, file)
    assert seen.registration is not None and seen.asked is not None
    assert (seen.registration["reason"], seen.asked["message"]) == ("No sleep", WHY)
    await connections.withdraw(connection, chloe, request)
    with pytest.raises(NotFound):
        await own_clients.client(connection, ana, file)


async def test_a19_deciding_and_withdrawing_at_once_has_one_outcome(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    for _ in range(5):
        request = await committed(database, chloe, ana)

        async def accept(request: str = request) -> bool:
            async with database.transaction(ana) as connection:
                return (await connections.decide(connection, ana, [Mark(request, "accept")]))[0].changed

        async def withdraw(request: str = request) -> bool:
            try:
                async with database.transaction(chloe) as connection:
                    await connections.withdraw(connection, chloe, request)
            except DecidedAlready as refused:
                assert "accepted" in refused.message
                return False
            return True

        accepted, withdrawn = await asyncio.gather(accept(), withdraw())
        assert accepted != withdrawn
        assert await owner.fetchval("SELECT count(*) FROM association") == int(accepted)
        await owner.execute("DELETE FROM association")


async def test_a05_a_practitioner_and_staff_who_associate_at_once_do_not_stand_in_each_others_way(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    olivia, home = await actor(database, "olivia"), await department(owner, "Family medicine")
    file = await owner.fetchval("SELECT id FROM client WHERE account_id = $1", chloe.account_id)
    for _ in range(10):
        request = await committed(database, chloe, ana)

        async def accept(request: str = request) -> None:
            async with database.transaction(ana) as connection:
                await connections.decide(connection, ana, [Mark(request, "accept")])

        async def associate() -> None:
            async with database.transaction(olivia) as connection:
                await associations.associate(connection, olivia, file, ana.account_id, home)

        await asyncio.gather(accept(), associate(), accept(), associate())
        assert await state(owner, request) == "accepted"
        await owner.execute("DELETE FROM association")


async def test_asking_twice_at_once_makes_one_request(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    outcomes = await asyncio.gather(*(committed(database, chloe, ana) for _ in range(5)), return_exceptions=True)
    assert len([one for one in outcomes if isinstance(one, str)]) == 1
    assert all(isinstance(one, str | ConnectedAlready) for one in outcomes)
    assert await owner.fetchval("SELECT count(*) FROM thread") == 1


async def test_every_step_is_in_the_audit_trail(connection: Connection, chloe: Actor, ana: Actor) -> None:
    request = await ask(connection, chloe, ana)
    await connections.withdraw(connection, chloe, request)
    for decision in ("decline", "accept"):
        await connections.decide(connection, ana, [Mark(await ask(connection, chloe, ana), decision)])
    lines = await connection.fetch(
        "SELECT verb, details::text FROM audit_line WHERE noun = 'connection_request' ORDER BY id"
    )
    assert [line["verb"] for line in lines] == ["ask", "withdraw", "ask", "decline", "ask", "accept"]
    assert not any(re.search("sleep|Adams", line["details"]) for line in lines)
