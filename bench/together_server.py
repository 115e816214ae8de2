"""Boards and relay in one process, as in the product: `python -m bench.together_server RELAY_PORT`.

Prints the boards' port and "ready"; offers come to RELAY_PORT as bench.relay_servers takes them. Emits one event to all
boards for each line on stdin, and ends with stdin.
"""

import asyncio
import sys
from typing import Any

import uvloop
from aiohttp import web

from bench.board_server import ROOM, emit_on_command, make_server
from bench.relay_servers import Ours, serve_lines
from web.garbage import Garbage


async def serve(relay_port: int) -> None:
    """Serve until stdin ends."""
    sockets = make_server("ours")

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        await sockets.enter_room(sid, ROOM, namespace="/board")

    sockets.on("connect", connect, namespace="/board")
    app = web.Application()
    sockets.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    relay = Ours()
    await relay.start("127.0.0.1")
    print(runner.addresses[0][1], flush=True)
    running = [
        asyncio.create_task(Garbage(is_quiet=lambda: False).run()),
        asyncio.create_task(serve_lines(relay.handle, relay_port)),
    ]
    await emit_on_command(sockets)
    for task in running:
        task.cancel()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
