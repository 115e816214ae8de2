"""Several `serve` processes of one Anteroom behind a round-robin proxy; any of them may be killed and started again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import socketio
from aiohttp import ClientError, ClientSession, ClientTimeout, CookieJar

from records import provision
from tests.e2e.server import free_port
from tests.support import PASSWORD, eventually

patience_seconds = 60.0


class Node:
    """One process. `url` is its own address, past the proxy."""

    def __init__(self, settings: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = folder / f"node-{self.port}.log"
        own = {"NODE_URL": self.url, "PORT": str(self.port), "MEDIA_PORT": str(free_port(socket.SOCK_DGRAM))}
        self._environment = os.environ | settings | own
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        with self.log.open("ab") as output:
            command = [sys.executable, "-m", "web", "serve"]
            self.process = subprocess.Popen(command, env=self._environment, stdout=output, stderr=output)  # noqa: ASYNC220
        await eventually(self.is_ready, 40, f"{self.url} is not ready")

    async def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        with suppress(OSError, ClientError, TimeoutError):
            async with ClientSession(timeout=ClientTimeout(2)) as asking, asking.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        return False

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
            self.kill()


class Proxy:
    """Gives each connection to the next process; one that cannot be reached is passed over."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.nodes: list[Node] = []
        self._turn = 0

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self.nodes:
            self._turn += 1
            node = self.nodes[self._turn % len(self.nodes)]
            with suppress(OSError):
                onward_reader, onward_writer = await asyncio.open_connection("localhost", node.port)
                await asyncio.gather(pass_on(reader, onward_writer), pass_on(onward_reader, writer))
                return
        writer.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All bytes from one to the other, until either ends."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Fleet:
    """`url` is the proxy's: what people type."""

    def __init__(self, proxy: Proxy) -> None:
        self.url = proxy.url
        self.nodes = proxy.nodes
        self._people: list[Person] = []

    async def person(self, username: str, organization: str = "harbor") -> "Person":
        person = Person(self, username)
        self._people.append(person)
        status, told = await person.post(f"/at/{organization}/sign-in", login=username, password=PASSWORD)
        assert status == 200, told
        return person

    async def close(self) -> None:
        for person in self._people:
            await person.close()


class Place(Protocol):
    """Where people go: a fleet behind its proxy, or a single server."""

    url: str


