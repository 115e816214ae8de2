"""Leaving with one's data: what is in it, who gets it, how it is made, and that it goes."""

import asyncio
import io
import json
import tracemalloc
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pypdf import PdfReader

from people.access import Actor
from portal.archive_names import entry_name, harmless_part
from portal.exporting import Exporting
from records.database import Connection, Database, House
from tests.portal.intake_people import published, send
from tests.support import actor, eventually
from tests.web.conftest import Site, Visitor
from tests.web.test_signing import Before, answered
from web.keys import FILES, PAPERS

SECRETS = ("password", "token", "secret", "private_key", "totp")


async def signed_by_chloe(site: Site, database: Database) -> Before:
    olivia, chloe = await actor(database, "olivia"), await actor(database, "chloe")
    async with database.transaction(olivia) as connection:
        (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    before = await answered(database, chloe, intake)
    assert (await (await site.visitor("chloe")).post(before.path, **before.typed())).status == 200
    return before


async def ready(visitor: Visitor, page: str) -> str:
    """The address of what is ready to download."""

    async def link() -> str:
        text = await (await visitor.get(f"{page}?part=exports")).text()
        return text.split('href="')[1].split('"')[0] if "/exports/" in text else ""

    return str(await eventually(link, 20))


async def unpacked(visitor: Visitor, path: str) -> zipfile.ZipFile:
    answer_ = await visitor.get(path)
    assert answer_.status == 200
    assert answer_.headers["Content-Disposition"].startswith("attachment;")
    return zipfile.ZipFile(io.BytesIO(await answer_.read()))


async def test_a_client_takes_along_what_the_portal_shows_them_and_nobody_elses(
    site: Site, database: Database, owner: Connection
) -> None:
    await signed_by_chloe(site, database)
    chloe, david = await site.visitor("chloe"), await site.visitor("david")
    assert (await chloe.post("/account/export")).status == 200
    path = await ready(chloe, "/account/documents")
    archive = await unpacked(chloe, path)
    assert {"data.json", "data.pdf"} < set(archive.namelist())
    assert [name for name in archive.namelist() if name.startswith("documents/")] == ["documents/001 About you.pdf"]
    data = json.loads(archive.read("data.json"))
    assert data["account"][0]["username"] == "chloe"
    assert data["forms"][0]["answers"] == [
        {"question": "Your name", "answer": "Chloé"},
        {"question": "I agree.", "answer": "Agreed"},
    ]
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(archive.read("data.pdf"))).pages)
    assert "Chloé" in said and "Your forms" in said and "David" not in json.dumps(data)
    assert (await david.get(path)).status == 404
    olivia = await site.visitor("olivia")
    assert (await olivia.get(path)).status == 404
    verbs = await owner.fetch("SELECT verb FROM audit_line WHERE noun = 'export' ORDER BY id")
    assert [row["verb"] for row in verbs] == ["ask", "make", "download"]
    mailed = await owner.fetchrow("SELECT recipient, details FROM mail WHERE kind = 'export'")
    assert mailed["recipient"] == "chloe@harbor.example"


async def test_an_administrator_takes_along_everything_but_secrets(
    site: Site, database: Database, owner: Connection
) -> None:
    await signed_by_chloe(site, database)
    olivia = await site.visitor("olivia")
    assert "Put it together" in await (await olivia.get("/organization/export")).text()
    for name in ("ana", "chloe", "sam"):
        assert (await (await site.visitor(name)).get("/organization/export")).status == 404
    assert (await olivia.post("/organization/export")).status == 200
    archive = await unpacked(olivia, await ready(olivia, "/organization/export"))
    assert archive.testzip() is None
    tables = {name: archive.read(name).splitlines() for name in archive.namelist() if name.startswith("tables/")}
    harbor = await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'")
    for table in ("client", "intake", "signature", "document", "audit_line", "session", "invoice", "message"):
        there = await owner.fetchval(f"SELECT count(*) FROM {table} WHERE organization_id = $1", harbor)
        assert abs(len(tables[f"tables/{table}.jsonl"]) - there) <= (5 if table == "audit_line" else 0), table
    assert len(tables["tables/organization.jsonl"]) == 1
    columns = {name for lines in tables.values() if lines for name in json.loads(lines[0])}
    assert not {name for name in columns if any(secret in name for secret in SECRETS)} - {"has_password"}
    assert b"Meadow" not in b"".join(line for lines in tables.values() for line in lines)
    (file,) = [one for one in archive.infolist() if one.filename.startswith("files/")]
    chloe = await owner.fetchval("SELECT id FROM client WHERE email = 'chloe@harbor.example'")
    stored = await owner.fetchrow(
        "SELECT file_id, stored_at FROM document JOIN stored_file ON file_id = stored_file.id"
    )
    assert file.filename == f"files/Adams, Chloe ({chloe})/About you {stored['file_id']}.pdf"
    assert file.date_time[:5] == stored["stored_at"].timetuple()[:5] and file.compress_size < file.file_size
    assert archive.read(file).startswith(b"%PDF-")
    (told,) = [json.loads(line) for line in archive.read("documents.jsonl").splitlines()]
    assert (told["file"], told["file_id"], told["client_id"]) == (file.filename, stored["file_id"], chloe)
    assert min(one.date_time for one in archive.infolist()) > (2000,)
    assert archive.read("certificate.der")


