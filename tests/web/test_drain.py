"""A process that is told to end: who hears it, and what it does no more."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from socketio.exceptions import ConnectionError as Refused

from tests.support import eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from tests.web.test_session_socket import Book, book, come
from web.keys import DRAIN

__all__ = ["book"]


@pytest.fixture
async def lingering(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A site that begins to end and, for the test's sake, takes its time."""
    monkeypatch.setattr(site.app[DRAIN], "linger_seconds", 3600.0)
    yield site


async def test_everybody_is_told_once_no_visit_begins_and_a_running_one_hears_on(lingering: Site, book: Book) -> None:
    session = await book("0 minutes")
    host = await come(lingering, "ben", session)
    board = await connect(await lingering.visitor("sam"))
    client = await lingering.visitor("chloe")
    assert await readiness(lingering) == (200, True)

    lingering.app[DRAIN].begin()
    for listener in (host.socket, board):
        assert await eventually(partial(listener.named, "server.drained")) == [{"back_in_ms": 2000}]
    assert await readiness(lingering) == (503, False)
    with pytest.raises(Refused, match="unavailable"):
        await connect(client, "/session", {"session": session})
    await host.post("knock", name="Dr Ben")
    await host.until("admitted")

    with pytest.raises(web.GracefulExit):
        lingering.app[DRAIN].begin()
    assert len(board.named("server.drained")) == 1


async def readiness(site: Site) -> tuple[int, Any]:
    answer = await (await site.visitor()).get("/readyz")
    return answer.status, (await answer.json())["staying"]
