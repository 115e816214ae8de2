"""One browser's connection: its gate, its keys, and the streams that come from it and go to it.

The gate is the promise of R-179. While it is shut a packet from this browser is dropped before it is
decrypted, and nothing but STUN and DTLS is sent to it; both are decided here and nowhere else.
"""

import logging
import secrets
import time
from collections.abc import Callable
from typing import Literal

from aiortc.rtcdtlstransport import RTCCertificate

from media.arrivals import Arrivals
from media.budget import Filling
from media.congestion import PathEstimator
from media.forwarder import Publication
from media.ice import Address, IceEndpoint
from media.negotiation import (
    ABS_SEND_TIME,
    ARRIVALS,
    AUDIO_LEVEL,
    MID,
    ORIENTATION,
    RID,
    Agreement,
    Line,
    RemoteIce,
)
from media.quality import quality
from media.reporter import INTERVAL, Reporter
from media.rewrite import Numbering, RtpPacket, extension_value, parse_rtp
from media.srtp import Buffer, SrtpError
from media.subscription import Subscription
from media.totals import Direction
from media.transport import SecureTransport, TransportState
from media.values import ConnectionStatistics, Medium, Quality, RelaySettings, Source, StreamStatistics

logger = logging.getLogger(__name__)

CARRIED = {"audio": AUDIO_LEVEL, "video": ORIENTATION}
# RTCP packet types as they appear in the second byte (RFC 5761 section 4).
RTCP_TYPES = range(192, 224)
# So many packets over so many seconds, not one of which could be unprotected, mean that the rollover counters
# have parted for good: the browser must connect anew.
HOPELESS_PACKETS, HOPELESS_SECONDS = 200, 3.0
# Silence is news from a browser that sent media or RTCP shortly (seconds) before it was last heard. One that
# sends nothing anyhow, because all is muted, may leave five seconds between its checks.
TALKING = 1.5


