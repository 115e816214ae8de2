"""One person in a visit room: one task and one inbox, through which everything that waits for the relay goes
in order.

A person has at most one browser here, the newest; what an older one still says is refused. Between two
browsers (a reload, a lost network) the person stays for a while without any.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import structlog

from media.errors import OfferError, UnknownConnection
from media.values import Answer, Source
from signalling import probe
from signalling.browser import Browser
from signalling.errors import BadOffer, NotAllowed, OutOfOrder, Refused, Replaced, ScreenTaken, TooOften
from signalling.gate import Relay, relay_key
from signalling.messages import (
    Ack,
    Chat,
    Command,
    Devices,
    Done,
    Mute,
    Muted,
    Offer,
    Offered,
    Probe,
    Probed,
    PublishedLine,
    Restart,
    Restarted,
    Role,
    SlotLine,
    parse,
)
from signalling.pace import Pace
from signalling.slots import Layout, Seats

log = structlog.get_logger()

INBOX_SIZE = 32
PACE: Mapping[str, int] = MappingProxyType(
    {"probe": 5, "offer": 6, "restart": 10, "mute": 30, "devices": 30, "chat": 10}
)
PACE_SECONDS = 10.0

# In which states of the admission a command is possible at all.
ALLOWED: Mapping[type[Command], frozenset[str]] = MappingProxyType(
    {
        Probe: frozenset({"arriving", "waiting", "left", "denied", "removed"}),
        Offer: frozenset({"waiting", "admitted"}),
        Restart: frozenset({"waiting", "admitted"}),
        Mute: frozenset({"waiting", "admitted"}),
        Devices: frozenset({"waiting", "admitted"}),
        Chat: frozenset({"admitted"}),
    }
)


@dataclass(frozen=True)
class Grant:
    """What the web found a person to be allowed. `participant` is a key that stays the same in all their
    browsers; `owner` of the person whose account or link they came by, empty: nobody's but theirs.
    """

    participant: str
    name: str
    role: Role
    session: str
    may_admit: bool
    owner: str = ""


class Place(Protocol):
    """The room, as a participant knows it."""

    def state_of(self, participant: str) -> str: ...
    def connected(self, participant: "Participant", answer: Answer) -> None: ...
    def disconnected(self, participant: "Participant") -> None: ...
    def is_screen_free_for(self, participant: "Participant") -> bool: ...
    def written(self, participant: "Participant", text: str) -> None: ...
    def refresh(self) -> None: ...


Job = Callable[[], Awaitable[Any]]


class Participant:
    """A person's place in a room. `connected`, `layout` and `assigned` describe their connection at the
    relay.
    """

    def __init__(self, grant: Grant, room: Place, relay: Relay, clock: Callable[[], float] = time.monotonic) -> None:
        self.grant = grant
        self.id = grant.participant
        self.key = relay_key(grant.session, grant.participant)
        self.browser: Browser | None = None
        self.present = True
        self.joined_at = clock()
        self.muted = Muted()
        self.devices: Devices | None = None
        self.connected = False
        self.layout = Layout()
        self.seats: Seats = ()
        self.assigned: dict[str, Source] = {}
        self._probe = probe.Probe(relay, f"{self.key}:probe")
        self._room = room
        self._relay = relay
        self._pace = Pace(PACE, PACE_SECONDS, clock)
        self._inbox: asyncio.Queue[tuple[Job, asyncio.Future[Any]]] = asyncio.Queue()
        self._retired = False
        self._task = asyncio.create_task(self._work())

    async def ask(self, browser: Browser, name: str, data: object) -> dict[str, Any]:
        """Do what a browser says; return its acknowledgement, good or bad. Never raises for what a browser
        can send.
        """
        try:
            if browser is not self.browser:
                raise Replaced
            self._pace.count(name)
            command = parse(name, data)
            if self._inbox.qsize() >= INBOX_SIZE:
                raise TooOften
            answer: Ack = await self.enqueue(lambda: self._obey(browser, command))
            return answer.model_dump(mode="json")
        except Refused as refusal:
            return refusal.ack

    def enqueue(self, job: Job) -> "asyncio.Future[Any]":
        """Do a job after all that came before it."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait((job, done))
        return done

    async def drop_media(self) -> None:
        """End the connection at the relay. A job for `enqueue`, so that it never overtakes an offer."""
        await self._probe.end()
        if self.connected:
            self._room.disconnected(self)
            await self._relay.disconnect(self.key)

    def retire(self) -> None:
        """End the task after the running job. What is still in the inbox is refused."""
        self._retired = True
        while not self._inbox.empty():
            _fail(self._inbox.get_nowait()[1], Replaced())

    async def stop(self) -> None:
        """End the task at once, and the connection at the relay."""
        self.retire()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.drop_media()

    async def _work(self) -> None:
        while not self._retired:
            job, done = await self._inbox.get()
            try:
                answer = await job()
            except Exception as error:
                _fail(done, error)
            except asyncio.CancelledError:
                _fail(done, Replaced())
                raise
            else:
                if not done.done():
                    done.set_result(answer)

    async def _obey(self, browser: Browser, command: Command) -> Ack:
        if browser is not self.browser:
            raise Replaced
        if self._room.state_of(self.id) not in ALLOWED[type(command)]:
            raise NotAllowed
        return await _HANDLERS[type(command)](self, command)

    async def _try_relay(self, command: Probe) -> Ack:
        return Probed(sdp=await self._probe.answer(command.sdp))

    async def _offer(self, command: Offer) -> Ack:
        try:
            answer = await self._relay.connect(self.key, command.sdp)
        except OfferError as error:
            raise BadOffer(str(error)) from error
        self._room.connected(self, answer)
        return Offered(
            sdp=answer.sdp,
            slots=tuple(SlotLine(mid=slot.mid, media=slot.media) for slot in answer.slots),
            published=tuple(PublishedLine(mid=mid, kind=kind) for mid, kind in answer.published),
        )

    async def _restart(self, command: Restart) -> Ack:
        if not self.connected:
            raise OutOfOrder
        try:
            answer = await self._relay.restart_ice(self.key, command.sdp)
        except OfferError as error:
            raise BadOffer(str(error)) from error
        except UnknownConnection as error:
            self._room.disconnected(self)
            raise OutOfOrder from error
        return Restarted(sdp=answer.sdp)

    async def _mute(self, command: Mute) -> Ack:
        if not self.connected:
            raise OutOfOrder
        if command.kind == "screen" and not command.muted:
            self._check_screen()
        self.muted = self.muted.model_copy(update={command.kind: command.muted})
        self._room.refresh()
        return Done()

    async def _devices(self, command: Devices) -> Ack:
        """Nothing is done with it but to show it to the host."""
        self.devices = command
        self._room.refresh()
        return Done()

    async def _chat(self, command: Chat) -> Ack:
        self._room.written(self, command.text)
        return Done()

    def _check_screen(self) -> None:
        if self._room.state_of(self.id) != "admitted":
            raise NotAllowed
        if not self._room.is_screen_free_for(self):
            raise ScreenTaken


def _fail(done: "asyncio.Future[Any]", error: Exception) -> None:
    """Answer a job that failed; what nobody foresaw is logged with its stack, answered in general words."""
    if not isinstance(error, Refused):
        log.exception("participant.failed", exc_info=error)
    if not done.done():
        done.set_exception(error if isinstance(error, Refused) else Refused())
        done.exception()  # Jobs that nobody waits for have told the log.


_HANDLERS: Mapping[type[Command], Callable[[Participant, Any], Awaitable[Ack]]] = MappingProxyType(
    {
        Probe: Participant._try_relay,
        Offer: Participant._offer,
        Restart: Participant._restart,
        Mute: Participant._mute,
        Devices: Participant._devices,
        Chat: Participant._chat,
    }
)
