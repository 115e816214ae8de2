"""When each packet came, told to its sender, who judges the path by it (transport-wide congestion control,
draft-holmer-rmcat-transport-wide-cc-extensions-01). Pure, no clock.

Browsers number what they send over all their streams. Told of arrivals ten times a second, their own estimator sees a
queue grow long before anything is lost, and probes for more where there is room.
"""

import struct

HEAD = struct.Struct("!BBHIIHHI")
# RTPFB, format 15; the reference time counts 64 ms, a delta 250 us.
FORMAT, TYPE = 15, 205
REFERENCE, TICK = 0.064, 0.00025
LOST, SMALL, LARGE = 0, 1, 2
# Told at most in one message, and believed: more have never come within a tenth of a second from one browser.
MOST = 2000


class Arrivals:
    """The arrivals since the last message."""

    def __init__(self) -> None:
        self._came: dict[int, float] = {}
        self._highest = -1
        self._next: int | None = None
        self._messages = 0

    def __bool__(self) -> bool:
        return bool(self._came)

    def note(self, number: int, now: float) -> None:
        """A packet with this transport-wide number, 16 bits, came at `now` (seconds)."""
        if self._highest < 0:
            self._highest = number + 0x10000
        index = self._highest + ((number - self._highest + 0x8000 & 0xFFFF) - 0x8000)
        self._highest = max(self._highest, index)
        if len(self._came) < MOST:
            self._came.setdefault(index, now)

    def message(self, own_ssrc: int, media_ssrc: int) -> bytes:
        """An RTCP message on all that came since the last one; there must be something."""
        first, last = min(self._came), max(self._came)
        base = first if self._next is None or not 0 < first - self._next < MOST else self._next
        last = min(last, base + MOST - 1)
        self._next = last + 1
        reference = int(self._came[first] / REFERENCE)
        symbols, deltas = _symbols(self._came, base, last, reference * REFERENCE)
        body = b"".join(_chunks(symbols)) + deltas
        body += bytes(-len(body) % 4)
        words = (HEAD.size + len(body)) // 4 - 1
        counts = (reference & 0xFFFFFF) << 8 | self._messages & 0xFF
        self._messages += 1
        self._came = {}
        size = last - base + 1
        return HEAD.pack(0x80 | FORMAT, TYPE, words, own_ssrc, media_ssrc, base & 0xFFFF, size, counts) + body


def _symbols(came: dict[int, float], base: int, last: int, start: float) -> tuple[list[int], bytes]:
    """For each packet whether and how it is told; and the deltas of those that came."""
    symbols, deltas, ticks = [], [], 0
    for index in range(base, last + 1):
        at = came.get(index)
        if at is None:
            symbols.append(LOST)
            continue
        delta = round((at - start) / TICK) - ticks
        delta = max(-0x8000, min(0x7FFF, delta))
        ticks += delta
        if 0 <= delta <= 0xFF:
            symbols.append(SMALL)
            deltas.append(bytes([delta]))
        else:
            symbols.append(LARGE)
            deltas.append(struct.pack("!h", delta))
    return symbols, b"".join(deltas)


def _chunks(symbols: list[int]) -> list[bytes]:
    """Runs of one symbol, or seven symbols of two bits each."""
    chunks, at = [], 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbols[at]:
            run += 1
        if run >= 7 or at + run == len(symbols):
            chunks.append(struct.pack("!H", symbols[at] << 13 | run))
            at += run
        else:
            seven = symbols[at : at + 7] + [LOST] * 7
            chunk = 0xC000
            for place in range(7):
                chunk |= seven[place] << (12 - 2 * place)
            chunks.append(struct.pack("!H", chunk))
            at += 7
    return chunks


def read_message(packet: bytes) -> list[tuple[int, float | None]]:
    """What a message says: (transport-wide number, when it came, or None if it did not), seconds on the receiver's
    clock. Raises ValueError when it is malformed."""
    try:
        base, count, counts = struct.unpack_from("!HHI", packet, 12)
        if count > MOST:
            raise ValueError(f"transport feedback: {count} packets at once")
        symbols, at = _read_chunks(packet, count)
        return _read_deltas(packet, at, base, symbols, (counts >> 8) * REFERENCE)
    except (struct.error, IndexError) as error:
        raise ValueError(f"transport feedback: {error}") from error


def _read_chunks(packet: bytes, count: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    at = HEAD.size
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols))
            if not chunk & 0x1FFF:
                raise ValueError("transport feedback: an empty run")
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:count], at


def _read_deltas(packet: bytes, at: int, base: int, symbols: list[int], when: float) -> list[tuple[int, float | None]]:
    told: list[tuple[int, float | None]] = []
    for place, symbol in enumerate(symbols):
        if symbol == SMALL:
            when += packet[at] * TICK
            at += 1
        elif symbol == LARGE:
            when += struct.unpack_from("!h", packet, at)[0] * TICK
            at += 2
        told.append((base + place & 0xFFFF, when if symbol in (SMALL, LARGE) else None))
    return told
