"""Real browsers against the real server."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from records.provision import Place
from tests.browsers import chromium
from tests.e2e.server import Server, serving

FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]


@pytest.fixture
def server(place: Place, tmp_path: Path) -> Iterator[Server]:
    with serving(place, tmp_path) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = chromium()
        launched = await playwright.chromium.launch(args=FLAGS, executable_path=str(path) if path else None)
        yield launched
        await launched.close()
