"""Key frames of VP8."""

import pytest

from media.vp8 import starts_key_frame


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (b"\x10\x00", True),
        (b"\x10\x01", False),  # a delta frame
        (b"\x00\x00", False),  # not the start of a partition
        (b"\x11\x00", False),  # a later partition
        (b"\x90\x80\x05\x00", True),  # a picture id of 7 bits
        (b"\x90\x80\x80\x05\x00", True),  # and of 15
        (b"\x90\xf0\x80\x05\x01\x02\x00", True),  # with TL0PICIDX and TID
        (b"\x90\xf0\x80\x05\x01\x02\x01", False),
        (b"\x90\x80\x80", False),  # truncated
        (b"\x10", False),
        (b"", False),
    ],
)
def test_a_key_frame_is_known_by_its_first_packet(payload, begins):
    assert starts_key_frame(payload) is begins
