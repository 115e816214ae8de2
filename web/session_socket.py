"""The visit's socket: who may be in a room comes in, and what they say goes to their participant (web/visits.py)."""

import asyncio
from collections.abc import Callable
from typing import Any

import socketio
from socketio.exceptions import ConnectionRefusedError

from people.access import Actor
from people.errors import NotFound, UserError
from records.database import Unavailable
from signalling.browser import Browser
from signalling.errors import Replaced
from web.board_socket import ActorOf, sign_in_room
from web.errors import body_of
from web.presence import Presence
from web.visits import Elsewhere, Place, Visits

NAMESPACE = "/session"
RESTARTING = "The server is being restarted. You will be connected again in a moment."


class SessionSocket(socketio.AsyncNamespace):
    """Namespace /session."""

    look_seconds = 1.0
    silent_seconds = 4.5
    """A page that gives no sign of life for so long is taken for gone: its connection ends."""

    def __init__(self, visits: Visits, actor_of: ActorOf, presence: Presence, is_draining: Callable[[], bool]) -> None:
        super().__init__(NAMESPACE)
        self._visits = visits
        self._actor_of = actor_of
        self._presence = presence
        self._is_draining = is_draining
        self._places: dict[str, Place] = {}

    async def run(self) -> None:
        """Look for ever whether the pages are still there."""
        while True:
            await asyncio.sleep(self.look_seconds)
            for sid in list(self._places):
                self.server.nudge(sid, NAMESPACE, self.silent_seconds)

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Commands go to the participant; connect and disconnect are ours."""
        if event in ("connect", "disconnect"):
            return await super().trigger_event(event, *args)
        return await self._obey(event, *args)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Join the room of the session that `auth` names, as the host or as its client, within the join
        window.
        """
        if self._is_draining():
            raise ConnectionRefusedError("unavailable", {"message": RESTARTING})
        try:
            await self._admit_socket(sid, environ, auth)
        except Elsewhere as error:
            raise ConnectionRefusedError("elsewhere", {"message": error.message, "node": error.node}) from None
        except (UserError, Unavailable) as error:
            body = body_of(error)
            raise ConnectionRefusedError(str(body["error"]), body) from None

    async def _admit_socket(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        known = await self._actor_of(environ)
        if known is None:
            raise ConnectionRefusedError("signed_out", {"message": "You are signed out. Please sign in again."})
        actor, token = known
        await self.enter_room(sid, sign_in_room(token))
        named = auth.get("session") if isinstance(auth, dict) else None
        if not isinstance(named, str) or not named.isalnum():
            raise NotFound
        await self._join(sid, actor, named)
        await self._presence.opened(sid, actor.account_id, actor.name)
        if not self.server.is_here(sid, NAMESPACE):
            # The connection ended while we asked the database: its farewell came before there was a place to leave.
            await self.on_disconnect(sid, "gone before it joined")

    async def _join(self, sid: str, actor: Actor, public_id: str) -> None:
        self._places[sid] = await self._visits.join(actor, public_id, lambda: self._browser(sid))

    def _browser(self, sid: str) -> Browser:
        async def send(event: str, data: dict[str, Any]) -> None:
            await self.emit(event, data, to=sid)

        async def close() -> None:
            await self.disconnect(sid)

        return Browser(send, close)

    async def on_disconnect(self, sid: str, reason: str) -> None:
        await self._presence.closed(sid)
        place = self._places.pop(sid, None)
        if place is not None:
            place.room.leave(place.person, place.browser)

    async def _obey(self, command: str, sid: str, data: Any = None, *rest: Any) -> dict[str, Any]:
        place = self._places.get(sid)
        if place is None:
            return Replaced().ack
        return await place.person.ask(place.browser, command, data)
