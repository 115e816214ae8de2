"""One publisher's stream to its subscribers.

A publication is what comes in as one stream of a browser: a line's, or one layer of a picture that is sent in several
sizes. A subscription is one slot of another browser. A packet is taken apart once and written anew for each slot; no
task is woken, nothing is decoded, and whatever goes wrong with one subscriber stays with that one.
"""

import logging
import secrets
from collections.abc import Callable

from media.feedback import KeyFrameRequests, SenderReport, key_frame_request, retransmission_request
from media.reception import NackList, Reception
from media.redundancy import primary
from media.resends import HUSH, JUMP_SPACING, MANY_MISSING
from media.rewrite import (
    CLOCK_RATE,
    MediaPacket,
    RtpPacket,
    extension_value,
)
from media.speech import Speech
from media.stats import RateMeter
from media.subscription import Subscription
from media.values import MEDIUM_OF, Source, StreamStatistics
from media.vp8 import starts_key_frame

_new = tuple.__new__  # past the constructors of named tuples, which are several times slower
logger = logging.getLogger(__name__)

# A layer that has sent nothing for so long (seconds) is not being sent. A screen's counts from its other layers' last
# packet, for one that stands still sends nothing. Where much moves, its lesser layer leaves out frames for seconds.
ALIVE, FULL_SCREEN_ALIVE, LESSER_SCREEN_ALIVE = 0.6, 2.0, 5.0
# How quickly a layer's steady rate follows the measured one, each quarter of a second. A screen's falls slowly: it
# stands still, and then somebody scrolls.
FOLLOWS, SCREEN_FALL = 0.15, 0.01


