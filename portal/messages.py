"""Private messages: a thread has members, who alone read and write it (R-056, R-152).

Messages of one thread follow each other under the lock of its members' rows, so their keys rise in the order in which
they are committed, and "read until" is one number for each member.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from people import inputs
from people.access import Actor, may_read_thread, may_use_portal, require
from people.errors import Invalid, NotFound
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

NOTICE = "message"
"""The kind of mail that says that there is a message, and not a word of it; members may switch it off."""

longest = 4000
page_size = 50


@dataclass(frozen=True)
class Thread:
    """A thread as one member sees it: `row` bears id, public_id, subject, begun_at and `others` (names); `messages` are
    a page of it, oldest first; `earlier` names the message before which there are more, None if there are none."""

    row: Row
    messages: list[Row]
    earlier: str | None


async def begin(connection: Connection, actor: Actor, subject: str, members: Sequence[int], body: str) -> Row:
    """A new thread of the actor and these accounts, with its first message; return id and public_id.

    Asks no right: whoever begins one for a person has asked. Raises `Invalid`.
    """
    said = text(body)
    thread = await queries.insert_thread(connection, organization_id=actor.organization_id, subject=subject[:200])
    together = list(dict.fromkeys([actor.account_id, *members]))
    await queries.add_members(
        connection, organization_id=actor.organization_id, thread_id=thread["id"], account_ids=together
    )
    await audit.record(connection, actor, "begin", "thread", thread["id"])
    await say(connection, actor, thread["id"], said)
    return thread


async def reply(connection: Connection, actor: Actor, thread: str, body: str) -> Row:
    """One message more; return its id and public_id. It decides nothing (R-062). Raises `NotFound`, `Invalid`."""
    found = await find(connection, actor, thread)
    return await say(connection, actor, found["id"], text(body))


async def say(connection: Connection, actor: Actor, thread_id: int, body: str, tell: bool = True) -> Row:
    """Add a message to a thread whose key the caller has by right. The other members are told by mail that there is
    something to read, unless they know that from an earlier one that they have not read yet; not without `tell`, where
    another mail says it."""
    await queries.lock(connection, thread_id=thread_id)
    said = await queries.insert(
        connection, organization_id=actor.organization_id, thread_id=thread_id, author_id=actor.account_id, body=body
    )
    await audit.record(connection, actor, "send", "message", said["id"])
    if tell:
        await _tell(connection, actor, thread_id, said["id"])
    return said


async def _tell(connection: Connection, actor: Actor, thread_id: int, message_id: int) -> None:
    unknowing = await queries.to_tell(
        connection, thread_id=thread_id, author_id=actor.account_id, message_id=message_id
    )
    if unknowing:
        await mail.post(connection, actor, NOTICE, [row["email"] for row in unknowing], thread_id)


async def find(connection: Connection, actor: Actor, thread: str) -> Row:
    """The thread: id, public_id, subject, begun_at, others. Raises `NotFound` for all but its members."""
    found = await queries.find(connection, public_id=thread, account_id=actor.account_id)
    if found is None or not may_read_thread(actor, found):
        raise NotFound
    return found


async def read(connection: Connection, actor: Actor, thread: str, before: str | None = None) -> Thread:
    """A page of a thread: the newest messages, or those before the one named. Raises `NotFound`."""
    found = await find(connection, actor, thread)
    rows = await queries.messages(
        connection, thread_id=found["id"], account_id=actor.account_id, before=before, limit=page_size + 1
    )
    shown = list(reversed(rows[:page_size]))
    return Thread(found, shown, shown[0]["public_id"] if len(rows) > page_size else None)


async def mark_read(connection: Connection, actor: Actor, thread: str, until: str) -> None:
    """The actor has seen the thread up to this message (public id). Never goes back. Raises `NotFound`."""
    found = await find(connection, actor, thread)
    await queries.mark_read(connection, thread_id=found["id"], account_id=actor.account_id, until=until)


async def threads_of(connection: Connection, actor: Actor, before: str | None = None) -> tuple[list[Row], str | None]:
    """The actor's threads, the last written first: public_id, subject, others, beginning (of the last message), own (is
    the last one theirs), sent_at, unread (how many). Also the thread after which there are more, if there are."""
    require(may_use_portal(actor))
    rows = await queries.threads(connection, account_id=actor.account_id, before=before, limit=page_size + 1)
    return rows[:page_size], rows[page_size - 1]["public_id"] if len(rows) > page_size else None


async def unread(connection: Connection, actor: Actor) -> list[Row]:
    """The threads in which something waits to be read, the newest first: public_id, subject, others, unread."""
    require(may_use_portal(actor))
    return await queries.unread(connection, account_id=actor.account_id)


async def told(connection: Connection, thread_id: int) -> Row:
    """What the mail says of a thread: its public_id, to lead there."""
    return await queries.told(connection, id=thread_id)


def text(body: str, field: str = "body") -> str:
    """What may be sent. Raises `Invalid`."""
    tidy = inputs.text(body, field, longest)
    if not tidy:
        raise Invalid("Please write something.", field=field)
    return tidy
