"""The whole application in this process, with a real database, sockets and mail server."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web

from records.provision import Place
from tests.e2e.server import free_port
from tests.support import PASSWORD
from web.app import create_app
from web.keys import FEED
from web.settings import Settings


class Site:
    """A served application; `visitor(username)` is a browser's worth of cookies."""

    def __init__(self, url: str, app: web.Application) -> None:
        self.url = url
        self.app = app
        self._sessions: list[ClientSession] = []

    async def visitor(self, username: str | None = None, organization: str = "harbor") -> "Visitor":
        session = ClientSession(self.url, cookie_jar=CookieJar(unsafe=True))
        self._sessions.append(session)
        visitor = Visitor(self, session)
        if username:
            answer = await visitor.post(f"/at/{organization}/sign-in", login=username, password=PASSWORD)
            assert answer.status == 200, await answer.text()
        return visitor

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()


class Visitor:
    """Posts as our own pages do: with our Origin, asking for JSON."""

    def __init__(self, site: Site, session: ClientSession) -> None:
        self.site = site
        self.session = session

    async def get(self, path: str, **options: Any) -> Any:
        return await self.session.get(path, **options)

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        given = {"Origin": self.site.url, "Accept": "application/json"} if headers is None else headers
        return await self.session.post(path, data=fields, headers=given, allow_redirects=False)

    async def text(self, path: str, status: int = 200) -> str:
        """A page that answers so."""
        answer = await self.get(path)
        assert answer.status == status, (path, answer.status)
        return str(await answer.text())

    async def submit(self, path: str, data: Any = None, **fields: Any) -> Any:
        """As a browser without scripts sends a form, and then follows."""
        return await self.session.post(path, data=data or fields, headers={"Origin": self.site.url})

    def cookie(self) -> str:
        return "; ".join(f"{morsel.key}={morsel.value}" for morsel in self.session.cookie_jar)


@pytest.fixture
def settings() -> dict[str, Any]:
    """What a test changes of the settings."""
    return {}


@asynccontextmanager
async def serving(
    place: Place, settings: dict[str, Any], prepare: Callable[[web.Application], None] | None = None
) -> AsyncIterator[Site]:
    """The application on a port of its own, connected to its feed; `prepare` may change it before it starts."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="anteroom-files-") as folder:
        media_port = free_port(socket.SOCK_DGRAM)
        chosen = {"public_url": url, "media_port": media_port, "demo": True, "files_dir": folder, **settings}
        app = create_app(Settings(**chosen), place.urls)
        if prepare is not None:
            prepare(app)
        runner = web.AppRunner(app, shutdown_timeout=2)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        await asyncio.wait_for(app[FEED].connected.wait(), 10)
        served = Site(url, app)
        yield served
        await served.close()
        await runner.cleanup()


@pytest.fixture
async def site(place: Place, settings: dict[str, Any]) -> AsyncIterator[Site]:
    async with serving(place, settings) as served:
        yield served


@pytest.fixture
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards follow the clock at once. Named before `site`, for its server reads the pause when it starts."""
    monkeypatch.setattr("web.board_clock.BoardClock.pause_seconds", 0.05)
