"""How much a browser may send: pure estimates, all in bits a second.

A path's estimate moves by loss as Galene's does: up by a twentieth while nearly nothing is lost, down by half
of the loss when much is. A subscriber's own REMB (draft-alvestrand-rmcat-remb-03) is its verdict on the path
from us.
"""

from collections.abc import Iterable

GROWTH = 1.08
LITTLE_LOSS = 0.02
MUCH_LOSS = 0.10
# A receiver without trouble estimates up to half more than it gets. Below this ratio it is telling us of a
# limit.
LIMITING_RATIO = 1.25
AUDIO_NEED = 64_000


class LossEstimate:
    """What a path can carry, judged by the loss on it."""

    def __init__(self, start: float, least: float) -> None:
        self.rate = start
        self._least = least

    def update(self, loss: float, flowing: float, most: float) -> float:
        """Move by one report: its loss (0 to 1), what really flowed, and what is needed at most just now."""
        if loss < LITTLE_LOSS:
            self.rate *= GROWTH
        elif loss > MUCH_LOSS:
            self.rate = min(self.rate, flowing) * (1 - loss / 2)
        self.rate = max(min(self.rate, most), self._least)
        return self.rate


def receiver_limit(remb: float | None, received: float) -> float | None:
    """A subscriber's REMB where it is a limit; None where it only says that more has not been tried."""
    if remb is None or remb > LIMITING_RATIO * received:
        return None
    return remb


def need(audio_streams: int, video_streams: int, most_for_video: float) -> float:
    """What a publisher needs for the streams it sends."""
    return audio_streams * AUDIO_NEED + video_streams * most_for_video


def allowed(path: float, limits: Iterable[float | None], least: float) -> float:
    """What to tell a publisher: its own path's estimate, or less where a subscriber can take less."""
    return max(min([path, *(limit for limit in limits if limit is not None)]), least)
