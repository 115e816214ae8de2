"""The one-way socket of boards and dashboards. Browsers only listen; everything they change is an HTTP post.

Rooms: `account:<id>` for a person's own pages, `sign-in:<hash>` for all sockets of one signed-in browser, so that
signing out closes them; for those who schedule a clinic `clinic:<id>`, or `wall:<id>` where numbers stand for names,
and, with hosts, `organization:<id>`, which says whose requests somebody watches here; for everybody `portal:<id>` of
their organization, which says that the portal has other features.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import socketio
from socketio.exceptions import ConnectionRefusedError

from dispatch import board
from people.access import Actor, may_see_board, may_use_portal
from people.errors import LinkEnded
from records.database import Database, House, Unavailable
from web.presence import Presence

ActorOf = Callable[[dict[str, Any]], Awaitable[tuple[Actor, str] | None]]

NAMESPACE = "/board"
SIGN_IN = "sign-in:"
ORGANIZATION = "organization:"
WALL = "wall"
EVENTS = {
    "request.changed": "one row of the board or one decision, to the clinic's schedulers; to wallboards without names",
    "request.deciding": "who has a request's Assign dialog open, to the clinic's schedulers",
    "providers.changed": "an open Assign dialog of this clinic may list its providers otherwise; to its schedulers",
    "dashboard.changed": "something on the person's own pages changed; fetch them again",
    "messages.changed": "one of the person's threads has another message, or was read; count again",
    "portal.changed": "what the portal has was switched, or a seat given or taken; to everybody of the organization",
    "knocks.changed": "who waits at the doors of a host; to the host's own pages",
    "board.resync": "anything may have changed; fetch the snapshot again",
}


def clinic_room(clinic_id: int) -> str:
    return f"clinic:{clinic_id}"


def wall_room(clinic_id: int) -> str:
    return f"wall:{clinic_id}"


def account_room(account_id: int) -> str:
    return f"account:{account_id}"


def portal_room(organization_id: int) -> str:
    return f"portal:{organization_id}"


def sign_in_room(token: str) -> str:
    return SIGN_IN + hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Listening:
    """Whose board a socket is, and the clinics whose rooms it joined."""

    house: House
    account_id: int
    clinics: frozenset[int]


class BoardSocket(socketio.AsyncNamespace):
    """Lets signed-in people listen to what they may see, decided at connect time from the database."""

    def __init__(self, database: Database, actor_of: ActorOf, presence: Presence, most_per_account: int) -> None:
        super().__init__(NAMESPACE)
        self._database = database
        self._actor_of = actor_of
        self._presence = presence
        self._most_per_account = most_per_account
        self._listening: dict[str, Listening] = {}

    async def revise(self) -> None:
        """End the boards that hear of other clinics than they would by now: while the feed was away nobody said so."""
        for house in {listening.house for listening in self._listening.values()}:
            async with self._database.transaction(house) as connection:
                rightly = await board.listeners(connection)
            for sid, listening in list(self._listening.items()):
                if listening.house == house and listening.clinics != rightly.get(listening.account_id, frozenset()):
                    self.server.end_room(sid, NAMESPACE)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            actor = await self._join(sid, environ, wall=isinstance(auth, dict) and auth.get("view") == WALL)
        except LinkEnded:
            raise ConnectionRefusedError("signed out") from None
        except Unavailable:
            # Unanswered, the browser would wait for ever: a refusal makes it try again.
            raise ConnectionRefusedError("unavailable") from None
        await self._presence.opened(sid, actor.account_id, actor.name)
        if not self._is_here(sid):
            await self._presence.closed(sid)  # its farewell came while it was still arriving

    async def on_disconnect(self, sid: str, reason: str) -> None:
        self._listening.pop(sid, None)
        await self._presence.closed(sid)

    async def _join(self, sid: str, environ: dict[str, Any], *, wall: bool) -> Actor:
        """The account's room first, and only then what the account may hear: a right that ends from now on ends this
        socket, one that ended before is not found any more."""
        known = await self._actor_of(environ)
        if known is None or not may_use_portal(known[0]):
            raise ConnectionRefusedError("signed out")
        actor, token = known
        own = account_room(actor.account_id)
        if self.server.count(own, NAMESPACE) >= self._most_per_account:
            raise ConnectionRefusedError("too many")
        await self._enter(sid, own, sign_in_room(token), portal_room(actor.organization_id))
        if actor.is_host or may_see_board(actor):
            await self._enter(sid, f"{ORGANIZATION}{actor.organization_id}")
        if may_see_board(actor):
            await self._listen(sid, actor, wall_room if wall else clinic_room)
        return actor

    async def _listen(self, sid: str, actor: Actor, room: Callable[[int], str]) -> None:
        async with self._database.transaction(actor) as connection:
            clinics = await board.listened(connection, actor)
        await self._enter(sid, *map(room, clinics))
        if self._is_here(sid):
            self._listening[sid] = Listening(House(actor.organization_id), actor.account_id, frozenset(clinics))

    async def _enter(self, sid: str, *rooms: str) -> None:
        for room in rooms:
            if self._is_here(sid):
                await self.enter_room(sid, room)

    def _is_here(self, sid: str) -> bool:
        return bool(self.server.is_here(sid, NAMESPACE))
