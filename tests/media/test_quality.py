"""Loss, key frames, bitrates and clocks: what goes back to a publisher and on to its subscribers."""

import asyncio

import pytest
from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from bench.relay_client import DELTA_FRAME, KEY_FRAME, payload_of
from media.rewrite import parse_rtp
from tests.media.client import (
    AUDIO_SLOT,
    CAMERA,
    MICROPHONE,
    NACK,
    PLI,
    REMB,
    VIDEO_SLOT,
    Person,
    admit_both,
    show,
    until,
)


def remb_of(person: Person) -> float | None:
    """The bitrate limit that a person was told last."""
    told = [unpack_remb_fci(one.fci)[0] for one in person.heard(RtcpPsfbPacket, fmt=REMB)]
    return told[-1] if told else None


async def test_a_picture_begins_with_a_key_frame_that_is_asked_for(relay, anna, ben):
    relay.open("anna")
    relay.open("ben")
    anna.send_video()
    await until(lambda: relay.statistics("anna").received[1].packets == 1)
    show(relay, ben, anna)
    await until(lambda: anna.heard(RtcpPsfbPacket, fmt=PLI, media_ssrc=anna.client.ssrcs[CAMERA]))
    anna.send_video(b"undecodable")
    anna.send_video(b"whole", key=True)
    anna.send_video(b"next")
    await until(lambda: len(ben.rtp) == 2)
    assert [payload_of(data) for data in ben.rtp] == [KEY_FRAME + b"whole", DELTA_FRAME + b"next"]


