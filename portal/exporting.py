"""Makes exports, as a job: reads one snapshot piece by piece into a zip on the disk, so that memory stays small.

A process makes one at a time. Whoever is killed meanwhile leaves a part of a file, which records/files.py removes, and
the job begins anew elsewhere.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from portal import export_client, export_organization, exports
from portal.archive_names import entry_name
from portal.papers import Papers
from records.database import Database, House
from records.files import Damaged, Draft, Files
from records.queries import beside

queries = beside(__file__)

content_type = "application/zip"


class Archive:
    """A zip that grows: entries are written in threads, one after the other. `tell` hears how many are done. An entry
    bears the time of its file, in UTC, or else `made_at`, that of the export."""

    def __init__(self, draft: Draft, files: Files, tell: Callable[[int, int], Awaitable[None]]) -> None:
        self._zip = zipfile.ZipFile(draft.file, "w", zipfile.ZIP_DEFLATED)
        self._files = files
        self._tell = tell
        self.steps = self.done = 0
        self.missing: list[str] = []
        self.made_at = datetime(1980, 1, 1, tzinfo=UTC)

    async def add(self, name: str, pieces: AsyncIterator[bytes], at: datetime | None = None) -> None:
        """One entry of any size."""
        told = zipfile.ZipInfo(name, (at or self.made_at).astimezone(UTC).timetuple()[:6])
        told.compress_type = zipfile.ZIP_DEFLATED
        entry = await asyncio.to_thread(self._zip.open, told, "w", force_zip64=True)
        try:
            async for piece in pieces:
                await asyncio.to_thread(entry.write, piece)
        finally:
            await asyncio.to_thread(entry.close)
        self.done += 1
        await self._tell(self.done, self.steps)

    async def add_bytes(self, name: str, content: bytes) -> None:
        async def whole() -> AsyncIterator[bytes]:
            yield content

        await self.add(name, whole())

    async def add_file(self, name: str, stored: str, kind: str, at: datetime | None = None) -> None:
        """A stored file under a name that ends as its content says; one that is gone is told of at the end."""
        try:
            await self.add(entry_name(name, kind), self._files.chunks(stored), at)
        except Damaged:
            self.missing.append(name)

    async def close(self) -> None:
        if self.missing:
            await self.add_bytes("missing.txt", "\n".join(self.missing).encode())
        await asyncio.to_thread(self._zip.close)

    def let_go(self) -> None:
        """Write no more, not even an end: else the zip writes one when it is forgotten, and its file is closed."""
        self._zip.fp = None


class Exporting:
    def __init__(self, database: Database, files: Files, papers: Papers) -> None:
        self._database = database
        self._files = files
        self._papers = papers
        self._one = asyncio.Lock()

    async def make(self, export_id: int) -> None:
        """The job "make_export". Made twice, or made already, is nothing."""
        async with self._one:
            await self._make(export_id)

    async def _make(self, export_id: int) -> None:
        async with self._database.system() as connection:
            organization_id = await queries.organization_of(connection, id=export_id)
        if organization_id is None:
            return
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            export = await exports.begin(connection, export_id)
        if export is None:
            return
        async with self._files.writing() as draft:
            archive = Archive(draft, self._files, self._teller(house, export_id))
            try:
                async with self._database.snapshot(house) as connection:
                    archive.made_at = await queries.now(connection)
                    if export["client_id"] is None:
                        await export_organization.fill(connection, archive)
                    else:
                        await export_client.fill(connection, archive, export, self._papers)
                await archive.close()
            finally:
                archive.let_go()
        assert draft.written is not None
        with suppress(exports.MadeAlready):
            async with self._database.transaction(house) as connection:
                file = await self._files.keep(connection, house, draft.written, content_type)
                await exports.finish(connection, house, export, file["id"])

    def _teller(self, house: House, export_id: int) -> Callable[[int, int], Awaitable[None]]:
        """Write down how far it is, at most once a second."""
        last = 0.0

        async def tell(done: int, steps: int) -> None:
            nonlocal last
            now = asyncio.get_running_loop().time()
            if now - last >= 1:
                last = now
                async with self._database.transaction(house) as connection:
                    await exports.tell(connection, export_id, done, steps)

        return tell

    async def expire(self, connection: Any) -> bool:
        """Remove what was ready for a day (system role); a chore (web/chores.py). The file goes first: a row whose file
        is gone is found again, a file without a row is not."""
        ended = await queries.ended(connection)
        for row in ended:
            await self._files.remove(row["name"])
        await queries.expire(connection, ids=[row["id"] for row in ended])
        await queries.remove_files(connection, ids=[row["file_id"] for row in ended])
        return False