class Publication:
    """A stream as it comes in: its state as a receiver, and the subscriptions it goes to."""

    def __init__(
        self,
        source: Source,
        mid: str,
        carried_id: int,
        send_feedback: Callable[[bytes], None],
        attention: "set[Publication]",
        rid: str = "",
    ) -> None:
        self.source, self.mid, self.rid = source, mid, rid
        self.medium = MEDIUM_OF[source.kind]
        self._is_video, self.is_screen = self.medium == "video", source.kind == "screen"
        self.ssrc: int | None = None
        self.payload_type: int | None = None
        self.redundant_type: int | None = None
        self.subscriptions: list[Subscription] = []
        # All sizes of the same picture, from the least to the best, and who waits for a key frame of this one.
        self.layers: list[Publication] = [self]
        self.coming: list[Subscription] = []
        self.key_frames = KeyFrameRequests()
        self.own_ssrc = secrets.randbits(32)
        self.rtt: float | None = None
        # Told, with the instant, when what subscribers can take of this stream has changed much.
        self.limits_changed: Callable[[float], None] = lambda now: None
        # Told when the way from the publisher has become too narrow, at an instant.
        self.flooded: Callable[[float], None] = lambda now: None
        self.flooded_at = float("-inf")
        self._carried_id = carried_id
        self._send_feedback = send_feedback
        self.speech = Speech() if source.kind == "microphone" else None
        self._attention = attention
        self.begin()

    def begin(self) -> None:
        """Receive as if for the first time: what was not let in before is not lost."""
        self.reception = Reception(CLOCK_RATE[self.medium])
        self.missing = NackList()
        self.report: SenderReport | None = None
        self.meter = RateMeter()
        self.steady = 0.0  # bits a second over some seconds
        self.heard_at = float("-inf")
        for subscription in self.subscriptions:
            subscription.restart()

    def adopt(self, ssrc: int) -> None:
        """This line's packets bear `ssrc` from now on. A change begins a new stream."""
        if self.ssrc is not None and self.ssrc != ssrc:
            self.begin()
        self.ssrc = ssrc

    def is_alive(self, now: float) -> bool:
        """Whether it is being sent."""
        if self.is_screen and len(self.layers) > 1:
            patience = LESSER_SCREEN_ALIVE if self is self.layers[0] else FULL_SCREEN_ALIVE
            return max(one.heard_at for one in self.layers) - self.heard_at < patience
        return now - self.heard_at < ALIVE

    def receive(self, packet: RtpPacket, now: float) -> None:
        """Take in a packet and forward it. `now` is in seconds on the relay's clock."""
        padding, marker, payload_type, sequence, timestamp, _, extension, data, start = packet
        reception = self.reception
        index = reception.extend(sequence)
        is_filling = padding and packet.is_filling
        skipped = reception.arrived(index, timestamp, 0 if is_filling else len(data) - start, now)
        if skipped and self._is_video:
            self.missing.skipped(index, skipped)
            self._attention.add(self)
        elif self.missing and self.missing.came(index):
            reception.recovered += 1
        if is_filling:  # the publisher's path is tried by it, nobody else's
            for subscription in self.subscriptions:
                subscription.leave_out(index)
            return
        self.heard_at = now
        carried = extension_value(extension, self._carried_id) if extension else b""
        media = _new(MediaPacket, (index, padding, marker, timestamp, carried, data, start))
        if carried and self.speech is not None:
            self.speech.heard(carried[0], now)
        if (self.key_frames.wanted or self.coming) and starts_key_frame(data, start):
            self._key_frame_came()
        alone = media if payload_type != self.redundant_type else self._newest_sound(media)
        for subscription in self.subscriptions:
            try:
                if alone is media or not subscription.takes_redundant(self):
                    subscription.forward(alone, now)
                else:
                    subscription.forward(media, now, subscription.redundant_writer)
            except Exception:  # a subscriber's trouble must never reach the publisher
                logger.exception("forwarding to slot %s", subscription.mid)

    def _newest_sound(self, media: MediaPacket) -> MediaPacket:
        return media._replace(start=primary(media.data, media.start, self.payload_type or 0))

    def _key_frame_came(self) -> None:
        self.key_frames.came()
        for subscription in list(self.coming):
            subscription.move_to(self)

    def want_key_frame(self, now: float) -> None:
        """Somebody needs a key frame: asked for at once unless one was just asked for."""
        if self._is_video:
            self.key_frames.want()
            self._attention.add(self)
            self.attend(now)

    def attend(self, now: float) -> None:
        """Ask the publisher for what is missing and due; called every few milliseconds while something is."""
        if self.ssrc is not None and self.key_frames.due(now):
            self._send_feedback(key_frame_request(self.own_ssrc, self.ssrc))
        if now - self.flooded_at < HUSH:
            self.missing.clear()
        elif len(self.missing) > MANY_MISSING and now - self.flooded_at > JUMP_SPACING:
            self._start_over(now)
        due = self.missing.due(now, self.rtt)
        if due and self.ssrc is not None:
            self._send_feedback(retransmission_request(self.own_ssrc, self.ssrc, due))
        if not self.missing and not self.key_frames.wanted:
            self._attention.discard(self)

    def _start_over(self, now: float) -> None:
        """Give up what is missing: a key frame is there sooner, once the publisher has slowed down. Until then nobody
        is sent what they could not decode."""
        self.missing.clear()
        self.flooded_at = now
        for subscription in self.subscriptions:
            subscription.restart()
        self.key_frames.hold(now + HUSH)
        self.want_key_frame(now)
        self.flooded(now)

    def lately(self, now: float) -> float:
        """Bits a second of the very last moment."""
        return self.meter.lately(self.reception.bytes, now, 0.1)

    def measure(self, now: float) -> None:
        """Read the rate; called each quarter of a second."""
        rate = self.meter.read(self.reception.bytes, now)
        self.steady += (rate - self.steady) * self._follows(rate)

    def _follows(self, rate: float) -> float:
        if not self.is_screen:
            return FOLLOWS if self.steady else 1.0
        return SCREEN_FALL if rate < self.steady else FOLLOWS

    def statistics(self) -> StreamStatistics:
        """What has come in so far."""
        got = self.reception
        return StreamStatistics(
            self.mid,
            self.source.kind,
            got.packets,
            got.bytes,
            got.lost,
            got.jitter,
            self.meter.rate,
            got.recovered,
            self.rid,
        )
