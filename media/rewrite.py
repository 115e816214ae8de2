"""RTP headers (RFC 3550 section 5.1): read, and written anew for each subscriber. Pure functions and one
small state.

A slot is one endless stream to the browser, whoever appears in it: its SSRC and payload type are the
subscriber's own, sequence numbers go on without a gap and timestamps with the clock, so that the decoder
never notices a switch.

What is written depends on nothing but the packet, the slot and where the source was spliced in. A
retransmission is therefore the original byte for byte, which AES-GCM demands: two texts under one packet
index would give its authentication key away (NIST SP 800-38D section 8).
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from media.vp8 import picture, renumber

HEADER = struct.Struct("!BBHII")
EXTENSION = struct.Struct("!HH")
ONE_BYTE_FORM = 0xBEDE  # RFC 8285 section 4.2
VERSION = 0x80
PADDING = 0x20
EXTENDED = 0x10
CSRC_COUNT = 0x0F
MARKER = 0x80

NO_SHIFT = (0, 0)

# Places between a source's packets at which a splice remembers having put packets of our own, or left some out.
MAX_TURNS = 64

CLOCK_RATE = {"audio": 48_000, "video": 90_000}


_new = tuple.__new__


class RtpPacket(NamedTuple):
    """A received packet: `padding` and `marker` are those bits; the payload, with padding, is `data` from
    `start`."""

    padding: int
    marker: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    extension: bytes
    data: bytes
    start: int

    @property
    def is_filling(self) -> bool:
        """Whether it holds nothing but padding (RFC 3550 section 5.1), by which browsers try their path."""
        return bool(self.padding) and self.data[-1] == len(self.data) - self.start


class MediaPacket(NamedTuple):
    """A packet as it is kept and forwarded, free of the publisher's numbering.

    `number` is the sequence number extended beyond 16 bits, `carried` the one header extension value that
    travels with it (audio level or video orientation, may be empty).
    """

    number: int
    padding: int
    marker: int
    timestamp: int
    carried: bytes
    data: bytes
    start: int


def parse_rtp(data: bytes) -> RtpPacket:
    """Read a packet; raises ValueError when it is truncated or not RTP version 2."""
    try:
        first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        start = 12 + 4 * (first & CSRC_COUNT)
        extension = b""
        if first & EXTENDED:
            form, words = EXTENSION.unpack_from(data, start)
            start += 4 + 4 * words
            if form == ONE_BYTE_FORM:
                extension = data[start - 4 * words : start]
    except struct.error as error:
        raise ValueError(f"RTP header: {error}") from error
    if first & 0xC0 != VERSION or start > len(data):
        raise ValueError("not an RTP packet of version 2, or truncated")
    # Past the constructor, which costs more than all of the reading.
    return _new(
        RtpPacket,
        (first & PADDING, second & MARKER, second & 0x7F, sequence, timestamp, ssrc, extension, data, start),
    )


def extension_value(extension: bytes, wanted: int) -> bytes:
    """The value of one header extension element, empty if it is absent or the block is truncated."""
    position, end = 0, len(extension)
    while position < end:
        number, length = extension[position] >> 4, (extension[position] & 0x0F) + 1
        if number == 0:  # a padding byte
            position += 1
        elif number == wanted:
            value = extension[position + 1 : position + 1 + length]
            return value if len(value) == length else b""
        else:
            position += 1 + length
    return b""


def element(number: int, value: bytes) -> bytes:
    """One header extension element of 1 to 16 bytes, empty if the id is 0, that is not agreed."""
    return bytes([number << 4 | len(value) - 1]) + value if number and value else b""


def abs_send_time(now: float) -> bytes:
    """Seconds on any clock as 24 bits of 6.18 fixed point (the abs-send-time header extension)."""
    return (int(now * 262_144) & 0xFFFFFF).to_bytes(3, "big")


def _extension_block(body: bytes) -> bytes:
    words = (len(body) + 3) // 4
    return EXTENSION.pack(ONE_BYTE_FORM, words) + body.ljust(4 * words, b"\0")


@dataclass(frozen=True, slots=True)
class Numbering:
    """A slot's own numbers: header extension ids (0 where not agreed), payload type and SSRC."""

    ssrc: int
    payload_type: int
    mid: bytes
    mid_id: int
    sent_at_id: int
    carried_id: int
    number_id: int = 0
    redundant_type: int | None = None


