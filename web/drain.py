"""A process that is told to end says so before it goes.

From the first signal no visit begins here, load balancers hear that (`/readyz` answers 503), and every page is told
when to come back: those of boards spread themselves over that time, those of visits try at once, for somebody is
speaking. Then the process ends as ever: it gives its visit rooms up, so another process, or the next one here, takes
them over at the first socket that asks. Admissions are rows, so running visits go on and nobody knocks twice.
"""

import asyncio

import structlog
from aiohttp import web

from web.socket_server import SocketServer

EVENT = "server.drained"

log = structlog.get_logger()


class Drain:
    """What the signals SIGTERM, SIGINT and SIGHUP begin."""

    back_in_seconds = 2.0
    """When pages may come back: a start on a database that is there takes about one second."""

    linger_seconds = 0.25
    """Until the last page has read it; frames on their way are lost with the process."""

    def __init__(self, sockets: SocketServer) -> None:
        self._sockets = sockets
        self._telling: list[asyncio.Task[None]] = []

    @property
    def begun(self) -> bool:
        return bool(self._telling)

    def begin(self) -> None:
        """Tell everybody and end soon after; at a second signal end at once (raises `GracefulExit`)."""
        if self.begun:
            raise web.GracefulExit
        log.info(EVENT, back_in_seconds=self.back_in_seconds)
        loop = asyncio.get_running_loop()
        self._telling.append(loop.create_task(self._tell()))
        loop.call_later(self.linger_seconds, _end)

    async def _tell(self) -> None:
        told = {"back_in_ms": round(self.back_in_seconds * 1000)}
        for namespace in list(self._sockets.namespace_handlers):
            await self._sockets.emit(EVENT, told, namespace=namespace)


def _end() -> None:
    raise web.GracefulExit
