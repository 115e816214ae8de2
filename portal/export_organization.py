"""The organization's export: every table that the application may read, as lines of JSON, and every file.

What is left out is named with its reason, so a table that somebody adds later is in it without a word here.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import orjson

from records.database import Connection
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
    "files/<id> are the stored files that document.file_id and attachment.file_id name.\n"
    "certificate.der is the certificate by which signed documents are sealed.\n"
    "Not here: " + "; ".join(f"{table} ({reason})" for table, reason in LEFT_OUT.items()) + ".\n"
)


async def fill(connection: Connection, archive: "Archive") -> None:
    """Write all of the connection's organization into the archive."""
    tables = [row for row in await queries.tables(connection) if row["table_name"] not in LEFT_OUT]
    files = await queries.count_files(connection)
    archive.steps = 2 + len(tables) + files
    await archive.add_bytes("README.txt", EXPLAINED.encode())
    await archive.add_bytes("certificate.der", await queries.certificate(connection) or b"")
    for table in tables:
        await archive.add(f"tables/{table['table_name']}.jsonl", _lines(connection, table))
    after = 0
    while found := await queries.files(connection, after=after, limit=rows_at_once):
        for row in found:
            await archive.add_file(f"files/{row['id']}", row["name"], row["content_type"])
        after = found[-1]["id"]


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
