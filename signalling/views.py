"""What each person in a room is told. Pure: facts in, events out.

Who is not admitted learns nothing of the others but where the host is; who may not admit never learns
who waits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from media.values import Grade
from signalling.gate import Admission, Gate
from signalling.messages import (
    AwayPerson,
    HostPlace,
    Kind,
    ParticipantChanged,
    Person,
    RoomChanged,
    Shown,
    WaitingChanged,
    WaitingPerson,
)
from signalling.participant import Participant
from signalling.slots import places


@dataclass(frozen=True)
class Waiting:
    """A row of the waiting list: public id of the admission, name, monotonic instant of the knock, how they came."""

    admission: str
    name: str
    knocked_at: float
    epoch: int = 1
    by_link: bool = False
    relation: str = ""
    other_device: bool = False
    message: str = ""


@dataclass(frozen=True)
class LetIn:
    """Somebody admitted, besides the host, whether their page is open or not."""

    admission: str
    name: str
    relation: str = ""


@dataclass(frozen=True)
class Facts:
    """What the session's own row says to its room: is the door locked, is its host in another visit, and the monotonic
    instant of the scheduled end (None: not read yet)."""

    locked: bool = False
    host_elsewhere: bool = False
    ends_at: float | None = None


def milliseconds_since(instant: float | None, now: float) -> int | None:
    return None if instant is None else max(0, round((now - instant) * 1000))


def host_place(inside: Iterable[Participant], facts: Facts) -> HostPlace:
    if any(person.grant.role == "host" for person in inside):
        return "here"
    return "elsewhere" if facts.host_elsewhere else "absent"


def participant_view(
    person: Participant, admission: Admission, host: HostPlace, facts: Facts, now: float
) -> ParticipantChanged:
    waits, inside = admission.state == "waiting", admission.state == "admitted"
    return ParticipantChanged(
        state=admission.state,  # type: ignore[arg-type]
        role=person.grant.role,
        epoch=admission.epoch,
        name=admission.name or person.grant.name,
        host=host,
        sentence="" if waits or inside else admission.sentence,
        message=admission.message if waits else "",
        locked=facts.locked,
        waited_ms=milliseconds_since(admission.knocked_at, now) if waits else None,
        admitted_ms=milliseconds_since(admission.admitted_at, now) if inside else None,
        ends_in_ms=None if facts.ends_at is None else round((facts.ends_at - now) * 1000),
    )


def room_view(
    person: Participant, inside: Sequence[Participant], gate: Gate, grades: Mapping[str, Grade | None]
) -> RoomChanged:
    """The others who are inside and how well each is connected, and this person's slots."""
    ids = {other.id: gate.of(other.id).id for other in inside}
    people = tuple(
        Person(
            id=ids[other.id],
            name=gate.of(other.id).name or other.grant.name,
            role=other.grant.role,
            relation=gate.of(other.id).relation,
            muted=other.muted,
            quality=grades.get(other.id),
        )
        for other in inside
        if other is not person
    )
    shown = places_of(person, inside)
    slots = {mid: at and Shown(person=ids[at[0]], kind=at[1]) for mid, at in shown.items()}
    return RoomChanged(people=people, slots=slots)


def waiting_view(
    waiting: Iterable[Waiting],
    let_in: Iterable[LetIn],
    present: Mapping[str, Participant],
    locked: bool,
    now: float,
) -> WaitingChanged:
    """`present` holds those whose page is open, by their admissions' public ids."""
    away = [
        AwayPerson(admission=row.admission, name=row.name, relation=row.relation)
        for row in let_in
        if row.admission not in present
    ]
    return WaitingChanged(
        locked=locked, waiting=tuple(_waiting_row(row, present, now) for row in waiting), away=tuple(away)
    )


def _waiting_row(row: Waiting, present: Mapping[str, Participant], now: float) -> WaitingPerson:
    person = present.get(row.admission)
    devices = person and person.devices
    return WaitingPerson(
        admission=row.admission,
        epoch=row.epoch,
        name=row.name,
        waited_ms=milliseconds_since(row.knocked_at, now) or 0,
        present=person is not None,
        by_link=row.by_link,
        relation=row.relation,
        other_device=row.other_device,
        camera=devices.camera if devices else None,
        microphone=devices.microphone if devices else None,
        message=row.message,
    )


def places_of(person: Participant, inside: Sequence[Participant]) -> dict[str, tuple[str, Kind] | None]:
    """What each of the person's receive lines shows, by mid. Nobody is shown their own screen."""
    sharing = sharer(inside)
    return places(person.layout, person.seats, sharing if sharing != person.id else None)


def sharer(inside: Iterable[Participant]) -> str | None:
    """Who shares a screen, if anybody."""
    return next((person.id for person in inside if not person.muted.screen), None)
