"""From the click on Admit to the first picture of the other, at both ends.

    python -m bench.admit [rounds]        30 rounds unless told

Chromium and Firefox in one visit on the real server, each with its made-up camera; first Firefox is let in by
Chromium, then the other way round. *Ours* connects while the person waits, with encodings inactive, and admission only
opens the gate. The peer is the same page, changed in one place: it connects only after the admission, as simpler rooms
do. Both take turns, and each round begins with fresh pages.

A picture counts when the browser has decoded it and hands it to the screen (`requestVideoFrameCallback`); all clocks
are this machine's. Progress goes to stderr; stdout gets one JSON object a line for each claim. A ratio is ours / peer:
lower is better.
"""

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import Browser, Page, Route, expect

from bench.claims import p99, progress, tell
from bench.stage import Stage, add_people, signed_in, stage
from records.database import Connection, connect
from tests.e2e.launching import launched_chromium, launched_firefox
from tests.e2e.server import Server, serving
from tests.e2e.test_path import enter
from tests.support import eventually

ROUNDS = 30
SCRIPT = Path(__file__).parents[1] / "web" / "static" / "visit" / "session.js"
EARLY = "if (!connection.isOpen) connection.open();"
LATE = 'if (state === "admitted" && !connection.isOpen) connection.open();'
BOOK = """
    WITH care AS (
        INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
        SELECT clinic.organization_id, client.id, $1, clinic.department_id
        FROM clinic JOIN client USING (organization_id)
        WHERE clinic.name = 'Bench clinic' AND client.account_id = $2)
    INSERT INTO session (organization_id, clinic_id, host_id, client_id, service_name, starts_at, ends_at)
    SELECT clinic.organization_id, clinic.id, $1, client.id, 'Video consultation', clock_now(),
           clock_now() + interval '3 hours'
    FROM clinic JOIN client USING (organization_id)
    WHERE clinic.name = 'Bench clinic' AND client.account_id = $2 RETURNING public_id"""
WAITING = "SELECT public_id FROM admission WHERE account_id = $1"
WATCH = """
  const watched = new WeakSet();
  const shown = () => { window.firstPicture ??= performance.timeOrigin + performance.now(); };
  const watch = (video) => {
    if (watched.has(video)) return;
    watched.add(video);
    const again = () => { shown(); video.requestVideoFrameCallback(again); };
    video.requestVideoFrameCallback(again);
  };
  new MutationObserver(() => document.querySelectorAll('[data-testid=tile] video').forEach(watch))
    .observe(document, { childList: true, subtree: true });
"""
CLICK = """() => {
  window.firstPicture = undefined;
  const button = document.querySelector('[data-testid=panel] [data-testid=admit]');
  const now = performance.timeOrigin + performance.now();
  button.click();
  return now;
}"""


@dataclass
class Times:
    """Milliseconds from the click, one for each round."""

    client: list[float] = field(default_factory=list)
    host: list[float] = field(default_factory=list)

    @property
    def both(self) -> list[float]:
        """Until the later of the two sees the other."""
        return [max(pair) for pair in zip(self.client, self.host, strict=True)]


@dataclass
class Scene:
    """Two people at one session. `is_late` chooses the page that the waiting one gets."""

    url: str
    session: str
    admission: str
    client: Page
    host: Page
    host_cookie: str
    is_late: bool = False

    async def give_script(self, route: Route) -> None:
        """Both kinds of page come by the same way."""
        text = SCRIPT.read_text()
        body = text.replace(EARLY, LATE) if self.is_late else text
        await route.fulfill(body=body, content_type="text/javascript")

    async def measure(self, is_late: bool) -> tuple[float, float]:
        """One round: a fresh page waits, is let in, sees and is seen, and is sent back."""
        self.is_late = is_late
        # The host's page is a fresh one too: a receiver keeps its last frame, and that must not count as a new one.
        for page in (self.host, self.client):
            await page.goto(f"/sessions/{self.session}")
            await eventually(partial(page.evaluate, "document.querySelector('#self video').videoWidth > 0"))
            if page is self.host or not is_late:
                await page.wait_for_selector("#visit[data-media=connected]", state="attached")
        await expect(self.client.get_by_test_id("waiting-room")).to_be_visible()
        await expect(self.host.get_by_test_id("panel").get_by_test_id("admit")).to_be_enabled()
        await asyncio.sleep(0.7)  # a page that has just come is still busy with itself
        clicked = await self.host.evaluate(CLICK)
        client, host = [await self._first_picture(page) - clicked for page in (self.client, self.host)]
        await self.send_back()
        return client, host

    async def _first_picture(self, page: Page) -> float:
        return float(await eventually(lambda: page.evaluate("window.firstPicture"), 20))

    async def send_back(self) -> None:
        path = f"{self.url}/sessions/{self.session}/admissions/{self.admission}/send-back"
        headers = {"Cookie": self.host_cookie, "Origin": self.url, "Accept": "application/json"}
        async with ClientSession(headers=headers) as session, session.post(path, json={}) as answer:
            assert answer.status == 200, await answer.text()


