"""The little that forwarding must know of VP8: does a key frame begin in this packet? (RFC 7741 sections 4.2,
4.3)"""

EXTENDED = 0x80
START = 0x10
PARTITION = 0x0F


def starts_key_frame(payload: bytes) -> bool:
    """Whether an RTP payload holds the first bytes of a key frame. False for anything truncated."""
    if len(payload) < 2 or not payload[0] & START or payload[0] & PARTITION:
        return False
    start = _descriptor_length(payload)
    # P, the inverse key frame flag, is the lowest bit of the frame header.
    return start < len(payload) and not payload[start] & 0x01


def _descriptor_length(payload: bytes) -> int:
    if not payload[0] & EXTENDED:
        return 1
    present, length = payload[1], 2
    if present & 0x80:  # picture id, of 7 or 15 bits
        length += 2 if len(payload) > 2 and payload[2] & 0x80 else 1
    if present & 0x40:  # TL0PICIDX
        length += 1
    if present & 0x30:  # TID and KEYIDX share a byte
        length += 1
    return length
