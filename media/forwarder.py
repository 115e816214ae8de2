"""One publisher's stream to its subscribers.

A publication is what comes in as one stream of a browser: a line's, or one layer of a picture that is sent in several
sizes. A subscription is one slot of another browser. A packet is taken apart once and written anew for each slot; no
task is woken, nothing is decoded, and whatever goes wrong with one subscriber stays with that one.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace

from media.congestion import PathEstimator
from media.feedback import KeyFrameRequests, SenderReport, key_frame_request, retransmission_request
from media.packet_cache import PacketCache, Sent
from media.reception import NackList, Reception
from media.redundancy import primary
from media.resends import MANY_MISSING, Resends
from media.rewrite import (
    CLOCK_RATE,
    PADDING,
    MediaPacket,
    Numbering,
    RtpPacket,
    Splice,
    Writer,
    abs_send_time,
    extension_value,
)
from media.speech import Speech
from media.srtp import Buffer
from media.stats import RateMeter
from media.values import MEDIUM_OF, Medium, Source, StreamStatistics
from media.vp8 import PictureNumbers, picture, starts_key_frame

_new = tuple.__new__  # past the constructors of named tuples, which are several times slower
logger = logging.getLogger(__name__)

# Packets kept for those who ask again: about two seconds of video. Browsers do not ask again for sound.
CACHE_SIZE = 256
# How long (seconds) a publisher has for slowing down before a key frame is asked for on a path that has become much
# narrower: a large one would be lost.
HUSH = 0.2
# A layer that has sent nothing for so long (seconds) is not being sent.
ALIVE = 0.6
# What is under way is left out at most each so many seconds.
JUMP_SPACING = 2.0
# What a packet adds to its payload on the way, about: headers, SRTP's tag, UDP and IP.
OVERHEAD = 70
# The payload of a packet that only fills the path: its last byte counts it (RFC 3550 section 5.1).
FILLING = bytes(254) + b"\xff"


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
        self._is_video = self.medium == "video"
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
        return now - self.heard_at < ALIVE

    def receive(self, packet: RtpPacket, now: float) -> None:
        """Take in a packet and forward it. `now` is in seconds on the relay's clock."""
        self.heard_at = now
        index = self.reception.extend(packet.sequence)
        skipped = self.reception.arrived(index, packet.timestamp, len(packet.data) - packet.start, now)
        if skipped and self._is_video:
            self.missing.skipped(index, skipped)
            self._attention.add(self)
        elif self.missing and self.missing.came(index):
            self.reception.recovered += 1
        carried = extension_value(packet.extension, self._carried_id) if packet.extension else b""
        media = _new(
            MediaPacket,
            (index, packet.padding, packet.marker, packet.timestamp, carried, packet.data, packet.start),
        )
        if carried and self.speech is not None:
            self.speech.heard(carried[0], now)
        if (self.key_frames.wanted or self.coming) and starts_key_frame(packet.data, packet.start):
            self._key_frame_came()
        alone = media if packet.payload_type != self.redundant_type else self._newest_sound(media)
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
        self.steady += (rate - self.steady) * (0.15 if self.steady else 1.0)

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


