"""RTCP, on bytes and values."""

import random
import struct

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpReceiverInfo, RtcpRtpfbPacket, unpack_remb_fci

from media import feedback


def test_a_nack_names_every_packet_over_the_wrap():
    indices = [131_070, 131_071, 131_072, 131_075, 131_150]
    packets = feedback.parse_rtcp(feedback.retransmission_request(1, 2, indices))
    named = [one for packet in packets if isinstance(packet, RtcpRtpfbPacket) for one in packet.lost]
    assert named == [index & 0xFFFF for index in indices]


def test_wishes_for_a_key_frame_are_joined_and_limited():
    requests = feedback.KeyFrameRequests()
    assert not requests.due(0.0)
    requests.want()
    requests.want()
    assert [requests.due(at) for at in (0.0, 0.1, 0.2, 0.31, 0.4)] == [True, False, False, True, False]
    requests.came()
    assert not requests.due(1.0)


def test_a_wish_that_nobody_answers_is_given_up_until_the_next():
    requests = feedback.KeyFrameRequests()
    requests.want()
    assert sum(requests.due(float(second)) for second in range(100)) == feedback.KEY_FRAME_TRIES
    requests.want()
    assert requests.due(200.0)


def test_fir_names_its_streams_within():
    packet = RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=struct.pack("!IIII", 55, 0, 66, 0))
    assert feedback.key_frame_wishes(packet) == [55, 66]


def test_a_limit_survives_the_wire():
    (packet,) = feedback.parse_rtcp(feedback.bitrate_limit(1, 1_234_000, [5, 6]))
    assert isinstance(packet, RtcpPsfbPacket)
    assert feedback.announced_limit(packet) == pytest.approx(1_234_000, rel=0.001)
    assert unpack_remb_fci(packet.fci)[1] == [5, 6]


def test_a_malformed_limit_is_none():
    assert feedback.announced_limit(RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=b"REMB\xff\0\0\0")) is None
    assert feedback.announced_limit(RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=b"REM")) is None


def test_the_round_trip_is_what_passed_less_what_the_reporter_took():
    sent, now = 3_900_000_001.5, 3_900_000_001.9
    block = RtcpReceiverInfo(1, 0, 0, 0, 0, lsr=feedback.middle_bits(sent), dlsr=int(0.3 * 65_536))
    assert feedback.round_trip(block, now) == pytest.approx(0.1, abs=0.001)
    assert feedback.round_trip(RtcpReceiverInfo(1, 0, 0, 0, 0, lsr=0, dlsr=0), now) is None


def test_noise_is_refused_with_a_value_error_only():
    noise = random.Random(2)
    refused = 0
    for _ in range(3000):
        data = bytes([0x80 | noise.randrange(32), noise.randrange(200, 208)]) + noise.randbytes(noise.randrange(60))
        try:
            for packet in feedback.parse_rtcp(data):
                if isinstance(packet, RtcpPsfbPacket):
                    feedback.key_frame_wishes(packet)
                    feedback.announced_limit(packet)
        except ValueError:
            refused += 1
    assert refused > 0


def test_of_what_comes_too_often_some_is_let_be():
    pace = feedback.Pace(3)
    assert [pace.allows(7.1) for _ in range(5)] == [True, True, True, False, False]
    assert pace.allows(8.0)
