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

    def __init__(self, database: Database, actor_of: ActorOf) -> None:
        super().__init__(NAMESPACE)
        self._database = database
        self._actor_of = actor_of

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            rooms = await self._rooms(environ)
        except Unavailable:
            # Unanswered, the browser would wait for ever: a refusal makes it try again.
            raise ConnectionRefusedError("unavailable") from None
        if not rooms:
            raise ConnectionRefusedError("signed out")
        for room in rooms:
            await self.enter_room(sid, room)

    async def _rooms(self, environ: dict[str, Any]) -> list[str]:
        known = await self._actor_of(environ)
        if known is None or not may_use_portal(known[0]):
            return []
        actor, token = known
        return [account_room(actor.account_id), sign_in_room(token), *await self._boards(actor)]

    async def _boards(self, actor: Actor) -> list[str]:
        if not may_see_board(actor):
            return []
        async with self._database.transaction(actor) as connection:
            return [clinic_room(clinic["id"]) for clinic in await clinics.served_by(connection, actor)]
