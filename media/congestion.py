"""What a path to a subscriber can carry, judged by when packets arrive there: pure, times in seconds, rates in bits a
second.

A queue that grows at the bottleneck shows as packets that arrive ever further apart than they were sent. This follows
"A Google Congestion Control Algorithm for Real-Time Communication" (draft-ietf-rmcat-gcc-02): a trend line through the
delays, a threshold that adapts to the path's own jitter, and a rate that falls below what arrives as soon as a queue
grows, and grows else.
"""

from collections import deque
from typing import Literal

Signal = Literal["normal", "over", "under"]

# Packets sent within this time are one burst.
BURST = 0.005
# Bursts that the trend line goes through, and how much of each new delay is believed.
WINDOW, SMOOTHING = 20, 0.9
GAIN, MOST_DELTAS = 4.0, 60
# The threshold's bounds (milliseconds) and how quickly it follows the trend down and up.
THRESHOLD, LEAST, MOST, JUMP = 12.5, 6.0, 600.0, 15.0
DOWNWARD, UPWARD = 0.039, 0.0087
# A trend must last for so long (milliseconds) before it counts.
OVERUSE = 10.0


class DelayTrend:
    """Whether the queue on the path grows."""

    def __init__(self) -> None:
        self.signal: Signal = "normal"
        self._burst: tuple[float, float, float] | None = None  # first sent, last sent, last arrival
        self._before: tuple[float, float] | None = None  # the burst before: last sent, last arrival
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._deltas = 0
        self._total = self._smooth = 0.0
        self._threshold, self._adapted_at = THRESHOLD, 0.0
        self._over_for, self._over_times, self._slope = 0.0, 0, 0.0

    def came(self, sent: float, arrived: float) -> None:
        """A packet; in the order of sending."""
        if self._burst is not None and sent - self._burst[0] <= BURST:
            self._burst = (self._burst[0], max(sent, self._burst[1]), max(arrived, self._burst[2]))
            return
        if self._burst is not None:
            _, last_sent, last_arrival = self._burst
            if self._before is not None:
                self._spaced(last_sent - self._before[0], last_arrival - self._before[1], last_arrival)
            self._before = (last_sent, last_arrival)
        self._burst = (sent, sent, arrived)

    def _spaced(self, sent: float, arrived: float, now: float) -> None:
        if sent > 2.0 or arrived < -0.1:  # a pause, or a clock that was set
            return
        self._deltas += 1
        self._total += (arrived - sent) * 1000
        self._smooth = SMOOTHING * self._smooth + (1 - SMOOTHING) * self._total
        self._points.append((now * 1000, self._smooth))
        if len(self._points) == WINDOW:
            self._judge(_slope(self._points), sent * 1000, now)

    def _judge(self, slope: float, spacing: float, now: float) -> None:
        trend = min(self._deltas, MOST_DELTAS) * slope * GAIN
        if trend > self._threshold:
            self._over_for += spacing
            self._over_times += 1
            if self._over_for > OVERUSE and self._over_times > 1 and slope >= self._slope:
                self.signal = "over"
        else:
            self._over_for, self._over_times = 0.0, 0
            self.signal = "under" if trend < -self._threshold else "normal"
        self._slope = slope
        self._adapt(abs(trend), now)

    def _adapt(self, trend: float, now: float) -> None:
        passed = min((now - self._adapted_at) * 1000, 100.0)
        self._adapted_at = now
        if trend <= self._threshold + JUMP:
            speed = DOWNWARD if trend < self._threshold else UPWARD
            self._threshold += speed * (trend - self._threshold) * max(passed, 0.0)
            self._threshold = min(max(self._threshold, LEAST), MOST)


