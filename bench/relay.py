"""What a forwarded packet costs, and how long it takes.

    python -m bench.relay

Rooms of one publisher and one subscriber, 1.2 Mbit/s of VP8-like video and a voice's packets each, on our relay
(one process, uvloop) and on Janus VideoRoom (C, Debian's package), 10, 40 and 100 of them, in turns; and two rooms on
aiortc's MediaRelay. Servers and load are processes of their own, with real ICE and DTLS-SRTP over loopback.

Janus leaves loopback out, so everything runs in a network namespace made for the purpose (`unshare` and `ip`, as root
or where users may make namespaces), at one address of it; no packet leaves the machine.

Progress goes to stderr; stdout gets one JSON object a line for each claim. A ratio is ours / peer: lower is better.
Nothing is installed here: without Janus its claims are left out, and stderr says how to have it.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.claims import figure as tell_figure
from bench.claims import progress, tell
from bench.relay_janus import HINT, configure, executable

SECONDS = 10
ROUNDS = 2
ROOMS = (10, 40, 100)
JUDGED = 40
ADDRESS = "10.99.0.1"
INSIDE = "BENCH_RELAY_INSIDE"
NAMESPACE = f"""
ip link set lo up &&
ip link add bench0 type veth peer name bench1 &&
ip addr add {ADDRESS}/24 dev bench0 &&
ip link set bench0 up &&
ip link set bench1 up
"""
Result = dict[str, float]


def enter_namespace() -> None:
    """Start again inside of a network namespace, if one can be made; otherwise stay and do without Janus."""
    flags = ["--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--net"]
    try:
        made = subprocess.run(["unshare", *flags, "sh", "-c", NAMESPACE], capture_output=True, text=True)
    except FileNotFoundError:
        return
    if made.returncode != 0:
        progress(f"no network namespace: {made.stderr.strip()}")
        return
    again = [sys.executable, "-m", "bench.relay"]
    script = NAMESPACE.strip() + ' && exec "$@"'
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", *flags, "sh", "-c", script, "sh", *again])


def address() -> str:
    """Where media flows."""
    return ADDRESS if INSIDE in os.environ else "127.0.0.1"


def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def server(kind: str, port: int) -> Iterator[int]:
    """Run a server; gives its process id."""
    with tempfile.TemporaryDirectory(prefix="bench-relay-") as folder:
        if kind == "janus":
            process = subprocess.Popen(configure(Path(folder), port, address()), stdout=subprocess.DEVNULL)
        else:
            command = [sys.executable, "-m", "bench.relay_servers", kind, str(port), address()]
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(20)


def run(kind: str, rooms: int) -> Result:
    """One measurement."""
    port = free_port()
    with server(kind, port) as pid:
        arguments = [kind, str(port), str(pid), str(rooms), str(SECONDS), address()]
        output = subprocess.run(
            [sys.executable, "-m", "bench.relay_load", *arguments], check=True, stdout=subprocess.PIPE, timeout=120
        ).stdout
    result: Result = json.loads(output)
    progress(f"{kind:10} {rooms:3} rooms: {result}")
    return result


def median(results: list[Result], name: str) -> float:
    """The middle of a figure over the rounds."""
    return round(statistics.median(result[name] for result in results), 3)


def main() -> None:
    """Measure in turns, then claim."""
    if INSIDE not in os.environ:
        enter_namespace()
    peers = ["ours", "janus"] if executable() and INSIDE in os.environ else ["ours"]
    if not executable():
        progress(HINT)
    results: dict[tuple[str, int], list[Result]] = {}
    for _ in range(ROUNDS):
        for rooms in ROOMS:
            for kind in peers:
                results.setdefault((kind, rooms), []).append(run(kind, rooms))
    decoded = run("mediarelay", 2)
    for rooms in ROOMS if "janus" in peers else ():
        goals = (0.5, 1.0) if rooms == JUDGED else (None, None)
        compare(rooms, results["ours", rooms], results["janus", rooms], goals)
    title, figure = "CPU a forwarded packet, aiortc MediaRelay", "cpu_us_a_packet"
    tell(title, median(results["ours", JUDGED], figure), decoded[figure], "us", 0.0125)
    lost = max(result["loss"] for result in results["ours", ROOMS[-1]])
    tell_figure(f"packets lost of a hundred, {ROOMS[-1]} rooms", 100 * lost, "%")


def compare(rooms: int, ours: list[Result], janus: list[Result], goals: tuple[float | None, float | None]) -> None:
    """The claims about Janus at a number of rooms."""
    for name, figure, unit, goal in (
        ("CPU a forwarded packet", "cpu_us_a_packet", "us", goals[0]),
        ("delay p99", "p99_ms", "ms", goals[1]),
    ):
        tell(f"{name}, {rooms} rooms, Janus VideoRoom", median(ours, figure), median(janus, figure), unit, goal)


if __name__ == "__main__":
    main()
