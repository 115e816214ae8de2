"""How much a browser may send: pure estimates, all in bits a second.

A path's estimate moves by loss as Galene's does: up while nearly nothing is lost, down by half of the loss when much
is, and it stays where it is in between, so that the random loss of a radio link costs no picture. Loss is judged over
enough packets, of all streams together: one voice packet of twelve is no sign of anything.

A subscriber's REMB (draft-alvestrand-rmcat-remb-03) is its own estimate of the path from us. It follows what arrives,
up to half more than that, so it only tells of a limit when it falls below what we send.
"""

from collections.abc import Iterable

LITTLE_LOSS = 0.02
MUCH_LOSS = 0.10
# Growth a second: of a publisher's path, where loss tells at once, and of a subscriber's, where queues build first.
UPWARD_GROWTH = 1.36
DOWNWARD_GROWTH = 1.12
# What flows may be a slow moment; an estimate falls to this multiple of it at once, and on from there step by step.
HEADROOM = 1.5
CONGESTED = 0.95
AUDIO_NEED = 64_000


class LossWindow:
    """Loss over a number of packets that says something, gathered from report to report."""

    def __init__(self, packets: int = 100, seconds: float = 1.0) -> None:
        self._enough = packets
        self._longest = seconds
        self._expected = self._lost = self._seconds = 0.0

    def add(self, expected: float, lost: float, seconds: float) -> tuple[float, float] | None:
        """Add a report; returns (loss from 0 to 1, seconds that it covers) when there is enough to judge."""
        self._expected += expected
        self._lost += lost
        self._seconds += seconds
        if self._expected < self._enough and self._seconds < self._longest:
            return None
        judged = (max(self._lost, 0.0) / max(self._expected, 1.0), self._seconds)
        self._expected = self._lost = self._seconds = 0.0
        return judged


class PathEstimate:
    """What a path can carry."""

    def __init__(self, start: float, least: float, growth: float) -> None:
        self.rate = start
        self._least = least
        self._growth = growth

    def judge(self, loss: float, seconds: float, flowing: float, most: float) -> None:
        """Move by the loss over some seconds in which so much flowed; `most` is what is needed at most."""
        if loss < LITTLE_LOSS:
            self.rate *= self._growth**seconds
        elif loss > MUCH_LOSS:
            self.rate = min(self.rate, HEADROOM * flowing) * (1 - loss / 2)
        self.rate = max(min(self.rate, most), self._least)

    def heed(self, remb: float | None, flowing: float) -> None:
        """Fall to a receiver's own estimate where that is below what flows."""
        if remb is not None and remb < CONGESTED * flowing:
            self.rate = max(min(self.rate, remb), self._least)


def need(audio_streams: int, video_streams: int, most_for_video: float) -> float:
    """What a publisher needs for the streams it sends."""
    return audio_streams * AUDIO_NEED + video_streams * most_for_video


def allowed(path: float, limits: Iterable[float], least: float) -> float:
    """What to tell a publisher: its own path's estimate, or less where a subscriber can take less."""
    return max(min([path, *limits]), least)
