"""Many boards in one process that remember each delivery: `python -m bench.together_swarm PORT CLIENTS`.

Connects all to /board and prints "ready"; for each event prints the milliseconds from its emit until the last board had
read it, and until 99 of 100 had.
"""

import sys
import time

from bench.board_swarm import Swarm, connect
from bench.claims import p99


class Boards(Swarm):
    """Notes when each board had read the event."""

    _delays: list[float]

    def _count(self, data: bytes) -> None:
        now = time.monotonic_ns()
        emitted = int(data.partition(b'"at":"')[2].partition(b'"')[0])
        self._delays.append((now - emitted) / 1e6)
        if len(self._delays) == len(self.clients):
            print(max(self._delays), p99(self._delays), flush=True)
            self._delays.clear()


def main() -> None:
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    swarm = Boards([connect(port) for _ in range(clients)])
    swarm._delays = []
    print("ready", flush=True)
    swarm.run()


if __name__ == "__main__":
    main()
