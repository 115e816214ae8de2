"""The real server as its own process, as `anteroom serve` starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from records.provision import Place


@dataclass
class Server:
    """A running server. `log` is what it wrote."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    def stop(self) -> None:
        """As an operator does: SIGTERM, and wait."""
        self.process.terminate()
        self.process.wait(15)

    def start(self) -> None:
        """Again, after `stop` or `kill`, at the same ports; returns when it serves."""
        self.process = _start(self.environment, self.log)
        await_ready(self)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def is_ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as response:
            return response.status == 200
        return False


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(place: Place, folder: Path, port: int = 0, **environment: str) -> Iterator[Server]:
    """Serve that database until the block ends; fails with the server's own words if it does not come up."""
    port = port or free_port()
    url = environment.get("PUBLIC_URL") or f"http://{environment.get('HOST', 'localhost')}:{port}"
    settings = {
        "DATABASE_URL": place.urls.app,
        "DATABASE_OWNER_URL": place.owner,
        "DATABASE_SYSTEM_URL": place.urls.system,
        "DATABASE_LISTENER_URL": place.urls.listener,
        "PUBLIC_URL": url,
        "PORT": str(port),
        "MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
        "FILES_DIR": str(folder / "files"),
        "DEMO": "true",
    }
    log = folder / f"server-{port}.log"
    chosen = os.environ | settings | environment
    server = Server(url, _start(chosen, log), log, chosen)
    try:
        await_ready(server)
        yield server
    finally:
        with suppress(subprocess.TimeoutExpired):
            server.stop()
        server.kill()


def _start(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen([sys.executable, "-m", "web", "serve"], env=environment, stdout=output, stderr=output)


def await_ready(server: Server) -> None:
    deadline = time.monotonic() + 20
    while not server.is_ready():
        assert server.process.poll() is None and time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)
