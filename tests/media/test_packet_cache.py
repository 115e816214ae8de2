"""The ring of recent packets."""

import pytest

from media.packet_cache import PacketCache
from media.rewrite import MediaPacket


def packet(number: int) -> MediaPacket:
    return MediaPacket(number, 0, 0, 0, b"", bytes(3), b"", 0)


def test_recent_packets_are_found_and_old_ones_are_gone():
    cache = PacketCache(8)
    for number in range(100, 120):
        cache.put(packet(number))
    assert [number for number in range(100, 125) if cache.get(number)] == list(range(112, 120))


def test_a_late_packet_does_not_displace_a_newer_one():
    cache = PacketCache(8)
    cache.put(packet(108))
    cache.put(packet(100))
    assert cache.get(108) and not cache.get(100)


def test_the_size_is_a_power_of_two():
    with pytest.raises(ValueError):
        PacketCache(100)
