"""How well somebody is connected, in a word."""

import pytest
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket

from media.errors import UnknownConnection
from media.quality import LossMeter, quality
from media.rewrite import parse_rtp
from tests.media.client import admit_both, until


@pytest.mark.parametrize(
    ("loss", "round_trip", "grade"),
    [
        (None, None, None),
        (0.0, 0.04, "good"),
        (None, 0.04, "good"),
        (0.05, 0.04, "fair"),
        (0.0, 0.4, "fair"),
        (0.2, 0.04, "poor"),
        (0.0, 1.0, "poor"),
    ],
)
def test_the_worst_figure_decides_the_grade(loss, round_trip, grade):
    assert quality([None, loss], round_trip).grade == grade


def test_loss_is_forgotten_after_some_seconds():
    meter = LossMeter()
    meter.add(100, 50, 10.0)
    assert meter.loss == 0.5
    for second in range(11, 21):
        meter.add(100, 0, float(second))
    assert (meter.loss or 0) < 0.01


def test_too_few_packets_say_nothing():
    meter = LossMeter()
    meter.add(10, 10, 0.0)
    assert meter.loss is None


async def test_loss_in_either_direction_shows_in_the_quality(relay, anna, ben):
    admit_both(relay, anna, ben)
    assert relay.quality("ben").grade is None
    for number in range(60):
        anna.send_video(key=number == 0)
    await until(lambda: len(ben.rtp) == 60)
    first = parse_rtp(ben.rtp[0])
    for highest, lost in ((first.sequence, 0), (first.sequence + 59, 64)):
        block = RtcpReceiverInfo(first.ssrc, lost, 0, highest, 0, 0, 0)
        ben.client.send_rtcp(bytes(RtcpRrPacket(ssrc=1, reports=[block])))
    await until(lambda: relay.quality("ben").grade == "poor")
    assert relay.quality("ben").loss == pytest.approx(0.25)
    await until(lambda: relay.quality("anna").grade is not None)
    assert relay.quality("anna").grade == "good"
    with pytest.raises(UnknownConnection):
        relay.quality("nobody")
