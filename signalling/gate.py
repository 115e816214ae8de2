"""Applies admissions to a live room: who is let in, whose gate at the relay opens or shuts.

The row in Postgres comes first; what is known here follows it, may be told twice and in any order, and never
goes back. A right ends with a higher epoch, and within one epoch things only move forward: waiting, admitted,
ended. An order of an older term comes from a process that has lost the room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from media.errors import UnknownConnection
from media.values import Answer, Quality, Source

RANK: Mapping[str, int] = MappingProxyType(
    {"arriving": 0, "waiting": 1, "admitted": 2, "left": 3, "denied": 3, "removed": 3}
)


class Relay(Protocol):
    """What a visit needs of media.relay.Relay. `key` is `relay_key`; all but `connect` raise
    `UnknownConnection`.
    """

    async def connect(self, key: str, offer_sdp: str) -> Answer: ...
    async def restart_ice(self, key: str, offer_sdp: str) -> Answer: ...
    def open(self, key: str) -> None: ...
    def shut(self, key: str) -> None: ...
    def assign(self, subscriber: str, mid: str, source: Source | None) -> None: ...
    def quality(self, key: str) -> Quality: ...
    async def disconnect(self, key: str) -> None: ...


@dataclass(frozen=True)
class Admission:
    """What is known of one person's admission. The instants are this process's monotonic seconds, None if
    there is none. `sentence` and `message` are the host's, `relation` a guest's.
    """

    participant: str
    state: str = "arriving"
    epoch: int = 0
    id: str = ""
    name: str = ""
    knocked_at: float | None = None
    admitted_at: float | None = None
    sentence: str = ""
    message: str = ""
    relation: str = ""

    @property
    def order(self) -> tuple[int, int]:
        return (self.epoch, RANK[self.state])


def relay_key(session: str, participant: str) -> str:
    """A connection's name at the relay: unique to a session and a person, so that two rooms cannot meet."""
    return f"{session}:{participant}"


class Gate:
    """One room's admissions, under the newest term seen."""

    def __init__(self, relay: Relay, session: str, term: int) -> None:
        self.term = term
        self._relay = relay
        self._session = session
        self._admissions: dict[str, Admission] = {}
        self._connected: set[str] = set()

    def of(self, participant: str) -> Admission:
        """The person's admission; `arriving` for somebody who never knocked."""
        return self._admissions.get(participant) or Admission(participant)

    def is_open(self, participant: str) -> bool:
        return self.of(participant).state == "admitted"

    @property
    def entitled(self) -> list[str]:
        """Who is known to wait or to be admitted, here or away."""
        return [one.participant for one in self._admissions.values() if one.state in ("waiting", "admitted")]

    def waiting(self, admission_id: str, epoch: int) -> Admission | None:
        """The knock of this epoch, if it is not answered yet."""
        waiting = [one for one in self._admissions.values() if one.state == "waiting"]
        return next((one for one in waiting if (one.id, one.epoch) == (admission_id, epoch)), None)

    def apply(self, admission: Admission, term: int) -> bool:
        """Take over what a row says; False, and nothing happens, if it is older than what is known, or no
        news. Of equals the one told last stands (rows of one room are read one after the other), but for its
        instants, which every reading finds a little different.
        """
        if term < self.term:
            return False
        self.term = term
        known = self.of(admission.participant)
        if admission.order == known.order:
            admission = replace(admission, knocked_at=known.knocked_at, admitted_at=known.admitted_at)
        if admission.order < known.order or admission == known:
            return False
        self._admissions[admission.participant] = admission
        self._turn(admission.participant)
        return True

    def connected(self, participant: str) -> None:
        """The person has a connection at the relay; a new one begins shut."""
        self._connected.add(participant)
        self._turn(participant)

    def disconnected(self, participant: str) -> None:
        self._connected.discard(participant)

    def _turn(self, participant: str) -> None:
        if participant not in self._connected:
            return
        turn = self._relay.open if self.is_open(participant) else self._relay.shut
        try:
            turn(relay_key(self._session, participant))
        except UnknownConnection:
            self._connected.discard(participant)
