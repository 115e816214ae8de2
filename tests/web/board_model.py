"""A board as the page keeps it: a snapshot, and events of which the newest reading of each request wins."""

import re
from contextlib import suppress
from typing import Any

from dispatch.board import most_decided
from tests.support import eventually
from tests.web.conftest import Visitor
from tests.web.live_client import Listener, connect

Rows = dict[str, str]
MOVING = re.compile(r'data-(?:read-at|age-ms|ago-ms)="[^"]*"|(?<=>)[\d:]+(?=</span>)')
ROW = re.compile(r'<tr id="(request|decided)-(\w+)".*?</tr>', re.DOTALL)


def rows_in(html: str) -> Rows:
    """The rows and decided cards in a page, by kind and id, without what counts on by itself."""
    return {f"{match[1]}-{match[2]}": MOVING.sub("", match[0]) for match in ROW.finditer(html)}


async def snapshot_of(visitor: Visitor, path: str = "/board/rows") -> tuple[int, Rows]:
    """When it was read, in microseconds, and what it shows. As the page does, ask again while the feed is away."""
    html = await eventually(lambda: _page(visitor, path))
    (read_at,) = re.findall(r'id="rows" data-read-at="(\d+)"', html)
    return int(read_at), rows_in(html)


async def _page(visitor: Visitor, path: str) -> str:
    """Empty while the server says that it does not know how things are."""
    answer = await visitor.get(path)
    html = await answer.text()
    assert answer.status in (200, 503), html
    return html if answer.status == 200 else ""


class Board:
    """One open page. `load` as after each (re)connection; `shown` is what it shows after all that it has heard."""

    path = "/board/rows"

    def __init__(self, visitor: Visitor, listener: Listener) -> None:
        self.visitor = visitor
        self.listener = listener
        self._read_at, self._snapshot, self._resyncs = 0, Rows(), 0

    @property
    def changes(self) -> list[dict[str, Any]]:
        return self.listener.named("request.changed")

    async def load(self) -> None:
        self._resyncs = len(self.listener.named("board.resync"))
        self._read_at, self._snapshot = await snapshot_of(self.visitor, self.path)

    async def shown(self) -> Rows:
        """A page that was told to loads its snapshot anew, and never without being told."""
        if len(self.listener.named("board.resync")) > self._resyncs:
            await self.load()
        return _applied(self._snapshot, self._read_at, self.changes)

    async def comes_right(self, seconds: float = 10) -> None:
        """Snapshot + events = snapshot. Raises AssertionError that shows both if that does not come true."""
        pair: list[Rows] = []

        async def equal() -> bool:
            _, truth = await snapshot_of(self.visitor, self.path)
            pair[:] = [await self.shown(), truth]
            return pair[0] == pair[1]

        with suppress(AssertionError):
            await eventually(equal, seconds)
        differing = {name for rows in pair for name in rows if pair[0].get(name) != pair[1].get(name)}
        assert not differing, [
            (rows.get(name), "shown" if rows is pair[0] else "in the snapshot") for name in differing for rows in pair
        ]


class Wall(Board):
    path = "/board/wall/rows"


def _applied(snapshot: Rows, read_at: int, changes: list[dict[str, Any]]) -> Rows:
    newest: dict[str, dict[str, Any]] = {}
    for change in changes:
        if change["read_at"] > max(read_at, newest.get(change["id"], {"read_at": 0})["read_at"]):
            newest[change["id"]] = change
    shown = {name: row for name, row in snapshot.items() if name.split("-")[1] not in newest}
    for change in newest.values():
        shown |= rows_in(change["html"] or change["decided"] or "")
    decided = sorted((name for name in shown if name.startswith("decided-")), key=lambda name: _order(shown[name]))
    return {name: row for name, row in shown.items() if name not in decided[: max(0, len(decided) - most_decided)]}


def _order(decision: str) -> tuple[float, int]:
    """When it was decided, and its number."""
    (order,), (number,) = re.findall(r'data-order="([\d.]+)"', decision), re.findall(r'data-number="(\d+)"', decision)
    return float(order), int(number)


async def open_board(visitor: Visitor) -> Board:
    """Connects first and loads after, as the page does."""
    board = Board(visitor, await connect(visitor))
    await board.load()
    return board


async def open_wall(visitor: Visitor) -> Wall:
    wall = Wall(visitor, await connect(visitor, auth={"view": "wall"}))
    await wall.load()
    return wall
