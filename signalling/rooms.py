"""The live rooms of this process, by session: made when somebody comes, gone with the last."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from media.values import MediaEvent
from signalling.gate import Relay
from signalling.room import Room, Timing

MEASURE_SECONDS = 2.0
Gone = Callable[[Room, str], None]


class Rooms:
    """`hear` is the relay's `on_event`."""

    def __init__(self, relay: Relay, timing: Timing | None = None) -> None:
        self._relay = relay
        self._timing = timing or Timing()
        self._rooms: dict[str, Room] = {}
        self._held: dict[str, int] = {}
        self._on_gone: Gone = lambda room, participant: None

    def watch(self, on_gone: Gone) -> None:
        """Call this when somebody's page has been closed for a short while: with the room and the participant."""
        self._on_gone = on_gone

    def find(self, session: str) -> Room | None:
        return self._rooms.get(session)

    @property
    def live(self) -> list[Room]:
        return list(self._rooms.values())

    @contextmanager
    def holding(self, session: str, term: int) -> Iterator[Room]:
        """The session's room, made if there is none; kept while the block runs, even with nobody in it."""
        room = self._rooms.get(session)
        if room is None:
            room = self._rooms[session] = Room(session, self._relay, term, self._timing, self._drop, self._tell_gone)
        self._held[session] = self._held.get(session, 0) + 1
        try:
            yield room
        finally:
            self._held[session] -= 1
            if not room.participants:
                self._drop(room)

    def hear(self, event: MediaEvent) -> None:
        """The relay's `on_event`."""
        session, _, participant = event.key.partition(":")
        room = self._rooms.get(session)
        if room is not None:
            room.media_changed(event, participant)

    async def run(self) -> None:
        """Keep what is told of everybody's connection fresh, for as long as the process runs."""
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            for room in self.live:
                room.measure()

    async def close(self) -> None:
        for room in self.live:
            await room.close()

    def _tell_gone(self, room: Room, participant: str) -> None:
        self._on_gone(room, participant)

    def _drop(self, room: Room) -> None:
        if not self._held.get(room.session) and self._rooms.get(room.session) is room:
            del self._rooms[room.session]
            self._held.pop(room.session, None)
