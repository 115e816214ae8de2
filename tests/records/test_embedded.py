"""The embedded PostgreSQL against all that a killed or a second server may leave, with real processes."""

import asyncio
import multiprocessing
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from records import postmaster
from records.embedded import EmbeddedServer, EmbeddedServerError
from records.postmaster import PID_FILE, wait_until

UNSAFE = {"fsync": "off"}
DEADLINE = 30.0

HOLDER = """
import pathlib, signal, sys
import structlog
from records.embedded import EmbeddedServer
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
server = EmbeddedServer(pathlib.Path(sys.argv[1]), {"fsync": "off"})
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
with server:
    print(server.url(), flush=True)
    signal.pause()
"""
"""A process that uses the database until it is told to end."""


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as a clean stop leaves it; copied by each test, for initdb is the slow part."""
    directory = tmp_path_factory.mktemp("pristine") / "postgres"
    with EmbeddedServer(directory, UNSAFE):
        pass
    return directory


@pytest.fixture
def directory(laid_out: Path, tmp_path: Path) -> Iterator[Path]:
    """A data directory of the test's own; whatever runs on it afterwards is stopped."""
    path = tmp_path / "var" / "postgres"
    subprocess.run(["cp", "--archive", str(laid_out), str(_made(path.parent))], check=True)
    yield path
    postmaster.stop(path)


