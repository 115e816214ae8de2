"""PostgreSQL from a wheel: the database of a first start, with its data in one folder and no port.

Two locks beside the folder keep its users apart. The *door* is held while one of them starts or stops. The
*hold* is shared by all who use the database: whoever can take it alone is the first or the last, so the last
one out stops PostgreSQL and nobody stops it under another. The kernel opens both when their holder is killed;
what it leaves running is nobody's: the next start replaces it, because its settings and version are unknown.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

from records import cluster, postmaster
from records.cluster import PORT, SETTINGS, SUPERUSER, EmbeddedServerError
from records.postmaster import PID_FILE, Postmaster, wait_until
from records.system_user import account_for

SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 100
"""Bytes; the kernels' limits are 108 (Linux) and 104 (macOS) with the 0 at the end."""


class EmbeddedServer:
    """PostgreSQL with its data in `directory`; several servers and commands may use it at the same time.

    `settings` are PostgreSQL's own and win over ours (tests pass `fsync=off`); the first user's hold for all.
    Every method blocks, so none is for the event loop. PostgreSQL runs in a session of its own: Ctrl-C in the
    terminal reaches us alone, and we stop it when our own work is done.
    """

    start_seconds = 60.0

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory.resolve()
        self.log = self._beside("log")
        self._settings = SETTINGS | dict(settings or {})
        self._hold: IO[bytes] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    def start(self) -> None:
        """Create the database if there is none; start it or join its users. Raises `EmbeddedServerError`."""
        if self._hold is not None:
            raise EmbeddedServerError("it is started already")
        try:
            self.directory.parent.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign_data()
            with self._door():
                self._enter()
        except OSError as error:
            raise EmbeddedServerError(f"PostgreSQL cannot be started in {self.directory}: {error}") from error

    def stop(self) -> None:
        """Leave; the last one to leave stops PostgreSQL. Doing it twice does no harm."""
        if self._hold is None:
            return
        with self._door():
            if _alone(self._hold):
                self._shut_down()
            self._let_go()

    def __enter__(self) -> "EmbeddedServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        """Where asyncpg finds `database` as `role`; no password: the socket's folder is closed to others."""
        if self._sockets is None:
            raise EmbeddedServerError("it is not started")
        host = quote(str(self._sockets))
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def _enter(self) -> None:
        """With the door held: take a hold and make sure of a ready postmaster."""
        self._hold = self._beside("hold").open("ab")
        try:
            if _alone(self._hold):
                postmaster.stop(self.directory)
            fcntl.flock(self._hold, fcntl.LOCK_SH)
            if not (self.directory / "PG_VERSION").exists():
                cluster.create(self.directory, sync=self._settings.get("fsync") != "off")
            self._sockets = (self._join() or self._launch()).socket_directory
        except BaseException:
            if self._child is not None:
                self._shut_down()
            self._let_go()
            raise

    def _join(self) -> Postmaster | None:
        """The postmaster that somebody else uses, as soon as it is ready; None without one."""
        wait_until(lambda: postmaster.find(self.directory) is None or self._is_ready(), self.start_seconds)
        return postmaster.find(self.directory)

    def _is_ready(self) -> bool:
        found = postmaster.find(self.directory)
        return found is not None and found.ready

    def _launch(self) -> Postmaster:
        """Start a postmaster and wait until it is ready.

        While processes of a killed one still hold its shared memory, a new one gives up: then again.
        """
        sockets = self._choose_sockets()
        for lock in (self.directory / PID_FILE, sockets / f"{SOCKET}.lock"):
            postmaster.take_over(lock, self.directory)
        wait_until(lambda: self._attempt(sockets) or not self._memory_is_held(), self.start_seconds)
        found = postmaster.find(self.directory)
        if found is None or not found.ready:
            raise EmbeddedServerError(f"PostgreSQL does not start: {cluster.reason(self._logged())}")
        return found

    def _attempt(self, sockets: Path) -> bool:
        """Start a postmaster; return whether it got ready."""
        settings = self._settings | {"unix_socket_directories": str(sockets)}
        child = self._child = cluster.spawn(self.directory, settings, self.log)
        wait_until(lambda: self._is_ready() or child.poll() is not None, self.start_seconds)
        return child.poll() is None

    def _memory_is_held(self) -> bool:
        return "pre-existing shared memory block" in self._logged()

    def _logged(self) -> str:
        return self.log.read_text(errors="replace")

    def _choose_sockets(self) -> Path:
        """The data directory, which is closed to others; if its path will not do, a folder as closed in /tmp.

        A socket's path is short, and a comma would part it into two, for PostgreSQL as in a connection URL.
        """
        socket = os.fsencode(self.directory / SOCKET)
        if len(socket) <= LONGEST_SOCKET_PATH and b"," not in socket and b'"' not in socket:
            return self.directory
        account = account_for(self.directory)
        name = f"anteroom-{account.uid}-{hashlib.sha256(socket).hexdigest()[:12]}"
        folder = Path(tempfile.gettempdir(), name)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            account.take(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
            raise EmbeddedServerError(f"{folder} is not ours: remove it")
        return folder

    def _shut_down(self) -> None:
        postmaster.stop(self.directory)
        if self._child is not None:
            self._child.send_signal(signal.SIGINT)  # for one that had not written its pid file yet
            self._child.wait()
        if self._sockets is not None and self._sockets != self.directory:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _let_go(self) -> None:
        if self._hold is not None:
            self._hold.close()
        self._hold = self._child = self._sockets = None

    @contextmanager
    def _door(self) -> Iterator[None]:
        with self._beside("door").open("ab") as door:
            if not wait_until(lambda: _alone(door), self.start_seconds):
                raise EmbeddedServerError(f"another server is starting or stopping in {self.directory}")
            yield

    def _refuse_foreign_data(self) -> None:
        """Root may use anybody's data, as its owner; anyone else only their own."""
        exists = os.geteuid() != 0 and self.directory.exists()
        if exists and self.directory.stat().st_uid != os.geteuid():
            raise EmbeddedServerError(f"{self.directory} is another user's: start as that user or as root")

    def _beside(self, ending: str) -> Path:
        return self.directory.with_name(f"{self.directory.name}.{ending}")


def _alone(lock: IO[bytes]) -> bool:
    """Try to take `lock` for ourselves alone; one shared until then is lost if that fails (flock(2))."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
