"""The load of the relay's bench, a process of its own:

    python -m bench.relay_load ours|mediarelay|janus PORT PID ROOMS SECONDS ADDRESS

Makes ROOMS rooms of one publisher and one subscriber on the server whose signalling listens on loopback PORT, lets
each publisher send 1.2 Mbit/s of VP8-like video and a voice's packets, about 190 packets a second, and prints one
JSON object: packets sent and delivered, delays, and the CPU time of process PID over the same SECONDS. A packet
bears the time at which it was sent. The clients use ADDRESS. MediaRelay decodes, so it gets real VP8 and opus, and
no delays are measured.
"""

import asyncio
import json
import os
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import cycle
from typing import Protocol

import uvloop
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcdtlstransport import RTCCertificate
from aiortc.rtp import RtcpPsfbPacket, pack_remb_fci
from av import AudioFrame, VideoFrame

from bench.relay_client import DELTA_FRAME, KEY_FRAME, Client, payload_of, rtp
from bench.relay_janus import JanusSession
from bench.relay_sdp import PAYLOAD_TYPE

FRAME_SECONDS = 1 / 30
VOICE_SECONDS = 0.02
# 14 packets in three frames are 140 a second; with 1071 bytes each they are 1.2 Mbit/s.
PACKETS_A_FRAME = (5, 5, 4)
VIDEO_BYTES, VOICE_BYTES = 1071, 80
FRAMES_BETWEEN_KEYS = 90
WARM_UP = 3.0
# Rooms that shake hands at the same time.
AT_ONCE = 8
STAMP = struct.Struct("!d")
TICK = 1 / os.sysconf("SC_CLK_TCK")
LINES = [("audio", "sendonly"), ("video", "sendonly")]
SLOTS = [("audio", "recvonly"), ("video", "recvonly")]


class Signalling(Protocol):
    """How a server is spoken to."""

    async def start(self) -> None:
        """Begin."""

    async def publish(self, client: Client, room: str) -> None:
        """Connect a client that sends into a room."""

    async def subscribe(self, client: Client, room: str) -> None:
        """Connect a client that receives what is sent into a room."""

    async def close(self) -> None:
        """End."""