@pytest.mark.parametrize("title", ["../../etc/passwd", "a/b\\c", "CON", "...", "x\u202efdp.exe", "Ä" * 300, 'q"<|>*?'])
def test_a_name_in_an_export_is_harmless_everywhere(title: str) -> None:
    name = entry_name(f"files/{harmless_part(title, 120)} 7", "application/pdf")
    assert name.startswith("files/") and name.endswith(" 7.pdf") and name.count("/") == 1
    assert not set(name[6:]) & set('\\:*?"<>|/\u202e') and len(name.encode()) < 140


async def test_asking_twice_is_asking_once_and_after_a_day_it_is_gone(
    site: Site, database: Database, owner: Connection
) -> None:
    chloe = await site.visitor("chloe")
    for _ in range(2):
        await chloe.post("/account/export")
    path = await ready(chloe, "/account/documents")
    assert await owner.fetchval("SELECT count(*) FROM export") <= 2
    await eventually(lambda: _all_ready(owner))
    await owner.execute("UPDATE export SET expires_at = clock_now() - interval '1 second'")
    assert (await chloe.get(path)).status == 404
    exporting = Exporting(database, site.app[FILES], site.app[PAPERS])
    async with database.system() as connection:
        await exporting.expire(connection)
    assert await owner.fetchval("SELECT count(*) FROM stored_file") == 0
    assert not [one for one in site.app[FILES]._new.rglob("*") if one.is_file()]
    assert "no longer there" in await (await chloe.get("/account/documents")).text()


async def _all_ready(owner: Connection) -> bool:
    return not await owner.fetchval("SELECT count(*) FROM export WHERE state <> 'ready'")


async def test_an_export_that_was_interrupted_begins_anew_and_leaves_no_half(
    site: Site, database: Database, owner: Connection, monkeypatch: Any
) -> None:
    chloe = await actor(database, "chloe")
    exporting = Exporting(database, site.app[FILES], site.app[PAPERS])
    export = await asked(owner, chloe)
    real: Callable[..., Awaitable[bytes]] = site.app[PAPERS].render

    async def broken(*_: Any) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(site.app[PAPERS], "render", broken)
    with pytest.raises(ZeroDivisionError):
        await exporting.make(export)
    assert not [one for one in site.app[FILES]._new.rglob("*") if one.is_file()]
    assert await owner.fetchval("SELECT state::text FROM export") == "running"
    monkeypatch.setattr(site.app[PAPERS], "render", real)
    another = Exporting(database, site.app[FILES], site.app[PAPERS])
    await asyncio.gather(exporting.make(export), another.make(export))
    await exporting.make(export)
    assert await owner.fetchval("SELECT count(*) FROM stored_file") == 1
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'export'") == 1


async def asked(owner: Connection, who: Actor) -> int:
    """An export that no worker was told of."""
    return await owner.fetchval(
        "INSERT INTO export (organization_id, account_id, client_id) "
        "SELECT organization_id, account_id, id FROM client WHERE account_id = $1 RETURNING id",
        who.account_id,
    )


async def test_an_export_of_much_takes_little_memory(site: Site, database: Database, owner: Connection) -> None:
    """40 MB of files, read and written piece by piece."""
    olivia = await actor(database, "olivia")
    files = site.app[FILES]
    async with database.transaction(olivia) as connection:
        for _ in range(4):
            await files.store(connection, House(olivia.organization_id), bytes(10 << 20), "text/plain")
    export = await owner.fetchval(
        "INSERT INTO export (organization_id, account_id) VALUES ($1, $2) RETURNING id",
        olivia.organization_id,
        olivia.account_id,
    )
    tracemalloc.start()
    try:
        await Exporting(database, files, site.app[PAPERS]).make(export)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert await owner.fetchval("SELECT state::text FROM export WHERE id = $1", export) == "ready"
    assert most < 8 << 20
