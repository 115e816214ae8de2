"""Who PostgreSQL runs as. It refuses to be root, so root lends it a system user of its own."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

NAME = "anteroom-db"


@dataclass(frozen=True)
class Account:
    """Numbers of the user and the group that own a data directory."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        """What makes `subprocess` run a command as this account, with no group besides its own."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, folder: Path) -> None:
        """Make `folder` this account's own, closed to everyone else."""
        folder.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(folder, self.uid, self.gid)


def account_for(directory: Path) -> Account:
    """Our own account; for root, the one that owns the data already, else the system user.

    Raises `OSError` where the system user is missing and cannot be added.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if directory.exists() and directory.stat().st_uid != 0:
        return Account(directory.stat().st_uid, directory.stat().st_gid)
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _add()
    return Account(entry.pw_uid, entry.pw_gid)


def _add() -> pwd.struct_passwd:
    """Losing to another server that adds the user at the same moment is as good: only its absence counts."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run([*command, "--shell", "/bin/false", NAME], check=False, capture_output=True, text=True)
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise OSError(f"the system user {NAME} cannot be added: {done.stderr.strip()}") from None


def let_pass(folder: Path) -> None:
    """As root, let other users reach `folder`: every folder above it must let them pass, not list or read.

    Root's home is closed by default; PostgreSQL could neither be started from nor store anything below it.
    """
    if os.geteuid() != 0:
        return
    for above in folder.parents:
        mode = stat.S_IMODE(above.stat().st_mode)
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
            log.warning("database.folder_opened", folder=str(above), reason=f"PostgreSQL runs as {NAME}")


def let_read(tree: Path) -> None:
    """As root, let other users read and run what is in `tree`: a strict umask would leave it closed."""
    if os.geteuid() != 0 or tree.stat().st_mode & stat.S_IXOTH:
        return
    for path in (tree, *tree.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
