"""Now requests follow the clock: their interval begins this moment (A-26), so sessions come near them and go by
although nothing was changed; and a requested time passes. This looks for such rows and has them read again.
"""

from datetime import datetime

from dispatch import touched
from records.database import Database, House
from records.feed import Change
from records.rounds import rounds
from web.board_socket import NAMESPACE, ORGANIZATION
from web.live import NEAR, Live
from web.socket_server import SocketServer


class BoardClock:
    """One task; it asks only for organizations of which a scheduler or a host has a page open here."""

    pause_seconds = 5.0

    def __init__(self, database: Database, sockets: SocketServer, live: Live) -> None:
        self._database = database
        self._sockets = sockets
        self._live = live
        self._asked_until: dict[int, datetime] = {}

    async def run(self) -> None:
        """Watch for ever."""
        await rounds("board_clock", self.pause_seconds, self._look)

    async def _look(self) -> None:
        rooms = self._sockets.rooms_named(ORGANIZATION, NAMESPACE)
        watched = {int(room.removeprefix(ORGANIZATION)) for room in rooms}
        self._asked_until = {id: until for id, until in self._asked_until.items() if id in watched}
        for organization_id in watched:
            async with self._database.transaction(House(organization_id)) as connection:
                since = self._asked_until.get(organization_id)
                ids, until = await touched.by_the_clock(connection, since)
            for request_id in ids:
                self._live.hear(Change(organization_id, NEAR, request_id))
            self._asked_until[organization_id] = until
