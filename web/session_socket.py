"""The visit's socket: joins dispatch, which knows who may be in a visit, and signalling, where the visit
lives.

Subscribe first, then load: a browser's room is live before its admission is read, so a change that commits
meanwhile is either in what is read or is heard of afterwards. Rows of one room are read one read after the
other, so that the last to be applied is the last that was read.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import socketio
import structlog
from socketio.exceptions import ConnectionRefusedError

from dispatch import admissions, sessions, visit_rooms
from people.access import Actor, may_host
from people.errors import NotFound, UserError
from records.database import Connection, Database, House, Row, Unavailable
from signalling.browser import Browser
from signalling.errors import Replaced
from signalling.gate import Admission
from signalling.participant import Grant, Participant
from signalling.room import Room
from signalling.rooms import Rooms
from signalling.views import Facts, Waiting
from web.board_socket import ActorOf, sign_in_room
from web.errors import body_of
from web.presence import Presence

log = structlog.get_logger()

NAMESPACE = "/session"


class Elsewhere(UserError):
    """Another process of ours serves the room; the page connects to its address."""

    message = "This visit is held by another of our servers. You are being connected to it."

    def __init__(self, node: str) -> None:
        super().__init__()
        self.node = node


@dataclass(frozen=True)
class Place:
    """A socket's place in a visit."""

    room: Room
    person: Participant
    browser: Browser


@dataclass
class Lease:
    """What keeps a live room ours: inner keys of its rows, and the task that renews the lease."""

    house: House
    session_id: int
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    keeper: asyncio.Task[None] | None = None


