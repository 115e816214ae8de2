"""The ring of recent packets."""

import pytest

from bench.relay_client import rtp
from media.packet_cache import PacketCache


def test_recent_packets_are_found_and_old_ones_are_gone():
    cache = PacketCache(8)
    for sequence in range(100, 120):
        cache.put(sequence, rtp(96, sequence, 0, 1, b""))
    assert [sequence for sequence in range(100, 125) if cache.get(sequence) is not None] == list(range(112, 120))


def test_what_never_went_out_is_not_found():
    cache = PacketCache(8)
    cache.put(0xFFFF, rtp(96, 0xFFFF, 0, 1, b""))
    assert cache.get(0xFFFF) and not cache.get(0xFFF7) and not cache.get(7)


def test_the_size_is_a_power_of_two():
    with pytest.raises(ValueError):
        PacketCache(100)
