"""How much a browser may send."""

import pytest

from media.bandwidth import LossWindow, PathEstimate, allowed, need


def estimate(start: float = 1_000_000) -> PathEstimate:
    return PathEstimate(start, 100_000, growth=1.36)


def test_without_loss_the_estimate_climbs_to_what_is_needed():
    path = estimate()
    path.judge(0.0, 1.0, 500_000, most=2_500_000)
    assert path.rate == pytest.approx(1_360_000)
    for _ in range(4):
        path.judge(0.0, 1.0, 500_000, most=2_500_000)
    assert path.rate == 2_500_000


def test_a_little_loss_changes_nothing():
    path = estimate()
    path.judge(0.05, 1.0, 500_000, most=2_500_000)
    assert path.rate == 1_000_000


def test_much_loss_takes_half_of_it_off():
    path = estimate()
    path.judge(0.2, 1.0, 900_000, most=2_500_000)
    assert path.rate == pytest.approx(900_000)


def test_much_loss_brings_an_estimate_down_to_what_really_flows():
    path = estimate(2_500_000)
    path.judge(0.2, 1.0, 400_000, most=2_500_000)
    assert path.rate == pytest.approx(540_000)


def test_the_estimate_never_falls_below_the_least():
    path = estimate()
    for _ in range(3):
        path.judge(0.9, 1.0, 0.0, most=2_500_000)
    assert path.rate == 100_000


def test_a_receiver_that_has_not_tried_more_does_not_limit():
    path = estimate()
    path.heed(1_200_000, flowing=1_000_000)
    path.heed(None, flowing=1_000_000)
    path.heed(500_000, flowing=400_000)
    assert path.rate == 1_000_000


def test_a_receiver_whose_queue_grows_does():
    path = estimate()
    path.heed(700_000, flowing=900_000)
    assert path.rate == 700_000


def test_loss_is_judged_over_enough_packets():
    window = LossWindow(packets=100, seconds=1.0)
    assert window.add(12, 2, 0.25) is None
    assert window.add(30, 0, 0.25) is None
    assert window.add(58, 3, 0.25) == (0.05, 0.75)
    assert window.add(12, 0, 0.25) is None


def test_or_over_enough_time():
    window = LossWindow(packets=100, seconds=1.0)
    assert [window.add(10, 1, 0.25) for _ in range(4)] == [None, None, None, (0.1, 1.0)]


def test_the_weakest_decides():
    assert allowed(2_000_000, [700_000, 900_000], 100_000) == 700_000
    assert allowed(2_000_000, [], 100_000) == 2_000_000
    assert allowed(2_000_000, [10], 100_000) == 100_000


def test_two_videos_need_twice_as_much():
    assert need(1, 2, 2_500_000) == 5_064_000
