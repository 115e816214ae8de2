"""The Python servers of the relay's bench, each started as a process of its own:

    python -m bench.relay_servers ours|mediarelay PORT ADDRESS

PORT is a TCP port on loopback for signalling, one JSON object a line each way: {"do": "publish" | "subscribe",
"room": name, "offer": sdp} is answered with {"answer": sdp}. A subscriber sees its room's publisher.
Media flows at ADDRESS.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol

import uvloop

Handler = Callable[[dict[str, str]], Awaitable[str]]


class Server(Protocol):
    """What both servers do."""

    async def start(self, address: str) -> None:
        """Get ready to take media at an address."""

    async def handle(self, request: dict[str, str]) -> str:
        """Answer an offer."""


class Ours:
    """The relay of media/, all gates open."""

    async def start(self, address: str) -> None:
        """Bind the relay's port."""
        from media.relay import Relay, RelaySettings

        self._relay = Relay(RelaySettings(bind=address), lambda event: None)
        await self._relay.start()

    async def handle(self, request: dict[str, str]) -> str:
        """Connect, open, and show the publisher to the subscriber."""
        from media.relay import Source

        room, publishes = request["room"], request["do"] == "publish"
        key = room if publishes else f"{room}-subscriber"
        answer = await self._relay.connect(key, request["offer"])
        self._relay.open(key)
        for slot in answer.slots:
            self._relay.assign(key, slot.mid, Source(room, "microphone" if slot.media == "audio" else "camera"))
        return answer.sdp


class MediaRelayServer:
    """aiortc as its documentation forwards: RTCPeerConnection and MediaRelay, which decode and encode again."""

    async def start(self, address: str) -> None:
        """Keep ICE at the address; aioice would take all but loopback."""
        import aioice.ice
        from aiortc.contrib.media import MediaRelay

        aioice.ice.get_host_addresses = lambda **options: [address]
        self._relay = MediaRelay()
        self._tracks: dict[str, list[object]] = {}
        self._connections: list[object] = []

    async def handle(self, request: dict[str, str]) -> str:
        """Answer an offer, with the room's tracks for a subscriber."""
        from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connections.append(connection)
        tracks = self._tracks.setdefault(request["room"], [])
        if request["do"] == "publish":
            connection.on("track", tracks.append)
        await connection.setRemoteDescription(RTCSessionDescription(request["offer"], "offer"))
        if request["do"] == "subscribe":
            for track in tracks:
                connection.addTrack(self._relay.subscribe(track))  # type: ignore[arg-type]
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)


async def serve_lines(handler: Handler, port: int) -> None:
    """Answer offers for ever, after a line that says that it is ready."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            answer = await handler(json.loads(line))
            writer.write(json.dumps({"answer": answer}).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 20)
    print("ready", flush=True)
    await server.serve_forever()


async def _main(kind: str, port: int, address: str) -> None:
    server: Server = Ours() if kind == "ours" else MediaRelayServer()
    await server.start(address)
    await serve_lines(server.handle, port)


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
