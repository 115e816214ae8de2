"""Janus VideoRoom for the relay's bench: its configuration, and signalling over its HTTP transport.

https://janus.conf.meetecho.com/docs/videoroom.html and /docs/rest.html
"""

import asyncio
import secrets
import shutil
from pathlib import Path
from typing import Any

import aiohttp

from bench.relay_client import Client

HINT = "janus not installed: apt-get install janus"

GENERAL = """
general: {{
    configs_folder = "{folder}"
    debug_level = 2
    debug_timestamps = false
    session_timeout = 600
}}
nat: {{
    ice_lite = true
    ice_enforce_list = "{address}"
    nice_debug = false
}}
plugins: {{
    disable = "{others}"
}}
transports: {{
    disable = "{transports}"
}}
"""
HTTP = """
general: {{
    json = "compact"
    http = true
    port = {port}
    interface = "lo"
    https = false
}}
"""
OTHERS = "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail"
TRANSPORTS = "mqtt nanomsg pfunix rabbitmq websockets"


def executable() -> str | None:
    """Where Janus is installed, if it is."""
    return shutil.which("janus")


def configure(folder: Path, http_port: int, address: str) -> list[str]:
    """Write a configuration; returns the command that runs it."""
    others = ",".join(f"libjanus_{name}.so" for name in OTHERS.split())
    transports = ",".join(f"libjanus_{name}.so" for name in TRANSPORTS.split())
    general = GENERAL.format(folder=folder, address=address, others=others, transports=transports)
    (folder / "janus.jcfg").write_text(general)
    (folder / "janus.transport.http.jcfg").write_text(HTTP.format(port=http_port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {\n}\n")
    return [executable() or "janus", "--config", str(folder / "janus.jcfg"), "--configs-folder", str(folder)]


class JanusSession:
    """One session, all handles of the bench in it; a long poll brings the plugin's answers."""

    def __init__(self, http_port: int) -> None:
        self._url = f"http://127.0.0.1:{http_port}/janus"
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._events: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._feeds: dict[str, int] = {}
        self._poller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Create the session as soon as Janus listens."""
        for _ in range(200):
            try:
                made = await self._post(self._url, {"janus": "create"})
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        else:
            raise ConnectionError("Janus does not listen")
        self._session = f"{self._url}/{made['data']['id']}"
        self._poller = asyncio.ensure_future(self._poll())

    async def close(self) -> None:
        """Stop polling."""
        if self._poller is not None:
            self._poller.cancel()
        await self._http.close()

    async def publish(self, client: Client, room: str) -> None:
        """Create the room and publish sound and picture in it."""
        handle, number = await self._attach(), int(room)
        await self._ask(handle, {"request": "create", "room": number, "publishers": 1, "bitrate": 0}, wait=False)
        offer = {"type": "offer", "sdp": client.sdp([("audio", "sendonly"), ("video", "sendonly")], "active")}
        join = {"request": "joinandconfigure", "ptype": "publisher", "room": number}
        event = await self._ask(handle, join, offer)
        self._feeds[room] = event["plugindata"]["data"]["id"]
        await client.connect(event["jsep"]["sdp"])

    async def subscribe(self, client: Client, room: str) -> None:
        """Join as a subscriber: here it is Janus that offers."""
        handle = await self._attach()
        join = {"request": "join", "ptype": "subscriber", "room": int(room), "streams": [{"feed": self._feeds[room]}]}
        event = await self._once_published(handle, join)
        offer = event["jsep"]["sdp"]
        media = [line.split()[0][2:] for line in offer.splitlines() if line.startswith("m=")]
        mids = [line[6:] for line in offer.splitlines() if line.startswith("a=mid:")]
        answer = client.sdp([(medium, "recvonly") for medium in media], "active", mids)
        await self._ask(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        await client.connect(offer)

    async def _once_published(self, handle: str, join: dict[str, Any]) -> dict[str, Any]:
        """A feed exists a moment after its publisher's handshake."""
        for _ in range(40):
            try:
                return await self._ask(handle, join)
            except RuntimeError:
                await asyncio.sleep(0.05)
        return await self._ask(handle, join)

    async def _attach(self) -> str:
        made = await self._post(self._session, {"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return f"{self._session}/{made['data']['id']}"

    async def _ask(
        self, handle: str, body: dict[str, Any], jsep: dict[str, str] | None = None, wait: bool = True
    ) -> dict[str, Any]:
        message: dict[str, Any] = {"janus": "message", "body": body, "transaction": secrets.token_hex(8)}
        if jsep:
            message["jsep"] = jsep
        future = asyncio.get_running_loop().create_future()
        self._events[message["transaction"]] = future
        reply = await self._post(handle, message)
        event = await asyncio.wait_for(future, 20) if wait else reply
        if "error" in event or "error" in event.get("plugindata", {}).get("data", {}):
            raise RuntimeError(f"Janus: {event}")
        return event

    async def _post(self, url: str, message: dict[str, Any]) -> dict[str, Any]:
        message.setdefault("transaction", secrets.token_hex(8))
        async with self._http.post(url, json=message) as response:
            reply: dict[str, Any] = await response.json(content_type=None)
        if reply.get("janus") == "error":
            raise RuntimeError(f"Janus: {reply}")
        return reply

    async def _poll(self) -> None:
        while True:
            async with self._http.get(f"{self._session}?maxev=20") as response:
                events = await response.json(content_type=None)
            for event in events if isinstance(events, list) else [events]:
                future = self._events.pop(event.get("transaction", ""), None)
                if future is not None and not future.done():
                    future.set_result(event)