async def open_page(browser: Browser, url: str, cookie: str) -> Page:
    """A window of somebody signed in."""
    permissions = ["camera", "microphone"] if browser.browser_type.name == "chromium" else []
    context = await browser.new_context(base_url=url, permissions=permissions)
    name, value = cookie.split("=", 1)
    await context.add_cookies([{"name": name, "value": value, "url": url}])
    await context.add_init_script(WATCH)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    return page


@asynccontextmanager
async def scene(
    server: Server, owner: Connection, people: tuple[int, int], client: Browser, host: Browser
) -> AsyncIterator[Scene]:
    """A session of two people, one waiting for the other, who is inside."""
    cookies = await signed_in(owner, list(people))
    session = await owner.fetchval(BOOK, people[1], people[0])
    pages = await open_page(client, server.url, cookies[0]), await open_page(host, server.url, cookies[1])
    for page, name in zip(pages, ("Client", "Host"), strict=True):
        await page.goto(f"/sessions/{session}")
        await enter(page, name)
    admission = await owner.fetchval(WAITING, people[0])
    made = Scene(server.url, session, admission, *pages, cookies[1])
    await pages[0].context.route("**/static/visit/session.js*", made.give_script)
    await expect(pages[1].get_by_test_id("panel").get_by_test_id("admit")).to_be_enabled()
    try:
        yield made
    finally:
        for page in pages:
            await page.context.close()


async def take_turns(made: Scene, rounds: int) -> tuple[Times, Times]:
    """Ours and the peer; the first round of each warms up and does not count."""
    ours, peer = Times(), Times()
    for number in range(rounds + 1):
        for times, is_late in ((ours, False), (peer, True)):
            client, host = await made.measure(is_late)
            if number > 0:
                times.client.append(client)
                times.host.append(host)
    return ours, peer


def compare(who: str, ours: Times, peer: Times) -> None:
    """Tell what one arrangement showed."""
    for end, of_ours, of_peer, goal in (
        ("both see each other", ours.both, peer.both, 0.5),
        ("at the one let in", ours.client, peer.client, None),
        ("at the host", ours.host, peer.host, None),
    ):
        medians = statistics.median(of_ours), statistics.median(of_peer)
        tell(f"Admit to first picture, median, {end}, {who}", *medians, "ms", goal)
    tell(f"Admit to first picture, p99, both see each other, {who}", p99(ours.both), p99(peer.both), "ms", None)


async def measure(made: Stage, rounds: int) -> None:
    owner = await connect(made.place.owner)
    try:
        with serving(made.place, made.folder) as server:
            async with launched_chromium() as chromium, launched_firefox(made.folder) as firefox:
                clients, hosts = await add_people(owner, "client", 2), await add_people(owner, "host", 2)
                for who, client, host, *people in (
                    ("Firefox let in by Chromium", firefox, chromium, clients[0], hosts[0]),
                    ("Chromium let in by Firefox", chromium, firefox, clients[1], hosts[1]),
                ):
                    async with scene(server, owner, (people[0], people[1]), client, host) as visit:
                        ours, peer = await take_turns(visit, rounds)
                    progress(f"{who}: ours {summary(ours)}, connected after the admission {summary(peer)}")
                    compare(who, ours, peer)
    finally:
        await owner.close()


def summary(times: Times) -> dict[str, Any]:
    return {name: round(statistics.median(getattr(times, name))) for name in ("client", "host", "both")}


def main() -> None:
    """Measure, then claim."""
    if EARLY not in SCRIPT.read_text():
        raise SystemExit(f"{SCRIPT.name} connects in another way now: tell this bench how to make its peer")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with stage() as made:
        asyncio.run(measure(made, rounds))


if __name__ == "__main__":
    main()
