"""Private messages: their members alone read and write them; a mail tells that there is one, and not what it says."""

import asyncio

import pytest

from people.access import Actor
from people.errors import Invalid, NotFound
from portal import messages
from records.database import Connection, Database
from tests.portal.talking import BODY, begun
from tests.support import actor


async def mailed(connection: Connection) -> list[str]:
    rows = await connection.fetch("SELECT recipient FROM mail WHERE kind = 'message' ORDER BY id")
    return [row["recipient"] for row in rows]


async def test_r152_both_members_read_the_same_and_only_the_other_finds_it_unread(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    thread = await begun(connection, chloe, ana)
    for who, other, own in ((chloe, "Ana Duarte", True), (ana, "Chloe Adams", False)):
        seen = await messages.read(connection, who, thread)
        assert (seen.row["subject"], seen.row["others"], seen.earlier) == ("Sleep", other, None)
        assert [(m["body"], m["author_name"], m["own"], m["unread"]) for m in seen.messages] == [
            (BODY, "Chloe Adams", own, not own)
        ]
        (listed,), more = await messages.threads_of(connection, who)
        assert (listed["others"], listed["beginning"], listed["unread"], more) == (other, BODY, 0 if own else 1, None)
        assert [row["public_id"] for row in await messages.unread(connection, who)] == ([] if own else [thread])


@pytest.mark.parametrize(("username", "organization"), [("ben", "harbor"), ("olivia", "harbor"), ("ana", "meadow")])
async def test_to_everybody_but_its_members_a_thread_does_not_exist(
    database: Database, chloe: Actor, ana: Actor, username: str, organization: str
) -> None:
    async with database.transaction(chloe) as connection:
        thread = await begun(connection, chloe, ana)
        until = (await messages.read(connection, chloe, thread)).messages[0]["public_id"]
    stranger = await actor(database, username, organization)
    async with database.transaction(stranger) as connection:
        assert await messages.threads_of(connection, stranger) == ([], None)
        assert await messages.unread(connection, stranger) == []
        for verb in (
            messages.read(connection, stranger, thread),
            messages.read(connection, stranger, "unknown"),
            messages.reply(connection, stranger, thread, "hello"),
            messages.mark_read(connection, stranger, thread, until),
        ):
            with pytest.raises(NotFound):
                await verb


async def test_a_mail_tells_of_the_first_unread_message_and_of_none_that_follows(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    thread = await begun(connection, chloe, ana)
    await messages.reply(connection, chloe, thread, "And one thing more.")
    assert await mailed(connection) == ["ana@harbor.example"]
    last = (await messages.read(connection, ana, thread)).messages[-1]["public_id"]
    await messages.mark_read(connection, ana, thread, last)
    await messages.reply(connection, ana, thread, "Tell me more.")
    await messages.reply(connection, chloe, thread, "Gladly.")
    assert await mailed(connection) == ["ana@harbor.example", "chloe@harbor.example", "ana@harbor.example"]
    assert await connection.fetchval("SELECT count(*) FROM mail WHERE details::text <> '{}' AND kind = 'message'") == 0


@pytest.mark.parametrize("change", ["unwanted_mail = '{message}'", "state = 'inactive'"])
async def test_whoever_wants_no_mail_or_may_not_sign_in_gets_none(
    connection: Connection, chloe: Actor, ana: Actor, change: str
) -> None:
    await connection.execute(f"UPDATE account SET {change} WHERE id = $1", ana.account_id)
    await messages.begin(connection, chloe, "Connection request", [ana.account_id], BODY)
    assert await mailed(connection) == []


async def test_read_marks_go_forward_only_and_a_message_of_another_thread_marks_nothing(
    connection: Connection, chloe: Actor, ana: Actor
) -> None:
    thread, other = await begun(connection, chloe, ana), await begun(connection, chloe, ana)
    await messages.reply(connection, chloe, thread, "second")
    first, second = [m["public_id"] for m in (await messages.read(connection, ana, thread)).messages]
    await messages.mark_read(connection, ana, other, second)
    assert [row["unread"] for row in await messages.unread(connection, ana)] == [2, 1]
    for until in (second, first):
        await messages.mark_read(connection, ana, thread, until)
        assert [row["public_id"] for row in await messages.unread(connection, ana)] == [other]


async def test_whoever_answers_has_read_what_stands_before(connection: Connection, chloe: Actor, ana: Actor) -> None:
    thread = await begun(connection, chloe, ana)
    assert [row["unread"] for row in await messages.unread(connection, ana)] == [1]
    answer = await messages.reply(connection, ana, thread, "I see.")
    assert await messages.count_unread(connection, ana) == 0
    seen = await messages.read(connection, chloe, thread)
    assert seen.seen == seen.messages[0]["public_id"]
    await messages.reply(connection, chloe, thread, "Thank you.")
    assert [row["unread"] for row in await messages.unread(connection, ana)] == [1]
    await messages.mark_read(connection, ana, thread, answer["public_id"])
    assert await messages.count_unread(connection, ana) == 1


async def test_a_long_thread_and_many_threads_come_in_pages(connection: Connection, chloe: Actor, ana: Actor) -> None:
    thread = await begun(connection, chloe, ana)
    for number in range(messages.page_size):
        await messages.reply(connection, ana, thread, f"message {number}")
    newest = await messages.read(connection, chloe, thread)
    assert len(newest.messages) == messages.page_size and newest.messages[-1]["body"] == "message 49"
    assert newest.earlier == newest.messages[0]["public_id"]
    oldest = await messages.read(connection, chloe, thread, newest.earlier)
    assert ([m["body"] for m in oldest.messages], oldest.earlier) == ([BODY], None)
    for _ in range(messages.page_size):
        await begun(connection, chloe, ana)
    first, more = await messages.threads_of(connection, chloe)
    rest, end = await messages.threads_of(connection, chloe, more)
    assert (len(first), [row["public_id"] for row in rest], end) == (messages.page_size, [thread], None)


@pytest.mark.parametrize("body", ["", " \r\n ", "x" * 4001])
async def test_nothing_and_too_much_are_refused_beside_the_field(
    connection: Connection, chloe: Actor, ana: Actor, body: str
) -> None:
    thread = await begun(connection, chloe, ana)
    with pytest.raises(Invalid) as refused:
        await messages.reply(connection, chloe, thread, body)
    assert refused.value.field == "body"


async def test_messages_sent_at_once_are_told_by_one_mail_and_none_is_missed(
    database: Database, owner: Connection, chloe: Actor, ana: Actor
) -> None:
    async with database.transaction(chloe) as connection:
        thread = await begun(connection, chloe, ana)
        until = (await messages.read(connection, ana, thread)).messages[0]["public_id"]
        await messages.mark_read(connection, ana, thread, until)

    async def send(number: int) -> None:
        async with database.transaction(chloe) as connection:
            await messages.reply(connection, chloe, thread, f"message {number}")

    await asyncio.gather(*(send(number) for number in range(8)))
    async with database.transaction(ana) as connection:
        assert [row["unread"] for row in await messages.unread(connection, ana)] == [8]
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'message'") == 2
    assert await owner.fetchval("SELECT count(*) FROM audit_line WHERE verb = 'send' AND noun = 'message'") == 9