class Connection:
    """A browser's connection, found by the port as its peer."""

    def __init__(
        self,
        key: str,
        agreement: Agreement,
        remote: RemoteIce,
        certificate: RTCCertificate,
        buffer: Buffer,
        send: Callable[[bytes | memoryview, Address], bool],
        on_state: Callable[["Connection", TransportState], None],
        attention: set[Publication],
        attend: Callable[[Filling], None],
        settings: RelaySettings,
        now: float,
    ) -> None:
        self.key, self.agreement = key, agreement
        self.ice = IceEndpoint(remote.ufrag)
        self.is_open = False
        self.version = 0
        self.started_at = self.last_heard = self.last_media = self.report_at = now
        self.dropped_at_gate = self.malformed = self.send_failures = 0
        self.silent = False
        self._buffer, self._send_datagram = buffer, send
        self._on_state = on_state
        self._failures, self._failing_since = 0, now
        self.transport = SecureTransport(certificate, agreement.fingerprints, self._send_dtls, self._state)
        self._keys = self.transport.keys
        slots, published = agreement.slot_lines, agreement.published
        self._estimator = None
        if any(line.arrivals for line in slots):
            self._estimator = PathEstimator(settings.start_bitrate, settings.min_bitrate)
        # Numbers run over all that a browser sends: they are noted only where every line of it bears them.
        self._arrivals = Arrivals() if any(line.arrivals for line in published) else None
        self._number_ids = {line.mid: line.extension(ARRIVALS) for line in published}
        self.publications = [layer for line in published for layer in self._layers(line, attention)]
        self.subscriptions = {line.mid: self._subscription(line) for line in agreement.slot_lines}
        self._by_ssrc = self._announced_ssrcs()
        self._mid_id = next((line.extension(MID) for line in published if line.extension(MID)), 0)
        self._rid_id = next((line.extension(RID) for line in published if line.rids), 0)
        self.reporter = Reporter(
            self.publications,
            self.subscriptions,
            settings,
            self._send_rtcp,
            attend,
            self._arrivals,
            self._estimator,
        )

    def _layers(self, line: Line, attention: set[Publication]) -> list[Publication]:
        assert line.kind is not None
        source, carried = Source(self.key, line.kind), line.extension(CARRIED[line.medium])
        layers = [Publication(source, line.mid, carried, self._send_rtcp, attention, rid) for rid in line.rids or ("",)]
        for layer in layers:
            layer.layers = layers
            layer.payload_type, layer.redundant_type = line.payload_type, line.redundant_type
        return layers

    def _subscription(self, line: Line) -> Subscription:
        numbering = Numbering(
            ssrc=secrets.randbelow(0xFFFFFFFE) + 1,
            payload_type=line.payload_type or 0,
            mid=line.mid.encode(),
            mid_id=line.extension(MID),
            sent_at_id=line.extension(ABS_SEND_TIME),
            carried_id=line.extension(CARRIED[line.medium]),
            number_id=line.extension(ARRIVALS),
            redundant_type=line.redundant_type,
        )
        medium: Medium = "audio" if line.medium == "audio" else "video"
        return Subscription(medium, line.mid, numbering, self._buffer, self._send_rtp, self._estimator)

    def _announced_ssrcs(self) -> dict[int, tuple[Publication, tuple[int, ...]]]:
        known = {}
        for line in self.agreement.published:
            for ssrc in line.ssrcs:
                publication = next(one for one in self.publications if one.mid == line.mid)
                known[ssrc] = (publication, _payload_types(line))
                publication.adopt(ssrc)
        return known

    # -- the gate --------------------------------------------------------------------------------------------

    def open(self, now: float) -> None:
        """Open the gate: key frames are asked for, so that pictures come at once both ways. Before there are keys
        they would be lost, and the next ones late: then they are asked for as soon as there are."""
        if self.is_open:
            return
        self.is_open, self.last_heard, self.report_at = True, now, now
        if self.transport.connected:
            self._begin(now)

    def _begin(self, now: float) -> None:
        for subscription in self.subscriptions.values():
            subscription.restart()
            subscription.open = True
            if subscription.publication is not None:
                subscription.publication.want_key_frame(now)
        for publication in self.publications:
            publication.begin()
            publication.want_key_frame(now)

    def shut(self) -> None:
        """Shut the gate: from the next datagram on nothing passes."""
        self.is_open = False
        for subscription in self.subscriptions.values():
            subscription.open = False

    # -- from the port ---------------------------------------------------------------------------------------

    def receive_dtls(self, datagram: bytes) -> None:
        """Take a DTLS record."""
        self.transport.receive_record(datagram)

    def receive_media(self, buffer: Buffer, length: int, now: float) -> None:
        """Take the SRTP or SRTCP packet in the buffer."""
        self.last_heard = self.last_media = now
        if not self.is_open:
            self.dropped_at_gate += 1
            return
        keys, octets = self._keys, buffer.octets
        try:
            if length > 1 and buffer.view[1] in RTCP_TYPES:
                self.reporter.received(octets[: keys.unseal_rtcp(buffer, length)], now)
            else:
                self._receive_rtp(parse_rtp(octets[: keys.unseal(buffer, length)]), now)
            self._failures = 0
        except SrtpError:
            self._note_failure(now)
        except ValueError:
            self.malformed += 1

    def _receive_rtp(self, packet: RtpPacket, now: float) -> None:
        known = self._by_ssrc.get(packet.ssrc) or self._identify(packet)
        if known is None or packet.payload_type not in known[1]:
            self.malformed += 1
            return
        if self._arrivals is not None and packet.extension:
            number = extension_value(packet.extension, self._number_ids[known[0].mid])
            if len(number) == 2:
                self._arrivals.note(number[0] << 8 | number[1], now)
        known[0].receive(packet, now)

    def _identify(self, packet: RtpPacket) -> tuple[Publication, tuple[int, ...]] | None:
        """Whose new SSRC is this? The mid in the packet tells, and its rid where there are layers (RFC 8843 section
        9.2, RFC 8852 section 3)."""
        mid = extension_value(packet.extension, self._mid_id).decode("ascii", "replace")
        rid = extension_value(packet.extension, self._rid_id).decode("ascii", "replace")
        found = [one for one in self.publications if one.mid == mid and one.rid in ("", rid)]
        if not found:
            return None
        publication = found[0]
        payload_types = next(_payload_types(line) for line in self.agreement.published if line.mid == mid)
        self._by_ssrc = {ssrc: one for ssrc, one in self._by_ssrc.items() if one[0] is not publication}
        publication.adopt(packet.ssrc)
        self._by_ssrc[packet.ssrc] = (publication, payload_types)
        return self._by_ssrc[packet.ssrc]

    def _note_failure(self, now: float) -> None:
        self.malformed += 1
        self._failures += 1
        if self._failures == 1:
            self._failing_since = now
        elif self._failures > HOPELESS_PACKETS and now - self._failing_since > HOPELESS_SECONDS:
            self._on_state(self, "failed")

    # -- to the browser --------------------------------------------------------------------------------------

    def _send_dtls(self, record: bytes) -> None:
        if self.ice.address is not None:
            self._send_datagram(record, self.ice.address)

    def _send_rtp(self, length: int) -> bool:
        """Seal the RTP packet in the buffer and send it. Only through an open gate; whatever prevents it is
        this connection's own trouble."""
        address = self.ice.address
        if not self.is_open or address is None:
            return False
        try:
            return self._send_datagram(self._buffer.view[: self._keys.seal(self._buffer, length)], address)
        except SrtpError:
            self.send_failures += 1
            return False

    def _send_rtcp(self, packet: bytes) -> None:
        """Send an RTCP packet, on the same terms."""
        address, buffer = self.ice.address, self._buffer
        if not self.is_open or address is None:
            return
        try:
            self._send_datagram(buffer.view[: self._keys.seal_rtcp(buffer, buffer.put(packet))], address)
        except SrtpError:
            self.send_failures += 1

    # -- its life --------------------------------------------------------------------------------------------

    def _state(self, state: TransportState) -> None:
        if state == "connected" and self.is_open:
            self._begin(time.monotonic())
        self._on_state(self, state)

    def tick(self, now: float) -> bool:
        """Report to the browser, four times a second while the gate is open; tells whether anything was said."""
        is_due = now >= self.report_at
        if is_due:
            self.report_at = now + INTERVAL
            if self.is_open and self.transport.connected:
                self.reporter.round(now)
        if self.is_open and self._arrivals:
            self.reporter.tell_arrivals()
            return True
        return is_due

    def health(self, now: float, settings: RelaySettings) -> Literal["well", "silent", "failed", "closed"]:
        """How the connection fares, judged by when it was last heard."""
        quiet = now - self.last_heard
        if not self.transport.connected:
            return "failed" if now - self.started_at > settings.connect_timeout else "well"
        if quiet > settings.closed_after:
            return "closed"
        talking = self.last_heard - self.last_media < TALKING
        return "silent" if quiet > settings.silent_after and talking and self.is_open else "well"

    def speech(self, now: float) -> int | None:
        """What to tell of this person's voice now (Speech.news)."""
        if not self.is_open:
            return None
        news = [one.speech.news(now) for one in self.publications if one.speech is not None]
        return next((one for one in news if one is not None), None)

    def quality(self) -> Quality:
        """How well this person is connected of late."""
        return quality([self.reporter.loss_up.loss, self.reporter.loss_down.loss], self.reporter.rtt)

    def streams(self) -> list[tuple[Direction, Medium, StreamStatistics]]:
        """All of its streams."""
        come: list[tuple[Direction, Medium, StreamStatistics]] = [
            ("in", one.medium, one.statistics()) for one in self.publications
        ]
        return come + [("out", one.medium, one.statistics()) for one in self.subscriptions.values()]

    def statistics(self) -> ConnectionStatistics:
        """A picture of this moment."""
        return ConnectionStatistics(
            key=self.key,
            connected=self.transport.connected,
            open=self.is_open,
            rtt=self.reporter.rtt,
            allowed_bitrate=self.reporter.allowed,
            path_bitrate=self.reporter.path_rate,
            dropped_at_gate=self.dropped_at_gate,
            malformed=self.malformed,
            send_failures=self.send_failures,
            received=tuple(one.statistics() for one in self.publications),
            sent=tuple(one.statistics() for one in self.subscriptions.values()),
        )


def _payload_types(line: Line) -> tuple[int, ...]:
    return tuple(number for number in (line.payload_type, line.redundant_type) if number is not None)
