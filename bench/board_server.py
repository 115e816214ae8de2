"""A Python server under measurement: `python -m bench.board_server ours|stock`.

Prints its port, then emits one event to the room for each line on stdin, and ends with stdin.
"""

import asyncio
import sys
import time
from typing import Any

import socketio
import uvloop
from aiohttp import web

from web.connection_limits import ConnectionLimits
from web.garbage import Garbage
from web.socket_server import create_socket_server

ORIGIN = "http://localhost:8080"
ROOM = "clinic"
PADDING = "x" * 418  # so that the whole message has 480 octets


def make_server(kind: str) -> socketio.AsyncServer:
    """Our server, or python-socketio's with nothing changed but the transport and the origin."""
    if kind == "ours":
        return create_socket_server([ORIGIN], connection_limits=ConnectionLimits(per_address=100_000))
    return socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"], cors_allowed_origins=[ORIGIN])


async def serve(kind: str) -> None:
    """Serve on a free port until stdin ends."""
    server = make_server(kind)

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        await server.enter_room(sid, ROOM, namespace="/board")

    server.on("connect", connect, namespace="/board")
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    collecting = asyncio.create_task(Garbage(is_quiet=lambda: True).run()) if kind == "ours" else None
    print(runner.addresses[0][1], flush=True)
    await emit_on_command(server)
    if collecting:
        collecting.cancel()


async def emit_on_command(server: socketio.AsyncServer) -> None:
    """Emit one event for each line on stdin."""
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while await commands.readline():
        event = {"at": str(time.monotonic_ns()), "row": PADDING}
        await server.emit("board.changed", event, room=ROOM, namespace="/board")


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
