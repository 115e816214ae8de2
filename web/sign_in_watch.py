"""A socket does not outlive the sign-in that opened it: idle, too old, signed out, or an account that was closed.

Watching a board is using it, so an open socket also keeps its sign-in from going idle.
"""

import asyncio

import structlog

from people import accounts
from records.database import Database, Unavailable
from web.board_socket import NAMESPACE, SIGN_IN
from web.session_socket import NAMESPACE as SESSION_NAMESPACE
from web.socket_server import SocketServer

log = structlog.get_logger()


class SignInWatch:
    """Asks every second which sign-ins of open sockets still stand, in one query for all."""

    pause_seconds = 1.0

    def __init__(self, database: Database, sockets: SocketServer) -> None:
        self._database = database
        self._sockets = sockets

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await asyncio.sleep(self.pause_seconds)
            try:
                await self._look()
            except Unavailable:
                log.warning("sign_in_watch.unavailable")

    async def _look(self) -> None:
        namespaces = (NAMESPACE, SESSION_NAMESPACE)
        rooms = {room for namespace in namespaces for room in self._sockets.rooms_named(SIGN_IN, namespace)}
        if not rooms:
            return
        hashes = [bytes.fromhex(room.removeprefix(SIGN_IN)) for room in rooms]
        async with self._database.system() as connection:
            standing = await accounts.standing(connection, hashes)
        for room in rooms:
            if bytes.fromhex(room.removeprefix(SIGN_IN)) not in standing:
                for namespace in namespaces:
                    self._sockets.end_room(room, namespace)
