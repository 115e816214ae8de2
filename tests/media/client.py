"""Helpers for tests with a relay and clients in one process, over loopback."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from aiortc.rtp import RtcpPacket

from bench.relay_client import DELTA_FRAME, KEY_FRAME, PAYLOAD_TYPE, Client, rtp
from media.relay import Answer, Relay

LINES = [("audio", "sendonly"), ("video", "sendonly"), ("audio", "recvonly"), ("video", "recvonly")]
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
