"""Whether what was signed is still what was signed, against somebody who may do anything to database and files.

Each signing leaves a line in the audit, whose chain is sealed (records/chain.py): it bears the SHA-256 of the sealed
PDF and a hash over every row that belongs to it. `verify` computes all of it anew, and checks each published form
against its own hash, each signature against form and answers, and each PDF against the organization's seal. What it
relies on is the chain: `anteroom verify-audit` checks that one, against heads that were kept elsewhere.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from portal import form_content, sealing
from records.database import Connection, Row
from records.files import Damaged, Files
from records.queries import beside

queries = beside(__file__)
batch = 50


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong; `where` names a document or a form's version."""

    where: str
    what: str


@dataclass
class Report:
    """What was found in one organization."""

    documents: int = 0
    versions: int = 0
    certificate: str = ""
    """SHA-256 of the certificate that the seals were compared with: keep it where the database's owner cannot write."""
    faults: list[Fault] = field(default_factory=list)


async def of_document(connection: Connection, document_id: int) -> bytes:
    """SHA-256 over all that belongs to a document: its own row, its file's, the signed form's, each signature's."""
    return _digest(
        [
            await queries.document(connection, id=document_id),
            await queries.intake(connection, document_id=document_id),
            *await queries.signatures(connection, document_id=document_id),
        ]
    )


def _digest(rows: list[Row | None]) -> bytes:
    known = [None if row is None else {name: _plain(value) for name, value in row.items()} for row in rows]
    return hashlib.sha256(orjson.dumps(known, option=orjson.OPT_SORT_KEYS)).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


async def verify(connection: Connection, files: Files) -> Report:
    """Check everything of the connection's organization."""
    report = Report()
    async for version in _all(connection, "versions"):
        report.versions += 1
        if form_content.hash_of(version["content"]) != version["hash"]:
            where = f"form {version['name']}, version {version['number']}"
            report.faults.append(Fault(where, "does not match its hash"))
    certificate = await sealing.certificate_of(connection)
    report.certificate = hashlib.sha256(certificate).hexdigest() if certificate else ""
    async for document in _all(connection, "documents"):
        report.documents += 1
        faults = [fault async for fault in _faults(connection, files, document, certificate)]
        report.faults.extend(Fault(f"document {document['public_id']}", what) for what in faults)
    report.faults.extend(
        Fault(f"document {row['document']}", "was signed, and is not there") for row in await queries.lost(connection)
    )
    return report


async def _all(connection: Connection, name: str) -> AsyncIterator[Row]:
    after = 0
    while rows := await getattr(queries, name)(connection, after=after, limit=batch):
        for row in rows:
            yield row
        after = rows[-1]["id"]


async def _faults(connection: Connection, files: Files, document: Row, certificate: bytes) -> AsyncIterator[str]:
    try:
        content = await files.read(connection, document["file_id"])
    except Damaged:
        yield "its file is gone, or not the one that was stored"
    else:
        if wrong := await sealing.verify(content, certificate):
            yield f"its file {wrong}"
    told = await queries.told(connection, document_id=document["id"])
    if told is None:
        yield "the audit knows of no signing"
    else:
        if told["sha256"] != document["sha256"].hex():
            yield "its file is not the one of which the audit tells"
        if told["record"] != (await of_document(connection, document["id"])).hex():
            yield "its signature, answers or rows are not those of which the audit tells"
    for row in await queries.bound(connection, document_id=document["id"]):
        if row["version_hash"] != form_content.hash_of(row["content"]):
            yield f"signature {row['field_key']} was given to another text"
        if row["answers_hash"] != form_content.hash_of(row["answers"]):
            yield f"signature {row['field_key']} was given to other answers"
