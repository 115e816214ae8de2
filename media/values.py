"""The plain values that pass between signalling and media: serializable, so that media can move to its own
process."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["microphone", "camera", "screen"]
Medium = Literal["audio", "video"]
Grade = Literal["good", "fair", "poor"]

MEDIUM_OF: dict[Kind, Medium] = {"microphone": "audio", "camera": "video", "screen": "video"}


@dataclass(frozen=True)
class RelaySettings:
    """Where the relay listens and how far it lets bitrates go.

    `bind` is the one local address at which packets to `advertise` arrive (they differ behind 1:1 NAT); bound
    to 0.0.0.0 replies could leave from another address, which browsers ignore. Port 0 means any free one.
    Bitrates are bits a second, times are seconds, the receive buffer is bytes.
    """

    bind: str = "127.0.0.1"
    advertise: str = ""
    port: int = 0
    receive_buffer: int = 8 * 1024 * 1024
    start_bitrate: int = 1_000_000
    min_bitrate: int = 100_000
    max_bitrate: int = 2_500_000
    silent_after: float = 3.0
    closed_after: float = 9.0
    connect_timeout: float = 20.0

    @property
    def advertised(self) -> str:
        """The address in the answer's only candidate."""
        return self.advertise or self.bind


@dataclass(frozen=True)
class Source:
    """One of the three things that a person can send."""

    publisher: str
    kind: Kind


@dataclass(frozen=True)
class Slot:
    """A fixed receive line of a browser, named by its SDP mid, in which anybody can be shown."""

    mid: str
    media: Medium


@dataclass(frozen=True)
class Answer:
    """The SDP answer, and what it agreed to: (mid, kind) of each line the browser sends, and its receive
    slots."""

    sdp: str
    published: tuple[tuple[str, Kind], ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class MediaEvent:
    """What happened to a connection, told once each time.

    speaking: this person's voice is heard, `loudness` 1 to 127, at most three times a second while it is; loudness 0
    once when they have stopped. Nothing else has changed.

    connected: DTLS is done. silent: an admitted browser that was sending has said nothing for `silent_after`
    seconds. failed: the connection cannot work and has been dropped. closed: it vanished or said goodbye, and
    has been dropped.
    """

    key: str
    name: Literal["connected", "silent", "failed", "closed", "speaking"]
    loudness: int = 0


@dataclass(frozen=True)
class Quality:
    """How well somebody is connected of late: the share of packets lost in the worse direction (0 to 1), the round
    trip between browser and relay, and a grade. None while unknown."""

    loss: float | None = None
    round_trip_ms: int | None = None
    grade: Grade | None = None


@dataclass(frozen=True)
class StreamStatistics:
    """One stream, received (`kind` set) or sent into a slot (`mid` set). Loss counts packets, jitter is
    seconds (RFC 3550 section 6.4.1), bitrate bits a second over the last moment (a quarter of a second as
    received, half a second as sent), `rid` the layer where a picture has several."""

    mid: str
    kind: Kind | None = None
    packets: int = 0
    bytes: int = 0
    lost: int = 0
    jitter: float = 0.0
    bitrate: float = 0.0
    resent: int = 0
    rid: str = ""


@dataclass(frozen=True)
class ConnectionStatistics:
    """One connection. `rtt` is seconds or None while unknown; `allowed_bitrate` is what the browser was last told it
    may send, `path_bitrate` what it is believed to be able to receive, bits a second; `dropped_at_gate` counts
    datagrams that met a shut gate and were not decrypted."""

    key: str
    connected: bool
    open: bool
    rtt: float | None = None
    allowed_bitrate: float = 0.0
    path_bitrate: float | None = None
    dropped_at_gate: int = 0
    malformed: int = 0
    send_failures: int = 0
    received: tuple[StreamStatistics, ...] = field(default=())
    sent: tuple[StreamStatistics, ...] = field(default=())


@dataclass(frozen=True)
class PortStatistics:
    """The UDP port: datagrams refused because no authenticated check came from their address, datagrams that
    the kernel dropped because the receive buffer (bytes, as granted) was full, and ones that could not be
    sent."""

    strangers: int = 0
    malformed: int = 0
    overflowed: int = 0
    unsent: int = 0
    receive_buffer: int = 0
