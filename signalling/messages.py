"""Every message of a visit's socket, in both directions. PROTOCOL.md is compared with this file.

Commands come from a browser and are plain verbs; each is acknowledged with {"ok": true, ...} or with an
error's code and sentence (signalling/errors.py). Events go to a browser, are named `noun.past_verb`, and each
tells a whole state, so that the newest of a name says everything.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from signalling.errors import Malformed, TooLarge

Kind = Literal["microphone", "camera", "screen"]
Role = Literal["host", "client"]
HostPlace = Literal["absent", "here", "elsewhere"]
Quality = Literal["good", "fair", "poor"]
State = Literal["arriving", "waiting", "admitted", "left", "denied", "removed"]

longest_sdp = 64 * 1024
Sdp = Annotated[str, Field(max_length=longest_sdp)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Command(BaseModel):
    """What a browser may say."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Probe(Command):
    """Find out at the door whether the relay can be reached: a connection that carries nothing and soon ends.
    Acknowledged with `Probed`."""

    sdp: Sdp


class Offer(Command):
    """Connect to the relay; replaces the person's older connection. Acknowledged with `Offered`."""

    sdp: Sdp


class Restart(Command):
    """Restart ICE on the same connection, after a change of network. Acknowledged with `Restarted`."""

    sdp: Sdp


class Mute(Command):
    """Tell whether a source is muted. Sources are muted until told otherwise. Acknowledged with `Done`."""

    kind: Kind
    muted: bool


class Chat(Command):
    """Write a line to everybody in the visit; nothing of it is kept. Acknowledged with `Done`."""

    text: Line


class Devices(Command):
    """Which devices the person's page has; for the host to see while they wait. Acknowledged with `Done`."""

    camera: bool
    microphone: bool


class Ack(BaseModel):
    """The good answer to a command."""

    model_config = ConfigDict(frozen=True)
    ok: Literal[True] = True


class Done(Ack):
    pass


class SlotLine(BaseModel):
    """A receive line of the browser, by its SDP mid."""

    model_config = ConfigDict(frozen=True)
    mid: str
    media: Literal["audio", "video"]


class PublishedLine(BaseModel):
    """A send line of the browser, by its SDP mid, and what the server takes it for."""

    model_config = ConfigDict(frozen=True)
    mid: str
    kind: Kind


class Offered(Ack):
    sdp: str
    slots: tuple[SlotLine, ...]
    published: tuple[PublishedLine, ...]


class Restarted(Ack):
    sdp: str


class Probed(Ack):
    sdp: str


class Event(BaseModel):
    """What a browser is told. `aging` names fields that grow with time and make no news by themselves."""

    model_config = ConfigDict(frozen=True)
    event: ClassVar[str]
    aging: ClassVar[dict[str, Any]] = {}

    def says_the_same(self, other: "Event | None") -> bool:
        if other is None or type(other) is not type(self):
            return False
        return self.model_dump(exclude=self.aging) == other.model_dump(exclude=self.aging)


class ParticipantChanged(Event):
    """Where the person stands. `host` says where the hosting clinician is: `here` in this visit, `elsewhere` in
    another one. `sentence` is why they were not let in or put out, `message` what the host tells them while they
    wait. Times are milliseconds since the knock, since the admission (None where there is none), and until the
    scheduled end (below zero after it).
    """

    event: ClassVar[str] = "participant.changed"
    aging: ClassVar[dict[str, Any]] = {"waited_ms": True, "admitted_ms": True, "ends_in_ms": True}

    state: State
    role: Role
    epoch: int
    name: str
    host: HostPlace
    sentence: str = ""
    message: str = ""
    locked: bool = False
    waited_ms: int | None = None
    admitted_ms: int | None = None
    ends_in_ms: int | None = None


class Muted(BaseModel):
    model_config = ConfigDict(frozen=True)
    microphone: bool = True
    camera: bool = True
    screen: bool = True


