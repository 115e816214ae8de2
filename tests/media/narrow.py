"""Networks made for a test: a namespace of its own behind one link, whose two directions can be made slow or lossy.

Needs root and Linux; `possible()` tells. Nothing of it is left behind.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Direction = Literal["up", "down"]

# What waits before the bottleneck, in milliseconds: a home router's modest buffer.
QUEUE = 200


def possible() -> bool:
    """Whether this machine lets us make networks."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tc"):
        return False
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


def _run(*words: str, check: bool = True, text: str | None = None) -> None:
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{' '.join(words)}: {done.stderr}"


@dataclass(frozen=True)
class Network:
    """`here` is this side's address, `there` the namespace's. *up* is what leaves the namespace."""

    name: str
    here: str
    there: str

    @property
    def _outside(self) -> str:
        return f"{self.name}o"

    @property
    def _inside(self) -> str:
        return f"{self.name}i"

    def inside(self, *words: str) -> list[str]:
        """A command that runs in the namespace."""
        return ["ip", "netns", "exec", self.name, *words]

    def shape(self, direction: Direction, kilobits: int) -> None:
        """Let through so many kbit/s, from now on."""
        limit = ["rate", f"{kilobits}kbit", "burst", "6kb", "latency", f"{QUEUE}ms"]
        device, enter = (self._inside, self.inside()) if direction == "up" else (self._outside, [])
        _run(*enter, "tc", "qdisc", "replace", "dev", device, "root", "tbf", *limit)

    def widen(self, direction: Direction) -> None:
        """As fast as the machine again."""
        device, enter = (self._inside, self.inside()) if direction == "up" else (self._outside, [])
        _run(*enter, "tc", "qdisc", "del", "dev", device, "root", check=False)

    def lose(self, percent: int) -> None:
        """Drop so many of a hundred UDP packets each way, at random."""
        rule = f"meta l4proto udp numgen random mod 100 < {percent} drop;"
        table = f"""
            table inet loss {{}}
            delete table inet loss
            table inet loss {{
                chain out {{ type filter hook output priority 0; {rule} }}
                chain in {{ type filter hook input priority 0; {rule} }}
            }}
        """
        _run(*self.inside("nft", "-f", "-"), text=table)

    def block_udp(self) -> None:
        """No UDP gets out any more, as behind a strict firewall."""
        table = """
            table inet wall {
                chain out { type filter hook output priority 0; meta l4proto udp drop; }
            }
        """
        _run(*self.inside("nft", "-f", "-"), text=table)

    def wrapper(self, folder: Path, program: str) -> Path:
        """A script that starts a program in the namespace."""
        script = folder / f"{self.name}-{Path(program).name}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.inside(program))} "$@"\n')
        script.chmod(0o755)
        return script


@contextmanager
def network(number: int | None = None) -> Iterator[Network]:
    """A namespace with one link to us; both directions are as fast as the machine."""
    number = os.getpid() % 16_000 if number is None else number
    high, low = divmod(number * 4, 256)
    made = Network(f"ar{number}", f"10.200.{high}.{low + 1}", f"10.200.{high}.{low + 2}")
    _run("ip", "netns", "add", made.name)
    try:
        _run("ip", "link", "add", made._outside, "type", "veth", "peer", "name", made._inside, "netns", made.name)
        _run("ip", "addr", "add", f"{made.here}/30", "dev", made._outside)
        _run("ip", "link", "set", made._outside, "up")
        _run(*made.inside("ip", "addr", "add", f"{made.there}/30", "dev", made._inside))
        _run(*made.inside("ip", "link", "set", made._inside, "up"))
        _run(*made.inside("ip", "link", "set", "lo", "up"))
        _run(*made.inside("ip", "route", "add", "default", "via", made.here))
        yield made
    finally:
        _run("ip", "link", "del", made._outside, check=False)
        _run("ip", "netns", "del", made.name, check=False)
