"""What is kept outside the database: attachments, sealed papers, exports. A folder today, object storage tomorrow.

A file is written to its end under a random name in `new`, and reaches the disk, before its row is there; so a row
never stands for half a file, however the process ends. What lies in `new` and has a row moves to `kept` some minutes
later; what has none (its transaction never committed) is removed. `kept` is never searched for orphans: a server that
was started with this folder and another database would find nothing but orphans there.

Nobody changes a file, and each reading of a whole one compares it with the SHA-256 of its row.
"""

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from records.database import Connection, Row, Tenant, Unavailable
from records.queries import beside

log = structlog.get_logger()
queries = beside(__file__)
settling_seconds = 600.0
"""A transaction ends long before: what then has no row never gets one."""
chunk = 256 * 1024


class Damaged(Exception):
    """A stored file is gone, or not the one that was stored."""


@dataclass(frozen=True)
class Written:
    """A file that is on the disk and has no row yet."""

    name: str
    size: int
    sha256: bytes


class Files:
    """The files of every organization. `store` and `read` are all that most need."""

    def __init__(self, folder: Path) -> None:
        self._new, self._kept = folder / "new", folder / "kept"

    async def store(self, connection: Connection, actor: Tenant, content: bytes, content_type: str) -> Row:
        """Keep `content` (not empty) with a row of its own: id, name, bytes, sha256. The row, and with it the file, is
        there if and only if the caller's transaction commits. Raises `Unavailable` if the disk takes nothing."""
        written = await self.write(lambda file: file.write(content))
        return await self.keep(connection, actor, written, content_type)

    async def write(self, fill: Callable[["Hashing"], Any]) -> Written:
        """Write a file of any size, in a thread: `fill` gets something to write to, piece by piece."""
        return await asyncio.to_thread(self._write, fill)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Draft"]:
        """`write` for what is not at hand at once: `draft.file` takes pieces (in threads, please), and once the block
        has ended `draft.written` is what `keep` wants. If the block fails, nothing stays."""
        draft = await asyncio.to_thread(self._begin)
        try:
            with _disk():
                yield draft
            draft.written = await asyncio.to_thread(self._finish, draft)
        except BaseException:
            draft.discard()
            raise

    async def keep(self, connection: Connection, actor: Tenant, written: Written, content_type: str) -> Row:
        """The row of a file that was written. `content_type` is what was found in it, never what a sender says."""
        return await queries.keep(
            connection,
            organization_id=actor.organization_id,
            name=written.name,
            content_type=content_type,
            size=written.size,
            digest=written.sha256,
        )

    async def read(self, connection: Connection, file_id: int) -> bytes:
        """The whole file. Raises `Damaged` unless it is byte for byte the one that was stored."""
        row = await self.find(connection, file_id)
        content = await asyncio.to_thread(self._content, row["name"])
        if hashlib.sha256(content).digest() != row["sha256"]:
            raise Damaged(f"stored file {file_id} is not what was stored")
        return content

    async def find(self, connection: Connection, file_id: int) -> Row:
        """id, name, content_type, bytes, sha256 of a file. Raises `Damaged` without one."""
        row = await queries.find(connection, id=file_id)
        if row is None:
            raise Damaged(f"stored file {file_id} has no row")
        return row

    async def chunks(self, name: str) -> AsyncIterator[bytes]:
        """A file of any size, piece by piece, without comparing it. Raises `Damaged` if it is gone."""
        file = await asyncio.to_thread(self._open, name)
        try:
            while piece := await asyncio.to_thread(file.read, chunk):
                yield piece
        finally:
            file.close()

    async def remove(self, name: str) -> None:
        """Remove a file whose row is about to go (an export that has expired); gone already is no error."""
        for path in (self._place(name), self._new / name):
            await asyncio.to_thread(path.unlink, True)

    async def settle(self, connection: Connection) -> bool:
        """Move what was committed to `kept`, remove what never was (system role); a chore (web/chores.py)."""
        names = await asyncio.to_thread(self._unsettled)
        stored = {row["name"] for row in await queries.stored(connection, names=names)}
        removed = await asyncio.to_thread(self._settle, names, stored)
        if removed:
            log.info("files.removed", orphans=removed)
        return False

    # The rest runs in threads.

    def _write(self, fill: Callable[["Hashing"], Any]) -> Written:
        draft = self._begin()
        try:
            with _disk():
                fill(draft.file)
            return self._finish(draft)
        except BaseException:
            draft.discard()
            raise

    def _begin(self) -> "Draft":
        name = secrets.token_hex(16)
        with _disk():
            self._new.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self._new / f"{name}.part"
            return Draft(name, part, Hashing(open(part, "xb")))

    def _finish(self, draft: "Draft") -> Written:
        with _disk():
            draft.file.end()
            os.rename(draft.part, self._new / draft.name)
            _sync_folder(self._new)
        return Written(draft.name, draft.file.count, draft.file.sha256.digest())

    def _place(self, name: str) -> Path:
        return self._kept / name[:2] / name

    def _open(self, name: str) -> BinaryIO:
        # It may move from `new` to `kept` between two looks, so `new` is looked at again.
        for path in (self._place(name), self._new / name, self._place(name)):
            with suppress(FileNotFoundError):
                return open(path, "rb")
        raise Damaged(f"the file {name} is gone")

    def _content(self, name: str) -> bytes:
        with self._open(name) as file:
            return file.read()

    def _unsettled(self) -> list[str]:
        if not self._new.is_dir():
            return []
        before = time.time() - settling_seconds
        return [entry.name for entry in os.scandir(self._new) if entry.stat().st_mtime < before]

    def _settle(self, names: list[str], stored: set[str]) -> int:
        for name in names:
            with suppress(FileNotFoundError):  # another process does the same
                if name in stored:
                    self._place(name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    os.rename(self._new / name, self._place(name))
                    _sync_folder(self._place(name).parent)
                else:
                    (self._new / name).unlink()
        return len(set(names) - stored)


class Hashing:
    """A file to write to that counts and hashes what it is given; not one to seek in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.count = 0

    def write(self, piece: bytes) -> int:
        self.sha256.update(piece)
        self.count += len(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()

    def end(self) -> None:
        """Reach the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        self._file.close()


@dataclass
class Draft:
    """A file that is being written."""

    name: str
    part: Path
    file: Hashing
    written: Written | None = None

    def discard(self) -> None:
        with suppress(OSError):
            self.file.close()
            self.part.unlink(missing_ok=True)


@contextmanager
def _disk() -> Iterator[None]:
    """A disk that is full or gone is no more than that: nothing was stored, and nobody is told otherwise."""
    try:
        yield
    except OSError as error:
        log.error("files.unwritable", reason=str(error))
        raise Unavailable(str(error)) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
