"""The postmaster of a data directory: PostgreSQL's first process, known by the pid file that it keeps there.

A pid file proves nothing by itself. Whoever wrote it may have been killed, and its number may belong to a
stranger by now; so a process counts only if its command line names this very directory.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

PID_FILE = "postmaster.pid"

STOPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
"""Fast shutdown, immediate shutdown, the end; each with the seconds it is given."""


@dataclass(frozen=True)
class Postmaster:
    """What the pid file says. `ready` tells whether connections are taken."""

    pid: int
    socket_directory: Path
    ready: bool


def find(directory: Path) -> Postmaster | None:
    """The living postmaster of `directory` (absolute, resolved), or None."""
    said = read(directory)
    return said if said is not None and serves(said.pid, directory) else None


def read(directory: Path) -> Postmaster | None:
    """What the pid file says, true or not; None without one or when it is cut short.

    Its lines: pid, data directory, start time, port, socket directory, address, shared memory, status.
    """
    try:
        lines = (directory / PID_FILE).read_text().splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), len(lines) > 7 and lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def serves(pid: int, directory: Path) -> bool:
    """Whether a living process is a postmaster that was started on `directory`.

    Its command line tells, which is open to every user; another user's working directory is not.
    """
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(command) and Path(command[0]).name == "postgres" and str(directory) in command


def take_over(lock: Path, directory: Path) -> None:
    """Make PostgreSQL pass over a pid or socket lock file that names a living process which is no postmaster.

    It believes any living process, a zombie too, but its own parent: so our pid takes the stranger's place.
    The rest stays, for it says which shared memory to look for. A file without a number is removed.
    """
    try:
        first, _, rest = lock.read_text().partition("\n")
        if psutil.pid_exists(int(first)) and not serves(int(first), directory):
            lock.write_text(f"{os.getpid()}\n{rest}")
    except FileNotFoundError:
        return
    except ValueError:
        lock.unlink()


def stop(directory: Path) -> None:
    """Stop the postmaster of `directory` and with it all its processes; return when it is gone."""
    for number, seconds in STOPS:
        running = find(directory)
        if running is None:
            return
        os.kill(running.pid, number)
        wait_until(partial(_is_gone, running.pid, directory), seconds)


def _is_gone(pid: int, directory: Path) -> bool:
    return not serves(pid, directory)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask every 5 ms until `condition` holds; return whether it did within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
