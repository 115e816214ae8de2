"""Private messages: a thread has members, who alone read and write it (R-056, R-150, R-152), when portal/threads.py
says so.

Messages of one thread follow each other under the lock of its members' rows, so their keys rise in the order in which
they are committed, and "read until" is one number for each member.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from people import inputs
from people.access import Actor, may_use_portal, require
from people.errors import Invalid, NotFound, Refused
from people.searching import folded
from portal import attachments, threads
from portal.attachments import Bundle
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

NOTICE = "message"
"""The kind of mail that says that there is a message, and not a word of it; members may switch it off."""

longest = 4000
longest_subject = 200
page_size = 50


@dataclass(frozen=True)
class Thread:
    """A thread as one member sees it: `row` is what portal/threads.py finds; `messages` are a page of it, oldest first;
    `earlier` names the message before which there are more, None if there are none; `refusal` says why the member may
    not write, None if they may; `seen` names their newest message if everybody has read it."""

    row: Row
    messages: list[Row]
    earlier: str | None
    refusal: Refused | None
    seen: str | None


@dataclass(frozen=True)
class About:
    """What a thread is: a connection request's, a `direct` one of somebody of the staff (key) and a file's person, or a
    care team's."""

    kind: str = "connection"
    client_id: int | None = None
    staff_id: int | None = None


async def begin(
    connection: Connection,
    actor: Actor,
    subject: str,
    members: Sequence[int],
    body: str,
    about: About | None = None,
    bundle: Bundle | None = None,
) -> Row:
    """A new thread of the actor and these accounts, with its first message; return id and public_id.

    Asks no right: whoever begins one for a person has asked. Raises `Invalid`.
    """
    said, about = text(body), about or About()
    thread = await queries.insert_thread(
        connection,
        organization_id=actor.organization_id,
        kind=about.kind,
        client_id=about.client_id,
        staff_id=about.staff_id,
        subject=subject[:longest_subject],
    )
    together = list(dict.fromkeys([actor.account_id, *members]))
    await queries.add_members(
        connection, organization_id=actor.organization_id, thread_id=thread["id"], account_ids=together
    )
    await audit.record(connection, actor, "begin", "thread", thread["id"], {"kind": about.kind})
    await say(connection, actor, thread["id"], said, bundle=bundle)
    return thread


async def write_to(
    connection: Connection, actor: Actor, other: str, subject: str, body: str, bundle: Bundle | None = None
) -> Row:
    """A first secure message to a client or a practitioner (public id); return the thread's id and public_id. Raises
    what `threads.pair` does, and `Invalid`."""
    pair = await threads.pair(connection, actor, other)
    members = [pair["staff_id"], pair["client_account_id"]]
    about = About("direct", pair["file_id"], pair["staff_id"])
    title = inputs.line(subject, "subject", longest_subject)
    return await begin(connection, actor, title, members, body, about, bundle)


async def write_to_team(
    connection: Connection,
    actor: Actor,
    client: str,
    members: Sequence[str],
    subject: str,
    body: str,
    bundle: Bundle | None = None,
) -> Row:
    """A thread of the care team about a client (public ids), whom it is hidden from. Raises what `threads.team` does,
    and `Invalid`."""
    file, around = await threads.team(connection, actor, client)
    title = inputs.line(subject, "subject", longest_subject)
    chosen = [row["id"] for row in threads.chosen(around, members)]
    return await begin(connection, actor, title, chosen, body, About("team", file["id"]), bundle)


async def add_members(connection: Connection, actor: Actor, thread: str, members: Sequence[str]) -> None:
    """Have more of the care team in a thread of theirs; they read it from its beginning, and are told by mail. Raises
    `NotFound`, `Invalid`, and why the actor may not."""
    found = await _hold(connection, actor, thread)
    require(found["kind"] == "team")
    chosen = threads.chosen(await threads.joinable(connection, actor, found), members)
    ids = [row["id"] for row in chosen]
    await queries.add_members(connection, organization_id=actor.organization_id, thread_id=found["id"], account_ids=ids)
    await audit.record(connection, actor, "add_members", "thread", found["id"], {"accounts": ids})
    await mail.post(connection, actor, NOTICE, [row["email"] for row in chosen], found["id"])


async def reply(connection: Connection, actor: Actor, thread: str, body: str, bundle: Bundle | None = None) -> Row:
    """One message more; return its id and public_id. It decides nothing (R-062), and whoever answers has read what
    stands before it. Raises `NotFound`, `Invalid`, and why the actor may not write there just now
    (`threads.refusal`)."""
    found = await _hold(connection, actor, thread)
    said = await say(connection, actor, found["id"], text(body), bundle=bundle)
    await queries.read_before(connection, thread_id=found["id"], account_id=actor.account_id, message_id=said["id"])
    return said


