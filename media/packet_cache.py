"""Recent packets of a stream, for those who ask again (RFC 4585 section 6.2.1). A ring: no allocation as it
turns."""

from media.rewrite import MediaPacket


class PacketCache:
    """Keeps the last `size` packets, found by index; `size` is a power of two."""

    def __init__(self, size: int) -> None:
        if size <= 0 or size & (size - 1):
            raise ValueError("the size of a packet cache is a power of two")
        self._mask = size - 1
        self._ring: list[MediaPacket | None] = [None] * size

    def put(self, packet: MediaPacket) -> None:
        """Keep a packet in the place of the one `size` before it; a late one does not displace a newer."""
        place = packet.number & self._mask
        kept = self._ring[place]
        if kept is None or kept.number <= packet.number:
            self._ring[place] = packet

    def get(self, index: int) -> MediaPacket | None:
        """The packet of that index, None if it never came or is gone."""
        kept = self._ring[index & self._mask]
        return kept if kept is not None and kept.number == index else None
