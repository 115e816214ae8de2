"""A room with a relay that only writes down what it was told, and browsers that only remember what they
heard.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from media.errors import UnknownConnection
from media.values import Answer, Grade, Kind, Medium, Quality, Slot, Source
from signalling.browser import Browser
from signalling.gate import Admission
from signalling.participant import Grant, Participant
from signalling.room import Room

MEDIA: tuple[Medium, Medium] = ("audio", "video")
PAIRS = tuple((f"{3 + 2 * pair}", f"{4 + 2 * pair}") for pair in range(5))
SLOTS = (
    *(Slot(mid, media) for pair in PAIRS for mid, media in zip(pair, MEDIA, strict=True)),
    Slot("13", "video"),
)
PUBLISHED: tuple[tuple[str, Kind], ...] = (("0", "microphone"), ("1", "camera"), ("2", "screen"))


async def settled() -> None:
    """Let everything that is ready to run, run: after it, what was not heard was not said."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class RecordingRelay:
    """Writes down calls. `gates` says who is open; `shown` what is in each slot; `hold` delays the next
    connections.
    """

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    gates: dict[str, bool] = field(default_factory=dict)
    shown: dict[tuple[str, str], Source] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    refusal: Exception | None = None
    slots: tuple[Slot, ...] = SLOTS
    grades: dict[str, Grade] = field(default_factory=dict)

    async def connect(self, key: str, offer_sdp: str) -> Answer:
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        self.calls.append(("connect", key))
        self.gates[key] = False
        return Answer("answer", PUBLISHED, self.slots)

    async def restart_ice(self, key: str, offer_sdp: str) -> Answer:
        self._check(key)
        self.calls.append(("restart_ice", key))
        return Answer("restarted")

    def open(self, key: str) -> None:
        self._check(key)
        self.calls.append(("open", key))
        self.gates[key] = True

    def shut(self, key: str) -> None:
        self._check(key)
        self.calls.append(("shut", key))
        self.gates[key] = False

    def assign(self, subscriber: str, mid: str, source: Source | None) -> None:
        self._check(subscriber)
        self.calls.append(("assign", subscriber, mid, source))
        if source is None:
            self.shown.pop((subscriber, mid), None)
        else:
            self.shown[subscriber, mid] = source

    async def disconnect(self, key: str) -> None:
        self.calls.append(("disconnect", key))
        self.gates.pop(key, None)
        self.shown = {place: source for place, source in self.shown.items() if place[0] != key}

    def quality(self, key: str) -> Quality:
        self._check(key)
        return Quality(grade=self.grades.get(key))

    def _check(self, key: str) -> None:
        if key not in self.gates:
            raise UnknownConnection(key)


@dataclass
class Page:
    """A person's open page: what it heard, in order, and whether its socket was closed by the server."""

    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    closed: bool = False
    browser: Browser = field(init=False)
    person: Participant = field(init=False)

    def __post_init__(self) -> None:
        self.browser = Browser(self._hear, self._close)

    async def _hear(self, name: str, data: dict[str, Any]) -> None:
        self.heard.append((name, data))

    async def _close(self) -> None:
        self.closed = True

    def last(self, name: str) -> dict[str, Any] | None:
        return next((data for heard, data in reversed(self.heard) if heard == name), None)

    def names(self) -> set[str]:
        return {name for name, _ in self.heard}

    async def say(self, name: str, **data: Any) -> dict[str, Any]:
        return await self.person.ask(self.browser, name, data)


@dataclass
class Visit:
    """One session's room and the ways in which people come into it."""

    room: Room
    relay: RecordingRelay
    term: int = 1

    def join(self, who: str, role: str = "client") -> Page:
        grant = Grant(who, f"{who} of the records", role, self.room.session, may_admit=role == "host")  # type: ignore[arg-type]
        page = Page()
        page.person = self.room.join(grant, page.browser)
        return page

    def row(self, who: str, state: str, epoch: int = 1, term: int | None = None) -> bool:
        admission = Admission(who, state, epoch, id=f"admission-{who}", name=who.title())
        return self.room.apply(admission, self.term if term is None else term)

    def arriving(self, who: str) -> Page:
        return self.join(who)

    def waiting(self, who: str) -> Page:
        page = self.join(who)
        self.row(who, "waiting")
        return page

    async def connected(self, who: str, state: str = "waiting", role: str = "client") -> Page:
        page = self.join(who, role)
        self.row(who, state)
        assert (await page.say("offer", sdp="offer"))["ok"]
        await settled()
        return page

    async def inside(self, who: str, role: str = "client") -> Page:
        return await self.connected(who, "admitted", role)

    def key(self, who: str) -> str:
        return f"{self.room.session}:{who}"
