"""Redundant audio (RFC 2198): each packet brings the sound before it once more, so that the loss of one is not heard.

The relay forwards such packets as they are to whoever takes them, and to others the newest sound alone.
"""

FOLLOWED = 0x80
NUMBER = 0x7F


def primary(data: bytes, start: int, payload_type: int) -> int:
    """Where the newest sound begins in a payload, `data` from `start`. Raises ValueError for what is malformed, or
    holds anything but sound of this payload type."""
    at, redundant = start, 0
    try:
        while data[at] & FOLLOWED:
            if data[at] & NUMBER != payload_type:
                raise ValueError("redundant audio of another payload type")
            redundant += (data[at + 2] & 0x03) << 8 | data[at + 3]
            at += 4
        if data[at] != payload_type:
            raise ValueError("redundant audio of another payload type")
    except IndexError:
        raise ValueError("redundant audio, truncated") from None
    if at + 1 + redundant > len(data):
        raise ValueError("redundant audio, truncated")
    return at + 1 + redundant
