"""How much a browser may send."""

import pytest

from media.bandwidth import LossEstimate, allowed, receiver_limit


def test_without_loss_the_estimate_climbs_to_what_is_needed():
    estimate = LossEstimate(1_000_000, 100_000)
    rates = [estimate.update(0.0, 500_000, 2_500_000) for _ in range(20)]
    assert rates[0] == pytest.approx(1_080_000)
    assert rates[-1] == 2_500_000


def test_a_little_loss_changes_nothing():
    assert LossEstimate(1_000_000, 100_000).update(0.05, 500_000, 2_500_000) == 1_000_000


def test_much_loss_takes_half_of_it_off_what_really_flows():
    assert LossEstimate(2_000_000, 100_000).update(0.2, 1_000_000, 2_500_000) == pytest.approx(900_000)


def test_the_estimate_never_falls_below_the_least():
    estimate = LossEstimate(200_000, 100_000)
    assert [estimate.update(0.9, 0.0, 2_500_000) for _ in range(3)] == [100_000] * 3


def test_a_subscriber_that_has_not_tried_more_does_not_limit():
    assert receiver_limit(1_500_000, 1_000_000) is None
    assert receiver_limit(None, 1_000_000) is None
    assert receiver_limit(850_000, 1_000_000) == 850_000


def test_the_weakest_decides():
    assert allowed(2_000_000, [None, 700_000, 900_000], 100_000) == 700_000
    assert allowed(2_000_000, [None], 100_000) == 2_000_000
    assert allowed(2_000_000, [10], 100_000) == 100_000
