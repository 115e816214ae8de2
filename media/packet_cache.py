"""What was lately sent into a slot, for a subscriber who asks again (RFC 4585 section 6.2.1): packets as they were
written, so that sent again they are the same byte for byte.

A ring of plain bytes: what drops out of it is one object, and not a handful that lie anywhere in memory and have
long left the processor's caches.
"""


class PacketCache:
    """Keeps the last `size` RTP packets by the sequence number (16 bits) that they went out under; `size` is a power of
    two."""

    def __init__(self, size: int) -> None:
        if size <= 0 or size & (size - 1):
            raise ValueError("the size of a packet cache is a power of two")
        self._mask = size - 1
        self._ring = [b""] * size

    def put(self, sequence: int, packet: bytes) -> None:
        """Keep a packet in the place of the one `size` before it."""
        self._ring[sequence & self._mask] = packet

    def get(self, sequence: int) -> bytes | None:
        """The packet of that number, None if it never went out or is gone."""
        kept = self._ring[sequence & self._mask]
        return kept if kept[2:4] == sequence.to_bytes(2, "big") else None
