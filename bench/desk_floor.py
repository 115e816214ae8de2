"""The least that a live board can do: `python -m bench.desk_floor LISTENER_URL OCTETS`.

Hears a NOTIFY and writes one prebuilt frame of so many octets to every socket: no row is read, nothing is rendered.
Prints its port and ends with its input.
"""

import asyncio
import sys
from typing import Any

import uvloop
from aiohttp import web
from engineio.packet import MESSAGE, Packet

from bench.board_server import ORIGIN
from records.database import connect
from web.broadcast import text_frame
from web.socket_server import create_socket_server


async def serve(url: str, octets: int) -> None:
    server = create_socket_server([ORIGIN])
    server.on("connect", lambda *_: None, namespace="/board")
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    listener = await connect(url)

    def hear(_: Any, pid: int, channel: str, payload: str) -> None:
        text = f'2/board,["request.changed",{{"id":"{payload}","html":"'
        text += "x" * (octets - len(text) - 8) + '"}]'
        frame, packet = text_frame(f"4{text}".encode()), Packet(MESSAGE, text)
        for connection in server.eio.sockets.values():
            # A queue with a ping in it refuses what would overtake it.
            if not connection.queue.write_past(frame):
                connection.queue.put_nowait(packet)

    await listener.add_listener("floor", hear)
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
