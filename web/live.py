"""From a committed change to every page that shows it.

The feed says which row changed; this reads what it touches afresh and pushes it. Changes that arrive while one round
runs are done together in the next. Whatever fails ends in a resync, never in a stale board.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

import socketio
import structlog
from jinja2 import Environment

from dispatch import admissions, board, requests, sessions
from records.database import Connection, Database, House, Row, Unavailable
from records.feed import Change
from web.board_socket import NAMESPACE, account_room, clinic_room

log = structlog.get_logger()
AdmissionChanged = Callable[[int, int], Awaitable[None]]
Resync = Callable[[], Awaitable[None]]


class Live:
    """One task; `hear` and `resync` are what the feed calls."""

    def __init__(
        self,
        database: Database,
        sockets: socketio.AsyncServer,
        templates: Environment,
        admission_changed: AdmissionChanged,
        resync_visits: Resync,
    ) -> None:
        self._database = database
        self._sockets = sockets
        self._row = templates.get_template("requests/_row.html")
        self._admission_changed = admission_changed
        self._resync_visits = resync_visits
        self._heard: asyncio.Queue[Change | None] = asyncio.Queue()

    def hear(self, change: Change) -> None:
        self._heard.put_nowait(change)

    def resync(self) -> None:
        self._heard.put_nowait(None)

    async def run(self) -> None:
        """Announce for ever."""
        while True:
            batch = {await self._heard.get()}
            while not self._heard.empty():
                batch.add(self._heard.get_nowait())
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
        if None in batch:
            await self._resync_visits()
            await self._sockets.emit("board.resync", {}, namespace=NAMESPACE)
        by_organization: dict[int, set[Change]] = defaultdict(set)
        for change in batch:
            if change is not None:
                by_organization[change.organization_id].add(change)
        for organization_id, changes in by_organization.items():
            await self._announce(House(organization_id), changes)

    async def _announce(self, house: House, changes: set[Change]) -> None:
        async with self._database.transaction(house) as connection:
            rows = await board.rows_touched_by(connection, _ids(changes, "request"))
            people = await _people_touched_by(connection, changes)
        for row in rows:
            await self._push_row(row)
        for account_id in people:
            await self._sockets.emit("dashboard.changed", {}, room=account_room(account_id), namespace=NAMESPACE)
        for admission_id in _ids(changes, "admission"):
            await self._admission_changed(house.organization_id, admission_id)

    async def _push_row(self, row: Row) -> None:
        pending = row["state"] == "pending"
        told = {
            "id": row["public_id"],
            "read_at": row["read_at"],
            "html": self._row.render(row=row) if pending else None,
        }
        await self._sockets.emit("request.changed", told, room=clinic_room(row["clinic_id"]), namespace=NAMESPACE)


def _ids(changes: Iterable[Change], table: str) -> list[int]:
    return sorted(change.id for change in changes if change.table == table)


async def _people_touched_by(connection: Connection, changes: set[Change]) -> set[int]:
    """The accounts whose own pages show any of these rows."""
    people: set[int] = set(_ids(changes, "agenda"))
    for request_id in _ids(changes, "request"):
        people.update(await requests.people_of(connection, request_id))
    session_ids = set(_ids(changes, "session"))
    for admission_id in _ids(changes, "admission"):
        if admission := await admissions.by_id(connection, admission_id):
            session_ids.add(admission["session_id"])
    for session_id in session_ids:
        if session := await sessions.by_id(connection, session_id):
            people.update({session["host_id"], session["client_account_id"]} - {None})
    return people
