"""What is sent with a message: stored apart (records/files.py), named harmlessly, read by those who read the message.

A file is looked at (portal/uploads.py) and written before the transaction; its rows are there if and only if the
message is.
"""

from dataclasses import dataclass

from people.access import Actor
from people.errors import Invalid, NotFound
from portal import threads, uploads
from records import audit
from records.database import Connection, Row
from records.files import Files, Written
from records.queries import beside

queries = beside(__file__)

PICTURE_TYPES = frozenset(content_type for content_type, _ in uploads.PICTURES.values())
most_a_message = 5
most_bytes_a_day = 2 << 30
"""Of one organization, in 24 hours."""
FULL = "The clinic has received too many files today. Please send this one tomorrow, or send your message without it."


@dataclass(frozen=True)
class Attached:
    """A file that is on the disk and has no row yet; `content_type` is what was found in it."""

    name: str
    content_type: str
    written: Written


@dataclass(frozen=True)
class Bundle:
    """What goes with one message."""

    files: Files
    attached: tuple[Attached, ...]


async def keep(connection: Connection, actor: Actor, message_id: int, bundle: Bundle) -> None:
    """Attach these files to a message. Raises `Invalid` beside `files`."""
    if not bundle.attached:
        return
    await queries.hold(connection, organization_id=actor.organization_id)
    today = await queries.attached_today(connection)
    if today + sum(one.written.size for one in bundle.attached) > most_bytes_a_day:
        raise Invalid(FULL, field="files")
    for one in bundle.attached:
        stored = await bundle.files.keep(connection, actor, one.written, one.content_type)
        await queries.insert(
            connection,
            organization_id=actor.organization_id,
            message_id=message_id,
            name=one.name,
            file_id=stored["id"],
        )


async def find(connection: Connection, actor: Actor, thread: str, attachment: str, show: bool = False) -> Row:
    """An attachment for somebody who reads its thread (public ids): id, name, file_id, content_type, bytes. Each look
    is written down: with `show` a picture is read, everything else is downloaded. Raises `NotFound`, `FeatureOff`."""
    read = await threads.find(connection, actor, thread)
    found = await queries.find(connection, public_id=attachment, thread_id=read["id"])
    if found is None:
        raise NotFound
    verb = "read" if show and is_picture(found) else "download"
    await audit.record(connection, actor, verb, "attachment", found["id"])
    return found


def is_picture(attachment: Row) -> bool:
    """Whether it is one that portal/uploads.py drew anew: such a page may show."""
    return attachment["content_type"] in PICTURE_TYPES
