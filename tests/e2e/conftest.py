"""Real browsers against the real server."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from records.provision import Place
from tests.e2e.launching import launched_chromium, launched_firefox
from tests.e2e.server import Server, serving


@pytest.fixture
def server(place: Place, tmp_path: Path) -> Iterator[Server]:
    with serving(place, tmp_path) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with launched_chromium() as launched:
        yield launched


@pytest.fixture
async def firefox(tmp_path: Path) -> AsyncIterator[Browser]:
    async with launched_firefox(tmp_path) as launched:
        yield launched
