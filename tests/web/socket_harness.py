"""A Socket.IO server on a real loopback port, and clients of several tempers."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import socketio
from aiohttp import web

ORIGIN = "http://localhost:8080"
BOARD = "/board"


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until the condition is true; TimeoutError after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the condition did not come true in time")
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def serving(server: socketio.AsyncServer) -> AsyncIterator[int]:
    """Serve on a port of the system's choice, with small send buffers, so that lagging shows soon."""
    app = web.Application()
    server.attach(app)
    app.on_shutdown.append(lambda _: server.shutdown())
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
    listener.bind(("127.0.0.1", 0))
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield listener.getsockname()[1]
    finally:
        await runner.cleanup()


def open_board(server: socketio.AsyncServer, gone: list[str] | None = None) -> None:
    """Give the server a /board whose clients enter the room that their auth names."""

    async def connect(sid: str, environ: dict[str, Any], auth: dict[str, str] | None) -> None:
        if auth:
            await server.enter_room(sid, auth["room"], namespace=BOARD)

    def disconnect(sid: str, reason: str) -> None:
        if gone is not None:
            gone.append(reason)

    server.on("connect", connect, namespace=BOARD)
    server.on("disconnect", disconnect, namespace=BOARD)


def socket_url(port: int) -> str:
    """The address of the engine.io endpoint, asking for a websocket."""
    return f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"


@dataclass
class RawClient:
    """A websocket that speaks Socket.IO by hand: every text as it came."""

    ws: aiohttp.ClientWebSocketResponse

    async def text(self) -> str:
        """Return the next message, answering pings on the way."""
        while True:
            message = await self.ws.receive(timeout=20)
            assert message.type is aiohttp.WSMsgType.TEXT, f"closed: {message}"
            if message.data != "2":
                return str(message.data)
            await self.ws.send_str("3")

    async def event(self) -> list[Any]:
        """Return the next message's event as [name, argument, ...]."""
        text = await self.text()
        return list(json.loads(text[text.index("[") :]))

    async def closed(self) -> None:
        """Wait until the server has closed the connection."""
        while not self.ws.closed:
            await self.ws.receive(timeout=20)

    async def join(self, room: str | None = None, namespace: str = BOARD) -> str:
        """Connect to a namespace; return the sid."""
        prefix = "40" if namespace == "/" else f"40{namespace},"
        await self.ws.send_str(prefix + (json.dumps({"room": room}) if room else ""))
        answer = await self.text()
        assert answer.startswith(prefix + "{"), answer
        return str(json.loads(answer[answer.index("{") :])["sid"])


@contextlib.asynccontextmanager
async def raw_client(port: int, room: str | None = None, namespace: str = BOARD) -> AsyncIterator[RawClient]:
    """A raw client, joined to a namespace and, if named, to a room."""
    headers = {"Origin": ORIGIN}
    async with aiohttp.ClientSession() as http, http.ws_connect(socket_url(port), headers=headers) as ws:
        client = RawClient(ws)
        assert (await client.text())[0] == "0"
        await client.join(room, namespace)
        yield client


def masked(text: str) -> bytes:
    """Return a short client frame, masked with zeros (RFC 6455, 5.2)."""
    payload = text.encode()
    assert len(payload) < 126
    return bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload


class DeafClient:
    """A TCP client that joins a room and then reads nothing, or slowly; its receive buffer is small."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
        self.socket.setblocking(False)
        self.unread = b""

    async def join(self, port: int, room: str) -> None:
        """Shake hands, connect to /board and wait for the answer."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, ("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        )
        await loop.sock_sendall(self.socket, request.encode())
        while b"pingInterval" not in self.unread:
            await self.read()
        await loop.sock_sendall(self.socket, masked(f"40{BOARD},{json.dumps({'room': room})}"))
        while f"40{BOARD}," not in self.unread.decode(errors="replace"):
            await self.read()
        self.unread = b""

    async def read(self) -> None:
        """Read what is there, or wait for some; EOFError at the end."""
        chunk = await asyncio.get_running_loop().sock_recv(self.socket, 4096)
        if not chunk:
            raise EOFError
        self.unread += chunk

    async def pong(self) -> None:
        """Pretend to be alive."""
        await asyncio.get_running_loop().sock_sendall(self.socket, masked("3"))

    def texts(self) -> list[str]:
        """Take the whole frames out of what was read."""
        found = []
        while (frame := _first_frame(self.unread)) is not None:
            payload, size = frame
            found.append(payload.decode())
            self.unread = self.unread[size:]
        return found

    def close(self) -> None:
        """Drop the connection."""
        self.socket.close()


def _first_frame(data: bytes) -> tuple[bytes, int] | None:
    if len(data) < 4:
        return None
    length, start = data[1], 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    assert length < 1 << 16
    if len(data) < start + length:
        return None
    return data[start : start + length], start + length
