"""What was lately sent into a slot, for a subscriber who asks again (RFC 4585 section 6.2.1). A ring: no allocation as
it turns."""

from typing import NamedTuple

from media.rewrite import MediaPacket


class Sent(NamedTuple):
    """A packet, and all that it was written with: written again it is the same byte for byte."""

    packet: MediaPacket
    sequence: int
    timestamp: int
    stamp: bytes
    shift: tuple[int, int]


class PacketCache:
    """Keeps the last `size` packets by the sequence number (16 bits) that they went out under; `size` is a power of
    two."""

    def __init__(self, size: int) -> None:
        if size <= 0 or size & (size - 1):
            raise ValueError("the size of a packet cache is a power of two")
        self._mask = size - 1
        self._ring: list[Sent | None] = [None] * size

    def put(self, sent: Sent) -> None:
        """Keep a packet in the place of the one `size` before it."""
        self._ring[sent[1] & self._mask] = sent

    def get(self, sequence: int) -> Sent | None:
        """The packet of that number, None if it never went out or is gone."""
        kept = self._ring[sequence & self._mask]
        return kept if kept is not None and kept.sequence == sequence else None
