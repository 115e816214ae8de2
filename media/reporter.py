"""One connection's RTCP: what it tells us, and four times a second what we tell it."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping

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
from media.arrivals import Arrivals, read_message
from media.budget import Downlink, Filling, Uplink
from media.congestion import PathEstimator
from media.forwarder import Publication
from media.quality import LossMeter
from media.rewrite import CLOCK_RATE
from media.subscription import Subscription
from media.values import RelaySettings

INTERVAL = 0.25
# What a subscriber is told is looked at each fourth round; browsers report about as often. What it can take and is
# sent, each other one.
SUBSCRIBER_ROUNDS, SHARING_ROUNDS = 4, 2
# The relay's NTP clock (seconds since 1900) is its monotonic one, moved: it never jumps. Any epoch would do,
# since receivers only compare our reports with each other; this keeps the era plausible.
NTP_BASE = 3_900_000_000.0
NTP_FRACTION = 0x100000000
# In one packet. Browsers tell of arrivals ten to twenty times a second, one message at a time.
MOST_FEEDBACK = 4


class Reporter:
    """Reads a connection's RTCP and writes ours to it."""

    def __init__(
        self,
        publications: Collection[Publication],
        subscriptions: Mapping[str, Subscription],
        settings: RelaySettings,
        send: Callable[[bytes], None],
        attend: Callable[[Filling], None],
        arrivals: Arrivals | None,
        estimator: PathEstimator | None,
    ) -> None:
        self._publications = publications
        self._subscriptions = subscriptions
        self._settings = settings
        self._send = send
        self._own_ssrc = secrets.randbits(32)
        self._arrivals, self._estimator = arrivals, estimator
        self._uplink = Uplink(settings, arrivals is not None)
        self._downlink = Downlink(settings, estimator, attend)
        for publication in publications:
            publication.limits_changed = self._limits_changed
            publication.flooded = self._flooded
        self._feedback_pace = feedback.Pace(50)
        self._clock_offset: float | None = None
        self._rounds = 0
        self._highest: dict[int, int] = {}
        self.loss_up, self.loss_down = LossMeter(), LossMeter()
        self.rtt: float | None = None

    @property
    def allowed(self) -> float:
        """What the browser may send, bits a second."""
        return self._uplink.allowed

    @property
    def path_rate(self) -> float | None:
        """What the browser is believed to be able to receive, bits a second."""
        return self._downlink.rate

    # -- what the browser says -------------------------------------------------------------------------------

    def received(self, data: bytes, now: float) -> None:
        """Act upon a compound packet; raises ValueError when it is malformed."""
        told, rest = feedback.split_arrivals(data)
        if len(told) > MOST_FEEDBACK:
            raise ValueError(f"{len(told)} transport feedback messages at once")
        for message in told:
            if self._estimator is None or not self._feedback_pace.allows(now):
                break
            if self._estimator.told(read_message(message), now):
                self._downlink.share(self._subscriptions.values(), now)
        for packet in feedback.parse_rtcp(rest) if rest else ():
            self._one(packet, now)

    def _one(self, packet: AnyRtcpPacket, now: float) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._note_sender_report(packet, now)
        if isinstance(packet, (RtcpSrPacket, RtcpRrPacket)):
            for block in packet.reports:
                self._note_block(block, now)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for subscription in self._with_ssrc(packet.media_ssrc):
                subscription.resend(packet.lost, now)
        elif isinstance(packet, RtcpPsfbPacket):
            self._note_payload_feedback(packet, now)

    def _note_sender_report(self, packet: RtcpSrPacket, now: float) -> None:
        """Keep the pair of clocks, the publisher's NTP moved onto ours by one offset for all of its streams,
        so that lips and voice stay together however late a report came. The quickest report so far tells the
        offset best."""
        ntp, arrived = packet.sender_info.ntp_timestamp / NTP_FRACTION, NTP_BASE + now
        if self._clock_offset is None or arrived - ntp < self._clock_offset:
            self._clock_offset = arrived - ntp
        for publication in self._publications:
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
        if limit is not None:
            self._downlink.told(limit, self._subscriptions.values())
            self._downlink.share(self._subscriptions.values(), now)
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
        if self._rounds % SHARING_ROUNDS == 0:
            self._look_downward(now)
        if self._rounds % SUBSCRIBER_ROUNDS == 0:
            parts += self._sender_reports(self._subscriptions.values(), now)
        else:
            parts += self._sender_reports([one for one in self._subscriptions.values() if one.report_due], now)
        if parts:
            self._send(b"".join(parts))

    def _look_downward(self, now: float) -> None:
        for one in self._subscriptions.values():
            one.meter.read(one.bytes, now)
        self._downlink.judge(self._subscriptions.values(), SHARING_ROUNDS * INTERVAL)
        self._downlink.share(self._subscriptions.values(), now)

    def tell_arrivals(self) -> None:
        """Tell the browser when its packets came; called about ten times a second while the gate is open."""
        if self._arrivals:
            ssrc = next((one.ssrc for one in self._publications if one.ssrc is not None), 0)
            self._send(self._arrivals.message(self._own_ssrc, ssrc))

    def _flooded(self, now: float) -> None:
        """The browser sends more than its path carries: it is told at once."""
        self._uplink.cut(sum(one.lately(now) for one in self._heard()), now)
        self._limits_changed(now)

    def _limits_changed(self, now: float) -> None:
        """A subscriber can take much less or more: the browser is told at once."""
        heard, before = self._heard(), self.allowed
        self._uplink.decide(heard, now)
        if heard and abs(self.allowed - before) > 0.03 * before:
            self._send(self._bitrate_limit(heard))

    def _heard(self) -> list[Publication]:
        return [one for one in self._publications if one.ssrc is not None and one.reception.packets]

    def _bitrate_limit(self, heard: Collection[Publication]) -> bytes:
        return feedback.bitrate_limit(self._own_ssrc, self.allowed, [one.ssrc for one in heard if one.ssrc is not None])

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
        heard = self._heard()
        if not heard:
            return []
        blocks, all_expected, all_lost = [], 0, 0
        for one in heard:
            one.measure(now)
            one.rtt = self.rtt
            expected, lost = one.reception.interval()
            blocks.append(self._block(one, max(lost, 0) / max(expected, 1), now))
            all_expected, all_lost = all_expected + expected, all_lost + lost
        self.loss_up.add(all_expected, all_lost, now)
        self._uplink.judge(heard, all_expected, all_lost, INTERVAL, now)
        return [feedback.receiver_report(self._own_ssrc, blocks), self._bitrate_limit(heard)]

    def _block(self, one: Publication, loss: float, now: float) -> RtcpReceiverInfo:
        clock_rate = CLOCK_RATE[one.medium]
        return feedback.report_block(one.ssrc or 0, one.reception, loss, clock_rate, one.report, NTP_BASE + now)
