"""How well a person is connected, in one word, with the figures behind it."""

from media.values import Grade, Quality

# Seconds after which half of what was seen is forgotten.
HALF_LIFE = 2.0
# Packets seen before loss says anything.
ENOUGH = 20.0
# (loss from 0 to 1, round trip in seconds) from which on a call is felt to be fair, or poor: ITU-T G.114 calls up to
# 150 ms one way good for most uses and 400 ms the limit.
FAIR, POOR = (0.03, 0.3), (0.10, 0.8)


class LossMeter:
    """The share of packets lost of late; what came only when asked again counts as lost."""

    def __init__(self) -> None:
        self._expected = self._lost = 0.0
        self._at = 0.0

    def add(self, expected: float, lost: float, now: float) -> None:
        """So many packets were expected since the last call, and so many of them did not come."""
        kept = 0.5 ** ((now - self._at) / HALF_LIFE)
        self._at = now
        self._expected = self._expected * kept + expected
        self._lost = self._lost * kept + max(min(lost, expected), 0.0)

    @property
    def loss(self) -> float | None:
        """From 0 to 1, None while too little was seen."""
        return self._lost / self._expected if self._expected >= ENOUGH else None


def quality(losses: list[float | None], round_trip: float | None) -> Quality:
    """The worse of both directions, and the round trip (seconds)."""
    known = [one for one in losses if one is not None]
    loss = max(known) if known else None
    return Quality(loss, None if round_trip is None else round(round_trip * 1000), _grade(loss, round_trip))


def _grade(loss: float | None, round_trip: float | None) -> Grade | None:
    if loss is None and round_trip is None:
        return None
    for grade, (most_loss, longest) in (("poor", POOR), ("fair", FAIR)):
        if (loss or 0.0) >= most_loss or (round_trip or 0.0) >= longest:
            return grade  # type: ignore[return-value]
    return "good"
