"""Who may write to whom, when that ends, and what of it clients never see (R-010, R-011, R-150 to R-152; A-03)."""

import asyncio

import pytest

from people.access import Actor
from people.errors import FeatureOff, Invalid, NoSeat, NotFound
from portal import connections, messages, threads
from portal.connections import Mark
from portal.errors import CannotWrite
from records.database import Connection, Database
from tests.portal.talking import BODY, associate, begun, file_of, open_between, part, subscribe, switch
from tests.support import actor


@pytest.fixture
async def ben(database: Database) -> Actor:
    return await actor(database, "ben")


async def bodies(connection: Connection, who: Actor, thread: str) -> list[str]:
    return [row["body"] for row in (await messages.read(connection, who, thread)).messages]


async def test_r010_r150_a_practitioner_with_a_seat_and_their_client_write_in_both_directions(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    await open_between(connection, chloe, ana)
    assert [row["name"] for row in await threads.recipients(connection, ana)] == ["Chloe Adams"]
    assert [row["name"] for row in await threads.recipients(connection, ana, "ÁDA")] == ["Chloe Adams"]
    assert await threads.recipients(connection, ana, "mori") == []
    assert [row["name"] for row in await threads.recipients(connection, chloe)] == ["Ana Duarte"]
    made = await messages.write_to(connection, ana, await file_of(connection, chloe), " Sleep ", BODY)
    await messages.reply(connection, chloe, made["public_id"], "Thank you.")
    assert await bodies(connection, ana, made["public_id"]) == [BODY, "Thank you."]
    found = await threads.find(connection, chloe, made["public_id"])
    assert (found["kind"], found["subject"], found["others"]) == ("direct", "Sleep", "Ana Duarte")


async def test_r010_nobody_writes_first_to_whom_they_are_not_connected_with(
    connection: Connection, database: Database, chloe: Actor, ana: Actor, ben: Actor
) -> None:
    await open_between(connection, chloe, ana)
    await subscribe(connection, ben)
    david = await actor(database, "david")
    file = await file_of(connection, chloe)
    attempts = [(ben, file), (david, ana.public_id), (chloe, ben.public_id), (chloe, file), (ana, ben.public_id)]
    for who, other in [*attempts, (ana, "unknown"), (await actor(database, "sam"), file)]:
        with pytest.raises(NotFound):
            await messages.write_to(connection, who, other, "Sleep", BODY)


async def test_r011_r151_an_administrator_with_a_seat_writes_to_every_client_with_an_account(
    connection: Connection, database: Database, chloe: Actor, olivia: Actor
) -> None:
    await switch(connection)
    file = await file_of(connection, chloe)
    with pytest.raises(NoSeat):
        await messages.write_to(connection, olivia, file, "Sleep", BODY)
    with pytest.raises(NoSeat):
        await threads.recipients(connection, olivia)
    await subscribe(connection, olivia)
    assert {row["name"] for row in await threads.recipients(connection, olivia)} == {"Chloe Adams", "David Mori"}
    assert [row["name"] for row in await threads.recipients(connection, olivia, "mori")] == ["David Mori"]
    made = await messages.write_to(connection, olivia, file, "Sleep", BODY)
    await messages.reply(connection, chloe, made["public_id"], "Thank you.")
    with pytest.raises(NotFound):  # a client begins with their practitioners
        await messages.write_to(connection, chloe, olivia.public_id, "Sleep", BODY)
    await subscribe(connection, dora := await actor(database, "dora"))
    with pytest.raises(NotFound):  # of a department alone
        await messages.write_to(connection, dora, file, "Sleep", BODY)


async def test_r011_a_client_without_a_portal_account_is_not_written_to(
    connection: Connection, owner: Connection, chloe: Actor, olivia: Actor
) -> None:
    await owner.execute("UPDATE account SET password_hash = NULL WHERE id = $1", chloe.account_id)
    await switch(connection)
    await subscribe(connection, olivia)
    assert [row["name"] for row in await threads.recipients(connection, olivia)] == ["David Mori"]
    with pytest.raises(CannotWrite, match="Chloe Adams has not set up"):
        await messages.write_to(connection, olivia, await file_of(connection, chloe), "Sleep", BODY)


async def test_a03_r131_messages_need_the_seat_of_the_practitioner_and_the_switch(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    await associate(connection, chloe, ana)
    file = await file_of(connection, chloe)
    for on, seat, to_staff, to_client in (
        (False, True, FeatureOff, FeatureOff),
        (False, False, FeatureOff, FeatureOff),
        (True, False, NoSeat, CannotWrite),
    ):
        await switch(connection, on)
        await subscribe(connection, ana, seat)
        with pytest.raises(to_staff):
            await messages.write_to(connection, ana, file, "Sleep", BODY)
        with pytest.raises(to_client):
            await messages.write_to(connection, chloe, ana.public_id, "Sleep", BODY)
    assert await threads.recipients(connection, chloe) == []


ENDINGS = {
    "the seat goes": (NoSeat, "takes no messages from you here now"),
    "they part": (CannotWrite, "takes no messages from you here now"),
    "the practitioner leaves": (None, "takes no messages from you here now"),
    "the role goes": (NoSeat, "takes no messages from you here now"),
    "the client is closed": (CannotWrite, None),
}


async def end(connection: Connection, how: str, chloe: Actor, ana: Actor) -> None:
    if how == "the seat goes":
        await subscribe(connection, ana, False)
    elif how == "they part":
        await part(connection, chloe, ana)
    elif how == "the role goes":
        await connection.execute("DELETE FROM account_role WHERE account_id = $1", ana.account_id)
    else:
        who = ana if how == "the practitioner leaves" else chloe
        await connection.execute("UPDATE account SET state = 'inactive' WHERE id = $1", who.account_id)


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_thread_that_is_closed_stays_to_be_read_and_says_why(
    connection: Connection, chloe: Actor, ana: Actor, how: str
) -> None:
    thread = await begun(connection, chloe, ana)
    await end(connection, how, chloe, ana)
    for who, refused in zip((ana, chloe), ENDINGS[how], strict=True):
        if refused is None:
            continue
        read = await messages.read(connection, who, thread)
        assert [row["body"] for row in read.messages] == [BODY] and read.refusal is not None
        if isinstance(refused, str):
            assert refused in read.refusal.message and "seat" not in read.refusal.message
        else:
            assert type(read.refusal) is refused
        with pytest.raises(type(read.refusal)):
            await messages.reply(connection, who, thread, "One thing more.")
    assert await connection.fetchval("SELECT count(*) FROM message") == 1


async def test_a_closed_thread_opens_again_with_the_relation(connection: Connection, chloe: Actor, ana: Actor) -> None:
    thread = await begun(connection, chloe, ana)
    await part(connection, chloe, ana)
    await associate(connection, chloe, ana)
    await messages.reply(connection, chloe, thread, "Again.")
    assert await bodies(connection, ana, thread) == [BODY, "Again."]


async def test_r133_with_the_switch_secure_messages_are_gone_and_come_back_and_requests_threads_stay(
    connection: Connection, chloe: Actor, ana: Actor, ben: Actor
) -> None:
    thread = await begun(connection, chloe, ana)
    asked = await connections.ask(connection, chloe, ben.public_id, "I sleep badly.")
    await switch(connection, False)
    for who in (chloe, ana):
        with pytest.raises(FeatureOff):
            await messages.read(connection, who, thread)
        with pytest.raises(FeatureOff):
            await messages.reply(connection, who, thread, "Hello?")
        with pytest.raises(FeatureOff):
            await threads.recipients(connection, who)
    assert [row["public_id"] for row in (await messages.threads_of(connection, chloe))[0]] == [asked["thread"]]
    assert (await messages.threads_of(connection, ana))[0] == []
    assert (await messages.unread(connection, ana), await messages.count_unread(connection, ana)) == ([], 0)
    assert len(await messages.search(connection, chloe, "sleep")) == 1
    await messages.reply(connection, ben, asked["thread"], "Since when?")  # free while it waits
    await switch(connection)
    assert await messages.count_unread(connection, ana) == 1
    assert await bodies(connection, ana, thread) == [BODY]


async def test_r152_a_requests_thread_is_free_while_it_waits_and_follows_the_rule_after_it(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    asked = await connections.ask(connection, chloe, ana.public_id, "")
    for who in (ana, chloe):
        await messages.reply(connection, who, asked["thread"], "A question first.")
    await connections.decide(connection, ana, [Mark(asked["public_id"], "accept")])
    for who in (ana, chloe):
        with pytest.raises(FeatureOff):
            await messages.reply(connection, who, asked["thread"], "And now?")
        assert len(await bodies(connection, who, asked["thread"])) == 3
    await switch(connection)
    await subscribe(connection, ana)
    for who in (ana, chloe):
        await messages.reply(connection, who, asked["thread"], "Welcome.")


async def test_r064_whoever_declined_without_a_reason_may_still_write_one_message(
    connection: Connection, chloe: Actor, ana: Actor, ben: Actor
) -> None:
    silent = await connections.ask(connection, chloe, ana.public_id, "")
    await connections.decide(connection, ana, [Mark(silent["public_id"], "decline")])
    with pytest.raises(FeatureOff):
        await messages.reply(connection, chloe, silent["thread"], "Why?")
    await messages.reply(connection, ana, silent["thread"], "You live where I am not licensed.")
    with pytest.raises(FeatureOff):
        await messages.reply(connection, ana, silent["thread"], "And one thing more.")
    told = await connections.ask(connection, chloe, ben.public_id, "")
    await connections.decide(connection, ben, [Mark(told["public_id"], "decline", reason="Not my field.")])
    with pytest.raises(FeatureOff):
        await messages.reply(connection, ben, told["thread"], "And one thing more.")


async def test_a_file_that_gets_another_account_takes_its_secure_messages_along(
    connection: Connection, database: Database, chloe: Actor, ana: Actor
) -> None:
    thread = await begun(connection, chloe, ana)
    david = await actor(database, "david")
    await connection.execute("UPDATE client SET account_id = NULL WHERE account_id = $1", david.account_id)
    await connection.execute(
        "UPDATE client SET account_id = $1 WHERE account_id = $2", david.account_id, chloe.account_id
    )
    assert await bodies(connection, david, thread) == [BODY]
    with pytest.raises(NotFound):
        await messages.read(connection, chloe, thread)


@pytest.fixture
async def team(connection: Connection, chloe: Actor, ana: Actor, olivia: Actor) -> str:
    """Ana writes to olivia about chloe."""
    await open_between(connection, chloe, ana)
    await subscribe(connection, olivia)
    client, members = await file_of(connection, chloe), [olivia.public_id]
    made = await messages.write_to_team(connection, ana, client, members, "Chloe's sleep", "She sleeps badly.")
    return str(made["public_id"])


async def test_a_care_team_writes_among_itself_and_is_asked_to_join_by_name(
    connection: Connection, database: Database, chloe: Actor, ana: Actor, olivia: Actor, team: str
) -> None:
    carl = await actor(database, "carl")  # care coordinator of ana's department
    await messages.reply(connection, olivia, team, "Since when?")
    for seat, offered in ((False, []), (True, ["Carl Boyd"])):
        await subscribe(connection, carl, seat)
        found = await threads.find(connection, ana, team)
        assert [row["name"] for row in await threads.joinable(connection, ana, found)] == offered
    with pytest.raises(NotFound):
        await messages.read(connection, carl, team)
    await messages.add_members(connection, olivia, team, [carl.public_id])
    assert await bodies(connection, carl, team) == ["She sleeps badly.", "Since when?"]
    await messages.reply(connection, carl, team, "I can call her.")
    (listed,), _ = await messages.threads_of(connection, carl)
    assert (listed["about"], listed["kind"], listed["others"]) == ("Chloe Adams", "team", "Ana Duarte, Olivia Marsh")
    mails = await connection.fetch("SELECT recipient FROM mail WHERE kind = 'message' ORDER BY id")
    told = [f"{name}@harbor.example" for name in ("olivia", "ana", "carl", "olivia")]  # who answered has read, too
    assert [row["recipient"] for row in mails] == told
    with pytest.raises(Invalid):
        await messages.add_members(connection, olivia, team, [carl.public_id])


async def test_r123_clients_never_see_a_care_teams_thread(
    connection: Connection, chloe: Actor, ana: Actor, olivia: Actor, team: str
) -> None:
    own = await begun(connection, chloe, ana)
    await messages.reply(connection, olivia, team, "Sleeps, sleeps, sleeps.")
    for verb in (
        messages.read(connection, chloe, team),
        messages.reply(connection, chloe, team, "hello"),
        messages.mark_read(connection, chloe, team, "x"),
        messages.add_members(connection, chloe, team, [ana.public_id]),
        threads.team(connection, chloe, await file_of(connection, chloe)),
    ):
        with pytest.raises(NotFound):
            await verb
    assert [row["public_id"] for row in (await messages.threads_of(connection, chloe))[0]] == [own]
    assert [row["thread"] for row in await messages.search(connection, chloe, "sleep")] == [own]
    assert (await messages.unread(connection, chloe), await messages.count_unread(connection, chloe)) == ([], 0)
    recipients = {row["recipient"] for row in await connection.fetch("SELECT recipient FROM mail")}
    assert recipients == {"olivia@harbor.example", "ana@harbor.example"}


async def test_r123_a_client_who_works_here_is_no_part_of_their_own_care_team(
    connection: Connection, chloe: Actor, ana: Actor, olivia: Actor, team: str
) -> None:
    await connection.execute(
        "UPDATE client SET account_id = $1 WHERE account_id = $2", olivia.account_id, chloe.account_id
    )
    with pytest.raises(NotFound):
        await messages.read(connection, olivia, team)
    assert (await messages.threads_of(connection, olivia))[0] == []
    client = await connection.fetchval("SELECT public_id FROM client WHERE account_id = $1", olivia.account_id)
    with pytest.raises(NotFound):
        await threads.team(connection, olivia, client)
    _, around = await threads.team(connection, ana, client)
    assert around == []


async def test_who_is_around_the_client_no_more_sees_no_more_of_the_care_team(
    connection: Connection, chloe: Actor, ana: Actor, olivia: Actor, team: str
) -> None:
    await messages.reply(connection, olivia, team, "Since when?")
    assert await messages.count_unread(connection, ana) == 1
    await part(connection, chloe, ana)
    with pytest.raises(NotFound):
        await messages.read(connection, ana, team)
    with pytest.raises(NotFound):
        await messages.reply(connection, ana, team, "hello")
    assert (await messages.threads_of(connection, ana))[0] == [] == await messages.search(connection, ana, "when")
    assert await messages.count_unread(connection, ana) == 0
    await messages.reply(connection, olivia, team, "Hello?")
    assert await connection.fetchval("SELECT count(*) FROM mail WHERE recipient = 'ana@harbor.example'") == 1
    read = await messages.read(connection, olivia, team)
    assert read.row["others"] == ""


async def test_a_care_teams_thread_is_begun_by_those_around_the_client_with_a_seat_among_them(
    connection: Connection, database: Database, chloe: Actor, ana: Actor, ben: Actor, olivia: Actor
) -> None:
    await open_between(connection, chloe, ana)
    client = await file_of(connection, chloe)
    with pytest.raises(NoSeat):
        await threads.team(connection, olivia, client)
    for name in ("ben", "sam", "david"):
        with pytest.raises(NotFound):
            await threads.team(connection, await actor(database, name), client)
    await subscribe(connection, ben)
    assert (await threads.team(connection, ana, client))[1] == []  # ben has a seat and is not around
    for members in ([], [ben.public_id], [olivia.public_id], ["unknown"]):
        with pytest.raises(Invalid) as refused:
            await messages.write_to_team(connection, ana, client, members, "Sleep", BODY)
        assert refused.value.field == "members"


async def test_search_finds_words_of_own_threads_without_case_and_accents(
    connection: Connection, database: Database, chloe: Actor, ana: Actor
) -> None:
    thread = await begun(connection, chloe, ana)
    for body in (
        "Grüße von der Küste, schön hier",
        "Call me: (351) 555-0199",
        "Ça va mieux, été",
        "x" * 300 + " far behind",
    ):
        await messages.reply(connection, chloe, thread, body)

    async def found(who: Actor, sought: str) -> int:
        return len(await messages.search(connection, who, sought))

    for sought in ("KUSTE", "küs", "grusse gruß", "grüße SCHÖN", "351 0199", "ca mieux", "ete", "far"):
        assert await found(ana, sought) == (0 if sought == "grusse gruß" else 1), sought
    for sought in ("", "  ", "!!!", "uste", "kuste mieux", "'; DROP TABLE message; --", "a:* | b", "\\", "%"):
        assert await found(ana, sought) == 0, sought
    assert await found(await actor(database, "ben"), "kuste") == 0
    assert await found(await actor(database, "olivia"), "kuste") == 0
    (far,) = await messages.search(connection, ana, "behind")
    assert messages.excerpt(far["body"], "behind").startswith("… x") and "far behind" in messages.excerpt(
        far["body"], "behind"
    )
    read = await messages.read(connection, ana, thread, until=far["public_id"])
    assert read.messages[-1]["public_id"] == far["public_id"] and len(read.messages) == 5


async def test_seen_is_told_once_everybody_has_read_the_newest(
    connection: Connection, chloe: Actor, ana: Actor, olivia: Actor, team: str
) -> None:
    await connection.execute(
        "INSERT INTO thread_member (organization_id, thread_id, account_id) "
        "SELECT organization_id, id, (SELECT id FROM account WHERE username = 'dora') FROM thread WHERE public_id = $1",
        team,
    )
    (first,) = (await messages.read(connection, ana, team)).messages
    assert (await messages.read(connection, ana, team)).seen is None
    await messages.mark_read(connection, olivia, team, first["public_id"])
    assert (await messages.read(connection, ana, team)).seen is None
    await connection.execute(
        "UPDATE thread_member SET read_until = $1, read_at = clock_now() WHERE account_id IN "
        "(SELECT id FROM account WHERE username = 'dora')",
        first["id"],
    )
    assert (await messages.read(connection, ana, team)).seen == first["public_id"]
    await messages.reply(connection, ana, team, "Another one")
    assert (await messages.read(connection, ana, team)).seen is None


async def test_writing_while_the_relation_ends_is_either_before_it_or_refused(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    async with database.transaction(chloe) as connection:
        thread = await begun(connection, chloe, ana)

    async def write(number: int) -> bool:
        try:
            async with database.transaction(chloe) as connection:
                await messages.reply(connection, chloe, thread, f"message {number}")
        except CannotWrite:
            return False
        return True

    async def end_it() -> None:
        async with database.transaction(ana) as connection:
            await part(connection, chloe, ana)

    written = await asyncio.gather(*(write(number) for number in range(6)), end_it())
    assert not await write(9)
    assert await owner.fetchval("SELECT count(*) FROM message") == 1 + sum(map(bool, written))