class Person(BaseModel):
    """Somebody else in the room; `id` is the public id of their admission, `relation` a guest's to the client."""

    model_config = ConfigDict(frozen=True)
    id: str
    name: str
    role: Role
    relation: str = ""
    muted: Muted
    quality: Quality | None = None


class Shown(BaseModel):
    """Who appears in a slot."""

    model_config = ConfigDict(frozen=True)
    person: str
    kind: Kind


class RoomChanged(Event):
    """The others in the room, and which slot (by mid) shows whom. To admitted people only."""

    event: ClassVar[str] = "room.changed"

    people: tuple[Person, ...]
    slots: dict[str, Shown | None]


class WaitingPerson(BaseModel):
    """Somebody who knocked; `admission` is its public id, `epoch` tells this knock from another. Not
    `present`: their page is closed or cut off.
    `relation` is a guest's to the client. `camera` and `microphone` are None until the page has told.
    """

    model_config = ConfigDict(frozen=True)
    admission: str
    epoch: int
    name: str
    waited_ms: int
    present: bool
    by_link: bool = False
    relation: str = ""
    other_device: bool = False
    camera: bool | None = None
    microphone: bool | None = None
    message: str = ""


class AwayPerson(BaseModel):
    """Somebody who was let in and whose page is closed or cut off: they may come back without another knock."""

    model_config = ConfigDict(frozen=True)
    admission: str
    name: str
    relation: str = ""


class WaitingChanged(Event):
    """Who waits, longest first, what the host wrote to each, whether the door is locked, and who is let in but `away`.
    To the host only (R-017)."""

    event: ClassVar[str] = "waiting.changed"
    aging: ClassVar[dict[str, Any]] = {"waiting": {"__all__": {"waited_ms"}}}

    locked: bool = False
    waiting: tuple[WaitingPerson, ...]
    away: tuple[AwayPerson, ...] = ()


class Written(BaseModel):
    """A line of the chat; `own` says that the reader wrote it."""

    model_config = ConfigDict(frozen=True)
    id: int
    name: str
    own: bool
    text: str
    at_ms_ago: int


class ChatChanged(Event):
    """What was written while the person was in the visit, the oldest first. To admitted people only."""

    event: ClassVar[str] = "chat.changed"
    aging: ClassVar[dict[str, Any]] = {"messages": {"__all__": {"at_ms_ago"}}}

    messages: tuple[Written, ...]


class SpeakerChanged(Event):
    """Who speaks (the public id of their admission), if anybody. To admitted people only."""

    event: ClassVar[str] = "speaker.changed"

    person: str | None


class MediaChanged(Event):
    """What happened to the person's own media connection. The page restarts ICE, or offers anew."""

    event: ClassVar[str] = "media.changed"

    name: Literal["silent", "failed", "closed"]


class ParticipantReplaced(Event):
    """The same person opened the visit elsewhere; this socket is closed. `crowded`: by a link that is open in too many
    browsers."""

    event: ClassVar[str] = "participant.replaced"

    crowded: bool = False


COMMANDS: Mapping[str, type[Command]] = MappingProxyType(
    {"probe": Probe, "offer": Offer, "restart": Restart, "mute": Mute, "devices": Devices, "chat": Chat}
)
ACKS: Mapping[str, type[Ack]] = MappingProxyType(
    {"probe": Probed, "offer": Offered, "restart": Restarted, "mute": Done, "devices": Done, "chat": Done}
)
EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        told.event: told
        for told in (
            ParticipantChanged,
            RoomChanged,
            WaitingChanged,
            ChatChanged,
            SpeakerChanged,
            MediaChanged,
            ParticipantReplaced,
        )
    }
)


def parse(name: str, data: object) -> Command:
    """A browser's message as a command. Raises `Malformed`, or `TooLarge` for an SDP over 64 KiB."""
    model = COMMANDS.get(name)
    if model is None:
        raise Malformed
    try:
        return model.model_validate(data)
    except ValidationError as error:
        too_long = any(fault["type"] == "string_too_long" for fault in error.errors(include_input=False))
        raise (TooLarge if too_long else Malformed)() from None