class LineSignalling:
    """One JSON object a line, as bench.relay_servers wants it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Connect to the server."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)

    async def publish(self, client: Client, room: str) -> None:
        """Offer sound and picture."""
        await client.connect(await self._ask("publish", room, client.sdp(LINES, "active")))

    async def subscribe(self, client: Client, room: str) -> None:
        """Offer to receive them."""
        await client.connect(await self._ask("subscribe", room, client.sdp(SLOTS, "active")))

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def _ask(self, do: str, room: str, offer: str) -> str:
        async with self._turn:
            self._writer.write(json.dumps({"do": do, "room": room, "offer": offer}).encode() + b"\n")
            return str(json.loads(await self._reader.readline())["answer"])


@dataclass
class Tally:
    """What was counted while `counting`."""

    counting: bool = False
    sent: int = 0
    delivered: int = 0
    delays: list[float] = field(default_factory=list)


def made_up_frames() -> Iterator[list[bytes]]:
    """Video frames as packet payloads, each with room for its time after the descriptor."""
    filler = bytes(VIDEO_BYTES - 2 - STAMP.size)
    for number, packets in enumerate(cycle(PACKETS_A_FRAME)):
        first = KEY_FRAME if number % FRAMES_BETWEEN_KEYS == 0 else DELTA_FRAME
        yield [first + bytes(STAMP.size) + filler] + [b"\x00\x01" + bytes(STAMP.size) + filler] * (packets - 1)


def real_frames() -> Iterator[list[bytes]]:
    """Video frames that a decoder takes, of about the same bitrate, again and again from their key frame on."""
    encoder = Vp8Encoder()
    encoder.target_bitrate = 1_200_000
    frames = [encoder.encode(_moving_picture(number), number == 0)[0] for number in range(FRAMES_BETWEEN_KEYS)]
    return cycle(frames)


def _moving_picture(number: int) -> VideoFrame:
    """Stripes that wander, and a band of noise which keeps the encoder at its bitrate."""
    frame = VideoFrame(640, 480, "yuv420p")
    for plane in frame.planes:
        stripes = bytes((column + 4 * number) % 256 for column in range(plane.line_size))
        noise = os.urandom(plane.line_size * 11)
        plane.update(noise + stripes * (plane.height - 11))
    frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
    return frame


def real_voice() -> bytes:
    """One packet of opus."""
    frame = AudioFrame("s16", "stereo", 960)
    frame.planes[0].update(os.urandom(960 * 4))
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
    return OpusEncoder().encode(frame)[0][0]


class Room:
    """One publisher and one subscriber."""

    def __init__(self, number: int, clients: tuple[Client, Client], tally: Tally, real: bool) -> None:
        self.name = str(1000 + number)
        self.publisher, self.subscriber = clients
        self._tally, self._real = tally, real
        self._frames = real_frames() if real else made_up_frames()
        self._voice = real_voice() if real else bytes(VOICE_BYTES)
        self._sequence, self._frame, self._spoken = {"audio": 1000, "video": 1000}, 0, 0
        self.subscriber.on_rtp = self._delivered

    async def connect(self, signalling: Signalling) -> None:
        """Let both in, the publisher first."""
        await signalling.publish(self.publisher, self.name)
        await signalling.subscribe(self.subscriber, self.name)
        if self._real:
            self._allow(1_300_000)

    def _delivered(self, packet: bytes) -> None:
        tally = self._tally
        if not tally.counting:
            return
        tally.delivered += 1
        if not self._real:
            offset = 2 if packet[1] & 0x7F == PAYLOAD_TYPE["video"] else 0
            sent = STAMP.unpack_from(payload_of(packet), offset)[0]
            tally.delays.append(time.monotonic() - sent)

    async def send(self, phase: float) -> None:
        """Send for ever, at steady times; `phase` keeps rooms apart."""
        await asyncio.sleep(phase)
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            self._steadily(loop.time(), FRAME_SECONDS, self.send_frame),
            self._steadily(loop.time(), VOICE_SECONDS, self.send_voice),
        )

    async def _steadily(self, start: float, interval: float, act) -> None:  # type: ignore[no-untyped-def]
        loop = asyncio.get_running_loop()
        for number in range(1, sys.maxsize):
            act()
            await asyncio.sleep(max(start + number * interval - loop.time(), 0))

    def send_frame(self) -> None:
        """All packets of a frame at once."""
        payloads = next(self._frames)
        self._frame += 1
        for number, payload in enumerate(payloads):
            self._send("video", self._frame * 3000, self._stamped(payload, 2), number == len(payloads) - 1)

    def send_voice(self) -> None:
        """20 ms of sound."""
        self._spoken += 1
        self._send("audio", self._spoken * 960, self._stamped(self._voice, 0), False)

    def _stamped(self, payload: bytes, offset: int) -> bytes:
        if self._real:
            return payload
        stamp = STAMP.pack(time.monotonic())
        return payload[:offset] + stamp + payload[offset + STAMP.size :]

    def _send(self, medium: str, timestamp: int, payload: bytes, marker: bool) -> None:
        ssrc = self.publisher.ssrcs["0" if medium == "audio" else "1"]
        self._sequence[medium] += 1
        self.publisher.send_rtp(rtp(PAYLOAD_TYPE[medium], self._sequence[medium], timestamp, ssrc, payload, marker))
        self._tally.sent += self._tally.counting

    def _allow(self, bitrate: int) -> None:
        """Tell the server that the subscriber can take this much, since an encoder would start lower."""
        fci = pack_remb_fci(bitrate, [0])
        self.subscriber.send_rtcp(bytes(RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=fci)))


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, from /proc."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def percentile(ordered: list[float], part: float) -> float | None:
    """A percentile in milliseconds, None of nothing."""
    return round(ordered[int(part * (len(ordered) - 1))] * 1000, 3) if ordered else None


async def measure(
    signalling: Signalling, pid: int, rooms: list[Room], tally: Tally, seconds: float
) -> dict[str, object]:
    """Connect all, warm up, count."""
    await signalling.start()
    for first in range(0, len(rooms), AT_ONCE):
        some = rooms[first : first + AT_ONCE]
        await asyncio.wait_for(asyncio.gather(*(room.connect(signalling) for room in some)), 30)
    senders = [
        asyncio.ensure_future(room.send(number * FRAME_SECONDS / len(rooms))) for number, room in enumerate(rooms)
    ]
    await asyncio.sleep(WARM_UP)
    tally.counting, before, began = True, cpu_seconds(pid), asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    tally.counting, used = False, cpu_seconds(pid) - before
    took = asyncio.get_running_loop().time() - began
    for sender in senders:
        sender.cancel()
    await signalling.close()
    delays = sorted(tally.delays)
    return {
        "sent": tally.sent,
        "delivered": tally.delivered,
        "seconds": round(took, 2),
        "cpu_us_a_packet": round(used / max(tally.delivered, 1) * 1e6, 2),
        "loss": round(max(1 - tally.delivered / max(tally.sent, 1), 0), 5),
        "p50_ms": percentile(delays, 0.5),
        "p99_ms": percentile(delays, 0.99),
    }


async def main(kind: str, port: int, pid: int, count: int, seconds: float, address: str) -> None:
    """Run one measurement and print it."""
    certificate, tally, real = RTCCertificate.generateCertificate(), Tally(), kind == "mediarelay"
    signalling: Signalling = JanusSession(port) if kind == "janus" else LineSignalling(port)
    pairs = [(Client(certificate, address), Client(certificate, address)) for _ in range(count)]
    rooms = [Room(number, pair, tally, real) for number, pair in enumerate(pairs)]
    print(json.dumps(await measure(signalling, pid, rooms, tally, seconds)), flush=True)


if __name__ == "__main__":
    kind, *numbers, address = sys.argv[1:]
    uvloop.run(main(kind, int(numbers[0]), int(numbers[1]), int(numbers[2]), float(numbers[3]), address))
