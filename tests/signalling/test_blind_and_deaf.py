"""Blind and deaf: whatever a waiting person does, and whatever others do, nothing of the others reaches them, and
nothing of theirs the others. With the real relay, real DTLS and real packets.

Sequences at random, the same at each run; `make campaign` (ANTEROOM_CAMPAIGN=1) tries 1,000, others each time, and says
how far it is. ANTEROOM_SEED=n repeats one of them.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate

from bench.relay_client import Client, payload_of
from media.relay import Answer, MediaEvent, Relay, RelaySettings
from signalling.pace import Pace
from signalling.room import Timing
from signalling.rooms import Rooms
from signalling.views import Facts, Waiting
from tests.media.client import LINES, MICROPHONE, Person
from tests.signalling.visit import Page, Visit, settled

CAMPAIGN = os.environ.get("ANTEROOM_CAMPAIGN") == "1"
SEED = os.environ.get("ANTEROOM_SEED")
SEQUENCES = 1000 if CAMPAIGN else 12
STEPS = 30
INSIDE, WAITING, WATCHED = ("quillon", "zephyra"), "brunhild", "mallory"
PRIVATE, INTRUDING = b"between us", b"let me in"
HARMLESS = {"participant.changed", "media.changed", "participant.replaced"}
FORGED: tuple[tuple[str, Any], ...] = (
    ("admit", {"admission": "admission-mallory"}),
    ("participant.changed", {"state": "admitted"}),
    ("room.changed", {"people": []}),
    ("candidate", {"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host"}),
    ("chat", {"text": "Hello?"}),
    ("mute", {"kind": "screen", "muted": False}),
    ("mute", {"kind": "camera", "muted": False}),
    ("devices", {"camera": True, "microphone": True}),
    ("offer", {"sdp": "v=0"}),
    ("offer", {"sdp": "x" * 70_000}),
    ("restart", {"sdp": "v=0"}),
    ("restart", None),
    ("offer", {"sdp": 1, "state": "admitted"}),
)


@dataclass
class Sequence:
    """One visit: two people who are in, two who wait; `epoch` is the watched one's."""

    rooms: Rooms
    visit: Visit
    chance: random.Random
    certificate: RTCCertificate
    epoch: int = 1
    pages: dict[str, Page] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    told: list[Any] = field(default_factory=list)

    async def open(self) -> None:
        """In half of the sequences the watched one was in before, and is not any more."""
        for who in INSIDE:
            self.arrive(who)
            self.visit.row(who, "admitted")
            await self.connect(who)
        self.pages[WAITING] = self.visit.waiting(WAITING)
        self.arrive(WATCHED)
        self.visit.row(WATCHED, "waiting")
        await self.connect(WATCHED)
        if self.chance.random() < 0.5:
            self.visit.row(WATCHED, "admitted")
            await self.insiders_speak()
            self.epoch = 2
            self.visit.row(WATCHED, self.chance.choice(("waiting", "removed")), 2)
            await self.knock()
        for person in self.people.values():
            await person.read_all()
            person.rtp.clear()
        await settled()
        self.pages[WATCHED].heard.clear()
        self.people[WATCHED].client.media_datagrams = 0

    def arrive(self, who: str) -> None:
        """Open the page. How often one may say what is proved elsewhere, and would only make these people quiet."""
        former = self.pages.get(who)
        page = self.pages[who] = self.visit.join(who, "host" if who == INSIDE[0] else "client")
        page.person._pace = Pace({}, 1.0, time.monotonic)
        page.heard[:0] = former.heard if former else []

    async def connect(self, who: str) -> None:
        """Offer, and come up to the relay; what the server does not take leaves everything as it was."""
        client = Client(self.certificate)
        answer = await self.say(who, "offer", sdp=client.sdp(LINES))
        if "error" in answer:
            client.close_socket()
            return
        if former := self.people.pop(who, None):
            await former.client.close()
        person = Person(self.visit.key(who), client, Answer(answer["sdp"]))
        client.check_seconds = 0.2
        client.on_rtp = person.rtp.append
        await asyncio.wait_for(client.connect(answer["sdp"]), 10)
        self.people[who] = person

    async def say(self, who: str, command: str, **data: Any) -> dict[str, Any]:
        answer = await self.pages[who].person.ask(self.pages[who].browser, command, data)
        if who == WATCHED:
            self.told.append(answer)
        return answer

    # What the watched one does

    async def forge(self) -> None:
        name, data = self.chance.choice(FORGED)
        page = self.pages[WATCHED]
        self.told.append(await page.person.ask(page.browser, name, data))

    async def offer(self) -> None:
        if self.chance.random() < 0.3:
            await self.connect(WATCHED)

    async def restart(self) -> None:
        if person := self.people.get(WATCHED):
            person.client.renew_credentials()
            answer = await self.say(WATCHED, "restart", sdp=person.client.sdp(LINES))
            if "sdp" in answer:
                await asyncio.wait_for(person.client.check(answer["sdp"]), 10)

    async def intrude(self) -> None:
        if person := self.people.get(WATCHED):
            person.send(MICROPHONE, INTRUDING)
            person.send_video(INTRUDING, key=True)

    async def knock(self) -> None:
        self.epoch += 2
        for state in self.chance.sample(("left", "denied", "removed"), 1):
            self.visit.row(WATCHED, state, self.epoch - 1)
        await settled()
        if former := self.people.pop(WATCHED, None):
            await former.client.close()
        self.visit.row(WATCHED, "waiting", self.epoch)
        await settled()
        await self.connect(WATCHED)

    async def reload(self) -> None:
        page = self.pages[WATCHED]
        self.visit.room.leave(page.person, page.browser)
        if self.chance.random() < 0.5:
            await asyncio.sleep(0.06)
        self.arrive(WATCHED)

    # What reaches the server late, twice or from a process that lost the room

    async def tell_stale(self) -> None:
        assert not self.visit.row(WATCHED, "admitted", self.epoch, term=self.visit.term - 1)
        assert not self.visit.row(WATCHED, "admitted", self.epoch - 1)
        admit, knock = self.visit.room.admit, f"admission-{WATCHED}"
        assert not admit(knock, self.epoch, self.visit.term - 1)
        assert not admit(knock, self.epoch - 1, self.visit.term)
        assert not admit(f"admission-{INSIDE[1]}", self.epoch, self.visit.term)

    async def tell_media(self) -> None:
        key = self.visit.key(self.chance.choice((WATCHED, *INSIDE)))
        told = MediaEvent(key, "silent"), MediaEvent(key, "connected"), MediaEvent(key, "speaking", 100)
        self.rooms.hear(self.chance.choice(told))

    # What the others do

    async def insiders_speak(self) -> None:
        for who in INSIDE:
            if person := self.people.get(who):
                person.send(MICROPHONE, PRIVATE)
                person.send_video(PRIVATE, key=True)
                await person.read_all()

    async def insiders_write(self) -> None:
        who = self.chance.choice(INSIDE)
        await self.say(who, "chat", text=f"between us, says {who}")
        await self.say(who, "mute", kind=self.chance.choice(("microphone", "camera", "screen")), muted=False)

    async def send_back_and_admit(self) -> None:
        known = self.visit.room.gate.of(INSIDE[1])
        self.visit.row(INSIDE[1], "waiting", known.epoch + 1)
        await settled()
        self.visit.row(INSIDE[1], "admitted", known.epoch + 1)

    async def others_wait(self) -> None:
        rows = [Waiting(f"admission-{who}", who.title(), 0.0) for who in (WAITING, WATCHED)]
        self.visit.room.show_waiting(rows[: self.chance.randint(0, 2)])

    async def session_changes(self) -> None:
        self.visit.room.show_session(Facts(self.chance.random() < 0.5, self.chance.random() < 0.5, 100.0))
        self.visit.room.measure()

    async def host_drops(self) -> None:
        page = self.pages[INSIDE[0]]
        self.visit.room.leave(page.person, page.browser)
        await asyncio.sleep(self.chance.choice((0, 0.06)))
        self.arrive(INSIDE[0])

    async def step(self) -> None:
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self.forge, self.forge, self.offer, self.restart, self.intrude, self.intrude, self.knock, self.reload,
            self.tell_stale, self.tell_media, self.insiders_speak, self.insiders_speak, self.insiders_write,
            self.send_back_and_admit, self.others_wait, self.session_changes, self.host_drops,
        )  # fmt: skip
        await self.chance.choice(steps)()

    # What came of it

    async def check(self) -> None:
        """Nothing reached the watched one, nothing of theirs the others; and once admitted, both do."""
        await self.insiders_speak()
        await self.intrude()
        for person in self.people.values():
            await person.read_all()
        await settled()
        assert self.people[WATCHED].client.media_datagrams == 0 and self.people[WATCHED].rtp == []
        page = self.pages[WATCHED]
        assert page.names() <= HARMLESS, page.names()
        spoken = json.dumps([page.heard, self.told]).lower()
        assert not any(word in spoken for word in (*INSIDE, WAITING, PRIVATE.decode()))
        assert not any(INTRUDING in payload_of(packet) for who in INSIDE for packet in self.people[who].rtp)
        self.visit.row(WATCHED, "admitted", self.epoch)
        await settled()
        await self.insiders_speak()
        await self.people[WATCHED].read_all()
        assert any(PRIVATE in payload_of(packet) for packet in self.people[WATCHED].rtp), "the instrument is blind"

    async def close(self) -> None:
        for person in self.people.values():
            await person.client.close()


