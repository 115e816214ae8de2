"""When each packet came, told and read (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.arrivals import HEAD, Arrivals, read_message

# As Chromium wrote it: with padding, small and large deltas.
RECORDED = bytes.fromhex("afcd000905c12b97689df49a0009000f0631cd02200f2b11160f0e0b0e050000006e000d0a000003")


def test_what_chromium_tells_is_read():
    told = read_message(RECORDED)
    assert [number for number, _ in told] == list(range(9, 24))
    times = [when for _, when in told if when is not None]
    assert len(times) == 15 and times == sorted(times)
    assert times[-1] - times[0] < 0.2


def test_what_came_and_what_did_not_are_told():
    arrivals = Arrivals()
    came = {100: 5.0, 101: 5.001, 104: 5.01, 103: 5.02, 130: 5.5}
    for number, at in came.items():
        arrivals.note(number, at)
    told = dict(read_message(arrivals.message(1, 2)))
    assert set(told) == set(range(100, 131))
    assert {number for number, at in told.items() if at is not None} == set(came)
    start = told[100] or 0.0
    for number, at in came.items():
        assert (told[number] or 0.0) - start == pytest.approx(at - 5.0, abs=0.001)


def test_the_next_message_begins_where_the_last_one_ended():
    arrivals = Arrivals()
    arrivals.note(0xFFFE, 1.0)
    arrivals.message(1, 2)
    arrivals.note(2, 1.1)
    assert not [at for number, at in read_message(arrivals.message(1, 2)) if number != 2 and at is not None]
    arrivals.note(3, 1.2)
    message = arrivals.message(1, 2)
    assert [number for number, _ in read_message(message)] == [3]
    assert message[19] == 2
    assert not arrivals


def test_a_late_packet_is_told_although_it_was_called_lost():
    arrivals = Arrivals()
    arrivals.note(10, 1.0)
    arrivals.note(12, 1.0)
    arrivals.message(1, 2)
    arrivals.note(11, 1.1)
    assert [(number, at is not None) for number, at in read_message(arrivals.message(1, 2))] == [(11, True)]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_is_read_as_it_was_told(seed):
    noise = random.Random(seed)
    arrivals, now, number = Arrivals(), 1000.0, noise.randrange(0x10000)
    for _ in range(30):
        came = {}
        for _ in range(noise.randrange(1, 60)):
            number += 1 + (noise.random() < 0.2) * noise.randrange(30)
            now += noise.choice([0.0, 0.0, 0.001, 0.02, 0.3])
            came[number & 0xFFFF] = now
            arrivals.note(number & 0xFFFF, now)
        told = {one: at for one, at in read_message(arrivals.message(1, 2)) if at is not None}
        assert set(told) == set(came)
        first = next(iter(came))
        assert all(told[one] - told[first] == pytest.approx(came[one] - came[first], abs=0.002) for one in came)


@given(st.binary(max_size=200))
def test_a_malformed_message_is_refused(data):
    try:
        told = read_message(data)
    except ValueError:
        return
    assert len(told) < 0x10000


def test_a_message_that_claims_more_than_can_be_is_not_read():
    runs = b"".join(struct.pack("!H", 0x1FFF) for _ in range(8))
    claim = HEAD.pack(0x8F, 205, 8, 1, 2, 0, 0xFFFF, 0) + runs
    with pytest.raises(ValueError, match="65535 packets"):
        read_message(claim)