async def test_wishes_of_many_for_a_key_frame_reach_the_publisher_as_one(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    asked = len(anna.heard(RtcpPsfbPacket, fmt=PLI))
    slot = parse_rtp(ben.rtp[0]).ssrc
    for _ in range(20):
        ben.client.send_rtcp(bytes(RtcpPsfbPacket(fmt=PLI, ssrc=1, media_ssrc=slot)))
    await until(lambda: len(anna.heard(RtcpPsfbPacket, fmt=PLI)) > asked)
    anna.send_video(key=True)
    await until(lambda: len(ben.rtp) == 2)
    assert len(anna.heard(RtcpPsfbPacket, fmt=PLI)) <= asked + 2


async def test_a_nack_is_answered_from_the_cache_byte_for_byte(relay, anna, ben):
    admit_both(relay, anna, ben)
    sealed: list[bytes] = []

    def lose_two(datagram: bytes) -> bool:
        if datagram[1] in range(192, 224):
            return False
        sealed.append(datagram)
        return len(sealed) in (4, 5)

    ben.client.lose = lose_two
    for number in range(8):
        anna.send_video(b"%d" % number, key=number == 0)
    await until(lambda: len(ben.rtp) == 6)
    first = parse_rtp(ben.rtp[0])
    lost = [first.sequence + 3 & 0xFFFF, first.sequence + 4 & 0xFFFF]
    ben.client.send_rtcp(bytes(RtcpRtpfbPacket(fmt=NACK, ssrc=1, media_ssrc=first.ssrc, lost=lost)))
    await until(lambda: len(ben.rtp) == 8)
    assert [parse_rtp(data).sequence for data in ben.rtp[-2:]] == lost
    # Sealed alike, down to the tag: the same text under the same packet index, as AES-GCM demands.
    assert sealed[-2:] == sealed[3:5]
    assert relay.statistics("ben").sent[1].resent == 2
    assert not anna.heard(RtcpRtpfbPacket)


async def test_what_a_publisher_lost_is_asked_for_and_passed_on(relay, anna, ben):
    admit_both(relay, anna, ben)
    for sequence in (1000, 1001, 1004, 1005):
        anna.send_video(b"%d" % sequence, sequence, key=sequence == 1000)
    await until(lambda: anna.heard(RtcpRtpfbPacket, lost=[1002, 1003]))
    anna.send_video(b"1002", 1002)
    await until(lambda: len(ben.rtp) == 5)
    first = parse_rtp(ben.rtp[0]).sequence
    assert parse_rtp(ben.rtp[-1]).sequence == first + 2
    await until(lambda: anna.heard(RtcpRtpfbPacket, lost=[1003]))
    assert relay.statistics("anna").received[1].lost == 1


async def test_a_publisher_hears_how_its_packets_fare_and_what_it_may_send(relay, anna, ben):
    admit_both(relay, anna, ben)
    for sequence in range(1000, 1100):
        if sequence % 2:
            anna.send_video(sequence=sequence)
    await until(lambda: anna.heard(RtcpRrPacket))
    blocks = [block for report in anna.heard(RtcpRrPacket) for block in report.reports]
    assert max(block.fraction_lost for block in blocks) > 100
    assert blocks[0].ssrc == anna.client.ssrcs[CAMERA]
    await until(lambda: (remb_of(anna) or 1e9) < 1_000_000)


async def test_without_loss_the_limit_rises_to_what_a_camera_needs(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: (remb_of(anna) or 0) > 2_400_000)


async def test_a_subscribers_own_limit_goes_upward(relay, anna, ben):
    admit_both(relay, anna, ben)
    remb = bytes(RtcpPsfbPacket(fmt=REMB, ssrc=1, media_ssrc=0, fci=pack_remb_fci(300_000, [1])))

    async def stream() -> None:
        while True:
            anna.send_video(bytes(1000), key=True)
            ben.client.send_rtcp(remb)
            await asyncio.sleep(0.005)

    task = asyncio.ensure_future(stream())
    await until(lambda: 290_000 < (remb_of(anna) or 0) < 400_000)
    task.cancel()


async def test_lips_and_voice_share_one_clock(relay, anna, ben):
    admit_both(relay, anna, ben)
    ntp = 3_800_000_000 << 32
    anna.send_video(key=True)
    anna.send(MICROPHONE, b"sound")
    for mid, timestamp in ((CAMERA, 3_000_000), (MICROPHONE, 960_000)):
        info = RtcpSenderInfo(ntp, timestamp, 1, 1)
        anna.client.send_rtcp(bytes(RtcpSrPacket(anna.client.ssrcs[mid], info)))
    await until(lambda: len({one.ssrc for one in ben.heard(RtcpSrPacket)}) == 2)
    picture, sound = (parse_rtp(data) for data in ben.rtp)
    reports = {one.ssrc: one.sender_info for one in ben.heard(RtcpSrPacket)}
    seen, voiced = reports[picture.ssrc], reports[sound.ssrc]
    # Both lines sent packet 1000 at the moment of the report: its time on the subscriber's clock must agree.
    moment_seen = seen.ntp_timestamp / 2**32 - (seen.rtp_timestamp - picture.timestamp) % 2**32 / 90_000
    moment_voiced = voiced.ntp_timestamp / 2**32 - (voiced.rtp_timestamp - sound.timestamp) % 2**32 / 48_000
    assert moment_seen == pytest.approx(moment_voiced, abs=0.002)


async def test_the_round_trip_is_measured(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    anna.client.send_rtcp(bytes(RtcpSrPacket(anna.client.ssrcs[CAMERA], RtcpSenderInfo(1 << 60, 0, 1, 1))))
    await until(lambda: ben.heard(RtcpSrPacket))
    report = ben.heard(RtcpSrPacket)[0]
    lsr = report.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
    block = RtcpReceiverInfo(report.ssrc, 0, 0, 0, 0, lsr=lsr, dlsr=0)
    ben.client.send_rtcp(bytes(RtcpRrPacket(ssrc=1, reports=[block])))
    await until(lambda: relay.statistics("ben").rtt is not None)
    assert 0 <= relay.statistics("ben").rtt < 2


async def test_statistics_tell_what_passed(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(bytes(98), key=True)
    await until(lambda: ben.rtp)
    came, went = relay.statistics("anna"), relay.statistics("ben")
    assert came.open and came.connected
    assert [(one.kind, one.packets, one.bytes) for one in came.received] == [("microphone", 0, 0), ("camera", 1, 100)]
    assert [(one.mid, one.packets) for one in went.sent] == [(AUDIO_SLOT, 0), (VIDEO_SLOT, 1)]
    assert relay.port_statistics().receive_buffer > 0
