"""Live rooms and their rows: whose room it is, what the rows say, and who is here. Joins dispatch, which knows who may
be in a visit, and signalling, where the visit lives.

Subscribe first, then load: a browser's room is live before its admission is read, so a change that commits meanwhile
is either in what is read or is heard of afterwards. Rows of one room are read one read after the other, so that the
last to be applied is the last that was read.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from dispatch import admissions, attendance, sessions, visit_rooms
from people.access import Actor
from people.errors import NotFound, UserError
from records.database import Connection, Database, House, Row, Unavailable
from signalling.browser import Browser
from signalling.participant import Participant
from signalling.room import Room
from signalling.rooms import Rooms
from web import visit_rows

log = structlog.get_logger()


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
    host_id: int
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    keeper: asyncio.Task[None] | None = None


class Visits:
    """The rooms that this process serves. `node` is its address as others reach it."""

    renew_seconds = 5.0

    def __init__(self, database: Database, rooms: Rooms, node: str) -> None:
        self.rooms = rooms
        self._database = database
        self._node = node
        self._leases: dict[str, Lease] = {}
        self._errands: set[asyncio.Task[None]] = set()
        rooms.watch(self._gone)

    # Who comes and goes

    async def join(self, actor: Actor, public_id: str, make_browser: Callable[[], Browser]) -> Place:
        """Into the room of the session, as its host or as somebody invited. Raises `NotFound`, `NotOpen`, `Elsewhere`,
        `Unavailable`."""
        async with self._database.transaction(actor) as connection:
            session = await sessions.open_door(connection, actor, public_id)
            term = await visit_rooms.claim(connection, session["id"], self._node)
            if term is None and (owner := await visit_rooms.owner(connection, session["id"])):
                raise Elsewhere(owner["node"])
        if term is None:
            raise NotFound
        with self.rooms.holding(public_id, term) as room:
            lease = self._keep(room, House(actor.organization_id), session)
            async with self._reading(lease) as connection:
                await attendance.end_absent(connection, lease.session_id)
                session = await sessions.open_door(connection, actor, public_id)
                await attendance.come_back(connection, lease.session_id, (actor.account_id, actor.device))
                await self._load(connection, room, lease, actor.account_id)
                browser = make_browser()
                return Place(room, room.join(visit_rows.grant(actor, session), browser), browser)

    def _gone(self, room: Room, participant: str) -> None:
        """Somebody's page is closed or cut off: the row says so at once, and everybody learns it from there."""
        lease = self._leases.get(room.session)
        if lease is not None:
            self._run_errand(self._tell_gone(room, lease, participant))

    async def _tell_gone(self, room: Room, lease: Lease, participant: str) -> None:
        try:
            async with self._reading(lease) as connection:
                person = room.participants.get(participant)
                if person is None or not person.present:  # else they came back first
                    await attendance.go(connection, lease.session_id, visit_rows.key_of(participant))
        except Unavailable:
            log.warning("visit.gone_untold")  # their lease in the row runs out by itself

    def _run_errand(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    # What a post has just committed

    def admitted(self, public_id: str, rows: Sequence[Row]) -> None:
        """Whoever was let in (`dispatch.admissions.admit`) does not wait for the feed, if the room was ours when the
        row was written. What the feed leads to is read nonetheless, and comes to the same."""
        room = self.rooms.find(public_id)
        for row in rows:
            if room is not None and row.get("node") == self._node:
                room.admit(row["public_id"], row["epoch"], row["term"])

    # What the feed says

    async def admission_changed(self, organization_id: int, admission_id: int) -> None:
        """An admission's row changed: read it again, and let its room follow; and where the same person is the host of
        another room, those who wait there learn where they are. Raises `Unavailable`."""
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            changed = await admissions.by_id(connection, admission_id)
        if changed is None:
            return
        for public_id, lease in list(self._leases.items()):
            room = self.rooms.find(public_id)
            if room is None or lease.house != house:
                continue
            if public_id == changed["session_public_id"]:
                async with self._reading(lease) as connection:
                    await self._load(connection, room, lease, changed["account_id"])
            elif lease.host_id == changed["account_id"]:
                async with self._reading(lease) as connection:
                    await self._follow(connection, room, lease)

    async def session_changed(self, organization_id: int, session_id: int) -> None:
        """A session's row changed: its door may be locked, and whoever came as its host and is not its host any more
        goes (R-016, R-017). Raises `Unavailable`."""
        for public_id, lease in list(self._leases.items()):
            room = self.rooms.find(public_id)
            if room is None or (lease.house.organization_id, lease.session_id) != (organization_id, session_id):
                continue
            async with self._reading(lease) as connection:
                await self._follow(connection, room, lease)

    def rights_changed(self, account_id: int) -> None:
        """The person's sockets come anew, and are let in by what is right then."""
        for room in self.rooms.live:
            for participant in list(room.participants):
                if visit_rows.account_of(participant) == account_id:
                    room.send_away(participant)

    async def resync(self) -> None:
        """Anything may have changed: read the admissions of every live room again. Raises `Unavailable`."""
        for room in self.rooms.live:
            lease = self._leases.get(room.session)
            if lease is not None:
                await self._reload(room, lease)

    async def _reload(self, room: Room, lease: Lease) -> None:
        async with self._reading(lease) as connection:
            for account_id in {visit_rows.account_of(participant) for participant in list(room.participants)}:
                await self._load(connection, room, lease, account_id)
            await self._follow(connection, room, lease)

    @asynccontextmanager
    async def _reading(self, lease: Lease) -> AsyncIterator[Connection]:
        async with lease.reading, self._database.transaction(lease.house) as connection:
            yield connection

    async def _load(self, connection: Connection, room: Room, lease: Lease, account_id: int) -> None:
        """Read one person's admission, who waits and what the session says; apply it, unless the room is another's
        now."""
        owner = await visit_rooms.owner(connection, lease.session_id)
        row = await admissions.of_account(connection, lease.session_id, account_id)
        waiting = await admissions.waiting(connection, lease.session_id)
        let_in = await admissions.let_in(connection, lease.session_id)
        if owner is None or owner["node"] != self._node:
            return
        _apply(room, row, owner["term"])
        room.show_waiting([visit_rows.waiting(each) for each in waiting], [visit_rows.let_in(each) for each in let_in])
        await self._follow(connection, room, lease)

    async def _follow(self, connection: Connection, room: Room, lease: Lease) -> None:
        """What the session's row says: who is its host, and what everybody is told of it. A former host is told why
        they go before they go."""
        session = await sessions.by_id(connection, lease.session_id)
        host_id = session and session["host_id"]
        for person in list(room.participants.values()):
            account_id = visit_rows.account_of(person.id)
            if person.grant.may_admit and account_id != host_id:
                row = await admissions.of_account(connection, lease.session_id, account_id)
                _apply(room, row, room.gate.term)
                room.send_away(person.id)
        if session is not None:
            lease.host_id = session["host_id"]
            room.show_session(visit_rows.facts(session))

    # Whose room it is

    def _keep(self, room: Room, house: House, session: Row) -> Lease:
        lease = self._leases.get(room.session)
        if lease is None:
            lease = self._leases[room.session] = Lease(house, session["id"], session["host_id"])
            lease.keeper = asyncio.create_task(self._renew(room.session, lease))
        return lease

    async def _renew(self, session: str, lease: Lease) -> None:
        """Renew the lease while the room lives. A room that another process has taken is closed here."""
        await asyncio.sleep(self.renew_seconds)
        while (room := self.rooms.find(session)) is not None:
            try:
                await self._renew_once(room, lease)
            except Unavailable:
                log.warning("visit_room.unrenewed", session=session)  # a running visit needs no database
            except Exception:
                log.exception("visit_room.unrenewed", session=session)
            await asyncio.sleep(self.renew_seconds)
        del self._leases[session]

    async def _renew_once(self, room: Room, lease: Lease) -> None:
        """First who is here, then who has been away for too long: whoever could not be told of is here all the same."""
        async with self._database.transaction(lease.house) as connection:
            term = await visit_rooms.claim(connection, lease.session_id, self._node)
            if term is not None:
                here = [visit_rows.key_of(person.id) for person in room.participants.values() if person.present]
                await attendance.keep_here(connection, lease.session_id, here)
                await attendance.end_absent(connection, lease.session_id)
        if term is None:
            log.warning("visit_room.lost", session=room.session)
            await room.close()
        elif term > room.gate.term:
            await self._reload(room, lease)

    async def close(self) -> None:
        """Before the database and the relay go: end every live room, and let another process have it at once."""
        await self.rooms.close()
        keepers = [lease.keeper for lease in self._leases.values() if lease.keeper is not None]
        for task in (*keepers, *self._errands):
            task.cancel()
        for task in (*keepers, *self._errands):
            with suppress(asyncio.CancelledError):
                await task
        leases, self._leases = list(self._leases.values()), {}
        for lease in leases:
            with suppress(Unavailable):
                async with self._database.transaction(lease.house) as connection:
                    await visit_rooms.release(connection, lease.session_id, self._node)


def _apply(room: Room, row: Row | None, term: int) -> None:
    if row is not None:
        for admission in visit_rows.admissions_of(row, room.gate.entitled):
            room.apply(admission, term)