class SessionSocket(socketio.AsyncNamespace):
    """Namespace /session. `node` is this process's address as others reach it."""

    renew_seconds = 5.0

    def __init__(self, database: Database, rooms: Rooms, node: str, actor_of: ActorOf, presence: Presence) -> None:
        super().__init__(NAMESPACE)
        self._database = database
        self._rooms = rooms
        self._node = node
        self._actor_of = actor_of
        self._presence = presence
        self._places: dict[str, Place] = {}
        self._leases: dict[str, Lease] = {}

    # What browsers do

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Commands go to the participant; connect and disconnect are ours."""
        if event in ("connect", "disconnect"):
            return await super().trigger_event(event, *args)
        return await self._obey(event, *args)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Join the room of the session that `auth` names, as the host or as its client, within the join
        window.
        """
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

    async def _join(self, sid: str, actor: Actor, public_id: str) -> None:
        async with self._database.transaction(actor) as connection:
            session = await sessions.open_door(connection, actor, public_id)
            term = await visit_rooms.claim(connection, session["id"], self._node)
            if term is None and (owner := await visit_rooms.owner(connection, session["id"])):
                raise Elsewhere(owner["node"])
        if term is None:
            raise NotFound
        with self._rooms.holding(public_id, term) as room:
            lease = self._keep(room, House(actor.organization_id), session["id"])
            async with self._reading(lease) as connection:
                await self._load(connection, room, lease, actor.account_id)
                session = await sessions.open_door(connection, actor, public_id)
                browser = Browser(self._sender(sid), self._closer(sid))
                self._places[sid] = Place(room, room.join(_grant(actor, session), browser), browser)

    def _sender(self, sid: str) -> Any:
        async def send(event: str, data: dict[str, Any]) -> None:
            await self.emit(event, data, to=sid)

        return send

    def _closer(self, sid: str) -> Any:
        async def close() -> None:
            await self.disconnect(sid)

        return close

    # What the feed says

    async def admission_changed(self, organization_id: int, admission_id: int) -> None:
        """An admission's row changed: read it again, and let its room follow. Raises `Unavailable`."""
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            changed = await admissions.by_id(connection, admission_id)
        if changed is None:
            return
        room, lease = (
            self._rooms.find(changed["session_public_id"]),
            self._leases.get(changed["session_public_id"]),
        )
        if room and lease:
            async with self._reading(lease) as connection:
                await self._load(connection, room, lease, changed["account_id"])

    async def session_changed(self, organization_id: int, session_id: int) -> None:
        """A session's row changed: whoever came as its host and is not its host any more goes (R-016, R-017). Raises
        `Unavailable`."""
        for public_id, lease in list(self._leases.items()):
            room = self._rooms.find(public_id)
            if room is None or (lease.house.organization_id, lease.session_id) != (organization_id, session_id):
                continue
            async with self._reading(lease) as connection:
                session = await sessions.by_id(connection, session_id)
                _send_former_hosts_away(room, session)
                if session is not None:
                    room.show_session(_facts(session))

    def rights_changed(self, account_id: int) -> None:
        """The person's sockets come anew, and are let in by what is right then."""
        for room in self._rooms.live:
            room.send_away(str(account_id))

    async def resync(self) -> None:
        """Anything may have changed: read the admissions of every live room again. Raises `Unavailable`."""
        for room in self._rooms.live:
            lease = self._leases.get(room.session)
            if lease is not None:
                await self._reload(room, lease)

    async def _reload(self, room: Room, lease: Lease) -> None:
        async with self._reading(lease) as connection:
            for participant in list(room.participants):
                await self._load(connection, room, lease, int(participant))
            _send_former_hosts_away(room, await sessions.by_id(connection, lease.session_id))

    @asynccontextmanager
    async def _reading(self, lease: Lease) -> AsyncIterator[Connection]:
        async with lease.reading, self._database.transaction(lease.house) as connection:
            yield connection

    async def _load(self, connection: Connection, room: Room, lease: Lease, account_id: int) -> None:
        """Read one person's admission, who waits and whose room it is; apply them, unless the room is
        another's now.
        """
        owner = await visit_rooms.owner(connection, lease.session_id)
        row = await admissions.of_account(connection, lease.session_id, account_id)
        waiting = await admissions.waiting(connection, lease.session_id)
        session = await sessions.by_id(connection, lease.session_id)
        if owner is None or owner["node"] != self._node:
            return
        if row is not None:
            room.apply(_admission(account_id, row), owner["term"])
        room.show_waiting([_waiting(each) for each in waiting])
        if session is not None:
            room.show_session(_facts(session))

    # Whose room it is

    def _keep(self, room: Room, house: House, session_id: int) -> Lease:
        lease = self._leases.get(room.session)
        if lease is None:
            lease = self._leases[room.session] = Lease(house, session_id)
            lease.keeper = asyncio.create_task(self._renew(room.session, lease))
        return lease

    async def _renew(self, session: str, lease: Lease) -> None:
        """Renew the lease while the room lives. A room that another process has taken is closed here."""
        await asyncio.sleep(self.renew_seconds)
        while (room := self._rooms.find(session)) is not None:
            try:
                await self._renew_once(room, lease)
            except Unavailable:
                log.warning("visit_room.unrenewed", session=session)  # a running visit needs no database
            except Exception:
                log.exception("visit_room.unrenewed", session=session)
            await asyncio.sleep(self.renew_seconds)
        del self._leases[session]

    async def _renew_once(self, room: Room, lease: Lease) -> None:
        async with self._database.transaction(lease.house) as connection:
            term = await visit_rooms.claim(connection, lease.session_id, self._node)
        if term is None:
            log.warning("visit_room.lost", session=room.session)
            await room.close()
        elif term > room.gate.term:
            await self._reload(room, lease)

    async def close(self) -> None:
        """Before the database and the relay go: end every live room, and let another process have it at once."""
        await self._rooms.close()
        keepers = [lease.keeper for lease in self._leases.values() if lease.keeper is not None]
        for keeper in keepers:
            keeper.cancel()
        for keeper in keepers:
            with suppress(asyncio.CancelledError):
                await keeper
        leases, self._leases = list(self._leases.values()), {}
        for lease in leases:
            with suppress(Unavailable):
                async with self._database.transaction(lease.house) as connection:
                    await visit_rooms.release(connection, lease.session_id, self._node)


def _grant(actor: Actor, session: Row) -> Grant:
    host = may_host(actor, session)
    return Grant(
        participant=str(actor.account_id),
        name=actor.name,
        role="host" if host else "client",
        session=session["public_id"],
        may_admit=host,
    )


def _send_former_hosts_away(room: Room, session: Row | None) -> None:
    for person in list(room.participants.values()):
        if person.grant.may_admit and (session is None or person.id != str(session["host_id"])):
            room.send_away(person.id)


def _waiting(row: Row) -> Waiting:
    return Waiting(
        row["public_id"],
        row["name"],
        time.monotonic() - row["waited_seconds"],
        by_link=row["by_link"],
        other_device=row["other_device"],
    )


def _facts(row: Row) -> Facts:
    return Facts(row["locked"], row["host_elsewhere"], time.monotonic() + row["ends_in_seconds"])


def _admission(account_id: int, row: Row) -> Admission:
    now = time.monotonic()
    inside = row["state"] == "admitted"
    return Admission(
        participant=str(account_id),
        state=row["state"],
        epoch=row["epoch"],
        id=row["public_id"],
        name=row["name"],
        knocked_at=now - row["waited_seconds"],
        admitted_at=now - row["admitted_seconds"] if inside else None,
        sentence=row["sentence"],
        message=row["message"],
    )
