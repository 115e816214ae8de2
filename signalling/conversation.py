"""What passes between people besides their media, and lasts no longer than the room: what they write, and who speaks.

Neither is ever stored. Who comes later does not read what was written before they were let in.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from signalling.messages import ChatChanged, Written

KEPT = 50
# Another voice takes the floor while somebody still speaks if it is louder by so much (of 127).
LOUDER = 8


@dataclass(frozen=True)
class Note:
    """A line of the chat: who wrote it, under which name, at which monotonic second."""

    id: int
    author: str
    name: str
    text: str
    at: float


class Chat:
    """The last lines that were written in a room."""

    def __init__(self) -> None:
        self._notes: deque[Note] = deque(maxlen=KEPT)
        self._written = 0

    def write(self, author: str, name: str, text: str, now: float) -> None:
        self._written += 1
        self._notes.append(Note(self._written, author, name, text, now))

    def view(self, reader: str, since: float | None, now: float) -> ChatChanged:
        """What was written since an instant, as this person reads it; None is everything."""
        return ChatChanged(
            messages=tuple(
                Written(
                    id=note.id,
                    name=note.name,
                    own=note.author == reader,
                    text=note.text,
                    at_ms_ago=max(0, round((now - note.at) * 1000)),
                )
                for note in self._notes
                if since is None or note.at >= since
            )
        )


class Floor:
    """Who speaks: whoever spoke first keeps the floor until they pause, or somebody is much louder."""

    def __init__(self) -> None:
        self.speaker: str | None = None
        self.spoke: list[str] = []  # everybody who had the floor, whoever had it last at the end
        self._loudness: dict[str, int] = {}

    def heard(self, participant: str, loudness: int) -> bool:
        """A voice of this loudness (0: they have stopped); whether the floor changed hands."""
        if loudness:
            self._loudness[participant] = loudness
        else:
            self._loudness.pop(participant, None)
        return self._turn()

    def keep(self, participants: Collection[str]) -> None:
        """Nobody else speaks any more."""
        self.spoke = [each for each in self.spoke if each in participants]
        self._loudness = {each: loudness for each, loudness in self._loudness.items() if each in participants}
        self._turn()

    def _turn(self) -> bool:
        before = self.speaker
        loudest = max(self._loudness, key=lambda each: self._loudness[each], default=None)
        held = self._loudness.get(before, 0) if before is not None else 0
        if loudest is None or not held or self._loudness[loudest] >= held + LOUDER:
            self.speaker = loudest
        if self.speaker is not None and self.speaker != before:
            self.spoke = [*(each for each in self.spoke if each != self.speaker), self.speaker]
        return self.speaker != before
