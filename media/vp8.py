"""The little that forwarding must know of VP8's payload descriptor (RFC 7741 sections 4.2, 4.3): does a key frame begin
in this packet, and which numbers must go on without a jump when another source or layer takes over a slot?
"""

from typing import NamedTuple

EXTENDED = 0x80
START = 0x10
PARTITION = 0x0F
# The longest descriptor, and the frame header's first byte.
MOST = 7


class Picture(NamedTuple):
    """The numbers in a packet's descriptor and where they are, as offsets into the payload; a place of 0 means none.
    `wide` tells a picture id of 15 bits from one of 7."""

    id: int
    id_at: int
    wide: bool
    base: int
    base_at: int


def starts_key_frame(data: bytes, start: int = 0) -> bool:
    """Whether an RTP payload, `data` from `start`, holds the first bytes of a key frame. False if it is
    truncated."""
    descriptor = data[start : start + MOST]
    if len(descriptor) < 2 or not descriptor[0] & START or descriptor[0] & PARTITION:
        return False
    frame = _descriptor_length(descriptor)
    # P, the inverse key frame flag, is the lowest bit of the frame header.
    return frame < len(descriptor) and not descriptor[frame] & 0x01


def _descriptor_length(descriptor: bytes) -> int:
    if not descriptor[0] & EXTENDED:
        return 1
    present, length = descriptor[1], 2
    if present & 0x80:  # picture id, of 7 or 15 bits
        length += 2 if len(descriptor) > 2 and descriptor[2] & 0x80 else 1
    if present & 0x40:  # TL0PICIDX
        length += 1
    if present & 0x30:  # TID and KEYIDX share a byte
        length += 1
    return length


def picture(data: bytes, start: int) -> Picture | None:
    """The numbers of a payload, `data` from `start`; None where there are none or it is truncated."""
    descriptor = data[start : start + MOST]
    if len(descriptor) < MOST or not descriptor[0] & EXTENDED or not descriptor[1] & 0xC0:
        return None
    present, at, number, wide = descriptor[1], 2, 0, False
    if present & 0x80:
        wide = bool(descriptor[2] & 0x80)
        number = (descriptor[2] & 0x7F) << 8 | descriptor[3] if wide else descriptor[2]
        at += 2 if wide else 1
    has_base = bool(present & 0x40)
    return Picture(number, 2 if present & 0x80 else 0, wide, descriptor[at] if has_base else 0, at if has_base else 0)


class PictureNumbers:
    """Keeps a slot's picture ids and TL0PICIDX going when sources follow one another."""

    def __init__(self) -> None:
        self.shift = (0, 0)

    def follow(self, last: Picture | None, first: Picture | None) -> None:
        """A source is spliced in whose first packet has these numbers, after one whose last had those."""
        if first is not None and last is not None:
            self.shift = (last.id + self.shift[0] + 1 - first.id, last.base + self.shift[1] + 1 - first.base)


def renumber(view: memoryview, start: int, seen: Picture, shift: tuple[int, int]) -> None:
    """Write the shifted numbers into a payload that begins at `start` of a packet."""
    if seen.id_at:
        number = seen.id + shift[0]
        if seen.wide:
            view[start + seen.id_at] = 0x80 | number >> 8 & 0x7F
            view[start + seen.id_at + 1] = number & 0xFF
        else:
            view[start + seen.id_at] = number & 0x7F
    if seen.base_at:
        view[start + seen.base_at] = seen.base + shift[1] & 0xFF
