"""A slot of somebody's browser: an endless stream, in which sources follow one another (media/forwarder.py)."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from media.congestion import PathEstimator
from media.packet_cache import PacketCache
from media.resends import HUSH, JUMP_SPACING, Resends
from media.rewrite import CLOCK_RATE, NO_SHIFT, PADDING, MediaPacket, Numbering, Splice, Writer, abs_send_time
from media.srtp import Buffer
from media.stats import RateMeter
from media.values import Medium, Source, StreamStatistics
from media.vp8 import PictureNumbers, picture, starts_key_frame

if TYPE_CHECKING:
    from media.forwarder import Publication

# Packets kept for those who ask again: about two seconds of video. Browsers do not ask again for sound.
CACHE_SIZE = 256
# What a packet adds to its payload on the way, about: headers, SRTP's tag, UDP and IP.
OVERHEAD = 70
# The payload of a packet that only fills the path: its last byte counts it (RFC 3550 section 5.1).
FILLING = bytes(254) + b"\xff"
FILLING_PACKET = MediaPacket(0, PADDING, 0, 0, b"", FILLING, 0)


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
        self._buffer, self._send = buffer, send
        self._path = path if self._writer.numbers else None
        self._cache = PacketCache(CACHE_SIZE) if medium == "video" else None
        self._pictures = PictureNumbers()
        self._newest: MediaPacket | None = None
        self.splice = Splice(secrets.randbits(15), secrets.randbits(32), CLOCK_RATE[medium])

    # -- which stream --

    def restart(self) -> None:
        """Splice anew at the next packet that can be decoded by itself."""
        self.waiting = True

    def show(self, layers: "list[Publication]", now: float) -> None:
        """Show a source: its best layer, until something is known against it."""
        self.part()
        alive = [one for one in layers if one.is_alive(now)]
        self.shown_at = now
        self._join((alive or layers)[-1])
        assert self.publication is not None
        if self.open:  # else it is asked for when the gate opens
            self.publication.want_key_frame(now)

    def is_shown(self, now: float) -> bool:
        """Whether something is to be seen or heard here."""
        return self.open and self.publication is not None and any(one.is_alive(now) for one in self.publication.layers)

    def head_for(self, layer: "Publication", now: float) -> None:
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

    def move_to(self, layer: "Publication") -> None:
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

    def _join(self, publication: "Publication") -> None:
        self.publication = publication
        self.restart()
        publication.subscriptions.append(self)

    def _stay(self) -> None:
        if self.heading is not None:
            self.heading.coming.remove(self)
            self.heading = None

    # -- its packets --

    def takes_redundant(self, publication: "Publication") -> bool:
        """Whether redundant audio can be sent on as it is: the payload types within it are the publisher's."""
        return self.redundant_writer is not None and self._payload_type == publication.payload_type

    def forward(self, packet: MediaPacket, now: float, writer: Writer | None = None) -> None:
        """Send a packet on in this slot's numbering. Video of a new source begins with a key frame."""
        if not self.open or (self.waiting and not self._begins(packet, now)):
            return
        number, _, _, timestamp, _, data, start = packet
        splice, cache = self.splice, self._cache
        place = splice.place(number, timestamp, now)
        if place is None:
            return
        sequence, timestamp = place
        size = len(data) - start
        buffer, stamp = self._buffer, self._stamp(size, now)
        length = (writer or self._writer).write(buffer.view, packet, sequence, timestamp, stamp, self._pictures.shift)
        if cache is not None:
            if number == splice.newest:
                self._newest = packet
            cache.put(sequence, buffer.octets[:length])
        if self._send(length):
            self.packets += 1
            self.bytes += size

    def leave_out(self, number: int) -> None:
        """A packet that is not sent on: the numbers close over it."""
        if self.open and not self.waiting:
            self.splice.leave_out(number)

    def _begins(self, packet: MediaPacket, now: float) -> bool:
        """Whether what is waited for begins with this packet; then it is spliced in."""
        if self.medium == "video" and not starts_key_frame(packet.data, packet.start):
            return False
        self.splice.begin(packet.number, packet.timestamp, now)
        if self._newest is not None:
            last = picture(self._newest.data, self._newest.start)
            self._pictures.follow(last, picture(packet.data, packet.start))
        self.waiting, self.report_due = False, True
        return True

    def resend(self, sequences: list[int], now: float) -> None:
        """Answer a NACK with the very packets that were lost, as far as they are still kept and the path has room for
        them; with a key frame where too many are missing."""
        if not self.open or self._cache is None:
            return
        self._resends.begin(now, self._path.queue if self._path is not None else 0.0)
        for sequence in sequences:
            sent = self._cache.get(sequence)
            if sent is not None and self._resends.allows(sequence, len(sent) * 8, self.limit, now):
                self._send(self._buffer.put(sent))
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
            stamp = self._stamp(len(FILLING), now)
            length = self._writer.write(self._buffer.view, FILLING_PACKET, sequence, timestamp, stamp, NO_SHIFT)
            self._cache.put(sequence, self._buffer.octets[:length])
            if not self._send(length):
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
