"""What the portal costs over the libraries that it stands on.

    python -m bench.portal

Signing: a client posts the last page of a form, and gets it sealed, kept and listed; against typst and pyHanko called
bare with the same data. An invoice as PDF, over HTTP; against typst called bare. The first page of a thread of 10,000
messages, over HTTP; against an aiohttp handler that renders the same rows by the same template from memory, in a
process of its own. Ours and theirs take turns, so that both meet the same machine.
"""

import asyncio
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from bench.claims import progress, tell
from bench.portal_floor import BarePapers
from bench.portal_stage import Desk, LongThread, desk
from bench.stage import Stage, stage
from tests.e2e.server import Server, serving

SIGNINGS = 40
READS = 300
WARM_UP = 10
goal = 2.0


def main() -> None:
    with stage() as made, serving(made.place, made.folder, DEMO="false", DATA_DIR=str(made.folder)) as server:
        asyncio.run(measure(made, server))


async def measure(made: Stage, server: Server) -> None:
    async with desk(made, server) as at:
        await papers(at)
        await thread(at)


async def papers(at: Desk) -> None:
    bare = BarePapers(await at.sealing_key())
    count = SIGNINGS + WARM_UP
    forms = [await at.form_to_sign(number) for number in range(count)]
    signings = [(at.sign(form), at.bare_form(bare, await at.bare_data(form))) for form in forms]
    report("a form signed, sealed and kept, against bare typst and pyHanko", await in_turns(signings))
    written = [await at.invoice(number) for number in range(count)]
    prints = [
        (at.get(f"/account/invoices/{one}/pdf", cookie), at.bare_invoice(bare, data)) for one, cookie, data in written
    ]
    report("an invoice as PDF, against bare typst", await in_turns(prints))


async def thread(at: Desk) -> None:
    found = await at.long_thread(10_000)
    async with bare_page(at, found) as peer, ClientSession(cookie_jar=DummyCookieJar()) as session:
        for path, what in (("rows", "reading them by one statement"), ("", "rendering the same rows from memory")):
            turns = [(at.get(found.path), plain_get(session, peer + path))] * (READS + WARM_UP)
            report(f"first page of a thread of 10,000 messages, against {what}", await in_turns(turns))


Step = Callable[[], Awaitable[Any]]


async def in_turns(turns: list[tuple[Step, Step]]) -> tuple[float, float]:
    """The median time of each side in milliseconds."""
    took: tuple[list[float], list[float]] = ([], [])
    for turn in turns:
        for times, step in zip(took, turn, strict=True):
            began = time.perf_counter()
            await step()
            times.append(time.perf_counter() - began)
    first, second = (statistics.median(times[WARM_UP:]) * 1000 for times in took)
    return first, second


def report(what: str, found: tuple[float, float]) -> None:
    progress(f"{what}: {found[0]:.1f} ms, peer {found[1]:.1f} ms")
    tell(what, *found, "ms", goal)


def plain_get(session: ClientSession, url: str) -> Step:
    async def read() -> None:
        async with session.get(url) as answer:
            await answer.read()
            assert answer.status == 200

    return read


@asynccontextmanager
async def bare_page(at: Desk, thread: LongThread) -> AsyncIterator[str]:
    """The peer, in a process of its own: its address."""
    command = [sys.executable, "-m", "bench.portal_floor"]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdin.write(pickle.dumps((thread.template, thread.values, at.dsn, thread.id, at.host.account_id)))
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/"
    finally:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    main()
