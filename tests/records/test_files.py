"""Stored files: a row stands for a whole file, what was never committed goes, and a changed byte is found."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from records.database import Database, House, Unavailable
from records.files import Damaged, Files, Hashing
from records.provision import Place
from tests.support import actor, eventually

CONTENT = b"%PDF-1.7 a short paper"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def lying_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def grow_old(folder: Path) -> None:
    for path in lying_in(folder):
        os.utime(path, (time.time() - 3600,) * 2)


async def settle(database: Database, files: Files) -> None:
    async with database.system() as connection:
        await files.settle(connection)


async def test_what_was_stored_is_read_back_and_stays_where_it_is_found(database: Database, folder: Path) -> None:
    files, who = Files(folder), await actor(database, "chloe")
    async with database.transaction(who) as connection:
        row = await files.store(connection, who, CONTENT, "application/pdf")
    await settle(database, files)
    assert [path.parent.name for path in lying_in(folder)] == ["new"]
    grow_old(folder)
    await settle(database, files)
    assert [path.parent.parent.name for path in lying_in(folder)] == ["kept"]
    async with database.transaction(who) as connection:
        assert await files.read(connection, row["id"]) == CONTENT
        assert b"".join([piece async for piece in files.chunks(row["name"])]) == CONTENT


async def test_what_was_rolled_back_goes_and_what_is_being_written_stays(database: Database, folder: Path) -> None:
    files, who = Files(folder), await actor(database, "chloe")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(who) as connection:
            await files.store(connection, who, CONTENT, "application/pdf")
            raise ZeroDivisionError
    assert len(lying_in(folder)) == 1
    await settle(database, files)
    assert len(lying_in(folder)) == 1
    grow_old(folder)
    await settle(database, files)
    assert lying_in(folder) == []


async def test_another_database_with_the_same_folder_removes_nothing_that_was_kept(
    database: Database, folder: Path
) -> None:
    files, who = Files(folder), await actor(database, "chloe")
    async with database.transaction(who) as connection:
        row = await files.store(connection, who, CONTENT, "application/pdf")
    grow_old(folder)
    await settle(database, files)
    stranger = Files(folder)
    grow_old(folder)
    async with database.system() as connection:
        await connection.execute("SET LOCAL ROLE anteroom_system")
        await stranger.settle(connection)
    async with database.transaction(who) as connection:
        assert await files.read(connection, row["id"]) == CONTENT


async def test_a_changed_or_missing_file_is_not_read(database: Database, folder: Path) -> None:
    files, who = Files(folder), await actor(database, "chloe")
    async with database.transaction(who) as connection:
        row = await files.store(connection, who, CONTENT, "application/pdf")
        (path,) = lying_in(folder)
        path.write_bytes(CONTENT.replace(b"short", b"other"))
        with pytest.raises(Damaged):
            await files.read(connection, row["id"])
        path.unlink()
        with pytest.raises(Damaged):
            await files.read(connection, row["id"])


async def test_another_organizations_file_is_not_there(database: Database, folder: Path) -> None:
    files, who = Files(folder), await actor(database, "chloe")
    async with database.transaction(who) as connection:
        row = await files.store(connection, who, CONTENT, "application/pdf")
    stranger = await actor(database, "chloe", "meadow")
    async with database.transaction(stranger) as connection:
        with pytest.raises(Damaged):
            await files.read(connection, row["id"])


async def test_k17_a_full_disk_stores_nothing_and_says_so(database: Database, folder: Path) -> None:
    files = Files(folder)

    def fill(file: Hashing) -> None:
        file.write(b"x" * 100_000)
        raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable):
        await files.write(fill)
    assert lying_in(folder) == []


WRITER = """
import asyncio, sys
from pathlib import Path
from records.database import Database, DatabaseUrls, House
from records.files import Files

async def main():
    database, files = Database(DatabaseUrls(*sys.argv[1:4])), Files(Path(sys.argv[4]))
    await database.open()
    house = House(int(sys.argv[5]))
    while True:
        async with database.transaction(house) as connection:
            await files.store(connection, house, b"x" * 50_000, "text/plain")
        print(flush=True)

asyncio.run(main())
"""


async def test_after_kill_9_no_row_stands_for_half_a_file(database: Database, place: Place, folder: Path) -> None:
    who = await actor(database, "chloe")
    house = House(who.organization_id)
    urls = (place.urls.app, place.urls.system, place.urls.listener)
    command = [sys.executable, "-c", WRITER, *urls, str(folder), str(house.organization_id)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: ASYNC220
    assert writer.stdout is not None
    await asyncio.to_thread(writer.stdout.read, 5)
    writer.send_signal(signal.SIGKILL)
    await asyncio.to_thread(writer.wait)
    files = Files(folder)
    grow_old(folder)

    async def stored() -> list[int]:
        async with database.transaction(house) as connection:
            return [row["id"] for row in await connection.fetch("SELECT id FROM stored_file")]

    assert len(await stored()) >= 5
    await eventually(lambda: nobody_writes(database))
    await settle(database, files)
    async with database.transaction(house) as connection:
        for each in await stored():
            assert await files.read(connection, each) == b"x" * 50_000
    assert len(lying_in(folder)) == len(await stored())


async def nobody_writes(database: Database) -> bool:
    async with database.system() as connection:
        return not await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND usename = 'anteroom_app'"
            " AND datname = current_database()"
        )
