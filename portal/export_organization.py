"""The organization's export: every table that the application may read, as lines of JSON, and every file.

What is left out is named with its reason, so a table that somebody adds later is in it without a word here.
"""

from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import orjson

from portal.archive_names import entry_name, harmless_part
from records.database import Connection, Row
from records.queries import beside

if TYPE_CHECKING:
    from portal.exporting import Archive

queries = beside(__file__)

LEFT_OUT = {
    "sealing_key": "the private key seals in the organization's name; the certificate is added by itself",
    "direct_link": "opens doors; names nobody who is not in sessions",
    "setup_link": "opens accounts",
    "answered": "which buttons were pressed twice",
    "mail": "letters that were sent, with secrets in them",
    "visit_room": "which process holds a visit",
    "board_filter": "what somebody's board shows",
    "export": "these exports themselves",
}
rows_at_once = 500
EXPLAINED = (
    "tables/<table>.jsonl holds one row a line, as JSON; ids tie them together.\n"
    "files/<client> (<client's id>)/<title> <file's id> are documents, and what came with messages about a client; "
    "files/Messages are other attachments, files/Others what nothing names. Times are UTC.\n"
    "documents.jsonl holds a line for each of them: its name here, and the file_id by which document and attachment "
    "name it.\n"
    "certificate.der is the certificate by which signed documents are sealed.\n"
    "Not here: " + "; ".join(f"{table} ({reason})" for table, reason in LEFT_OUT.items()) + ".\n"
)


async def fill(connection: Connection, archive: "Archive") -> None:
    """Write all of the connection's organization into the archive."""
    tables = [row for row in await queries.tables(connection) if row["table_name"] not in LEFT_OUT]
    files = await queries.count_files(connection)
    archive.steps = 3 + len(tables) + files
    await archive.add_bytes("README.txt", EXPLAINED.encode())
    await archive.add_bytes("certificate.der", await queries.certificate(connection) or b"")
    for table in tables:
        await archive.add(f"tables/{table['table_name']}.jsonl", _lines(connection, table))
    await archive.add("documents.jsonl", _index(connection))
    async for row in _files(connection):
        await archive.add_file(_place(row), row["name"], row["content_type"], row["stored_at"])


async def _files(connection: Connection) -> AsyncIterator[Row]:
    after = 0
    while found := await queries.files(connection, after=after, limit=rows_at_once):
        for row in found:
            yield row
        after = found[-1]["id"]


async def _index(connection: Connection) -> AsyncIterator[bytes]:
    """What each file is, and where it is in the archive."""
    told = ("client_id", "title", "stored_at", "bytes")
    async for row in _files(connection):
        line = {"file_id": row["id"], "file": entry_name(_place(row), row["content_type"])}
        yield orjson.dumps(line | {name: row[name] for name in told}) + b"\n"


def _place(row: Row) -> str:
    """A file's name without its ending: whose it is, and what. The ids keep apart what is called the same."""
    owner = f"{harmless_part(row['client'], 120)} ({row['client_id']})" if row["client_id"] else "Messages"
    folder = owner if row["title"] else "Others"
    title = row["title"] or "file"
    return f"files/{folder}/{harmless_part(PurePath(title).stem if row['attached'] else title, 120)} {row['id']}"


async def _lines(connection: Connection, table: Any) -> AsyncIterator[bytes]:
    """A table's rows; their names come from the catalog, and so may stand in the statement."""
    columns = ", ".join(f'"{name}"' for name in table["columns"])
    await connection.execute(
        f"DECLARE taken NO SCROLL CURSOR FOR SELECT row_to_json(one) AS line FROM (SELECT {columns} "
        f'FROM "{table["table_name"]}") AS one'
    )
    while rows := await connection.fetch(f"FETCH {rows_at_once} FROM taken"):
        yield b"".join(orjson.dumps(row["line"]) + b"\n" for row in rows)
    await connection.execute("CLOSE taken")