async def test_r179_a_waiting_person_is_blind_and_deaf_and_unseen_whatever_happens() -> None:
    rooms: Rooms
    relay = Relay(RelaySettings(), lambda event: rooms.hear(event))
    rooms = Rooms(relay, Timing(gone_after=0.03, forgotten_after=5.0))
    await relay.start()
    first = int(SEED) if SEED else random.SystemRandom().randrange(10**9) if CAMPAIGN else 1
    certificate = RTCCertificate.generateCertificate()
    try:
        for number in range(first, first + (1 if SEED else SEQUENCES)):
            await _run(rooms, relay, number, certificate)
            if CAMPAIGN and (number - first) % 50 == 49:
                print(f"\n{number - first + 1} sequences: blind and deaf", flush=True)
    finally:
        await rooms.close()
        await relay.close()


async def _run(rooms: Rooms, relay: Relay, seed: int, certificate: RTCCertificate) -> None:
    with rooms.holding(f"session{seed}", 5) as room:
        sequence = Sequence(rooms, Visit(room, relay, term=5), random.Random(seed), certificate)  # type: ignore[arg-type]
        try:
            await sequence.open()
            for _ in range(STEPS):
                await sequence.step()
            await sequence.check()
        except (AssertionError, TimeoutError) as error:
            raise AssertionError(f"ANTEROOM_SEED={seed} repeats this sequence: {error}") from error
        finally:
            await sequence.close()
            await room.close()