class Writer:
    """Writes packets in one slot's numbering."""

    def __init__(self, numbering: Numbering) -> None:
        self._ssrc = numbering.ssrc
        self._payload_type = numbering.payload_type
        self._carried_id = numbering.carried_id
        self.numbers = bool(numbering.number_id)
        self.times = bool(numbering.sent_at_id) and not self.numbers
        self._prefix = element(numbering.mid_id, numbering.mid)
        # The stamp's length byte; its two or three bytes follow in each packet.
        stamp = bytes(2 if self.numbers else 3 if self.times else 0)
        self._prefix += element(numbering.number_id if self.numbers else numbering.sent_at_id, stamp)[:1]
        whole = _extension_block(self._prefix + stamp) if self._prefix else b""
        self._head = whole[: 4 + len(self._prefix)]
        self._tail = bytes(len(whole) - len(self._head) - len(stamp))

    def write(
        self, view: memoryview, packet: MediaPacket, sequence: int, timestamp: int, stamp: bytes, shift: tuple[int, int]
    ) -> int:
        """Write the whole RTP packet to the beginning of `view`; returns its length. `stamp` is its transport-wide
        number (2 bytes) or its send time (3) where one of them is agreed, `shift` what to add to a picture's
        numbers."""
        _, padding, marker, _, carried, data, start = packet
        if carried and self._carried_id:
            block = _extension_block(self._prefix + stamp + element(self._carried_id, carried))
        else:
            block = self._head + stamp + self._tail if self._head else b""
        flags = VERSION | padding | EXTENDED if block else VERSION | padding
        payload = data[start:]
        begin = 12 + len(block)
        end = begin + len(payload)
        view[:end] = HEADER.pack(flags, marker | self._payload_type, sequence, timestamp, self._ssrc) + block + payload
        if shift != NO_SHIFT:
            seen = picture(data, start)
            if seen is not None:
                renumber(view, begin, seen, shift)
        return end


class Splice:
    """Joins one source after another in a slot: the numbers go on where the last source left off.

    Sequence numbers begin in the lower half, since a receiver that misses the first packet must not take a
    wrap for the beginning (RFC 3711 section 3.3.1).
    """

    def __init__(self, sequence: int, timestamp: int, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._sequence_offset = sequence & 0x7FFF
        self._timestamp_offset = timestamp
        self._first_index, self.newest = 0, -1
        self._turns: list[tuple[int, int]] = []
        self._turned_at = -1
        self._last_timestamp = 0
        self._last_time: float | None = None

    def begin(self, index: int, timestamp: int, now: float) -> None:
        """Splice a source in at this packet. Time that has passed since the last packet passes in the stream
        too."""
        elapsed = 0.0 if self._last_time is None else max(now - self._last_time, 0.02)
        last = self._last_timestamp + self._timestamp_offset
        self._timestamp_offset = last + int(elapsed * self._clock_rate) - timestamp
        self._sequence_offset += self.newest + 1 - index
        self._turns, self._turned_at = [], -1
        self._first_index = self.newest = index
        self._last_timestamp, self._last_time = timestamp, now

    def place(self, index: int, timestamp: int, now: float) -> tuple[int, int] | None:
        """Where a packet to forward goes: its sequence number (16 bits) and timestamp (32). None if it is older than
        the splice, or too old to be numbered for certain, and must not be sent."""
        if index > self.newest:
            self.newest = index
            self._last_timestamp, self._last_time = timestamp, now
        elif index < self._first_index:
            return None
        offset = self._sequence_offset
        if index <= self._turned_at:
            offset = next(offset for highest, offset in self._turns if index <= highest)
        return index + offset & 0xFFFF, timestamp + self._timestamp_offset & 0xFFFFFFFF

    def insert(self) -> int:
        """Take a sequence number, 16 bits, for a packet of our own, after the newest of the source."""
        if self._turned_at != self.newest:
            self._turn(self.newest)
        self._sequence_offset += 1
        return self.newest + self._sequence_offset & 0xFFFF

    def leave_out(self, index: int) -> None:
        """A packet of the source that is not sent on, now or ever: the next one takes its number."""
        if index <= self.newest:
            return
        if self._turns and self._turned_at == self.newest == index - 1:
            self._turns[-1] = (index, self._turns[-1][1])
            self._turned_at = index
        else:
            self._turn(index)
        self.newest = index
        self._sequence_offset -= 1

    def _turn(self, index: int) -> None:
        """From here on numbers are others; up to `index` they stay what they were."""
        self._turns.append((index, self._sequence_offset))
        self._turned_at = index
        if len(self._turns) > MAX_TURNS:
            # A packet older than what is remembered must not go out: its number may have been another's.
            self._first_index = max(self._first_index, self._turns.pop(0)[0] + 1)

    @property
    def last_timestamp(self) -> int:
        """The timestamp, 32 bits, of the newest packet."""
        return self.timestamp(self._last_timestamp)

    def timestamp(self, timestamp: int) -> int:
        """The timestamp, 32 bits, of a source's packet."""
        return timestamp + self._timestamp_offset & 0xFFFFFFFF
