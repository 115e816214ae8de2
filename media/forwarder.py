"""One publisher's stream to its subscribers.

A publication is what comes in on one line of a browser, a subscription is one slot of another. A packet is
taken apart once and written anew for each slot; no task is woken, nothing is decoded, and whatever goes wrong
with one subscriber stays with that one.
"""

import logging
import secrets
from collections.abc import Callable

from media.feedback import KeyFrameRequests, SenderReport, key_frame_request, retransmission_request
from media.packet_cache import PacketCache
from media.reception import NackList, Reception
from media.rewrite import (
    CLOCK_RATE,
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
from media.values import MEDIUM_OF, Source, StreamStatistics
from media.vp8 import starts_key_frame

logger = logging.getLogger(__name__)

# Packets kept for those who ask again: about two seconds of video. Browsers do not ask again for sound.
CACHE_SIZE = {"audio": 1, "video": 256}
# How many of them a slot may have sent again between two reports, so that a NACK cannot multiply traffic at
# will.
RESENDS = 200


class Publication:
    """A stream as it comes in: its state as a receiver, and the subscriptions it goes to."""

    def __init__(
        self,
        source: Source,
        mid: str,
        carried_id: int,
        send_feedback: Callable[[bytes], None],
        attention: "set[Publication]",
    ) -> None:
        self.source, self.mid = source, mid
        self.medium = MEDIUM_OF[source.kind]
        self._is_video = self.medium == "video"
        self.ssrc: int | None = None
        self.subscriptions: list[Subscription] = []
        self.key_frames = KeyFrameRequests()
        self.own_ssrc = secrets.randbits(32)
        self.rtt: float | None = None
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
        self._cache = PacketCache(CACHE_SIZE[self.medium])
        for subscription in self.subscriptions:
            subscription.restart()

    def adopt(self, ssrc: int) -> None:
        """This line's packets bear `ssrc` from now on. A change begins a new stream."""
        if self.ssrc is not None and self.ssrc != ssrc:
            self.begin()
        self.ssrc = ssrc

    def receive(self, packet: RtpPacket, now: float) -> None:
        """Take in a packet and forward it. `now` is in seconds on the relay's clock."""
        index = self.reception.extend(packet.sequence)
        skipped = self.reception.arrived(index, packet.timestamp, len(packet.data) - packet.start, now)
        if skipped and self._is_video:
            self.missing.skipped(index, skipped)
            self._attention.add(self)
        elif self.missing and self.missing.came(index):
            self.reception.recovered += 1
        media = MediaPacket(
            index,
            packet.padding,
            packet.marker,
            packet.timestamp,
            extension_value(packet.extension, self._carried_id) if packet.extension else b"",
            abs_send_time(now) if self._is_video else b"",
            packet.data,
            packet.start,
        )
        self._cache.put(media)
        if self.speech is not None and media.carried:
            self.speech.heard(media.carried[0], now)
        if self.key_frames.wanted and starts_key_frame(packet.data, packet.start):
            self.key_frames.came()
        for subscription in self.subscriptions:
            try:
                subscription.forward(media, now)
            except Exception:  # a subscriber's trouble must never reach the publisher
                logger.exception("forwarding to slot %s", subscription.mid)

    def recall(self, index: int) -> MediaPacket | None:
        """A recent packet, to be sent again."""
        return self._cache.get(index)

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
        due = self.missing.due(now, self.rtt)
        if due and self.ssrc is not None:
            self._send_feedback(retransmission_request(self.own_ssrc, self.ssrc, due))
        if not self.missing and not self.key_frames.wanted:
            self._attention.discard(self)

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
        )


class Subscription:
    """A slot: an endless stream to one subscriber, in which sources follow one another.

    A packet is written into `buffer`; `send` seals what is there, so many bytes, and tells whether it went
    out.
    """

    def __init__(
        self, medium: str, mid: str, numbering: Numbering, buffer: Buffer, send: Callable[[int], bool]
    ) -> None:
        self.medium, self.mid, self.ssrc = medium, mid, numbering.ssrc
        self.source: Source | None = None
        self.publication: Publication | None = None
        self.open = False
        self.packets = self.bytes = self.resent = 0
        self.lost, self.jitter = 0, 0.0
        self.limit: float | None = None
        self.meter = RateMeter()
        self.report_due = False
        self.waiting = True
        self.resends_left = RESENDS
        self._writer = Writer(numbering)
        self._view, self._send = buffer.view, send
        self.splice = Splice(secrets.randbits(15), secrets.randbits(32), CLOCK_RATE[medium])

    def restart(self) -> None:
        """Splice anew at the next packet that can be decoded by itself."""
        self.waiting = True

    def forward(self, packet: MediaPacket, now: float) -> None:
        """Send a packet on in this slot's numbering. Video of a new source begins with a key frame."""
        if not self.open:
            return
        if self.waiting:
            if self.medium == "video" and not starts_key_frame(packet.data, packet.start):
                return
            self.splice.begin(packet.number, packet.timestamp, now)
            self.waiting, self.report_due = False, True
        if self.splice.follow(packet.number, packet.timestamp, now):
            self._write(packet)

    def _write(self, packet: MediaPacket) -> None:
        splice, number, timestamp = self.splice, packet.number, packet.timestamp
        end = self._writer.write(self._view, packet, splice.sequence(number), splice.timestamp(timestamp))
        if self._send(end):
            self.packets += 1
            self.bytes += len(packet.data) - packet.start

    def resend(self, sequences: list[int]) -> None:
        """Answer a NACK with the very packets that were lost, as far as they are still kept."""
        if not self.open or self.waiting or self.publication is None:
            return
        for sequence in sequences:
            index = self.splice.index(sequence)
            packet = self.publication.recall(index) if index is not None else None
            if packet is not None and self.resends_left:
                self._write(packet)
                self.resent += 1
                self.resends_left -= 1

    def statistics(self) -> StreamStatistics:
        """What has been sent, with loss and jitter as the subscriber last reported them."""
        return StreamStatistics(
            self.mid, None, self.packets, self.bytes, self.lost, self.jitter, self.meter.rate, self.resent
        )
