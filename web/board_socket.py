"""The one-way socket of boards and dashboards. Browsers only listen; everything they change is an HTTP post.

Rooms: `clinic:<id>` for the boards of those who schedule a clinic, `account:<id>` for a person's own pages,
`sign-in:<hash>` for all sockets of one signed-in browser, so that signing out closes them.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
from socketio.exceptions import ConnectionRefusedError

from dispatch import clinics
from people.access import Actor, may_see_board, may_use_portal
from records.database import Database, Unavailable
from web.presence import Presence

ActorOf = Callable[[dict[str, Any]], Awaitable[tuple[Actor, str] | None]]

NAMESPACE = "/board"
SIGN_IN = "sign-in:"
EVENTS = {
    "request.changed": "one row of the board, to the clinic's schedulers",
    "dashboard.changed": "something on the person's own pages changed; fetch them again",
    "board.resync": "anything may have changed; fetch the snapshot again",
}


def clinic_room(clinic_id: int) -> str:
    return f"clinic:{clinic_id}"


def account_room(account_id: int) -> str:
    return f"account:{account_id}"


def sign_in_room(token: str) -> str:
    return SIGN_IN + hashlib.sha256(token.encode()).hexdigest()


class BoardSocket(socketio.AsyncNamespace):
    """Lets signed-in people listen to what they may see, decided at connect time from the database."""

    def __init__(self, database: Database, actor_of: ActorOf, presence: Presence) -> None:
        super().__init__(NAMESPACE)
        self._database = database
        self._actor_of = actor_of
        self._presence = presence

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            known = await self._actor_of(environ)
            rooms = await self._rooms(*known) if known and may_use_portal(known[0]) else []
        except Unavailable:
            # Unanswered, the browser would wait for ever: a refusal makes it try again.
            raise ConnectionRefusedError("unavailable") from None
        if known is None or not rooms:
            raise ConnectionRefusedError("signed out")
        for room in rooms:
            await self.enter_room(sid, room)
        await self._presence.opened(sid, known[0].account_id, known[0].name)
        if not self.server.is_here(sid, NAMESPACE):
            await self._presence.closed(sid)  # its farewell came while it was still arriving

    async def on_disconnect(self, sid: str, reason: str) -> None:
        await self._presence.closed(sid)

    async def _rooms(self, actor: Actor, token: str) -> list[str]:
        return [account_room(actor.account_id), sign_in_room(token), *await self._boards(actor)]

    async def _boards(self, actor: Actor) -> list[str]:
        if not may_see_board(actor):
            return []
        async with self._database.transaction(actor) as connection:
            return [clinic_room(clinic["id"]) for clinic in await clinics.served_by(connection, actor)]
