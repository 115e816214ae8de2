"""The little that forwarding must know of VP8: does a key frame begin in this packet? (RFC 7741 sections 4.2,
4.3)"""

EXTENDED = 0x80
START = 0x10
PARTITION = 0x0F
# The longest descriptor, and the frame header's first byte.
MOST = 7


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
