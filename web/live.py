"""From a committed change to every page that shows it.

The feed says which row changed; this reads what it touches afresh and pushes it. Changes that arrive while one round
runs are done together in the next. Whatever fails ends in a resync, never in a stale board.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import structlog
from jinja2 import Environment

from dispatch import board, knocks, touched
from dispatch.board import BoardRow
from dispatch.touched import Hints
from records.database import Connection, Database, House, Unavailable
from records.feed import Change
from web.board_socket import NAMESPACE, ORGANIZATION, account_room, clinic_room, portal_room, wall_room
from web.socket_server import SocketServer

log = structlog.get_logger()
VisitChanged = Callable[[int, int], Awaitable[None]]
Resync = Callable[[], Awaitable[None]]

LOST = Change(0, "lost", 0)
"""The hint that nothing is heard for now."""

NEAR = "near"
"""The table of a hint that comes from the clock instead of a commit: a request whose times came near something."""


class Live:
    """One task; `hear` and `resync` are what the feed calls."""

    rows_at_once = 100
    """So many rows are read by one query; pages are pushed to and others served between two of them."""
    rows_in_one_write = 16

    def __init__(
        self,
        database: Database,
        sockets: SocketServer,
        templates: Environment,
        admission_changed: VisitChanged,
        session_changed: VisitChanged,
        visitor_changed: Callable[[int], None],
        resync_visits: Resync,
        revise_boards: Resync,
    ) -> None:
        self._database = database
        self._sockets = sockets
        self._row = templates.get_template("requests/_row.html")
        self._wall_row = templates.get_template("board/_wall_row.html")
        self._decided = templates.get_template("board/_decided.html")
        self._admission_changed = admission_changed
        self._session_changed = session_changed
        self._visitor_changed = visitor_changed
        self._resync_visits = resync_visits
        self._revise_boards = revise_boards
        self._heard: asyncio.Queue[Change | None] = asyncio.Queue()

    def hear(self, change: Change) -> None:
        self._heard.put_nowait(change)

    def resync(self) -> None:
        self._heard.put_nowait(None)

    def lost(self) -> None:
        """Nothing is heard for now: have every page ask, and learn that it is stale."""
        self._heard.put_nowait(LOST)

    async def run(self) -> None:
        """Announce for ever."""
        while True:
            batch = {await self._heard.get()}
            while not self._heard.empty():
                batch.add(self._heard.get_nowait())
            if LOST in batch:
                batch.remove(LOST)
                await self._sockets.emit("board.resync", {}, namespace=NAMESPACE)
            try:
                await self._announce_all(batch)
            except Unavailable:
                log.warning("live.unavailable", changes=len(batch))
                await asyncio.sleep(1)
                self.resync()
            except Exception:
                log.exception("live.failed", changes=len(batch))
                await asyncio.sleep(1)
                self.resync()

    async def _announce_all(self, batch: set[Change | None]) -> None:
        by_organization: dict[int, set[Change]] = defaultdict(set)
        for change in batch:
            if change is not None:
                by_organization[change.organization_id].add(change)
        self._end_sockets(by_organization.values())
        if None in batch:
            await self._revise_boards()
            await self._resync_visits()
            await self._sockets.emit("board.resync", {}, namespace=NAMESPACE)
        for organization_id, changes in by_organization.items():
            await self._announce(House(organization_id), changes)

    def _end_sockets(self, organizations: Iterable[set[Change]]) -> None:
        """Whose rights changed connects anew and joins what the database says then: before anything more is told."""
        for changes in organizations:
            for account_id in _ids(changes, "rights"):
                self._sockets.end_room(account_room(account_id), NAMESPACE)
                self._visitor_changed(account_id)

    async def _announce(self, house: House, changes: set[Change]) -> None:
        """Visits and boards hear at the same time: whoever is let in waits for no board, and no board for them."""
        hints = _hints(changes)
        for organization_id in _ids(changes, "features"):
            room = portal_room(organization_id)
            await self._sockets.emit("portal.changed", {}, room=room, namespace=NAMESPACE)
        visits = asyncio.create_task(self._announce_visits(house, hints))
        try:
            await self._announce_boards(house, changes, hints)
        finally:
            await visits

    async def _announce_visits(self, house: House, hints: Hints) -> None:
        for session_id in hints.sessions:
            await self._session_changed(house.organization_id, session_id)
        for admission_id in hints.admissions:
            await self._admission_changed(house.organization_id, admission_id)

    async def _announce_boards(self, house: House, changes: set[Change], hints: Hints) -> None:
        async with self._database.transaction(house) as connection:
            request_ids = await touched.requests(connection, hints)
            request_ids += [id for id in hints.near if id not in set(request_ids)]
            first, rest = request_ids[: self.rows_at_once], request_ids[self.rows_at_once :]
            # Boards before all else: each further query is a journey that they would wait for.
            await self._push(await board.rows_touched_by(connection, first))
            people = {
                *await touched.people(connection, hints),
                *_ids(changes, "connection_request", "message", "intake", "waitlist", "invoice"),
            }
            clinics = await touched.clinics_of_providers(connection, hints)
            knocked = await self._knocks(connection, house, hints)
        for clinic in clinics:
            told = {"clinic": clinic["public_id"]}
            await self._sockets.emit("providers.changed", told, room=clinic_room(clinic["id"]), namespace=NAMESPACE)
        for account_id in _ids(changes, "filter"):
            await self._sockets.emit("board.resync", {}, room=account_room(account_id), namespace=NAMESPACE)
        for host_id, doors in knocked.items():
            room = account_room(host_id)
            await self._sockets.emit("knocks.changed", asdict(doors), room=room, namespace=NAMESPACE)
        for account_id in _ids(changes, "message"):
            await self._sockets.emit("messages.changed", {}, room=account_room(account_id), namespace=NAMESPACE)
        for account_id in sorted(people):
            await self._sockets.emit("dashboard.changed", {}, room=account_room(account_id), namespace=NAMESPACE)
        await self._announce_rest(house, rest)

    async def _knocks(self, connection: Connection, house: House, hints: Hints) -> dict[int, knocks.Knocks]:
        """The knocks at the doors concerned, of the hosts who have a page open here."""
        if not self._sockets.has_room(f"{ORGANIZATION}{house.organization_id}", NAMESPACE):
            return {}
        hosts = await knocks.hosts(connection, hints)
        here = [host for host in sorted(hosts) if self._sockets.has_room(account_room(host), NAMESPACE)]
        return await knocks.of_hosts(connection, here) if here else {}

    async def _announce_rest(self, house: House, request_ids: Sequence[int]) -> None:
        """A change that touches very many rows is read in parts, each afresh."""
        for start in range(0, len(request_ids), self.rows_at_once):
            async with self._database.transaction(house) as connection:
                rows = await board.rows_touched_by(connection, request_ids[start : start + self.rows_at_once])
            await self._push(rows)

    async def _push(self, rows: Sequence[BoardRow]) -> None:
        for start in range(0, len(rows), self.rows_in_one_write):
            events: dict[str, list[tuple[str, Any]]] = defaultdict(list)
            for row in rows[start : start + self.rows_in_one_write]:
                for room, told in self._told(row):
                    events[room].append(("request.changed", told))
            for room, several in events.items():
                await self._sockets.manager.emit_all(several, NAMESPACE, room)
            await asyncio.sleep(0)

    def _told(self, row: BoardRow) -> Iterator[tuple[str, dict[str, Any]]]:
        """What the boards of the row's clinic are told, and without names its wallboards; rendered where somebody
        looks."""
        pending = row["state"] == "pending"
        told = {"id": row["public_id"], "read_at": row["read_at"], "clinic": row["clinic_public_id"]}
        boards, walls = clinic_room(row["clinic_id"]), wall_room(row["clinic_id"])
        if self._sockets.has_room(boards, NAMESPACE):
            html, decided = (self._row.render(row=row), None) if pending else (None, self._decided.render(row=row))
            yield boards, told | {"html": html, "decided": decided}
        if self._sockets.has_room(walls, NAMESPACE):
            yield walls, told | {"html": self._wall_row.render(row=row) if pending else None, "decided": None}


def _ids(changes: Iterable[Change], *tables: str) -> list[int]:
    return sorted({change.id for change in changes if change.table in tables})


def _hints(changes: set[Change]) -> Hints:
    return Hints(
        requests=_ids(changes, "request"),
        near=_ids(changes, NEAR),
        sessions=_ids(changes, "session"),
        admissions=_ids(changes, "admission"),
        agendas=_ids(changes, "agenda"),
        clinics=_ids(changes, "clinic"),
        accounts=_ids(changes, "account"),
    )
