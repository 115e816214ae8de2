"""RTCP, written and understood: NACK, PLI, receiver and sender reports, REMB (RFC 3550, RFC 4585, RFC 5104).

Feedback ends here and begins anew: a subscriber's NACK is answered from the cache, its PLI joins those of
others, and a publisher hears of losses on its own path only.
"""

import struct
from dataclasses import dataclass

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    clamp_packets_lost,
    pack_remb_fci,
    unpack_remb_fci,
)

from media.reception import Reception

# Seconds between two requests for a key frame, and how many are made of one wish.
KEY_FRAME_SPACING, KEY_FRAME_TRIES = 0.3, 20
# No more than this many in one NACK: 17 fit into each four bytes at best, one at worst.
MAX_NACKED = 128


@dataclass(frozen=True)
class SenderReport:
    """A publisher's word on its own clocks: NTP seconds and the RTP timestamp of the same moment; when it
    came (`arrived`, NTP seconds on the relay's clock), and what to add to the publisher's NTP to have the
    relay's."""

    ntp: float
    timestamp: int
    arrived: float
    offset: float


class KeyFrameRequests:
    """Joins everybody's wish for a key frame into few requests: repeated until one comes, never in a rush, and not
    for ever, since a camera that is off answers none and begins with a key frame anyhow."""

    def __init__(self) -> None:
        self.wanted = False
        self._unanswered = 0
        self._asked_at = float("-inf")

    def want(self) -> None:
        """Somebody cannot decode."""
        self.wanted = True

    def hold(self, until: float) -> None:
        """Ask for none before that instant, whoever wants one."""
        self._asked_at = max(self._asked_at, until - KEY_FRAME_SPACING)

    def came(self) -> None:
        """A key frame has begun."""
        self.wanted, self._unanswered = False, 0

    def due(self, now: float) -> bool:
        """Whether to ask now; the caller then does."""
        if not self.wanted or now - self._asked_at < KEY_FRAME_SPACING:
            return False
        self._asked_at = now
        self._unanswered += 1
        if self._unanswered >= KEY_FRAME_TRIES:
            self.came()
        return True


def parse_rtcp(data: bytes) -> list[AnyRtcpPacket]:
    """Read a compound packet; raises ValueError when it is malformed."""
    try:
        return RtcpPacket.parse(data)
    except (struct.error, IndexError) as error:
        raise ValueError(f"RTCP: {error}") from error


class Pace:
    """At most so many a second."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._second, self._count = 0, 0

    def allows(self, now: float) -> bool:
        """Count one more at `now`, in seconds; False if it is too many."""
        if int(now) != self._second:
            self._second, self._count = int(now), 0
        self._count += 1
        return self._count <= self._most


def split_arrivals(data: bytes) -> tuple[list[bytes], bytes]:
    """The transport-wide feedback messages of a compound packet, and the rest of it: aiortc reads no such messages.
    What is cut short stays in the rest, whose reader refuses it."""
    found: list[bytes] = []
    rest: list[bytes] = []
    at = 0
    while at + 4 <= len(data):
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        part = data[at:end]
        is_ours = part[1] == 205 and part[0] & 0x1F == 15 and len(part) == end - at
        (found if is_ours else rest).append(part)
        at = end
    return found, b"".join(rest) + data[at:]


def key_frame_request(own_ssrc: int, media_ssrc: int) -> bytes:
    """A Picture Loss Indication (RFC 4585 section 6.3.1)."""
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=own_ssrc, media_ssrc=media_ssrc))


def retransmission_request(own_ssrc: int, media_ssrc: int, indices: list[int]) -> bytes:
    """A generic NACK (RFC 4585 section 6.2.1) for packets given by index, in order."""
    lost = [index & 0xFFFF for index in indices[:MAX_NACKED]]
    # aiortc's writer takes distances as they are, so a wrap of the 16 bits begins a packet of its own.
    wrap = next((at for at in range(1, len(lost)) if lost[at] < lost[at - 1]), len(lost))
    parts = [part for part in (lost[:wrap], lost[wrap:]) if part]
    return b"".join(
        bytes(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=own_ssrc, media_ssrc=media_ssrc, lost=part)) for part in parts
    )


def report_block(
    ssrc: int, reception: Reception, loss: float, clock_rate: int, report: SenderReport | None, ntp: float
) -> RtcpReceiverInfo:
    """One stream's block in a receiver report (RFC 3550 section 6.4.1). `loss` is 0 to 1, `ntp` seconds."""
    last, delay = (0, 0) if report is None else (middle_bits(report.ntp), int((ntp - report.arrived) * 65_536))
    return RtcpReceiverInfo(
        ssrc=ssrc,
        fraction_lost=min(int(loss * 256), 255),
        packets_lost=clamp_packets_lost(reception.lost),
        highest_sequence=reception.highest & 0xFFFFFFFF,
        jitter=min(int(reception.jitter * clock_rate), 0xFFFFFFFF),
        lsr=last,
        dlsr=max(delay, 0) & 0xFFFFFFFF,
    )


def receiver_report(own_ssrc: int, blocks: list[RtcpReceiverInfo]) -> bytes:
    """A receiver report on up to 31 streams."""
    return bytes(RtcpRrPacket(ssrc=own_ssrc, reports=blocks[:31]))


def bitrate_limit(own_ssrc: int, bitrate: float, media_ssrcs: list[int]) -> bytes:
    """A REMB message (draft-alvestrand-rmcat-remb-03): bits a second over all of the streams."""
    fci = pack_remb_fci(int(bitrate), media_ssrcs)
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=own_ssrc, media_ssrc=0, fci=fci))


def sender_report(ssrc: int, ntp: float, timestamp: int, packets: int, octets: int) -> bytes:
    """A sender report (RFC 3550 section 6.4.1); `ntp` in seconds since 1900."""
    info = RtcpSenderInfo(
        ntp_timestamp=int(ntp * 0x100000000) & 0xFFFFFFFFFFFFFFFF,
        rtp_timestamp=timestamp & 0xFFFFFFFF,
        packet_count=packets & 0xFFFFFFFF,
        octet_count=octets & 0xFFFFFFFF,
    )
    return bytes(RtcpSrPacket(ssrc=ssrc, sender_info=info))


def middle_bits(ntp: float) -> int:
    """NTP seconds as 16.16 fixed point, the form of LSR (RFC 3550 section 6.4.1)."""
    return int(ntp * 65_536) & 0xFFFFFFFF


def round_trip(block: RtcpReceiverInfo, ntp: float) -> float | None:
    """Seconds to the reporter and back, None where it has had no report of ours to answer."""
    if not block.lsr:
        return None
    passed = (middle_bits(ntp) - block.lsr - block.dlsr) & 0xFFFFFFFF
    return passed / 65_536 if passed < 0x80000000 else None


def key_frame_wishes(packet: RtcpPsfbPacket) -> list[int]:
    """The SSRCs for which a PLI or FIR wants a key frame. FIR names them in its FCI (RFC 5104 section
    4.3.1)."""
    if packet.fmt == RTCP_PSFB_PLI:
        return [packet.media_ssrc]
    if packet.fmt == RTCP_PSFB_FIR:
        return [entry[0] for entry in struct.iter_unpack("!II", packet.fci[: len(packet.fci) // 8 * 8])]
    return []


def announced_limit(packet: RtcpPsfbPacket) -> float | None:
    """The bits a second of a REMB message, None for any other or a malformed one."""
    if packet.fmt != RTCP_PSFB_APP:
        return None
    try:
        return float(unpack_remb_fci(packet.fci)[0])
    except (ValueError, struct.error):
        return None
