"""RTP headers, on bytes."""

import random

import pytest

from bench.relay_client import payload_of, rtp
from media.rewrite import (
    HEADER,
    MediaPacket,
    Numbering,
    Splice,
    Writer,
    element,
    extension_value,
    parse_rtp,
)

NUMBERING = Numbering(ssrc=77, payload_type=120, mid=b"4", mid_id=3, sent_at_id=2, carried_id=13)


def packet(number: int, timestamp: int = 0, carried: bytes = b"", payload: bytes = b"frame") -> MediaPacket:
    return MediaPacket(number, 0, 0x80, timestamp, carried, b"header" + payload, 6)


def write(numbering: Numbering, packet: MediaPacket, sequence: int, timestamp: int) -> bytes:
    memory = bytearray(2048)
    stamp = b"\x12\x34" if numbering.number_id else b"\x01\x02\x03" if numbering.sent_at_id else b""
    return bytes(memory[: Writer(numbering).write(memoryview(memory), packet, sequence, timestamp, stamp, (0, 0))])


def test_a_packet_is_read_with_its_csrcs_and_its_extension():
    data = HEADER.pack(0x91, 0xE0, 7, 8, 9) + b"csrc" + b"\xbe\xde\0\x01" + b"\x40a\0\0" + b"payload"
    read = parse_rtp(data)
    assert (read.sequence, read.timestamp, read.ssrc, read.payload_type, read.marker) == (7, 8, 9, 0x60, 0x80)
    assert extension_value(read.extension, 4) == b"a"
    assert read.data[read.start :] == b"payload"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80", bytes(12), b"\x8f" + bytes(11), b"\x90" + bytes(13), b"\x90" + bytes(11) + b"\xbe\xde\xff\xff"],
)
def test_a_truncated_packet_is_refused(data):
    with pytest.raises(ValueError):
        parse_rtp(data)


def test_noise_is_refused_or_read_but_never_breaks_the_reader():
    noise = random.Random(1)
    refused = 0
    for _ in range(3000):
        data = noise.randbytes(noise.randrange(40))
        try:
            extension_value(parse_rtp(data).extension, noise.randrange(15))
        except ValueError:
            refused += 1
    assert refused > 0


def test_a_packet_is_written_in_the_numbers_of_the_slot():
    read = parse_rtp(write(NUMBERING, packet(5, carried=b"\x09"), 6, 7))
    assert (read.ssrc, read.payload_type, read.sequence, read.timestamp) == (77, 120, 6, 7)
    assert extension_value(read.extension, 3) == b"4"
    assert extension_value(read.extension, 2) == b"\x01\x02\x03"
    assert extension_value(read.extension, 13) == b"\x09"
    assert (read.marker, read.data[read.start :]) == (0x80, b"frame")


def test_a_packet_bears_its_number_where_arrivals_are_told():
    numbering = Numbering(ssrc=77, payload_type=120, mid=b"4", mid_id=3, sent_at_id=0, carried_id=13, number_id=5)
    read = parse_rtp(write(numbering, packet(5, carried=b"\x09"), 6, 7))
    assert extension_value(read.extension, 5) == b"\x12\x34"
    assert extension_value(read.extension, 13) == b"\x09"


def test_a_slot_without_extensions_gets_none():
    bare = Numbering(ssrc=1, payload_type=96, mid=b"4", mid_id=0, sent_at_id=0, carried_id=0)
    written = write(bare, packet(5, carried=b"\x09"), 6, 7)
    assert written == rtp(96, 6, 7, 1, b"frame", marker=True)
    assert payload_of(written) == b"frame"


def test_an_extension_value_that_runs_past_its_block_is_empty():
    assert extension_value(b"\x4f" + b"abc", 4) == b""
    assert element(0, b"value") == b""


def test_sequence_numbers_go_on_over_the_wrap():
    splice = Splice(0x7FFF, 0xFFFFFFF0, 90_000)
    splice.begin(65_530, 100, now=1.0)
    sent = [splice.place(number, 100 + number, now=1.0) for number in range(65_530, 65_550)]
    assert [place and place[0] for place in sent] == [0x7FFF + step & 0xFFFF for step in range(20)]


def numbers(splice: Splice, *indices: int) -> list[int | None]:
    """The sequence numbers of a source's packets."""
    places = [splice.place(index, 7, now=0.0) for index in indices]
    return [place[0] if place else None for place in places]


def test_loss_and_reordering_are_passed_on_as_they_are():
    splice = Splice(100, 0, 90_000)
    splice.begin(1000, 0, now=0.0)
    assert numbers(splice, 1000, 1003, 1001, 1002) == [100, 103, 101, 102]


def test_a_second_source_goes_on_without_a_gap_and_time_passes():
    splice = Splice(100, 5000, 90_000)
    splice.begin(1000, 700, now=10.0)
    splice.place(1000, 700, now=10.0)
    splice.place(1004, 700 + 3000, now=10.04)
    splice.begin(9, 4_000_000_000, now=11.04)
    assert splice.place(9, 4_000_000_000, now=11.04) == (105, 5000 + 3000 + 90_000)


def test_what_is_older_than_the_splice_is_not_sent():
    splice = Splice(100, 0, 90_000)
    splice.begin(1000, 0, now=0.0)
    assert numbers(splice, 999) == [None]


def test_packets_of_our_own_take_numbers_between_the_sources():
    splice = Splice(100, 0, 90_000)
    splice.begin(1000, 7, now=0.0)
    numbers(splice, 1000, 1001)
    assert [splice.insert(), splice.insert()] == [102, 103]
    numbers(splice, 1004)
    assert splice.insert() == 107
    # Late ones still get the number that was left for them.
    assert numbers(splice, 1005, 1001, 1002, 1004) == [108, 101, 104, 106]


def test_numbers_close_over_what_is_left_out_and_no_number_is_given_twice():
    splice = Splice(100, 0, 90_000)
    splice.begin(1000, 0, now=0.0)
    assert numbers(splice, 1000, 1001) == [100, 101]
    for left_out in (1002, 1003, 1005):
        splice.leave_out(left_out)
    # 1004 comes late, and what was left out comes again.
    assert numbers(splice, 1006, 1004) == [103, 102]
    splice.leave_out(1003)
    assert splice.insert() == 104
    splice.leave_out(1007)
    assert numbers(splice, 1008, 1001, 1004, 1006) == [105, 101, 102, 103]


def test_a_packet_too_old_to_be_numbered_for_certain_is_not_sent():
    splice = Splice(100, 0, 90_000)
    splice.begin(1000, 0, now=0.0)
    for number in range(1000, 1200):
        assert numbers(splice, number) != [None]
        splice.insert()
    assert numbers(splice, 1001) == [None]
    assert numbers(splice, 1198) != [None]


def test_written_twice_a_packet_is_the_same_byte_for_byte():
    first = write(NUMBERING, packet(5, carried=b"\x01"), 6, 7)
    assert write(NUMBERING, packet(5, carried=b"\x01"), 6, 7) == first
