"""What the Clients tab costs, and that it costs the same among many clients.

    python -m bench.people

The list's first page, a page in its middle and a search by three letters, over HTTP from the real server, signed in as
an organization administrator, among 5,000 and among 50,000 files. The peer is a bare aiohttp handler that renders the
same rows by the same template from memory, by Jinja as shipped and in a process of its own: no database, no sign-in, no
headers.
"""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote

import orjson
from aiohttp import ClientSession, DummyCookieJar

from bench.claims import progress, tell
from bench.stage import Stage, signed_in, stage
from people import client_list
from people.access import Actor
from records.database import Connection, Database, Row, connect
from tests.e2e.server import serving

SIZES = (5_000, 50_000)
READS = 300
WARM_UP = 50
SYLLABLES = [
    "an",
    "ber",
    "cor",
    "da",
    "el",
    "fa",
    "gi",
    "ho",
    "in",
    "jo",
    "ka",
    "lu",
    "mar",
    "no",
    "ol",
    "pe",
    "ri",
    "sta",
]
FILES = """
    INSERT INTO client (organization_id, first_name, last_name, email, date_of_birth, department_id)
    SELECT organization.id, first, last, 'c' || number || '@bench.example', date '1950-01-01' + (number % 20000)::int,
    department.id FROM organization JOIN department ON department.organization_id = organization.id AND department.name
    = 'Family medicine', unnest($1::text[], $2::text[]) WITH ORDINALITY AS named (first, last, number) WHERE
    organization.slug = 'bench'"""
ASSOCIATIONS = """
    INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
    SELECT client.organization_id, client.id, account.id, client.department_id
    FROM client JOIN account ON account.username = (ARRAY['ana', 'ben', 'nora'])[client.id % 3 + 1]
        AND account.organization_id = client.organization_id
    WHERE client.department_id IS NOT NULL"""


def name() -> str:
    return "".join(random.choices(SYLLABLES, k=3)).title()


async def furnish(owner: Connection, count: int) -> None:
    """So many files, each associated with one practitioner."""
    await owner.execute(FILES, [name() for _ in range(count)], [name() for _ in range(count)], timeout=300)
    await owner.execute("ALTER TABLE association DISABLE TRIGGER USER")
    await owner.execute(ASSOCIATIONS, timeout=300)
    await owner.execute("ALTER TABLE association ENABLE TRIGGER USER")
    await owner.execute("VACUUM ANALYZE", timeout=300)


async def median_ms(session: ClientSession, ours: Sequence[str], peer: str) -> tuple[float, float]:
    """The median time of a page, ours and the peer's, in turn, so that both meet the same machine."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(READS + WARM_UP):
        for taken, url in zip(times, (ours[number % len(ours)], peer), strict=True):
            began = time.perf_counter()
            async with session.get(url) as answer:
                await answer.read()
                assert answer.status == 200
            taken.append(time.perf_counter() - began)
    first, second = (statistics.median(taken[WARM_UP:]) * 1000 for taken in times)
    return first, second


async def read_page(stage: Stage, actor: Actor, search: str = "") -> list[Row]:
    database = Database(stage.place.urls)
    await database.open()
    try:
        async with database.transaction(actor) as connection:
            return list((await client_list.files(connection, actor, True, search)).rows)
    finally:
        await database.close()


@asynccontextmanager
async def bare(rows: list[Row]) -> AsyncIterator[str]:
    """The peer, in a process of its own: its address."""
    command = [sys.executable, "-m", "bench.people_floor"]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdin.write(orjson.dumps([dict(row) for row in rows]) + b"\n")
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


async def measure(stage: Stage, count: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each page, ours and the peer's."""
    owner = await connect(stage.place.owner)
    await furnish(owner, count)
    account = await owner.fetchrow("SELECT id, organization_id FROM account WHERE username = 'olivia'")
    middle = await owner.fetchrow("SELECT * FROM client ORDER BY last_key, first_key OFFSET $1 LIMIT 1", count // 2)
    (cookie,) = await signed_in(owner, [account["id"]])
    await owner.close()
    roles = frozenset({"organization_administrator"})
    actor = Actor(account["id"], account["organization_id"], "", "", "active", roles)
    searches = [one for one in SYLLABLES if len(one) == 3]  # which fill a page at either size
    keys = client_list.keys_of("name", 0, middle)
    pages = {
        "first page": ["/clients"],
        "page in the middle": [f"/clients?after={client_list.cursor(keys)}"],
        "search by three letters": [f"/clients?search={quote(one)}" for one in searches],
    }
    took = {}
    with serving(stage.place, stage.folder, DEMO="false") as server:
        headers = {"Cookie": cookie}
        async with ClientSession(headers=headers, cookie_jar=DummyCookieJar()) as session:
            for what, paths in pages.items():
                async with bare(await read_page(stage, actor, searches[0] if "search" in what else "")) as url:
                    took[what] = await median_ms(session, [server.url + path for path in paths], f"{url}/clients")
                progress(f"{count}: {what}: {took[what][0]:.2f} ms, peer {took[what][1]:.2f} ms")
    return took


def main() -> None:
    random.seed(7)
    found = []
    for count in SIZES:
        with stage() as made:
            found.append(asyncio.run(measure(made, count)))
    for what, (ours, peer) in found[1].items():
        tell(f"clients, {what}, among {SIZES[1]:,}, against rendering the same rows from memory", ours, peer, "ms", 2.0)
    for what, (ours, _) in found[1].items():
        tell(f"clients, {what}, {SIZES[1]:,} against {SIZES[0]:,}", ours, found[0][what][0], "ms", 1.3)


if __name__ == "__main__":
    main()
