"""Key frames of VP8."""

import pytest

from media.vp8 import PictureNumbers, picture, renumber, starts_key_frame


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


WIDE = b"\x90\xf0\xfc\x05\x01\x02\x00rest"
NARROW = b"\x90\xc0\x7e\x09\x00 and the rest"


@pytest.mark.parametrize("payload", [WIDE, NARROW])
def test_numbers_go_on_when_another_source_follows(payload):
    numbers = PictureNumbers()
    first = picture(b"\x90\xc0\x83\xe8\x07\x00..", 0)
    assert first is not None and (first.id, first.base) == (1000, 7)
    numbers.follow(None, first)
    assert numbers.shift == (0, 0)
    second = picture(payload, 0)
    assert second is not None
    numbers.follow(first, second)
    view = memoryview(bytearray(b"header" + payload))
    renumber(view, 6, second, numbers.shift)
    seen = picture(bytes(view), 6)
    assert seen is not None
    assert (seen.id & 0x7F, seen.base, seen.wide) == (1001 & 0x7F, 8, second.wide)
    assert bytes(view[-4:]) == payload[-4:]


def test_a_packet_without_numbers_or_cut_short_has_none():
    assert picture(b"\x10\x00 rest of it", 0) is None
    assert picture(WIDE[:5], 0) is None
    assert picture(b"\x90\x10\x00 rest of it", 0) is None
