"""What a board event costs, and how long until the last browser has it.

    python -m bench.board [clients ...]        1000 and 3000 clients unless told

One event of about 480 octets goes to all clients of one Socket.IO room. Three servers do the same work in
turns, each in a process of its own: ours, python-socketio as shipped, and Node's socket.io. Measured are the
server's CPU time for one delivery, the time from emit until the last client has read the event, and the memory
of an idle socket. Every server makes one system call for a delivery, and the kernel's part of the CPU time is
much the same for all; so the part outside the kernel is told by itself, too.

Progress goes to stderr; stdout gets one JSON object a line for each claim. A ratio is ours / peer: lower is
better.
"""

import json
import os
import resource
import select
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO

from bench.claims import p99, progress, tell

HERE = Path(__file__).parent
NODE_HOME = HERE.parent / "var" / "bench" / "board"
KINDS = ("ours", "stock", "node")
ROUNDS = 36
DELIVERIES_A_ROUND = 25_000
ANSWER_SECONDS = 60
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class CpuTime:
    """What a process has used, all threads, in seconds."""

    user: float = 0.0
    system: float = 0.0

    def __add__(self, other: "CpuTime") -> "CpuTime":
        return CpuTime(self.user + other.user, self.system + other.system)

    def __sub__(self, other: "CpuTime") -> "CpuTime":
        return CpuTime(self.user - other.user, self.system - other.system)


@dataclass
class Contender:
    """A server with its clients, and what was measured of it."""

    server: subprocess.Popen[str]
    swarm: subprocess.Popen[str]
    clients: int
    idle_kib: float  # resident memory of the server for one idle client
    cpu: CpuTime = CpuTime()
    last_ms: list[float] = field(default_factory=list)  # emit to last client, an event each

    @property
    def user_us(self) -> float:
        """Server CPU time outside the kernel for one delivery in microseconds."""
        return self.cpu.user / (len(self.last_ms) * self.clients) * 1e6

    @property
    def cpu_us(self) -> float:
        """Server CPU time for one delivery in microseconds."""
        return self.user_us + self.cpu.system / (len(self.last_ms) * self.clients) * 1e6

    def emit(self) -> float:
        """Emit one event; return the milliseconds until the last client has read it."""
        _tell(self.server, "emit")
        return float(_hear(self.swarm))

    def run_round(self, events: int) -> None:
        """Emit events one by one and add what they cost."""
        before = cpu_time(self.server.pid)
        self.last_ms += [self.emit() for _ in range(events)]
        self.cpu += cpu_time(self.server.pid) - before


def main() -> None:
    """Measure for each number of clients and print the claims."""
    sizes = [int(argument) for argument in sys.argv[1:]] or [1000, 3000]
    raise_open_files(4 * max(sizes) + 1000)
    install_node_peer()
    names = peer_names()
    for clients in sizes:
        contenders = measure(clients)
        for kind, name in names.items():
            compare(f"{clients} clients, against {name}", contenders["ours"], contenders[kind])


def measure(clients: int) -> dict[str, Contender]:
    """Let the three servers serve `clients` each, and take turns."""
    with ExitStack() as stack:
        contenders = {kind: stack.enter_context(contender(kind, clients)) for kind in KINDS}
        events = max(3, DELIVERIES_A_ROUND // clients)
        for number in range(-1, ROUNDS):
            for competitor in contenders.values():
                competitor.run_round(events)
            if number < 0:
                forget_warm_up(contenders)
        progress(f"{clients} clients: {ROUNDS * events} events by each server")
        return contenders


def forget_warm_up(contenders: dict[str, Contender]) -> None:
    """Start counting afresh: the first round pays for lazy imports and for Node's compiler."""
    for competitor in contenders.values():
        competitor.cpu = CpuTime()
        competitor.last_ms.clear()


def compare(to: str, ours: Contender, peer: Contender) -> None:
    """Tell the measured ratios against one peer."""
    tell(f"CPU a delivery, {to}", ours.cpu_us, peer.cpu_us, "us", 0.5)
    tell(f"CPU a delivery outside the kernel, {to}", ours.user_us, peer.user_us, "us", 0.5)
    medians = statistics.median(ours.last_ms), statistics.median(peer.last_ms)
    tell(f"last delivery, median, {to}", *medians, "ms", 1.0)
    tell(f"last delivery, p99, {to}", p99(ours.last_ms), p99(peer.last_ms), "ms", 1.0)
    tell(f"memory of an idle socket, {to}", ours.idle_kib, peer.idle_kib, "KiB", None)


def peer_names() -> dict[str, str]:
    """Who the peers are, and which versions."""
    package = NODE_HOME / "node_modules" / "socket.io" / "package.json"
    return {
        "stock": f"python-socketio {version('python-socketio')} as shipped",
        "node": f"Node socket.io {json.loads(package.read_text())['version']}",
    }


@contextmanager
def contender(kind: str, clients: int) -> Iterator[Contender]:
    """Start a server, connect its clients, and stop both in the end."""
    with running(server_command(kind), cwd=NODE_HOME if kind == "node" else HERE.parent) as server:
        port = _hear(server)
        before = resident_octets(server.pid)
        swarm_command = [sys.executable, "-m", "bench.board_swarm", port, str(clients)]
        with running(swarm_command, cwd=HERE.parent) as swarm:
            assert _hear(swarm) == "ready"
            idle_kib = (resident_octets(server.pid) - before) / 1024 / clients
            progress(f"{kind}: {clients} clients connected")
            yield Contender(server, swarm, clients, idle_kib)


def server_command(kind: str) -> list[str]:
    """The command of a server that prints its port and emits one event for each line it reads."""
    if kind == "node":
        return ["node", str(HERE / "board_peer.mjs")]
    return [sys.executable, "-m", "bench.board_server", kind]


@contextmanager
def running(command: list[str], cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with pipes; it ends when its input ends."""
    with subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _tell(process: subprocess.Popen[str], line: str) -> None:
    print(line, file=_pipe(process.stdin), flush=True)


def _hear(process: subprocess.Popen[str]) -> str:
    stream = _pipe(process.stdout)
    readable, _, _ = select.select([stream], [], [], ANSWER_SECONDS)
    line = stream.readline() if readable else ""
    if not line:
        raise SystemExit(f"no answer from {process.args!r}")
    return line.strip()


def cpu_time(pid: int) -> CpuTime:
    """User and system time of a process, all threads (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return CpuTime(int(fields[11]) * TICK_SECONDS, int(fields[12]) * TICK_SECONDS)


def resident_octets(pid: int) -> int:
    """Resident memory of a process (proc_pid_statm(5), field 2)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_OCTETS


def raise_open_files(needed: int) -> None:
    """Allow this process and its children enough open sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"{needed} open files are needed, and the hard limit is {hard}")
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def install_node_peer() -> None:
    """Install the peer as locked, outside the sources, unless it is there already."""
    if not shutil.which("node"):
        raise SystemExit("node is needed to run the peer")
    lock = (HERE / "package-lock.json").read_bytes()
    installed = NODE_HOME / "package-lock.json"
    if (NODE_HOME / "node_modules").is_dir() and installed.is_file() and installed.read_bytes() == lock:
        return
    progress("installing Node's socket.io")
    NODE_HOME.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", ".npmrc", "package-lock.json"):
        shutil.copy(HERE / name, NODE_HOME / name)
    subprocess.run(["npm", "ci", "--silent"], cwd=NODE_HOME, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
