"""One connection's RTCP: what it tells us, and four times a second what we tell it."""

import secrets
from collections.abc import Callable, Iterable, Mapping

from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
)

from media import feedback
from media.budget import Downlink, Uplink
from media.forwarder import RESENDS, Publication, Subscription
from media.quality import LossMeter
from media.rewrite import CLOCK_RATE
from media.values import RelaySettings

INTERVAL = 0.25
# What a subscriber is told, and can take, is looked at each fourth round; browsers report about as often.
SUBSCRIBER_ROUNDS = 4
# The relay's NTP clock (seconds since 1900) is its monotonic one, moved: it never jumps. Any epoch would do,
# since receivers only compare our reports with each other; this keeps the era plausible.
NTP_BASE = 3_900_000_000.0
NTP_FRACTION = 0x100000000


class Reporter:
    """Reads a connection's RTCP and writes ours to it."""

    def __init__(
        self,
        publications: Mapping[str, Publication],
        subscriptions: Mapping[str, Subscription],
        settings: RelaySettings,
        send: Callable[[bytes], None],
    ) -> None:
        self._publications = publications
        self._subscriptions = subscriptions
        self._settings = settings
        self._send = send
        self._own_ssrc = secrets.randbits(32)
        self._uplink, self._downlink = Uplink(settings), Downlink(settings)
        self._clock_offset: float | None = None
        self._rounds = 0
        self._highest: dict[int, int] = {}
        self.loss_up, self.loss_down = LossMeter(), LossMeter()
        self.rtt: float | None = None

    @property
    def allowed(self) -> float:
        """What the browser may send, bits a second."""
        return self._uplink.allowed

    # -- what the browser says -------------------------------------------------------------------------------

    def received(self, data: bytes, now: float) -> None:
        """Act upon a compound packet; raises ValueError when it is malformed."""
        for packet in feedback.parse_rtcp(data):
            self._one(packet, now)

    def _one(self, packet: AnyRtcpPacket, now: float) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._note_sender_report(packet, now)
        if isinstance(packet, (RtcpSrPacket, RtcpRrPacket)):
            for block in packet.reports:
                self._note_block(block, now)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for subscription in self._with_ssrc(packet.media_ssrc):
                subscription.resend(packet.lost)
        elif isinstance(packet, RtcpPsfbPacket):
            self._note_payload_feedback(packet, now)

    def _note_sender_report(self, packet: RtcpSrPacket, now: float) -> None:
        """Keep the pair of clocks, the publisher's NTP moved onto ours by one offset for all of its streams,
        so that lips and voice stay together however late a report came. The quickest report so far tells the
        offset best."""
        ntp, arrived = packet.sender_info.ntp_timestamp / NTP_FRACTION, NTP_BASE + now
        if self._clock_offset is None or arrived - ntp < self._clock_offset:
            self._clock_offset = arrived - ntp
        for publication in self._publications.values():
            if publication.ssrc == packet.ssrc:
                timestamp = packet.sender_info.rtp_timestamp
                publication.report = feedback.SenderReport(ntp, timestamp, arrived, self._clock_offset)

    def _note_block(self, block: RtcpReceiverInfo, now: float) -> None:
        for subscription in self._with_ssrc(block.ssrc):
            subscription.lost = block.packets_lost
            subscription.jitter = block.jitter / CLOCK_RATE[subscription.medium]
            expected = block.highest_sequence - self._highest.get(block.ssrc, block.highest_sequence)
            self._highest[block.ssrc] = block.highest_sequence
            if 0 < expected < 0x8000:
                self.loss_down.add(expected, expected * block.fraction_lost / 256, now)
            if subscription.medium == "video":
                self._downlink.note(subscription, block.highest_sequence, block.fraction_lost / 256)
            trip = feedback.round_trip(block, NTP_BASE + now)
            self.rtt = self.rtt if trip is None else trip

    def _note_payload_feedback(self, packet: RtcpPsfbPacket, now: float) -> None:
        limit = feedback.announced_limit(packet)
        self._downlink.remb = self._downlink.remb if limit is None else limit
        for ssrc in feedback.key_frame_wishes(packet):
            for subscription in self._with_ssrc(ssrc):
                if subscription.open and subscription.publication is not None:
                    subscription.publication.want_key_frame(now)

    def _with_ssrc(self, ssrc: int) -> Iterable[Subscription]:
        return (one for one in self._subscriptions.values() if one.ssrc == ssrc)

    # -- what we say -----------------------------------------------------------------------------------------

    def round(self, now: float) -> None:
        """Report on everything; called each INTERVAL while the gate is open."""
        self._rounds += 1
        parts = self._receiver_reports(now) if self._publications else []
        if self._rounds % SUBSCRIBER_ROUNDS == 0:
            self._look_downward(now)
            parts += self._sender_reports(self._subscriptions.values(), now)
        else:
            parts += self._sender_reports([one for one in self._subscriptions.values() if one.report_due], now)
        if parts:
            self._send(b"".join(parts))

    def _look_downward(self, now: float) -> None:
        for one in self._subscriptions.values():
            one.meter.read(one.bytes, now)
            one.resends_left = RESENDS
        self._downlink.share(self._subscriptions.values(), SUBSCRIBER_ROUNDS * INTERVAL)

    def _sender_reports(self, subscriptions: Iterable[Subscription], now: float) -> list[bytes]:
        reports = []
        for one in subscriptions:
            report = one.publication.report if one.publication and not one.waiting else None
            if report is not None:
                one.report_due = False
                reports.append(self._sender_report(one, report, NTP_BASE + now))
        return reports

    def _sender_report(self, one: Subscription, report: feedback.SenderReport, ntp: float) -> bytes:
        """The publisher's report carried forward to this moment, in the slot's numbers."""
        elapsed = ntp - report.ntp - report.offset
        timestamp = one.splice.timestamp(report.timestamp + int(elapsed * CLOCK_RATE[one.medium]))
        return feedback.sender_report(one.ssrc, ntp, timestamp, one.packets, one.bytes)

    def _receiver_reports(self, now: float) -> list[bytes]:
        heard = [one for one in self._publications.values() if one.ssrc is not None and one.reception.packets]
        if not heard:
            return []
        blocks, all_expected, all_lost = [], 0, 0
        for one in heard:
            one.meter.read(one.reception.bytes, now)
            one.rtt = self.rtt
            expected, lost = one.reception.interval()
            blocks.append(self._block(one, max(lost, 0) / max(expected, 1), now))
            all_expected, all_lost = all_expected + expected, all_lost + lost
        self.loss_up.add(all_expected, all_lost, now)
        self._uplink.judge(heard, all_expected, all_lost, INTERVAL)
        ssrcs = [one.ssrc for one in heard if one.ssrc is not None]
        return [
            feedback.receiver_report(self._own_ssrc, blocks),
            feedback.bitrate_limit(self._own_ssrc, self.allowed, ssrcs),
        ]

    def _block(self, one: Publication, loss: float, now: float) -> RtcpReceiverInfo:
        clock_rate = CLOCK_RATE[one.medium]
        return feedback.report_block(one.ssrc or 0, one.reception, loss, clock_rate, one.report, NTP_BASE + now)
