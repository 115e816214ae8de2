"""A simulated path: one bottleneck with a queue, and what the estimator makes of it."""

import random

import pytest

from media.congestion import PathEstimator

ONE_WAY = 0.03
PACKET = 1200


class Path:
    """A bottleneck of some bits a second before which at most `queue` seconds of packets wait; time is simulated."""

    def __init__(self, rate: float, queue: float = 0.2, loss: float = 0.0, start: float = 1_000_000) -> None:
        self.rate, self.queue, self.loss = rate, queue, loss
        self.estimator = PathEstimator(start, 100_000)
        self.now = 100.0
        self._free_at = 0.0
        self._came: list[tuple[int, float | None]] = []
        self._noise = random.Random(1)
        self.worst_queue = 0.0

    def send(self, size: int = PACKET) -> None:
        number = self.estimator.sent(self.now, size)
        waits = max(self._free_at - self.now, 0.0)
        self.worst_queue = max(self.worst_queue, waits)
        if waits > self.queue or self._noise.random() < self.loss:
            self._came.append((number, None))
            return
        self._free_at = self.now + waits + size * 8 / self.rate
        self._came.append((number, self._free_at + ONE_WAY + self._noise.random() * 0.003))

    def run(self, seconds: float, sends: float | None = None, probing: float = 0.0) -> list[float]:
        """Send what the estimate allows (or `sends` bits a second) in frames, 30 a second; feedback each 0.1 s."""
        rates, due, told_at, end = [], 0.0, self.now, self.now + seconds
        probe = self.estimator.probe(probing, self.now) if probing else None
        while self.now < end:
            rate = min(sends or self.estimator.rate, 2_500_000)
            if probe is not None and probe.is_on(self.now):
                rate = probing
            due += rate / 30 / 8
            while due >= PACKET:
                self.send()
                due -= PACKET
            self.now += 1 / 30
            if self.now - told_at >= 0.1:
                told_at = self.now
                arrived = [one for one in self._came if one[1] is None or one[1] <= self.now]
                self._came = [one for one in self._came if one not in arrived]
                self.estimator.told(arrived, self.now)
                rates.append(self.estimator.rate)
        return rates


def test_a_clean_path_is_climbed_within_five_seconds():
    path = Path(50_000_000, start=500_000)
    path.run(5)
    assert path.estimator.rate > 1_500_000


def test_the_estimate_follows_a_bottleneck_down_and_up():
    path = Path(3_000_000, queue=1.0)
    path.run(6)
    assert path.estimator.rate > 1_500_000
    path.rate = 400_000
    path.run(5)
    rates = path.run(10)
    assert 200_000 < sum(rates) / len(rates) < 480_000
    path.worst_queue = 0.0
    path.run(10)
    assert path.worst_queue < 0.35
    path.rate = 1_500_000
    path.run(15)
    rates = path.run(5)
    assert 800_000 < sum(rates) / len(rates) < 1_800_000


def test_a_narrower_path_is_noticed_within_half_a_second():
    path = Path(3_000_000)
    path.run(6)
    path.rate = 400_000
    path.run(0.5)
    assert path.estimator.rate < 800_000


def test_what_is_not_tried_is_not_believed():
    path = Path(50_000_000, start=300_000)
    path.run(30, sends=200_000)
    assert path.estimator.rate < 400_000


def test_a_probe_that_arrives_is_believed():
    path = Path(50_000_000, start=300_000)
    path.run(5, sends=200_000)
    path.run(2, sends=200_000, probing=1_500_000)
    assert path.estimator.rate >= 1_300_000


def test_a_probe_that_does_not_arrive_is_not():
    path = Path(500_000, start=300_000)
    path.run(5, sends=200_000)
    path.run(2, sends=200_000, probing=1_500_000)
    assert path.estimator.rate < 600_000


def test_loss_of_a_radio_link_does_not_end_the_picture():
    path = Path(5_000_000, loss=0.2)
    rates = path.run(30)
    assert min(rates) >= 290_000


@pytest.mark.parametrize("number", [1, 77])
def test_nobody_can_tell_of_packets_that_were_never_sent(number):
    path = Path(5_000_000)
    path.estimator.told([(number, 1.0)] * 50, 1.0)
    assert path.estimator.rate <= 1_000_000 and path.estimator.arriving == 0.0
