"""What a receiver knows of one incoming stream: order, loss, jitter, and what to ask for again. Pure, no
clock."""

from dataclasses import dataclass

# A gap wider than this is a new start rather than loss (RFC 3550 appendix A.1, MAX_DROPOUT).
MAX_GAP = 3000


class Reception:
    """Extends sequence numbers beyond 16 bits and keeps what a receiver report tells (RFC 3550 appendix
    A)."""

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self.highest = -1
        self.packets = 0
        self.bytes = 0
        self.recovered = 0
        self.jitter = 0.0
        self._first = 0
        self._transit: float | None = None
        self._timestamp = -1
        self._expected_before = 0
        self._arrived_before = 0

    def extend(self, sequence: int) -> int:
        """The packet's index: the number nearest to the highest so far that ends in these 16 bits."""
        if self.highest < 0:
            # One turn in reserve, so that packets older than the first still get an index above zero.
            return sequence + 0x10000
        distance = (sequence - self.highest + 0x8000 & 0xFFFF) - 0x8000
        return self.highest + distance

    def arrived(self, index: int, timestamp: int, size: int, now: float) -> int:
        """Count a packet; returns how many indices were skipped just before it. Of packets with the same timestamp only
        the first tells of jitter: the others of its frame were sent after it, not with it."""
        self.packets += 1
        self.bytes += size
        if self.highest < 0:
            self._first = self.highest = index
            return 0
        if index <= self.highest:
            return 0
        skipped = index - self.highest - 1
        self.highest = index
        if skipped > MAX_GAP:
            self._first += skipped
            return 0
        if timestamp != self._timestamp:
            self._note_transit(timestamp, now)
        return skipped

    def _note_transit(self, timestamp: int, now: float) -> None:
        """RFC 3550 appendix A.8, in seconds. The difference of timestamps is taken modulo 2**32."""
        self._timestamp = timestamp
        transit = now - timestamp / self._clock_rate
        if self._transit is not None:
            turn = 0x100000000 / self._clock_rate
            difference = abs((transit - self._transit + turn / 2) % turn - turn / 2)
            self.jitter += (difference - self.jitter) / 16
        self._transit = transit

    @property
    def expected(self) -> int:
        """How many packets were sent, judged by sequence numbers."""
        return self.highest - self._first + 1 if self.highest >= 0 else 0

    @property
    def lost(self) -> int:
        """Packets that never came; may be negative where some came twice."""
        return self.expected - self.packets

    def interval(self) -> tuple[int, int]:
        """Packets (expected, lost) since the last call. What came only when asked again counts as lost, because it
        shows how the path fares; late ones of the last interval may make the loss negative."""
        first_time = self.packets - self.recovered
        expected, arrived = self.expected - self._expected_before, first_time - self._arrived_before
        self._expected_before, self._arrived_before = self.expected, first_time
        return expected, expected - arrived


@dataclass
class _Missing:
    asked: int = 0
    ask_at: float = 0.0


class NackList:
    """Which packets to ask for again, and when: at the next `due`, so that what was merely overtaken on the
    way can still come, then each `retry` seconds (or round trip, if that is longer), `tries` times in all."""

    def __init__(self, retry: float = 0.08, tries: int = 6, size: int = 256) -> None:
        self._retry = retry
        self._tries = tries
        self._size = size
        self._missing: dict[int, _Missing] = {}

    def __len__(self) -> int:
        return len(self._missing)

    def clear(self) -> None:
        """Give all of them up."""
        self._missing.clear()

    def skipped(self, index: int, count: int) -> None:
        """`count` packets before `index` have not come. The oldest are given up when too many are missing."""
        for lost in range(index - min(count, self._size), index):
            self._missing[lost] = _Missing()
        while len(self._missing) > self._size:
            del self._missing[next(iter(self._missing))]

    def came(self, index: int) -> bool:
        """A packet came after all; True if it had been asked for."""
        missing = self._missing.pop(index, None)
        return missing is not None and missing.asked > 0

    def due(self, now: float, rtt: float | None = None) -> list[int]:
        """The indices to ask for now, in order. Ones asked often enough are given up."""
        due = [index for index, missing in self._missing.items() if missing.ask_at <= now]
        for index in due:
            missing = self._missing[index]
            missing.asked += 1
            missing.ask_at = now + max(self._retry, 1.2 * (rtt or 0.0))
            if missing.asked > self._tries:
                del self._missing[index]
        return [index for index in due if index in self._missing]
