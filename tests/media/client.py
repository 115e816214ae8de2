"""Helpers for tests with a relay and clients in one process, over loopback."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from aiortc.rtp import RtcpPacket

from bench.relay_client import DELTA_FRAME, KEY_FRAME, Client, rtp
from bench.relay_sdp import PAYLOAD_TYPE
from media.relay import Answer, Relay, Source

LINES = [("audio", "sendonly"), ("video", "sendonly"), ("audio", "recvonly"), ("video", "recvonly")]
# Formats of RTCP feedback (RFC 4585 section 6), as aiortc calls its field.
PLI, REMB, NACK = 1, 15, 1
MICROPHONE, CAMERA, AUDIO_SLOT, VIDEO_SLOT = "0", "1", "2", "3"


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for a condition; fails when it has not come true in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.005)


@dataclass
class Person:
    """A connected client, and everything it has heard."""

    key: str
    client: Client
    answer: Answer
    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[object] = field(default_factory=list)
    sequences: dict[str, itertools.count] = field(default_factory=dict)

    def send(self, mid: str, payload: bytes, sequence: int | None = None) -> int:
        """Send one packet of a line; returns its sequence number."""
        if sequence is None:
            sequence = next(self.sequences.setdefault(mid, itertools.count(1000)))
        medium = LINES[int(mid)][0]
        timestamp = sequence * (960 if medium == "audio" else 3000)
        self.client.send_rtp(rtp(PAYLOAD_TYPE[medium], sequence, timestamp, self.client.ssrcs[mid], payload))
        return sequence

    def send_video(self, payload: bytes = b"", sequence: int | None = None, key: bool = False) -> int:
        """Send one camera packet, a frame of its own."""
        return self.send(CAMERA, (KEY_FRAME if key else DELTA_FRAME) + payload, sequence)

    async def read_all(self) -> None:
        """Read whatever was sent to this person until now: a check goes there and back after it."""
        self.client.checked.clear()
        self.client.send_check()
        await asyncio.wait_for(self.client.checked.wait(), 5)

    def heard(self, kind: type, **wanted: object) -> list:
        """The RTCP packets of a type with these attributes."""
        return [
            one
            for one in self.rtcp
            if isinstance(one, kind) and all(getattr(one, name) == value for name, value in wanted.items())
        ]


async def join(relay: Relay, key: str) -> Person:
    """Connect a person, with the gate shut."""
    client = Client()
    client.check_seconds = 0.2
    answer = await relay.connect(key, client.sdp(LINES))
    person = Person(key, client, answer)
    client.on_rtp = person.rtp.append
    client.on_rtcp = lambda data: person.rtcp.extend(RtcpPacket.parse(data))
    await asyncio.wait_for(client.connect(answer.sdp), 10)
    await until(lambda: relay.statistics(key).connected)
    return person


def show(relay: Relay, subscriber: Person, publisher: Person) -> None:
    """Show one person to another."""
    relay.assign(subscriber.key, VIDEO_SLOT, Source(publisher.key, "camera"))
    relay.assign(subscriber.key, AUDIO_SLOT, Source(publisher.key, "microphone"))


def admit_both(relay: Relay, anna: Person, ben: Person) -> None:
    """Open both gates, and let Ben see Anna."""
    relay.open(anna.key)
    relay.open(ben.key)
    show(relay, ben, anna)