class Subscription:
    """A slot: an endless stream to one subscriber, in which sources follow one another.

    A packet is written into `buffer`; `send` seals what is there, so many bytes, and tells whether it went
    out. `path` numbers packets where the subscriber tells when they came.
    """

    def __init__(
        self,
        medium: Medium,
        mid: str,
        numbering: Numbering,
        buffer: Buffer,
        send: Callable[[int], bool],
        path: PathEstimator | None = None,
    ) -> None:
        self.medium, self.mid, self.ssrc = medium, mid, numbering.ssrc
        self.source: Source | None = None
        self.publication: Publication | None = None
        self.heading: Publication | None = None
        self.open = False
        self.packets = self.bytes = self.resent = 0
        self.lost, self.jitter = 0, 0.0
        self.limit: float | None = None
        self.shown_at = self.jumped_at = float("-inf")
        self.meter = RateMeter()
        self.report_due = False
        self.waiting = True
        self._resends = Resends()
        self._writer = Writer(numbering)
        self._payload_type = numbering.payload_type
        self.redundant_writer: Writer | None = None
        if numbering.redundant_type is not None:
            self.redundant_writer = Writer(replace(numbering, payload_type=numbering.redundant_type))
        self._view, self._send = buffer.view, send
        self._path = path if self._writer.numbers else None
        self._cache = PacketCache(CACHE_SIZE) if medium == "video" else None
        self._pictures = PictureNumbers()
        self._newest: MediaPacket | None = None
        self.splice = Splice(secrets.randbits(15), secrets.randbits(32), CLOCK_RATE[medium])

    # -- which stream --

    def restart(self) -> None:
        """Splice anew at the next packet that can be decoded by itself."""
        self.waiting = True

    def show(self, layers: list[Publication], now: float) -> None:
        """Show a source: its best layer, until something is known against it."""
        self.part()
        alive = [one for one in layers if one.is_alive(now)]
        self.shown_at = now
        self._join((alive or layers)[-1])
        assert self.publication is not None
        self.publication.want_key_frame(now)

    def is_shown(self, now: float) -> bool:
        """Whether something is to be seen or heard here."""
        return self.open and self.publication is not None and any(one.is_alive(now) for one in self.publication.layers)

    def head_for(self, layer: Publication, now: float) -> None:
        """Go over to another layer of what is shown: at its next key frame, which is asked for; at once where nothing
        is seen anyhow."""
        if layer is self.heading or self.publication is None:
            return
        self._stay()
        if layer is self.publication:
            return
        if self.waiting or not self.publication.is_alive(now):
            self.move_to(layer)
        else:
            self.heading = layer
            layer.coming.append(self)
        layer.want_key_frame(now)

    def move_to(self, layer: Publication) -> None:
        """Go over now."""
        self.part()
        self._join(layer)

    def jump(self, now: float) -> None:
        """Leave out what is under way and go on with the next key frame: where the path has become much narrower, old
        packets sent again would keep it full for seconds."""
        if self.publication is None or now - self.jumped_at < JUMP_SPACING:
            return
        self.jumped_at = now
        self._cache = PacketCache(CACHE_SIZE)
        self._resends = Resends()
        if self.heading is not None:
            self.move_to(self.heading)
        self.restart()
        self.publication.key_frames.hold(now + HUSH)
        self.publication.want_key_frame(now)

    def part(self) -> None:
        """Show nothing any more."""
        self._stay()
        if self.publication is not None:
            self.publication.subscriptions.remove(self)
            self.publication = None

    def _join(self, publication: Publication) -> None:
        self.publication = publication
        self.restart()
        publication.subscriptions.append(self)

    def _stay(self) -> None:
        if self.heading is not None:
            self.heading.coming.remove(self)
            self.heading = None

    # -- its packets --

    def takes_redundant(self, publication: Publication) -> bool:
        """Whether redundant audio can be sent on as it is: the payload types within it are the publisher's."""
        return self.redundant_writer is not None and self._payload_type == publication.payload_type

    def forward(self, packet: MediaPacket, now: float, writer: Writer | None = None) -> None:
        """Send a packet on in this slot's numbering. Video of a new source begins with a key frame."""
        if not self.open:
            return
        splice = self.splice
        if self.waiting:
            if self.medium == "video" and not starts_key_frame(packet.data, packet.start):
                return
            splice.begin(packet.number, packet.timestamp, now)
            if self._newest is not None:
                last = picture(self._newest.data, self._newest.start)
                self._pictures.follow(last, picture(packet.data, packet.start))
            self.waiting, self.report_due = False, True
        place = splice.place(packet.number, packet.timestamp, now)
        if place is None:
            return
        sequence, timestamp = place
        size = len(packet.data) - packet.start
        stamp, shift = self._stamp(size, now), self._pictures.shift
        if self._cache is not None:
            if packet.number == splice.newest:
                self._newest = packet
            self._cache.put(_new(Sent, (packet, sequence, timestamp, stamp, shift)))
        if self._send((writer or self._writer).write(self._view, packet, sequence, timestamp, stamp, shift)):
            self.packets += 1
            self.bytes += size

    def resend(self, sequences: list[int], now: float) -> None:
        """Answer a NACK with the very packets that were lost, as far as they are still kept and the path has room for
        them; with a key frame where too many are missing."""
        if not self.open or self._cache is None:
            return
        self._resends.begin(now, self._path.queue if self._path is not None else 0.0)
        for sequence in sequences:
            sent = self._cache.get(sequence)
            if sent is not None and self._resends.allows(sequence, len(sent.packet.data) * 8, self.limit, now):
                self._send(self._writer.write(self._view, *sent))
                self.resent += 1
        if self._resends.are_too_many:
            self.jump(now)

    def _stamp(self, size: int, now: float) -> bytes:
        if self._path is not None:
            return self._path.sent(now, size + OVERHEAD).to_bytes(2, "big")
        return abs_send_time(now) if self._writer.times else b""

    def fill(self, octets: int, now: float) -> int:
        """Send packets without a picture, between two frames, to try the path; returns how many bytes went out."""
        at_frame_end = self._newest is not None and self._newest.marker
        if not self.open or self.waiting or not at_frame_end or self._path is None or self._cache is None:
            return 0
        went = 0
        while went < octets:
            timestamp, sequence = self.splice.last_timestamp, self.splice.insert()
            packet = MediaPacket(0, PADDING, 0, 0, b"", FILLING, 0)
            sent = Sent(packet, sequence, timestamp, self._stamp(len(FILLING), now), (0, 0))
            self._cache.put(sent)
            if not self._send(self._writer.write(self._view, *sent)):
                return went
            went += len(FILLING) + OVERHEAD
        return went

    def statistics(self) -> StreamStatistics:
        """What has been sent, with loss and jitter as the subscriber last reported them."""
        return StreamStatistics(
            self.mid,
            None,
            self.packets,
            self.bytes,
            self.lost,
            self.jitter,
            self.meter.rate,
            self.resent,
            self.publication.rid if self.publication is not None else "",
        )
