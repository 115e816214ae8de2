"""What boards and visits cost each other, for one process serves both.

    python -m bench.together [seconds]        30 seconds for each part unless told

3,000 boards and a relay whose rooms keep it at half a core, in one server process. First the boards alone get an event
a second, then the relay alone forwards, then both at once. Told is how long a push takes until 99 of 100 boards have
read it (median of the events, and the slowest of them), and how long the relay holds a packet (p99), each against the
other being idle. The load's own processes share the machine with the server: part of every delay is theirs.

Progress goes to stderr; stdout gets one JSON object a line for each claim. A ratio is both / alone: lower is better.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.board import HERE, _hear, _tell, cpu_time, raise_open_files, running
from bench.claims import figure, progress, tell
from bench.relay import free_port

BOARDS = 3000
SECONDS = 30
HALF_A_CORE = 0.5
PROBE_ROOMS, PROBE_SECONDS, MOST_ROOMS = 20, 4, 100
# From its start until the relay's load counts: hand shakes, and a warm-up of its own.
LOAD_BEGINS = 6.0


@dataclass
class Pushes:
    """Milliseconds from emit until 99 of 100 boards had read it, one for each event."""

    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def slowest(self) -> float:
        return max(self.times)


@dataclass(frozen=True)
class Site:
    """The server, and the boards that listen to it."""

    server: "subprocess.Popen[str]"
    swarm: "subprocess.Popen[str]"
    relay_port: int

    def push(self, seconds: float) -> Pushes:
        """An event a second."""
        pushes = Pushes()
        for _ in range(round(seconds)):
            began = time.monotonic()
            _tell(self.server, "emit")
            pushes.times.append(float(_hear(self.swarm).split()[1]))
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
        return pushes

    @contextmanager
    def relaying(self, rooms: int, seconds: float) -> Iterator["subprocess.Popen[str]"]:
        """Let the relay forward for so long; what it measured is on the process's stdout when it ends."""
        numbers = [str(self.relay_port), str(self.server.pid), str(rooms), str(seconds)]
        command = [sys.executable, "-m", "bench.relay_load", "ours", *numbers, "127.0.0.1"]
        with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as load:
            try:
                yield load
            finally:
                load.kill()

    def forward(self, rooms: int, seconds: float) -> dict[str, float]:
        """The relay alone."""
        with self.relaying(rooms, seconds) as load:
            return result_of(load)


def result_of(load: "subprocess.Popen[str]") -> dict[str, float]:
    output, _ = load.communicate(timeout=180)
    measured: dict[str, float] = json.loads(output)
    return measured


def share(measured: dict[str, float]) -> float:
    """Of a core, used by the server while the relay's load was counted."""
    return measured["cpu_us_a_packet"] * measured["delivered"] / measured["seconds"] / 1e6


@contextmanager
def site() -> Iterator[Site]:
    """Server and boards, connected."""
    relay_port = free_port()
    with running([sys.executable, "-m", "bench.together_server", str(relay_port)], cwd=HERE.parent) as server:
        board_port = _hear(server)
        assert _hear(server) == "ready"
        with running([sys.executable, "-m", "bench.together_swarm", board_port, str(BOARDS)], cwd=HERE.parent) as swarm:
            assert _hear(swarm) == "ready"
            yield Site(server, swarm, relay_port)


def rooms_for_half_a_core(made: Site) -> int:
    probe = share(made.forward(PROBE_ROOMS, PROBE_SECONDS))
    rooms = min(MOST_ROOMS, round(PROBE_ROOMS * HALF_A_CORE / probe))
    progress(f"{PROBE_ROOMS} rooms use {probe:.2f} of a core: going on with {rooms}")
    return rooms


def measure(made: Site, seconds: float) -> None:
    rooms = rooms_for_half_a_core(made)
    made.push(3)
    before = cpu_time(made.server.pid)
    pushed_alone = made.push(seconds)
    used = cpu_time(made.server.pid) - before
    progress(f"boards alone: {pushed_alone.median:.1f} ms, slowest {pushed_alone.slowest:.1f} ms")
    relayed_alone = made.forward(rooms, seconds)
    progress(f"relay alone: {relayed_alone}")
    with made.relaying(rooms, seconds) as load:
        time.sleep(LOAD_BEGINS)
        pushed = made.push(seconds - 2)
        relayed = result_of(load)
    progress(f"both: {pushed.median:.1f} ms, slowest {pushed.slowest:.1f} ms; {relayed}")

    figure("relay's share of a core, alone", share(relayed_alone), "cores")
    figure("boards' share of a core, alone", (used.user + used.system) / seconds, "cores")
    load_is = f"the relay in {rooms} rooms or idle"
    tell(f"push to 99 of 100 boards, median, {load_is}", pushed.median, pushed_alone.median, "ms", 2.0)
    tell(f"push to 99 of 100 boards, slowest, {load_is}", pushed.slowest, pushed_alone.slowest, "ms", None)
    load_is = f"{BOARDS} boards with an event a second or idle"
    tell(f"relay delay p99, {load_is}", relayed["p99_ms"], relayed_alone["p99_ms"], "ms", 2.0)
    tell(f"relay delay p50, {load_is}", relayed["p50_ms"], relayed_alone["p50_ms"], "ms", None)
    figure("packets lost with both at work", relayed["loss"], "of all")


def main() -> None:
    """Measure and claim."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    raise_open_files(2 * BOARDS + 1000)
    with site() as made:
        measure(made, seconds)


if __name__ == "__main__":
    main()
