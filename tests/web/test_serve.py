"""`anteroom serve` with its own database, as a person starts and stops it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from records import postmaster
from tests.e2e.server import Server, await_ready, free_port


class Demo:
    """Starts `anteroom serve --demo` on one data folder; each start is its own process group, like a terminal's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.media_port = free_port(socket.SOCK_DGRAM)
        self.started: list[Server] = []

    def start(self) -> Server:
        environment = {
            "DATA_DIR": str(self.folder / "var"),
            "PORT": str(self.port),
            "MEDIA_PORT": str(self.media_port),
            "PUBLIC_URL": f"http://localhost:{self.port}",
        }
        log = self.folder / f"serve-{len(self.started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "web", "serve", "--demo"],
                env=os.environ | environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        server = Server(environment["PUBLIC_URL"], process, log)
        self.started.append(server)
        await_ready(server)
        return server

    def processes(self) -> list[psutil.Process]:
        """Every process that works on our data folder."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            if str(self.folder) in " ".join(process.info["cmdline"] or []):
                found.append(process)
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    started = Demo(tmp_path)
    yield started
    for server in started.started:
        server.process.kill()
        server.process.wait()
    postmaster.stop(tmp_path / "var" / "postgres")


def test_a_first_start_prints_every_demo_login_and_where_it_begins(demo: Demo) -> None:
    server = demo.start()
    printed = server.log.read_text()
    for told in ("sam", "ana", "chloe", "anteroom-demo", f"{server.url}/at/harbor/sign-in", f"{server.url}/mailbox"):
        assert told in printed


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_stops_all_of_it(demo: Demo, signal_number: int) -> None:
    server = demo.start()
    assert demo.processes()
    os.killpg(server.process.pid, signal_number)
    server.process.wait(20)
    assert demo.processes() == []
    assert '"overflowed": 0' in server.log.read_text(), "what the media port dropped is told at the end"


def test_a_killed_server_leaves_nothing_that_hinders_the_next_start(demo: Demo) -> None:
    first = demo.start()
    first.kill()
    assert demo.processes(), "the database is left behind without its server"
    second = demo.start()
    os.killpg(second.process.pid, signal.SIGTERM)
    second.process.wait(20)
    assert demo.processes() == []


def test_a_stale_pid_file_does_not_hinder_the_next_start(demo: Demo) -> None:
    first = demo.start()
    os.killpg(first.process.pid, signal.SIGTERM)
    first.process.wait(20)
    stale = demo.folder / "var" / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n{int(time.time())}\n5432\n/tmp\n\n  0 0\nready   \n")
    second = demo.start()
    assert second.is_ready()


def test_a_port_in_use_is_one_clear_line_and_code_2(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        with pytest.raises(AssertionError):
            demo.start()
        server = demo.started[-1]
        server.process.wait(20)
    assert server.process.returncode == 2
    assert "Traceback" not in server.log.read_text()
    assert f"anteroom: port {demo.port}" in server.log.read_text()
