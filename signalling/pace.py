"""How often a person may say what."""

from collections import deque
from collections.abc import Callable, Mapping

from signalling.errors import TooOften


class Pace:
    """So many messages of a name within so many seconds; `clock` gives monotonic seconds."""

    def __init__(self, allowed: Mapping[str, int], seconds: float, clock: Callable[[], float]) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._clock = clock
        self._said: dict[str, deque[float]] = {name: deque() for name in allowed}

    def count(self, name: str) -> None:
        """Count one message. Raises `TooOften`, and does not count it, when the allowance is spent."""
        said, now = self._said.get(name), self._clock()
        if said is None:
            return
        while said and said[0] <= now - self._seconds:
            said.popleft()
        if len(said) >= self._allowed[name]:
            raise TooOften
        said.append(now)
