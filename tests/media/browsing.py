"""A real browser behind a network of its own, with both ends of a call in one page, against a relay in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route, async_playwright

from media.relay import Relay, Source
from media.values import Kind
from tests.browsers import chromium
from tests.e2e.launching import CHROMIUM_FLAGS
from tests.e2e.media import WATCH
from tests.media.narrow import Network

ROOT = Path(__file__).parents[2]
# A secure origin, as cameras demand; all of it is answered from files, nothing leaves for it.
ORIGIN = "https://anteroom.test"


@dataclass
class Look:
    """What a watcher saw since the last look: frames, the longest time without one (seconds), the last one's height."""

    frames: int
    longest: float
    height: int


class Call:
    """People by name in one page."""

    def __init__(self, page: Page, relay: Relay) -> None:
        self.page, self.relay = page, relay
        self.slots: dict[str, list[str]] = {}
        self.agrees_to_layers = True

    async def ask(self, name: str, what: str, sdp: str) -> dict[str, Any]:
        """The page's offers."""
        if not self.agrees_to_layers:
            sdp = "\r\n".join(line for line in sdp.split("\r\n") if not line.startswith("a=simulcast"))
        answer = await (self.relay.connect(name, sdp) if what == "offer" else self.relay.restart_ice(name, sdp))
        self.slots[name] = [slot.mid for slot in answer.slots]
        return {"sdp": answer.sdp}

    async def use_servers(self, ice_servers: str) -> None:
        """Who joins from now on is told of these (JSON)."""
        await self.page.evaluate("servers => { window.iceServers = JSON.parse(servers); }", ice_servers)

    async def join(self, name: str, patience: float = 20.0) -> None:
        """Connect somebody, and admit them."""
        await self.page.evaluate("name => window.join(name)", name)
        await _until(lambda: self.relay.statistics(name).connected, patience)
        self.relay.open(name)
        await self.page.evaluate("name => window.people[name].setLive(true)", name)
        await self.expect_audience(name, 1)

    async def send(self, name: str, width: int = 640, height: int = 480) -> None:
        """Turn on somebody's fake camera and microphone."""
        await self.page.evaluate("([name, w, h]) => window.go(name, w, h)", [name, width, height])

    async def share(self, name: str) -> None:
        """Share somebody's made-up screen, of 1280 by 720."""
        await self.page.evaluate("name => window.share(name)", name)

    async def expect_audience(self, name: str, others: int) -> None:
        """Tell somebody's page how many others are in the visit."""
        await self.page.evaluate("([name, others]) => window.audience(name, others)", [name, others])

    async def watch(self, watcher: str, publisher: str, kind: Kind = "camera") -> None:
        """Show a person, or their screen, to another, and look at what is drawn."""
        sound, picture = self.slots[watcher][:2]
        self.relay.assign(watcher, sound, Source(publisher, "microphone"))
        self.relay.assign(watcher, picture, Source(publisher, kind))
        await self.page.evaluate("([name, mid, voice]) => window.watch(name, mid, voice)", [watcher, picture, sound])

    async def look(self, watcher: str) -> Look:
        """What they saw since the last look."""
        told = await self.page.evaluate("name => window.look(name)", watcher)
        return Look(told["frames"], told["longest"], told["height"])

    async def heard(self, watcher: str) -> dict[str, dict[str, float]]:
        """The browser's own figures on what a watcher received, by medium."""
        return dict(await self.page.evaluate("name => window.heard(name)", watcher))

    async def outgoing(self, name: str) -> float:
        """What somebody's browser believes that it may send, bits a second: the relay's limit is in it."""
        return float(await self.page.evaluate("name => window.outgoing(name)", name))

    async def is_starved(self, name: str) -> bool:
        """Whether somebody's encoder has lacked processor: then it sends less than any path would carry, and stops."""
        return bool(await self.page.evaluate("name => window.starved(name)", name))

    def sent_rate(self, name: str) -> float:
        """Bits a second of somebody's camera as they reach the relay."""
        return sum(one.bitrate for one in self.relay.statistics(name).received if one.kind == "camera")

    def shown_rate(self, name: str) -> float:
        """Bits a second that go to a watcher."""
        return sum(one.bitrate for one in self.relay.statistics(name).sent)


async def _until(condition: Any, seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


async def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    if path == "/":
        await route.fulfill(body=(ROOT / "tests/media/pair.html").read_text(), content_type="text/html")
    else:
        await route.fulfill(body=(ROOT / "web" / path.lstrip("/")).read_text(), content_type="text/javascript")


@asynccontextmanager
async def call(network: Network | None, relay: Relay, folder: Path) -> AsyncIterator[Call]:
    """A page in the network's namespace, or beside us. The relay must be bound to the network's `here`."""
    program = network.wrapper(folder, str(chromium() or "chromium")) if network else chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(args=CHROMIUM_FLAGS, executable_path=program)
        page = await (await browser.new_context()).new_page()
        made = Call(page, relay)
        await page.add_init_script(WATCH)
        await page.route("**/*", _serve)
        await page.expose_function("ask", made.ask)
        await page.goto(f"{ORIGIN}/")
        await page.wait_for_function("window.ready")
        yield made
        await browser.close()
