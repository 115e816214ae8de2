"""What a slot may have sent again, so that NACKs cannot multiply traffic at will. Pure, times in seconds, rates in bits
a second.

A path that has become narrower loses most of what was under way, and browsers ask for all of it each 30 ms. Sent again
as often as that it would keep the path full for seconds.
"""

# The share of what the path carries, at least LEAST; USUAL where that is not known. BURST seconds of it in advance.
SHARE, LEAST, USUAL, BURST = 0.5, 100_000.0, 500_000.0, 0.3
# The same packet goes out again only after so long, and what waits before the bottleneck.
SPACING = 0.06
# More missing at once than this is no loss, but a path that has become narrower: a key frame is there sooner.
MANY_MISSING = 40
# What is under way is left out at most each so many seconds.
JUMP_SPACING = 2.0
# How long (seconds) a publisher has for slowing down before a key frame is asked for on a path that has become much
# narrower: a large one would be lost.
HUSH = 0.2


class Resends:
    """Counts what was asked for and what went out."""

    def __init__(self) -> None:
        self._asked: dict[int, float] = {}
        self._room, self._at = 0.0, float("-inf")

    def begin(self, now: float, queue: float) -> None:
        """Another NACK came; `queue` is what waits before the bottleneck, in seconds."""
        self._asked = {sequence: at for sequence, at in self._asked.items() if now - at < SPACING + queue}

    def allows(self, sequence: int, bits: int, limit: float | None, now: float) -> bool:
        """Whether a packet goes out again: not if it just did, and only where the path has room, of which `limit` is
        known."""
        if sequence in self._asked:
            return False
        self._asked[sequence] = now
        rate = USUAL if limit is None else max(SHARE * limit, LEAST)
        self._room = min(self._room + min(now - self._at, BURST) * rate, BURST * rate)
        self._at = now
        if self._room < bits:
            return False
        self._room -= bits
        return True

    @property
    def are_too_many(self) -> bool:
        """Whether so much is missing that sending it again is of no use."""
        return len(self._asked) > MANY_MISSING
