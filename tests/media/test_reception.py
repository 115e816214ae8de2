"""What a receiver knows: order, loss, jitter, and what to ask for again."""

import pytest

from media.reception import NackList, Reception


def feed(reception: Reception, sequences: list[int]) -> list[int]:
    """Let packets arrive; returns how many were skipped before each."""
    return [reception.arrived(reception.extend(one), 0, 100, 0.0) for one in sequences]


def test_sequence_numbers_are_extended_over_the_wrap():
    reception = Reception(90_000)
    feed(reception, [65_534, 65_535, 0, 1])
    assert reception.expected == 4
    assert reception.extend(65_535) == reception.highest - 2


def test_a_gap_tells_how_many_are_missing():
    assert feed(Reception(90_000), [10, 11, 15, 13, 16]) == [0, 0, 3, 0, 0]


def test_loss_is_counted_from_report_to_report():
    reception = Reception(90_000)
    feed(reception, [1, 2, 3, 4, 6, 7, 8, 9, 10])
    assert reception.interval() == (10, 1)
    feed(reception, [11, 12])
    assert reception.interval() == (2, 0)
    assert reception.lost == 1


def test_what_came_only_on_request_counts_as_lost():
    reception = Reception(90_000)
    feed(reception, [1, 2, 3, 5, 4])
    reception.recovered = 1
    assert reception.interval() == (5, 1)
    assert reception.lost == 0


def test_a_leap_is_a_new_start_and_no_loss():
    reception = Reception(90_000)
    feed(reception, [1, 2, 20_000, 20_001])
    assert reception.interval() == (4, 0)


def test_jitter_is_zero_for_a_steady_stream_over_the_wrap_of_timestamps():
    reception = Reception(90_000)
    for step in range(50):
        reception.arrived(reception.extend(step), (2**32 - 9000 + step * 900) % 2**32, 1, step * 0.01)
    assert reception.jitter == pytest.approx(0.0, abs=1e-6)


def test_jitter_grows_when_packets_are_held_up():
    reception = Reception(90_000)
    for step in range(50):
        reception.arrived(reception.extend(step), step * 900, 1, step * 0.01 + (step % 2) * 0.005)
    assert 0.003 < reception.jitter < 0.006


def test_missing_packets_are_asked_for_once_in_each_interval():
    missing = NackList(retry=0.1)
    missing.skipped(20, 3)
    assert missing.due(1.0) == [17, 18, 19]
    assert missing.due(1.05) == []
    assert missing.due(1.11) == [17, 18, 19]


def test_a_packet_that_came_is_not_asked_for():
    missing = NackList()
    missing.skipped(20, 2)
    assert not missing.came(18)  # overtaken, not asked for
    assert missing.due(1.0) == [19]
    assert missing.came(19)
    assert not missing


def test_asking_waits_for_the_round_trip():
    missing = NackList(retry=0.1)
    missing.skipped(20, 1)
    missing.due(1.0, rtt=0.5)
    assert missing.due(1.3, rtt=0.5) == []
    assert missing.due(1.61, rtt=0.5) == [19]


def test_a_packet_is_given_up_in_the_end():
    missing = NackList(retry=0.1, tries=3)
    missing.skipped(20, 1)
    asked = [missing.due(at) for at in (1.0, 2.0, 3.0, 4.0)]
    assert asked == [[19], [19], [19], []]
    assert not missing


def test_the_list_keeps_to_its_size():
    missing = NackList(size=16)
    missing.skipped(5000, 2000)
    missing.skipped(5010, 4)
    assert missing.due(1.0) == [*range(4988, 5000), *range(5006, 5010)]
