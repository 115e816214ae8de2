"""How long until every board shows a new request.

    python -m bench.desk

100 requests a second for 30 s, sent over HTTP to the real server, with 500 boards connected: from the commit (by
Postgres's own commit timestamp) to the last board. The floor: a bare NOTIFY and one prebuilt frame of the same size to
as many sockets, at the same rate.
"""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession

from bench.board import raise_open_files
from bench.board_server import ORIGIN
from bench.claims import p99, progress, tell
from bench.stage import Stage, add_people, signed_in, stage
from records.database import Connection, connect
from tests.e2e.server import serving

BOARDS = 500
SCHEDULERS = 2
CLIENTS = 50
RATE = 100
SECONDS = 30
WARM_UP = 3 * RATE
"""The first so many are not counted."""


class Boards:
    """The swarm: when the last board had read each request's event."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.last: dict[str, float] = {}
        self.octets = 0

    async def follow(self) -> None:
        assert self._process.stdout
        while line := (await self._process.stdout.readline()).decode().split():
            self.last[line[0]] = float(line[1])
            self.octets = int(line[2])

    async def all_told(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.last) < count:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def boards(port: int, origin: str, cookies: list[str]) -> AsyncIterator[Boards]:
    """As many boards as cookies, connected."""
    command = [sys.executable, "-m", "bench.desk_swarm", str(port), origin]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdin.write("".join(f"{cookie}\n" for cookie in [*cookies, ""]).encode())
    assert await process.stdout.readline() == b"ready\n", "the boards could not connect"
    told = Boards(process)
    following = asyncio.create_task(told.follow())
    try:
        yield told
    finally:
        process.kill()
        await process.wait()
        await following


async def at_rate(step: "Step") -> list[str]:
    """Run `step(number)` at the rate, each at its moment however long others take; return what they name."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    running = []
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, begin + number / RATE - loop.time()))
        running.append(asyncio.create_task(step(number)))
        if number % (5 * RATE) == 0:
            progress(f"{number} sent")
    return await asyncio.gather(*running)


class Step:
    """One event of the load; returns its name."""

    async def __call__(self, number: int) -> str:
        raise NotImplementedError


class Ask(Step):
    """A client asks for a visit, over HTTP."""

    def __init__(self, session: ClientSession, url: str, cookies: list[str], clinic: str, service: str) -> None:
        self._session, self._url, self._cookies = session, url, cookies
        self._asked = {"clinic": clinic, "service": service, "when": "scheduled", "zone": "UTC"}
        self._begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)

    async def __call__(self, number: int) -> str:
        headers = {"Cookie": self._cookies[number % CLIENTS], "Origin": self._url, "Accept": "application/json"}
        time = (self._begin + timedelta(minutes=30 * (number // CLIENTS))).isoformat()
        body = self._asked | {"times": time, "key": f"ask-{number:08}"}
        async with self._session.post(f"{self._url}/requests", data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["request"])


class Tick(Step):
    """A row and a bare NOTIFY."""

    def __init__(self, owner: Connection) -> None:
        self._owner = owner
        self._free = asyncio.Lock()

    async def __call__(self, number: int) -> str:
        name = f"tick{number}"
        async with self._free:
            await self._owner.execute(f"INSERT INTO tick VALUES ('{name}'); SELECT pg_notify('floor', '{name}')")
        return name


async def measure_ours(stage: Stage, owner: Connection) -> tuple[list[float], int]:
    """Milliseconds from commit to last board of each request, and an event's octets."""
    # Every scheduler of a clinic is written to about each request, so there are few of them, with many boards each.
    schedulers = await signed_in(owner, await add_people(owner, "scheduler", SCHEDULERS) * (BOARDS // SCHEDULERS))
    clients = await signed_in(owner, await add_people(owner, "client", CLIENTS))
    row = await owner.fetchrow(
        "SELECT clinic.public_id, service.public_id FROM clinic JOIN service ON service.clinic_id = clinic.id "
        "WHERE clinic.name = 'Bench clinic' ORDER BY service.id"
    )
    limits: dict[str, Any] = {"SOCKETS_PER_ACCOUNT": str(BOARDS), "SOCKETS_PER_ADDRESS": str(2 * BOARDS)}
    with serving(stage.place, stage.folder, **limits) as server:
        async with boards(urlsplit(server.url).port or 0, server.url, schedulers) as told, ClientSession() as session:
            names = await at_rate(Ask(session, server.url, clients, row[0], row[1]))
            await told.all_told(len(names))
    commits = await commit_times(owner, "SELECT public_id, xmin FROM request")
    return [(told.last[name] - commits[name]) * 1000 for name in names[WARM_UP:]], told.octets


async def measure_floor(stage: Stage, owner: Connection, octets: int) -> list[float]:
    await owner.execute("CREATE TABLE tick (name text PRIMARY KEY)")
    command = [sys.executable, "-m", "bench.desk_floor", stage.place.owner, str(octets)]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        port = int(await process.stdout.readline())
        async with boards(port, ORIGIN, ["board=x"] * BOARDS) as told:
            names = await at_rate(Tick(owner))
            await told.all_told(len(names))
    finally:
        process.kill()
        await process.wait()
    commits = await commit_times(owner, "SELECT name, xmin FROM tick")
    return [(told.last[name] - commits[name]) * 1000 for name in names[WARM_UP:]]


async def commit_times(owner: Connection, rows: str) -> dict[str, float]:
    """When each row's transaction was committed, in seconds of the wall clock."""
    seconds = "extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
    query = f"SELECT name, {seconds} FROM ({rows}) AS committed (name, xmin)"
    return {row[0]: row[1] for row in await owner.fetch(query)}


async def measure(stage: Stage) -> None:
    owner = await connect(stage.place.owner)
    ours, octets = await measure_ours(stage, owner)
    progress(f"ours: {statistics.median(ours):.1f} ms, p99 {p99(ours):.1f} ms; an event has {octets} octets")
    floor = await measure_floor(stage, owner, octets)
    await owner.close()
    load = f"{RATE} requests a second, {BOARDS} boards, against a bare NOTIFY and a prebuilt frame"
    tell(f"commit to last board, median, {load}", statistics.median(ours), statistics.median(floor), "ms", None)
    tell(f"commit to last board, p99, {load}", p99(ours), p99(floor), "ms", 3.0)


def main() -> None:
    raise_open_files(4 * BOARDS + 1000)
    with stage(track_commit_timestamp="on") as made:
        asyncio.run(measure(made))


if __name__ == "__main__":
    main()
