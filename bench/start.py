"""How long a server takes to open, and what it costs while nobody is there.

    python -m bench.start

Cold: an empty data folder, so PostgreSQL lays out its files and the schema is made. Warm: the second start on them.
Only `serve --demo` itself is timed, from its command to the first good answer of /readyz; the files may be in the
system's cache. Memory is the resident set of the server's process after half a minute, without its PostgreSQL.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress

import psutil

from bench.claims import figure, progress
from tests.e2e.server import free_port

WARM_STARTS = 5
REST_SECONDS = 30


def main() -> None:
    """Start it once cold, five times warm; print what was measured."""
    with tempfile.TemporaryDirectory(prefix="anteroom-start-") as folder:
        progress("cold start")
        cold, _ = _start(folder, rest=0)
        progress("warm starts")
        warm = [_start(folder, rest=0)[0] for _ in range(WARM_STARTS)]
        progress("memory at rest")
        _, octets = _start(folder, rest=REST_SECONDS)
    figure("cold start, empty data folder", cold, "s")
    figure("warm start, median", statistics.median(warm), "s")
    figure("memory of an idle process", octets / 2**20, "MiB")


def _start(folder: str, rest: float) -> tuple[float, int]:
    """Seconds until it is ready, and its resident octets after `rest` seconds; then it is stopped."""
    port = free_port()
    settings = {
        "DATA_DIR": folder,
        "PUBLIC_URL": f"http://localhost:{port}",
        "PORT": str(port),
        "MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "web", "serve", "--demo"],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_ready(f"http://localhost:{port}/readyz", process)
        seconds = time.perf_counter() - began
        time.sleep(rest)
        return seconds, psutil.Process(process.pid).memory_info().rss
    finally:
        process.terminate()
        process.wait(30)


def _await_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
            if answer.status == 200:
                return
        time.sleep(0.01)
    raise SystemExit("the server did not come up")


if __name__ == "__main__":
    main()
