"""Rates, from counters that only ever rise."""


class RateMeter:
    """Bits a second between two readings of a byte counter."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._bytes = 0
        self._time: float | None = None

    def read(self, total_bytes: int, now: float) -> float:
        """Note the counter at `now` (seconds); returns the rate since the last reading, 0 at the first."""
        if self._time is not None and now > self._time:
            self.rate = max(total_bytes - self._bytes, 0) * 8 / (now - self._time)
        self._bytes, self._time = total_bytes, now
        return self.rate

    def lately(self, total_bytes: int, now: float, least: float) -> float:
        """The rate since the last reading, where that is `least` seconds ago; else the rate before."""
        if self._time is None or now - self._time < least:
            return self.rate
        return max(total_bytes - self._bytes, 0) * 8 / (now - self._time)
