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
from media.bandwidth import AUDIO_NEED, MUCH_LOSS, LossEstimate, allowed, need, receiver_limit
from media.forwarder import RESENDS, Publication, Subscription
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
        self._uplink = LossEstimate(settings.start_bitrate, settings.min_bitrate)
        self._downlink = LossEstimate(settings.max_bitrate, settings.min_bitrate)
        self._downlink_limits = False
        self._remb: float | None = None
        self._clock_offset: float | None = None
        self._rounds = 0
        self.rtt: float | None = None
        self.allowed = float(settings.start_bitrate)

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
            if subscription.medium == "video":
                self._note_loss(block.fraction_lost / 256)
            trip = feedback.round_trip(block, NTP_BASE + now)
            self.rtt = self.rtt if trip is None else trip

    def _note_loss(self, loss: float) -> None:
        """Some browsers send no REMB, and loss is all they tell: once it is heavy, it limits until it has
        passed."""
        flowing = sum(one.meter.rate for one in self._subscriptions.values())
        self._downlink_limits = self._downlink_limits or loss > MUCH_LOSS
        rate = self._downlink.update(loss, flowing, self._settings.max_bitrate * len(self._subscriptions))
        self._downlink_limits = self._downlink_limits and rate < 2 * flowing

    def _note_payload_feedback(self, packet: RtcpPsfbPacket, now: float) -> None:
        limit = feedback.announced_limit(packet)
        self._remb = self._remb if limit is None else limit
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
            self._share_downlink(now)
            parts += self._sender_reports(self._subscriptions.values(), now)
        else:
            parts += self._sender_reports([one for one in self._subscriptions.values() if one.report_due], now)
        if parts:
            self._send(b"".join(parts))

    def _share_downlink(self, now: float) -> None:
        """Divide what this subscriber can take among the videos that it is shown."""
        for one in self._subscriptions.values():
            one.meter.read(one.bytes, now)
            one.resends_left = RESENDS
        videos = [one for one in self._subscriptions.values() if one.medium == "video" and one.meter.rate]
        flowing = sum(one.meter.rate for one in self._subscriptions.values())
        limits = [receiver_limit(self._remb, flowing), self._downlink.rate if self._downlink_limits else None]
        total = min((limit for limit in limits if limit is not None), default=None)
        for video in videos:
            video.limit = None if total is None else total / len(videos)

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
        blocks, losses = [], []
        for one in heard:
            one.meter.read(one.reception.bytes, now)
            one.rtt = self.rtt
            losses.append(one.reception.fraction_lost())
            blocks.append(self._block(one, losses[-1], now))
        self._allow(heard, max(losses))
        ssrcs = [one.ssrc for one in heard if one.ssrc is not None]
        return [
            feedback.receiver_report(self._own_ssrc, blocks),
            feedback.bitrate_limit(self._own_ssrc, self.allowed, ssrcs),
        ]

    def _block(self, one: Publication, loss: float, now: float) -> RtcpReceiverInfo:
        clock_rate = CLOCK_RATE[one.medium]
        return feedback.report_block(one.ssrc or 0, one.reception, loss, clock_rate, one.report, NTP_BASE + now)

    def _allow(self, heard: list[Publication], loss: float) -> None:
        """What the publisher may send: what its path carries, and no more than its subscribers can take."""
        videos = [one for one in heard if one.medium == "video"]
        most = need(len(heard) - len(videos), max(len(videos), 1), self._settings.max_bitrate)
        path = self._uplink.update(loss, sum(one.meter.rate for one in heard), most)
        wanted = sum(self._video_limit(one) for one in videos) + AUDIO_NEED if videos else None
        self.allowed = allowed(path, [wanted], self._settings.min_bitrate)

    def _video_limit(self, publication: Publication) -> float:
        limits = [one.limit for one in publication.subscriptions if one.open and one.limit is not None]
        return min([self._settings.max_bitrate, *limits])
