"""Many browsers in one process: `python -m bench.board_swarm PORT CLIENTS`.

Connects all to /board, prints "ready", then prints, for each event, the milliseconds from its emit until the
last client had read it. Sockets and epoll without asyncio: the swarm shares the machine with the server, so it
must cost little.
"""

import base64
import os
import select
import socket
import sys
import time

from bench.board_server import ORIGIN

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nOrigin: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nCookie: %s\r\n\r\n"
)
PING = b"\x81\x01\x32"
PONG = b"\x81\x81\x00\x00\x00\x003"  # masked with zeros


def masked(text: str) -> bytes:
    """A client's frame, masked with zeros (RFC 6455, 5.2)."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text.encode()


def connect(port: int, origin: str = ORIGIN, cookie: str = "") -> socket.socket:
    """Open a websocket and join the namespace /board, as the browser that has this cookie."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall((HANDSHAKE % (origin, key, cookie)).encode())
    read_until(connection, b'"pingInterval"')
    connection.sendall(masked("40/board,"))
    read_until(connection, b'40/board,{"sid"')
    connection.setblocking(False)
    return connection


def read_until(connection: socket.socket, mark: bytes) -> None:
    """Read until a mark has come; the rest of its message is expected in the same segment."""
    data = b""
    while mark not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise SystemExit(f"refused: {data!r}")
        data += chunk


def frame_size(data: bytes) -> int:
    """Octets of the first frame in the data, header and all, even if not all has come."""
    if len(data) < 2 or (data[1] == 126 and len(data) < 4):
        return len(data) + 1
    return 4 + int.from_bytes(data[2:4], "big") if data[1] == 126 else 2 + data[1]


class Swarm:
    """Counts deliveries; an event is complete when every client has read it."""

    def __init__(self, connections: list[socket.socket]) -> None:
        self.clients = {connection.fileno(): connection for connection in connections}
        self._partial: dict[int, bytes] = {}
        self._heard = 0

    def run(self) -> None:
        """Read until stdin ends."""
        poll = select.epoll()
        for descriptor in (sys.stdin.fileno(), *self.clients):
            poll.register(descriptor, select.EPOLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == sys.stdin.fileno():
                    return
                self._read(descriptor)

    def _read(self, descriptor: int) -> None:
        data = self._partial.pop(descriptor, b"") + os.read(descriptor, 65536)
        if not data:
            raise SystemExit("the server closed a connection")
        while data:
            size = frame_size(data)
            if len(data) < size:
                self._partial[descriptor] = data
                return
            if data.startswith(PING):
                self.clients[descriptor].sendall(PONG)
            else:
                self._count(data)
            data = data[size:]

    def _count(self, data: bytes) -> None:
        """Note one delivery; `data` begins with its frame."""
        self._heard += 1
        if self._heard == len(self.clients):
            now = time.monotonic_ns()
            emitted = int(data.partition(b'"at":"')[2].partition(b'"')[0])
            print((now - emitted) / 1e6, flush=True)
            self._heard = 0


def main() -> None:
    """Connect and read."""
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    swarm = Swarm([connect(port) for _ in range(clients)])
    print("ready", flush=True)
    swarm.run()


if __name__ == "__main__":
    main()