def _slope(points: deque[tuple[float, float]]) -> float:
    """The least-squares line's."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    below = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / below if below else 0.0


# How much less than arrives is sent when a queue grows, and how long nothing more is taken off after that.
BACK_OFF, PATIENCE = 0.85, 0.3
# Growth a second, and near the rate at which a queue last grew; nobody knows of more than a half above what arrives.
GROWTH, NEAR_GROWTH, NEAR = 1.3, 1.06, 0.15
HEADROOM, MARGIN = 1.5, 50_000
# The queue that stands at the bottleneck, in seconds beyond the least delay of the last half minute: from EMPTY on
# nothing grows, from FULL on it is drained.
EMPTY, FULL, DRAIN, BASE_FOR = 0.05, 0.15, 0.7, 15.0
# What arrives is measured over this time, and over a shorter one when a queue has just begun to grow. A rate at which
# a queue grew is remembered for some seconds.
MEASURED, LATELY, REMEMBERED = 0.5, 0.2, 4.0
# Loss from which on a rate falls although no queue was seen to grow: short queues drop instead. Not for ever, since
# loss that stays is the link's own.
MUCH_LOSS, LOSS_FLOOR = 0.10, 300_000
# So much of the rate at which a probe arrived is believed.
PROVED = 0.97


class PathEstimator:
    """One subscriber's path: numbers what is sent, hears what came, and knows a rate."""

    def __init__(self, start: float, least: float) -> None:
        self.rate = start
        self.arriving = 0.0
        self.calm_since = float("-inf")
        self._least = least
        self._trend = DelayTrend()
        self._number = 0
        self._sent: dict[int, tuple[float, int]] = {}
        self._came: deque[tuple[float, int]] = deque()
        self._fell_at = self._told_at = float("-inf")
        self._limit: float | None = None
        self._expected = self._lost = 0
        self._judged_at = float("-inf")
        self._probe: Probe | None = None
        self._bases, self._base_at = (float("inf"), float("inf")), float("-inf")
        self.queue = 0.0

    def sent(self, now: float, size: int) -> int:
        """A packet of `size` bytes goes out; returns its transport-wide number, 16 bits."""
        self._number = number = self._number + 1 & 0xFFFF
        self._sent[number] = (now, size)
        return number

    def told(self, reports: list[tuple[int, float | None]], now: float) -> bool:
        """The subscriber tells what came when; True if the rate has fallen."""
        came = []
        for number, arrived in reports:
            one = self._sent.get(number)
            if one is None:
                continue
            self._expected += 1
            if arrived is None:
                self._lost += 1
                continue
            del self._sent[number]
            came.append((one[0], arrived, one[1]))
        if len(self._sent) > 4000:
            self._forget(now)
        for sent, arrived, size in sorted(came):
            self._trend.came(sent, arrived)
            self._count(sent, arrived, size)
        if came:
            self._note_queue(min(arrived - sent for sent, arrived, _ in came), now)
        before = self.rate
        self._decide(now)
        return self.rate < 0.97 * before

    def probe(self, rate: float, now: float) -> "Probe":
        """Try whether `rate` arrives; the caller sends as much until the probe is over."""
        self._probe = Probe(rate, now)
        return self._probe

    def _forget(self, now: float) -> None:
        self._sent = {number: one for number, one in self._sent.items() if now - one[0] < 3.0}

    def _note_queue(self, delay: float, now: float) -> None:
        """The least delay of a message's packets, on two clocks whose distance is not known: only differences tell."""
        if now - self._base_at > BASE_FOR:
            self._bases, self._base_at = (self._bases[1], float("inf")), now
        self._bases = (self._bases[0], min(self._bases[1], delay))
        self.queue = delay - min(self._bases)

    def _count(self, sent: float, arrived: float, size: int) -> None:
        self._came.append((arrived, size))
        while self._came and arrived - self._came[0][0] > MEASURED:
            self._came.popleft()
        if self._probe is not None:
            self._probe.came(sent, arrived, size)

    def _decide(self, now: float) -> None:
        passed = min(now - self._told_at, 0.5)
        self._told_at = now
        self.arriving = sum(size for _, size in self._came) * 8 / MEASURED
        if self.queue > FULL:
            self.calm_since = now
            self._fall(DRAIN * self._lately(), now)
        elif self._trend.signal == "over":
            self.calm_since = now
            self._fall(BACK_OFF * self._lately(), now)
        elif self._trend.signal == "normal" and self.queue < EMPTY:
            self._grow(passed)
        self._judge_loss(now)
        self._judge_probe(now)

    def _lately(self) -> float:
        """Bits a second that arrived in the very last moment."""
        since = self._came[-1][0] - LATELY if self._came else 0.0
        return sum(size for at, size in self._came if at > since) * 8 / LATELY

    def _fall(self, rate: float, now: float) -> None:
        if now - self._fell_at > PATIENCE and rate < self.rate:
            self._fell_at, self._limit = now, self._lately()
            self.rate = max(rate, self._least)

    def _grow(self, seconds: float) -> None:
        known = max(self.rate, HEADROOM * self.arriving + MARGIN)
        near = self._limit is not None and abs(self.rate - self._limit) < NEAR * self._limit
        if self._limit is not None and self._told_at - self._fell_at > REMEMBERED:
            self._limit = None
        self.rate = min(max(self.rate * (NEAR_GROWTH if near else GROWTH) ** seconds, self.arriving), known)

    def _judge_loss(self, now: float) -> None:
        if self._expected < 20 or now - self._judged_at < 1.0:
            return
        loss, self._judged_at = self._lost / self._expected, now
        self._expected = self._lost = 0
        if loss > MUCH_LOSS:
            self.calm_since = now
            self.rate = max(min(self.rate, HEADROOM * self.arriving) * (1 - loss / 2), min(self.rate, LOSS_FLOOR))

    def _judge_probe(self, now: float) -> None:
        if self._probe is None or not self._probe.is_told(now):
            return
        if self._trend.signal != "over" and self.queue < EMPTY and self._probe.arrived_rate > self.rate:
            self.rate, self._limit = PROVED * min(self._probe.arrived_rate, self._probe.rate), None
        self._probe = None


class Probe:
    """More than is needed is sent for a moment, to see whether it arrives."""

    LASTS, TOLD_BY = 0.3, 1.0

    def __init__(self, rate: float, now: float) -> None:
        self.rate, self.began = rate, now
        self._first: float | None = None
        self._last = 0.0
        self._bytes = 0

    def is_on(self, now: float) -> bool:
        """Whether there is still to send."""
        return now - self.began < self.LASTS

    def came(self, sent: float, arrived: float, size: int) -> None:
        """A packet of its time or of another."""
        if not self.began <= sent < self.began + self.LASTS:
            return
        if self._first is None:
            self._first = arrived
        else:
            self._bytes += size
        self._last = max(self._last, arrived)

    def is_told(self, now: float) -> bool:
        """Whether all that will be told has been."""
        return now - self.began > self.TOLD_BY

    @property
    def arrived_rate(self) -> float:
        """Bits a second as they arrived."""
        if self._first is None or self._last - self._first < self.LASTS / 2:
            return 0.0
        return self._bytes * 8 / (self._last - self._first)
