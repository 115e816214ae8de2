"""Which receive slot shows whom: pure functions.

A browser offers pairs of slots, audio and video, and one more video for a screen. A person who got a pair
keeps it while they are present, so that nobody jumps about on the stage and no decoder changes hands without
need.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from media.values import Kind, Slot

Seats = tuple[str | None, ...]


@dataclass(frozen=True)
class Layout:
    """A browser's receive lines, by mid: (audio, video) of each pair, and the line of the shared screen, if
    offered.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    screen: str | None = None

    @property
    def mids(self) -> tuple[str, ...]:
        screen = (self.screen,) if self.screen is not None else ()
        return tuple(mid for pair in self.pairs for mid in pair) + screen


def layout(slots: Sequence[Slot]) -> Layout:
    """The n-th audio line goes with the n-th video line; the last video line without an audio is the
    screen's.
    """
    audio = [slot.mid for slot in slots if slot.media == "audio"]
    video = [slot.mid for slot in slots if slot.media == "video"]
    screen = video[-1] if len(video) > len(audio) else None
    return Layout(tuple(zip(audio, video, strict=False)), screen)


def seat(seats: Seats, people: Sequence[str], size: int, spoke: Sequence[str] = ()) -> Seats:
    """Seat `people` (in the order of their coming) on `size` places. Who sat keeps the place; who is gone
    frees it. When there are more people than places, whoever spoke last (`spoke` names them in that order) takes the
    place of the one who spoke longest ago: nobody speaks unseen and unheard.
    """
    kept = [person if person in people else None for person in seats[:size]]
    kept += [None] * (size - len(kept))
    standing = [person for person in people if person not in kept]
    for place, person in enumerate(kept):
        if person is None and standing:
            kept[place] = standing.pop(0)
    if kept and spoke and spoke[-1] in standing:
        kept[_quietest(kept, spoke)] = spoke[-1]
    return tuple(kept)


def _quietest(seated: Sequence[str | None], spoke: Sequence[str]) -> int:
    """The place of whoever spoke longest ago; of those who never did, the last place."""
    last_spoke = [spoke.index(person) if person in spoke else -1 for person in seated]
    return min(range(len(seated)), key=lambda place: (last_spoke[place], -place))


def places(layout: Layout, seats: Seats, sharer: str | None) -> dict[str, tuple[str, Kind] | None]:
    """What each receive line shows, by mid: a person's microphone, camera or screen, or nothing."""
    shown: dict[str, tuple[str, Kind] | None] = dict.fromkeys(layout.mids)
    for (audio, video), person in zip(layout.pairs, seats, strict=False):
        if person is not None:
            shown[audio] = (person, "microphone")
            shown[video] = (person, "camera")
    if layout.screen is not None and sharer is not None:
        shown[layout.screen] = (sharer, "screen")
    return shown