@pytest.fixture
def hold(directory: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts processes that hold the database."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", HOLDER, str(directory)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def ask(server: EmbeddedServer, query: str, role: str = "postgres") -> Any:
    """The one value that `query` returns, over a connection of its own."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(server.url(role), timeout=10)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def running_pid(directory: Path) -> int:
    found = postmaster.find(directory)
    assert found is not None
    return found.pid


def processes_on(directory: Path) -> list[psutil.Process]:
    """The postmaster of `directory` and its children."""
    found = postmaster.find(directory)
    if found is None:
        return []
    parent = psutil.Process(found.pid)
    return [parent, *parent.children(recursive=True)]


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_the_first_start_lays_out_a_database_that_answers(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "var" / "postgres", UNSAFE) as server:
        assert ask(server, "SHOW server_version").startswith("18.")
        assert ask(server, "SHOW max_connections") == "200"
        assert ask(server, "SHOW server_encoding") == "UTF8"


def test_real_data_is_synced_and_no_network_port_is_open(directory: Path) -> None:
    with EmbeddedServer(directory) as server:
        assert ask(server, "SHOW fsync") == "on"
        assert ask(server, "SHOW listen_addresses") == ""


def test_data_outlives_a_stop(directory: Path) -> None:
    with EmbeddedServer(directory, UNSAFE) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS value")
    with EmbeddedServer(directory, UNSAFE) as server:
        assert ask(server, "SELECT value FROM kept") == 7


def test_stop_leaves_no_process_and_no_pid_file(directory: Path) -> None:
    server = EmbeddedServer(directory, UNSAFE)
    server.start()
    processes = processes_on(directory)
    assert len(processes) > 1
    server.stop()
    assert all_gone(processes)
    assert not (directory / PID_FILE).exists()


def test_stopping_twice_and_before_a_start_does_no_harm(directory: Path) -> None:
    server = EmbeddedServer(directory, UNSAFE)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    assert postmaster.find(directory) is None


def test_a_url_names_any_role_and_database(directory: Path) -> None:
    with EmbeddedServer(directory, UNSAFE) as server:
        ask(server, 'CREATE ROLE "half & half" LOGIN')
        assert ask(server, "SELECT current_user::text", role="half & half") == "half & half"


def test_there_is_no_url_before_a_start(directory: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="not started"):
        EmbeddedServer(directory).url()


def test_the_socket_is_closed_to_other_users(directory: Path) -> None:
    with EmbeddedServer(directory, UNSAFE):
        said = postmaster.find(directory)
        assert said is not None
        assert said.socket_directory.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["x" * 120, "with, comma", "with space & 'quote'"])
def test_any_path_will_do(laid_out: Path, tmp_path: Path, name: str) -> None:
    directory = _made(tmp_path / name) / "postgres"
    subprocess.run(["cp", "--archive", str(laid_out), str(directory)], check=True)
    server = EmbeddedServer(directory, UNSAFE)
    server.start()
    said = postmaster.find(server.directory)
    assert said is not None
    assert said.socket_directory.stat().st_mode & 0o077 == 0
    assert ask(server, "SELECT 1") == 1
    server.stop()
    assert said.socket_directory in (server.directory, *_missing(said.socket_directory))


def _missing(folder: Path) -> list[Path]:
    return [] if folder.exists() else [folder]


def test_a_socket_folder_that_somebody_else_made_is_refused(laid_out: Path, tmp_path: Path) -> None:
    directory = _made(tmp_path / ("x" * 120)) / "postgres"
    subprocess.run(["cp", "--archive", str(laid_out), str(directory)], check=True)
    with EmbeddedServer(directory, UNSAFE):
        said = postmaster.find(directory)
    assert said is not None
    said.socket_directory.mkdir(mode=0o777)
    said.socket_directory.chmod(0o777)
    try:
        with pytest.raises(EmbeddedServerError, match="not ours"):
            EmbeddedServer(directory, UNSAFE).start()
    finally:
        said.socket_directory.rmdir()


def test_what_a_killed_holder_leaves_is_replaced_and_keeps_its_data(
    directory: Path, hold: Callable[[], "subprocess.Popen[str]"]
) -> None:
    holder = hold()
    orphan = running_pid(directory)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert running_pid(directory) == orphan
    with EmbeddedServer(directory, UNSAFE | {"work_mem": "5MB"}) as server:
        assert running_pid(directory) != orphan
        assert ask(server, "SHOW work_mem") == "5MB"
    assert postmaster.find(directory) is None


def test_a_killed_postmaster_is_replaced_once_its_children_have_gone(
    directory: Path, hold: Callable[[], "subprocess.Popen[str]"]
) -> None:
    holder = hold()
    holder.kill()
    holder.wait()
    parent, *children = processes_on(directory)
    for child in children:
        child.suspend()
    parent.kill()
    server = EmbeddedServer(directory, UNSAFE)
    with ThreadPoolExecutor() as threads:
        starting = threads.submit(server.start)
        refused = wait_until(lambda: "pre-existing shared memory" in server.log.read_text(), DEADLINE)
        for child in children:
            child.resume()
        starting.result(DEADLINE)
    assert refused
    assert ask(server, "SELECT 1") == 1
    server.stop()


def test_a_pid_file_that_names_a_living_stranger_is_not_believed(directory: Path) -> None:
    locks = (directory / PID_FILE, directory / ".s.PGSQL.5432.lock")
    with EmbeddedServer(directory, UNSAFE):
        left = {lock: lock.read_text().splitlines() for lock in locks}
    stranger = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        for lock, lines in left.items():
            lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with EmbeddedServer(directory, UNSAFE) as server:
            assert ask(server, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("text", ["", "12\n", "4194304\n/nowhere\n1\n5432\n\n\n 1 1\nready\n"])
def test_a_pid_file_that_is_cut_short_or_names_the_dead_does_not_hinder(directory: Path, text: str) -> None:
    (directory / PID_FILE).write_text(text)
    with EmbeddedServer(directory, UNSAFE) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_killed_initdb_leaves_nothing_that_looks_done(tmp_path: Path) -> None:
    half = _made(tmp_path / "var" / "postgres.new-half")
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServer(tmp_path / "var" / "postgres", UNSAFE) as server:
        assert ask(server, "SELECT 1") == 1
    assert not half.exists()


def test_a_second_server_shares_it_and_the_last_one_out_stops_it(
    directory: Path, hold: Callable[[], "subprocess.Popen[str]"]
) -> None:
    first = hold()
    shared = running_pid(directory)
    second = EmbeddedServer(directory, UNSAFE)
    second.start()
    assert running_pid(directory) == shared
    first.send_signal(signal.SIGTERM)
    assert first.wait(DEADLINE) == 0
    assert ask(second, "SELECT 1") == 1
    second.stop()
    assert postmaster.find(directory) is None


def test_the_second_server_leaves_it_running_for_the_first(
    directory: Path, hold: Callable[[], "subprocess.Popen[str]"]
) -> None:
    first = hold()
    shared = running_pid(directory)
    with EmbeddedServer(directory, UNSAFE):
        pass
    assert running_pid(directory) == shared
    first.send_signal(signal.SIGTERM)
    assert first.wait(DEADLINE) == 0
    assert postmaster.find(directory) is None


def test_many_servers_may_start_at_once(tmp_path: Path) -> None:
    directory = tmp_path / "var" / "postgres"
    command = [sys.executable, "-c", HOLDER, str(directory)]
    holders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        urls = {holder.stdout.readline() for holder in holders if holder.stdout is not None}
        assert len(urls) == 1
        assert urls != {""}
    finally:
        for holder in holders:
            holder.terminate()
        codes = [holder.wait(DEADLINE) for holder in holders]
        for holder in holders:
            holder.communicate()
    assert codes == [0, 0, 0, 0]
    assert postmaster.find(directory) is None


def test_ctrl_c_reaches_the_holder_and_not_postgres(
    directory: Path, hold: Callable[[], "subprocess.Popen[str]"]
) -> None:
    holder = hold()
    pid = running_pid(directory)
    assert os.getpgid(pid) != os.getpgid(holder.pid)
    assert os.getsid(pid) != os.getsid(holder.pid)
    os.killpg(os.getpgid(holder.pid), signal.SIGINT)
    holder.wait(DEADLINE)
    assert wait_until(lambda: postmaster.find(directory) is None, DEADLINE)
    assert "terminating connection" not in EmbeddedServer(directory).log.read_text()


def test_what_makes_it_fail_is_told(directory: Path) -> None:
    server = EmbeddedServer(directory, {"max_connections": "no number"})
    with pytest.raises(EmbeddedServerError, match="max_connections"):
        server.start()
    assert postmaster.find(directory) is None
    with EmbeddedServer(directory, UNSAFE) as again:
        assert ask(again, "SELECT 1") == 1


def test_the_log_names_no_value_of_a_row(directory: Path) -> None:
    with EmbeddedServer(directory, UNSAFE) as server:
        ask(server, "CREATE TABLE people (mail text UNIQUE)")
        ask(server, "INSERT INTO people VALUES ('ada@example.test')")
        with pytest.raises(asyncpg.UniqueViolationError):
            ask(server, "INSERT INTO people VALUES ('ada@example.test')")
    assert "duplicate key" in server.log.read_text()
    assert "ada@example.test" not in server.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_starts_it_and_root_then_runs_it_as_that_user(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    home = _made(tmp_path / "home")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    directory = home / "postgres"
    _run_as(nobody, directory)
    assert directory.stat().st_uid == nobody.pw_uid
    with EmbeddedServer(directory, UNSAFE) as server:
        assert psutil.Process(running_pid(directory)).uids().real == nobody.pw_uid
        assert ask(server, "SELECT 1") == 1


def _run_as(user: pwd.struct_passwd, directory: Path) -> None:
    """Start and stop the database in a process of `user`; forked, for our Python may be closed to others."""

    def start_and_stop() -> None:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        with EmbeddedServer(directory, UNSAFE):
            pass

    process = multiprocessing.get_context("fork").Process(target=start_and_stop)
    process.start()
    process.join(DEADLINE)
    assert process.exitcode == 0
