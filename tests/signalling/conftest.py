from collections.abc import AsyncIterator

import pytest

from signalling.room import Timing
from signalling.rooms import Rooms
from tests.signalling.visit import RecordingRelay, Visit


@pytest.fixture
def relay() -> RecordingRelay:
    return RecordingRelay()


@pytest.fixture
async def rooms(relay: RecordingRelay) -> AsyncIterator[Rooms]:
    rooms = Rooms(relay, Timing(gone_after=0.05, forgotten_after=0.15))
    yield rooms
    await rooms.close()


@pytest.fixture
async def visit(rooms: Rooms, relay: RecordingRelay) -> AsyncIterator[Visit]:
    with rooms.holding("session", 1) as room:
        yield Visit(room, relay)
