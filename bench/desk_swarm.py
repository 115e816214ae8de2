"""Many boards in one process, each of a signed-in scheduler: `python -m bench.desk_swarm PORT ORIGIN`.

Reads a cookie a line until an empty one and connects a board for each, prints "ready", and for each request prints its
public id, the wall-clock second at which the last board had read its event, and the event's octets.
"""

import re
import sys
import time
from collections import Counter

from bench.board_swarm import Swarm, connect, frame_size

REQUEST = re.compile(rb'"request\.changed",\{"id":"(\w+)"')


class Boards(Swarm):
    """Counts the boards that heard of each request."""

    _told: Counter[bytes]

    def _count(self, data: bytes) -> None:
        if found := REQUEST.search(data, 0, 100):
            request = found[1]
            self._told[request] += 1
            if self._told[request] == len(self.clients):
                print(request.decode(), time.time(), frame_size(data), flush=True)


def main() -> None:
    port, origin = int(sys.argv[1]), sys.argv[2]
    cookies = iter(sys.stdin.readline, "\n")
    swarm = Boards([connect(port, origin, cookie.strip()) for cookie in cookies])
    swarm._told = Counter()
    print("ready", flush=True)
    swarm.run()


if __name__ == "__main__":
    main()