class Person:
    """Somebody's browser: JSON from any process, a board that comes back by itself."""

    def __init__(self, fleet: Place, username: str) -> None:
        self.fleet = fleet
        self.username = username
        self.session = ClientSession(cookie_jar=CookieJar(unsafe=True), timeout=ClientTimeout(8))
        self.boards: list[LiveBoard] = []

    async def post(self, path: str, at: str = "", **fields: Any) -> tuple[int, dict[str, Any]]:
        """`at` is a process's own address; without, whom the proxy chooses. Raises what aiohttp does."""
        headers = {"Origin": self.fleet.url, "Accept": "application/json", "Connection": "close"}
        async with self.session.post(f"{at or self.fleet.url}{path}", json=fields, headers=headers) as answer:
            told = await answer.json() if answer.content_type == "application/json" else {}
            return answer.status, told

    async def insist(self, path: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Post until somebody answers for certain, as a person does who presses again: `fields` bear the key."""
        deadline = asyncio.get_running_loop().time() + patience_seconds
        while True:
            with suppress(ClientError, OSError, TimeoutError):
                status, told = await self.post(path, **fields)
                if status < 500:
                    return status, told
            assert asyncio.get_running_loop().time() < deadline, f"{path} was not answered within {patience_seconds} s"
            await asyncio.sleep(0.1)

    async def get(self, path: str, at: str = "") -> dict[str, Any]:
        headers = {"Accept": "application/json", "Connection": "close"}
        async with self.session.get(f"{at or self.fleet.url}{path}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    def cookie(self) -> str:
        return "; ".join(f"{morsel.key}={morsel.value}" for morsel in self.session.cookie_jar)

    async def board(self, at: str = "") -> "LiveBoard":
        board = LiveBoard(self, at or self.fleet.url)
        self.boards.append(board)
        await board.open()
        return board

    async def socket(self, at: str, session: str) -> socketio.AsyncClient:
        """The visit's socket at one process. `refusal` is what it was told if refused."""
        client = socketio.AsyncClient(reconnection=False)
        client.refusal = None
        client.heard = []

        async def refused(reason: Any = None) -> None:
            client.refusal = reason

        async def hear(event: str, message: Any = None) -> None:
            client.heard.append((event, message))

        client.on("connect_error", refused, namespace="/session")
        client.on("*", hear, namespace="/session")
        headers = {"Cookie": self.cookie(), "Origin": self.fleet.url}
        with suppress(socketio.exceptions.ConnectionError):
            await client.connect(
                at, headers=headers, namespaces=["/session"], transports=["websocket"], auth={"session": session}
            )
        return client

    async def close(self) -> None:
        for board in self.boards:
            await board.close()
        await self.session.close()


class LiveBoard:
    """The pending requests as a browser has them: joins first, loads the snapshot after, keeps the newest row."""

    def __init__(self, person: Person, at: str) -> None:
        self._person = person
        self._at = at
        self._read_at: dict[str, int] = {}
        self.pending: set[str] = set()
        self.deciding: dict[str, list[str]] = {}
        self.pushed: list[dict[str, Any]] = []
        self.good = False
        self._client = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
        self._loading: set[asyncio.Task[None]] = set()
        for event, handle in (
            ("connect", self._load_soon),
            ("board.resync", self._load_soon),
            ("disconnect", self._lost),
            ("request.changed", self._changed),
            ("request.deciding", self._deciding),
        ):
            self._client.on(event, handle, namespace="/board")

    def __repr__(self) -> str:
        return f"LiveBoard({self._person.username}, good={self.good}, pending={sorted(self.pending)})"

    async def open(self) -> None:
        # A function: the client takes the cookie out of a dict for good, and would come back signed out.
        await self._client.connect(self._at, headers=self._headers, namespaces=["/board"], transports=["websocket"])
        await eventually(lambda: self.good)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._person.cookie(), "Origin": self._person.fleet.url}

    async def close(self) -> None:
        with suppress(Exception):
            await self._client.shutdown()

    async def _load_soon(self, _: Any = None) -> None:
        task = asyncio.create_task(self._load())
        self._loading.add(task)
        task.add_done_callback(self._loading.discard)

    async def _load(self) -> None:
        while "/board" in self._client.namespaces:
            try:
                snapshot = await self._person.get("/board", self._at)
            except (ClientError, OSError, TimeoutError, AssertionError):
                await asyncio.sleep(0.3)
                continue
            rows = {row["id"]: row["read_at"] for row in snapshot["rows"]}
            for request in self.pending - rows.keys():
                self._put(request, False, snapshot["read_at"])
            for request, read_at in rows.items():
                self._put(request, True, read_at)
            self.good = True
            return

    async def _lost(self, *_: Any) -> None:
        self.good = False

    async def _changed(self, told: dict[str, Any]) -> None:
        self.pushed.append(told)
        self._put(told["id"], told["html"] is not None, told["read_at"])

    async def _deciding(self, told: dict[str, Any]) -> None:
        self.deciding[told["id"]] = told["names"]

    def _put(self, request: str, pending: bool, read_at: int) -> None:
        if read_at < self._read_at.get(request, 0):
            return
        self._read_at[request] = read_at
        (self.pending.add if pending else self.pending.discard)(request)


@asynccontextmanager
async def sailing(place: provision.Place, folder: Path, processes: int = 2, **environment: str) -> AsyncIterator[Fleet]:
    """A fleet on that database until the block ends."""
    proxy = Proxy()
    settings = {
        "DATABASE_URL": place.urls.app,
        "FILES_DIR": str(folder / "files"),
        "DATABASE_OWNER_URL": place.owner,
        "DATABASE_SYSTEM_URL": place.urls.system,
        "DATABASE_LISTENER_URL": place.urls.listener,
        "PUBLIC_URL": proxy.url,
        "DEMO": "true",
        **environment,
    }
    proxy.nodes.extend(Node(settings, folder) for _ in range(processes))
    server = await asyncio.start_server(proxy.connect, "localhost", proxy.port)
    fleet = Fleet(proxy)
    try:
        await asyncio.gather(*(node.start() for node in proxy.nodes))
        yield fleet
    finally:
        await fleet.close()
        server.close()
        for node in proxy.nodes:
            await asyncio.to_thread(node.stop)
