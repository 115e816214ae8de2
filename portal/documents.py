"""General Documents (R-146): what a client completed and signed, for the staff who keep the file and for the client.

Staff see the documents of clients that they see, practitioners those of their own clients (R-008, R-130); the client
has a copy of each. They stay readable when forms are switched off: what was signed is a record. Each look leaves a line
in the audit.
"""

from dataclasses import dataclass
from datetime import datetime

from people.access import Actor, may_have_documents, may_read_document, may_see_documents, require
from people.errors import NotFound
from portal.errors import DocumentDamaged
from records import audit
from records.database import Connection, Row
from records.files import Damaged, Files
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Opened:
    """A document with its content, a PDF."""

    title: str
    created_at: datetime
    content: bytes


async def of_client(connection: Connection, actor: Actor, client: str) -> tuple[Row, list[Row]]:
    """The file (public_id, name, first_name, last_name, active) and its documents, newest first: public_id, title,
    created_at, bytes, signed_by (names, in the form's order), version. Raises `NotFound`."""
    file = await queries.file(connection, public_id=client, account_id=actor.account_id)
    if file is None or not may_see_documents(actor, file):
        raise NotFound
    return file, await queries.of_client(connection, client_id=file["id"])


async def own(connection: Connection, actor: Actor) -> list[Row]:
    """The actor's own copies, as in `of_client`. Raises `NotFound`."""
    require(may_have_documents(actor))
    return await queries.own(connection, account_id=actor.account_id)


async def open_one(connection: Connection, actor: Actor, document: str, files: Files) -> Opened:
    """One document, for whoever may read it; the audit says who did. Raises `NotFound`, `DocumentDamaged`."""
    row = await queries.find(connection, public_id=document, account_id=actor.account_id)
    if row is None or not may_read_document(actor, row):
        raise NotFound
    try:
        content = await files.read(connection, row["file_id"])
    except Damaged:
        raise DocumentDamaged from None
    await audit.record(connection, actor, "read", "document", row["id"])
    return Opened(row["title"], row["created_at"], content)