async def _hold(connection: Connection, actor: Actor, thread: str) -> Row:
    """The thread, in which nobody else writes until the transaction ends, as one that the actor may write."""
    if not await queries.lock_named(connection, public_id=thread, account_id=actor.account_id):
        raise NotFound
    found = await threads.find(connection, actor, thread)
    if refused := threads.refusal(actor, found):
        raise refused
    return found


async def say(
    connection: Connection, actor: Actor, thread_id: int, body: str, tell: bool = True, bundle: Bundle | None = None
) -> Row:
    """Add a message to a thread whose key the caller has by right. The other members are told by mail that there is
    something to read, unless they know that from an earlier one that they have not read yet; not without `tell`, where
    another mail says it."""
    await queries.lock(connection, thread_id=thread_id)
    said = await queries.insert(
        connection, organization_id=actor.organization_id, thread_id=thread_id, author_id=actor.account_id, body=body
    )
    if bundle is not None:
        await attachments.keep(connection, actor, said["id"], bundle)
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


async def read(
    connection: Connection, actor: Actor, thread: str, before: str | None = None, until: str | None = None
) -> Thread:
    """A page of a thread: the newest messages, those before the one named, or those up to it. Each bears public_id,
    body, author_name, own, sent_at, unread, attachments. Raises `NotFound`, `FeatureOff`."""
    found = await threads.find(connection, actor, thread)
    rows = await queries.messages(
        connection,
        thread_id=found["id"],
        account_id=actor.account_id,
        before=before,
        until=until,
        limit=page_size + 1,
    )
    shown = list(reversed(rows[:page_size]))
    earlier = shown[0]["public_id"] if len(rows) > page_size else None
    return Thread(found, shown, earlier, threads.refusal(actor, found), _seen(found, shown))


def _seen(thread: Row, messages: Sequence[Row]) -> str | None:
    own = [message for message in messages if message["own"]]
    seen = own and thread["read_at"] and own[-1]["id"] <= (thread["read_by_all"] or 0)
    return own[-1]["public_id"] if seen else None


async def mark_read(connection: Connection, actor: Actor, thread: str, until: str) -> None:
    """The actor has seen the thread up to this message (public id). Never goes back. Raises what `read` does."""
    found = await threads.find(connection, actor, thread)
    await queries.mark_read(connection, thread_id=found["id"], account_id=actor.account_id, until=until)


async def threads_of(connection: Connection, actor: Actor, before: str | None = None) -> tuple[list[Row], str | None]:
    """The actor's threads, the last written first: public_id, subject, kind, others, about (whom a care team's is
    about), beginning (of the last message), own (is the last one theirs), sent_at, unread (how many). Also the thread
    after which there are more, if there are."""
    require(may_use_portal(actor))
    rows = await queries.threads(connection, account_id=actor.account_id, before=before, limit=page_size + 1)
    return rows[:page_size], rows[page_size - 1]["public_id"] if len(rows) > page_size else None


async def unread(connection: Connection, actor: Actor) -> list[Row]:
    """The threads in which something waits to be read, the newest first: public_id, subject, others, unread."""
    require(may_use_portal(actor))
    return await queries.unread(connection, account_id=actor.account_id)


async def count_unread(connection: Connection, actor: Actor) -> int:
    """How many messages wait to be read; 100 says that there are so many or more."""
    require(may_use_portal(actor))
    return int(await queries.count_unread(connection, account_id=actor.account_id))


async def search(connection: Connection, actor: Actor, sought: str) -> list[Row]:
    """The newest messages of the actor's own threads with words that begin like all of these, without case and
    accents, at most a page: public_id, body, sent_at, own, author_name, thread, subject, kind, others."""
    require(may_use_portal(actor))
    words = words_of(sought)
    if not words:
        return []
    begin_so = " & ".join(f"'{word}':*" for word in words)
    return list(await queries.search(connection, account_id=actor.account_id, words=begin_so, most=page_size))


def words_of(sought: str) -> list[str]:
    """What is searched for, as `words_of()` in schema.sql cuts it."""
    return re.findall(r"[^\W_]+", folded(sought))[:10]


def excerpt(body: str, sought: str, length: int = 160) -> str:
    """The part of a message in which the first word that was sought stands."""
    line = " ".join(body.split())
    places = [match.start() for word in words_of(sought) for match in re.finditer(re.escape(word), line.lower())]
    begin = max(0, min(places) - 40) if places and min(places) > length - 40 else 0
    ends = begin + length < len(line)
    return ("… " if begin else "") + line[begin : begin + length] + (" …" if ends else "")


async def told(connection: Connection, thread_id: int) -> Row:
    """What the mail says of a thread: its public_id, to lead there."""
    return await queries.told(connection, id=thread_id)


def text(body: str, field: str = "body") -> str:
    """What may be sent. Raises `Invalid`."""
    tidy = inputs.text(body, field, longest)
    if not tidy:
        raise Invalid("Please write something.", field=field)
    return tidy
