"""A live visit room: who is in it, who hears and sees whom, and what each is told.

Nothing here lasts. A room can be rebuilt at any time from the rows of its admissions and from the browsers
that come back. Every change ends in `refresh`, which brings the relay and each browser to the present state;
what did not change is not said again.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from media.errors import UnknownConnection
from media.values import Answer, Grade, MediaEvent, Source
from signalling.browser import Browser
from signalling.conversation import Chat, Floor
from signalling.gate import Admission, Gate, Relay
from signalling.messages import ChatChanged, MediaChanged, Muted, RoomChanged, SpeakerChanged, WaitingChanged
from signalling.participant import Grant, Participant
from signalling.slots import Layout, layout, seat
from signalling.views import Facts, LetIn, Waiting, host_place, participant_view, places_of, room_view, waiting_view


@dataclass(frozen=True)
class Timing:
    """Seconds after a socket's end: until the others see the person gone, and until the relay lets go of
    them.
    """

    gone_after: float = 2.0
    forgotten_after: float = 8.0


MOST_BROWSERS = 5
"""How many browsers may have a visit open by one account: a link that went through many hands fills no room."""


class CrossedRooms(Exception):
    """Somebody was to be shown in a room that they are not in."""


class Room:
    """One session's live room. Needs a running loop. `on_empty` is called when the last participant is
    forgotten, `on_gone` (with the participant's id) when somebody's page has been closed for a short while.
    """

    def __init__(
        self,
        session: str,
        relay: Relay,
        term: int,
        timing: Timing,
        on_empty: Callable[["Room"], None],
        on_gone: Callable[["Room", str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = session
        self.gate = Gate(relay, session, term)
        self.participants: dict[str, Participant] = {}
        self._relay = relay
        self._timing = timing
        self._on_empty = on_empty
        self._on_gone = on_gone
        self._clock = clock
        self._facts = Facts()
        self._waiting: tuple[Waiting, ...] = ()
        self._let_in: tuple[LetIn, ...] = ()
        self._chat = Chat()
        self._floor = Floor()
        self._grades: dict[str, Grade | None] = {}
        self._timers: dict[str, list[asyncio.TimerHandle]] = {}

    # Who is here

    def join(self, grant: Grant, browser: Browser) -> Participant:
        """Let a browser in, as its person's admission has it. Their older browser is told and closed; and the oldest of
        the same account, if it has too many."""
        if grant.session != self.session:
            raise CrossedRooms
        person = self.participants.get(grant.participant)
        if person is None:
            person = Participant(grant, self, self._relay, self._clock)
            self.participants[person.id] = person
        elif person.browser is not None:
            person.browser.replace()
        self._stop_timers(person)
        person.grant, person.browser, person.present = grant, browser, True
        person.joined_at = self._clock()
        self._make_way(person)
        self.refresh()
        return person

    def _make_way(self, newest: Participant) -> None:
        """Whoever waits or is in keeps their place: they are one of an account at most (`Gate`)."""
        own = [one for one in self.participants.values() if one.browser and one.grant.owner == newest.grant.owner != ""]
        idle = [one for one in own if one is not newest and self.state_of(one.id) not in ("waiting", "admitted")]
        for person in sorted(idle, key=lambda one: one.joined_at)[: max(len(own) - MOST_BROWSERS, 0)]:
            assert person.browser is not None
            person.browser.replace(crowded=True)
            self.leave(person, person.browser)

    def leave(self, person: Participant, browser: Browser) -> None:
        """A socket ended. The admission stays; the person is gone after a short while, and forgotten after
        a longer one.
        """
        browser.gone()
        if person.browser is not browser or self.participants.get(person.id) is not person:
            return
        person.browser = None
        loop = asyncio.get_running_loop()
        self._timers[person.id] = [
            loop.call_later(self._timing.gone_after, self._gone, person),
            loop.call_later(self._timing.forgotten_after, lambda: person.enqueue(lambda: self._forget(person))),
        ]

    def _stop_timers(self, person: Participant) -> None:
        for timer in self._timers.pop(person.id, []):
            timer.cancel()

    def _gone(self, person: Participant) -> None:
        if not person.present:
            return
        person.present = False
        person.muted = Muted()
        self.refresh()
        self._on_gone(self, person.id)

    async def _forget(self, person: Participant) -> None:
        await person.drop_media()
        if person.browser is None and self.participants.get(person.id) is person:
            self._stop_timers(person)
            del self.participants[person.id]
            person.retire()
            self.refresh()
            if not self.participants:
                self._on_empty(self)

    def send_away(self, participant: str) -> None:
        """Their browser may be here no more by what it came with: it goes at once, and what it asks anew is judged
        anew.
        """
        person = self.participants.get(participant)
        if person is None:
            return
        if person.browser is not None:
            person.browser.dismiss()
            self.leave(person, person.browser)
        self._gone(person)

    async def close(self) -> None:
        """This process has lost the room, or stops: nobody is served any more, and their browsers go and
        ask again.
        """
        people, self.participants = list(self.participants.values()), {}
        for person in people:
            self._stop_timers(person)
            if person.browser is not None:
                person.browser.dismiss()
                person.browser = None
            await person.stop()
        self._on_empty(self)

    # What rows and relay say

    def apply(self, admission: Admission, term: int) -> bool:
        """Take over an admission that was read under `term`; False if it is old or no news."""
        if not self.gate.apply(admission, term):
            return False
        person = self.participants.get(admission.participant)
        if person is not None and admission.state == "waiting":
            person.muted = person.muted.model_copy(update={"screen": True})  # sent back: nobody else's turn is taken
        elif person is not None and admission.state != "admitted":
            person.muted = Muted()
            person.enqueue(person.drop_media)
        self.refresh()
        return True

    def admit(self, admission_id: str, epoch: int, term: int) -> bool:
        """Let in whoever knocked in this epoch: the row says so since a moment, under `term`. False if that knock is
        not known here, or answered, or if the room has been another's since."""
        knock = self.gate.waiting(admission_id, epoch)
        if knock is None or term != self.gate.term:
            return False
        return self.apply(replace(knock, state="admitted", admitted_at=self._clock(), message=""), term)

    def show_session(self, facts: Facts) -> None:
        """What the session's row says, as read last."""
        self._facts = facts
        self.refresh()

    def show_waiting(self, waiting: Sequence[Waiting], let_in: Sequence[LetIn] = ()) -> None:
        """Who waits, longest first, and who was let in, as read last."""
        self._waiting, self._let_in = tuple(waiting), tuple(let_in)
        self.refresh()

    def media_changed(self, event: MediaEvent, participant: str) -> None:
        """The relay tells of a connection. After `failed` and `closed` it has none; the browser is told to
        come again.
        """
        person = self.participants.get(participant)
        if person is None or not person.connected or event.name == "connected":
            return
        if event.name == "speaking":
            self._heard(person, event.loudness)
            return
        if event.name != "silent":
            self.disconnected(person)
        if person.browser is not None:
            person.browser.tell(MediaChanged(name=event.name))

    def _heard(self, person: Participant, loudness: int) -> None:
        """Words on who speaks come three times a second from each: only a change of the floor is news."""
        is_heard = self.gate.is_open(person.id) and not person.muted.microphone
        if self._floor.heard(person.id, loudness if is_heard else 0):
            self.refresh()

    def measure(self) -> None:
        """Ask the relay how well each person in the visit is connected."""
        grades = {person.id: self._grade(person) for person in self._inside() if person.connected}
        if grades != self._grades:
            self._grades = grades
            self.refresh()

    def _grade(self, person: Participant) -> Grade | None:
        try:
            return self._relay.quality(person.key).grade
        except UnknownConnection:
            return None  # It ended just now; the relay's event is on its way.

    # What participants need of the room

    def state_of(self, participant: str) -> str:
        return self.gate.of(participant).state

    def is_screen_free_for(self, participant: Participant) -> bool:
        return all(other is participant or other.muted.screen for other in self._inside())

    def written(self, participant: Participant, text: str) -> None:
        self._chat.write(participant.id, self._name_of(participant), text, self._clock())
        self.refresh()

    def _name_of(self, participant: Participant) -> str:
        return self.gate.of(participant.id).name or participant.grant.name

    def connected(self, participant: Participant, answer: Answer) -> None:
        """A connection was made, perhaps in place of an older one: what was assigned to or from that is
        assigned anew.
        """
        participant.connected = True
        if participant.browser is not None:
            participant.browser.hide(MediaChanged)  # it was of the older one
        participant.layout = layout(answer.slots)
        participant.assigned = {}
        for other in self.participants.values():
            shown = other.assigned.items()
            other.assigned = {mid: source for mid, source in shown if source.publisher != participant.key}
        self.gate.connected(participant.id)
        self.refresh()

    def disconnected(self, participant: Participant) -> None:
        participant.connected = False
        participant.layout = Layout()
        participant.assigned = {}
        participant.muted = Muted()
        self.gate.disconnected(participant.id)
        self.refresh()

    # What follows from it all

    def refresh(self) -> None:
        """Bring seats, relay and browsers to the present state."""
        inside = self._inside()
        self._floor.keep({person.id for person in inside if not person.muted.microphone})
        for person in self.participants.values():
            self._seat(person, inside)
            self._assign(person, inside)
        for person in self.participants.values():
            self._show(person, inside)

    def _inside(self) -> list[Participant]:
        """Who is admitted and here, in the order of their coming."""
        return [person for person in self.participants.values() if person.present and self.gate.is_open(person.id)]

    def _seat(self, person: Participant, inside: Sequence[Participant]) -> None:
        """Between two connections of theirs the seats stay as they are."""
        if person.connected:
            others = [other.id for other in inside if other is not person] if person in inside else []
            person.seats = seat(person.seats, others, len(person.layout.pairs), self._floor.spoke)

    def _assign(self, person: Participant, inside: Sequence[Participant]) -> None:
        places = places_of(person, inside) if person in inside else dict.fromkeys(person.layout.mids)
        for mid, place in places.items():
            publisher = self.participants.get(place[0]) if place else None
            source = Source(publisher.key, place[1]) if place and publisher and publisher.connected else None
            if source != person.assigned.get(mid):
                self.show_in_slot(person, mid, source)

    def show_in_slot(self, person: Participant, mid: str, source: Source | None) -> None:
        """Tell the relay what a slot shows. Raises `CrossedRooms` for a source that is not of this room."""
        if source is not None and source.publisher not in {other.key for other in self.participants.values()}:
            raise CrossedRooms
        try:
            self._relay.assign(person.key, mid, source)
        except UnknownConnection:
            return  # It ended just now; the relay's event is on its way.
        if source is None:
            person.assigned.pop(mid, None)
        else:
            person.assigned[mid] = source

    def _show(self, person: Participant, inside: Sequence[Participant]) -> None:
        browser, now = person.browser, self._clock()
        if browser is None:
            return
        host = host_place(inside, self._facts)
        browser.show(participant_view(person, self.gate.of(person.id), host, self._facts, now))
        if person in inside:
            self._show_inside(person, browser, inside)
        else:
            for event in (RoomChanged, ChatChanged, SpeakerChanged):
                browser.hide(event)
        if person.grant.may_admit:
            browser.show(waiting_view(self._waiting, self._let_in, self._here(), self._facts.locked, now))
        else:
            browser.hide(WaitingChanged)

    def _show_inside(self, person: Participant, browser: Browser, inside: Sequence[Participant]) -> None:
        speaker = self._floor.speaker
        browser.show(room_view(person, inside, self.gate, self._grades))
        browser.show(self._chat.view(person.id, self.gate.of(person.id).admitted_at, self._clock()))
        browser.show(SpeakerChanged(person=self.gate.of(speaker).id if speaker else None))

    def _here(self) -> dict[str, Participant]:
        return {self.gate.of(person.id).id: person for person in self.participants.values() if person.present}
