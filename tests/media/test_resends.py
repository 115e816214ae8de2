"""A path that becomes much narrower at once: what is lost is not poured after what is under way."""

import pytest

from media.budget import Uplink
from media.forwarder import Publication
from media.layers import choose
from media.resends import HUSH, MANY_MISSING, SPACING, Resends
from media.rewrite import parse_rtp
from media.values import RelaySettings
from tests.media.test_layers import HIGH, Stage

PACKET = 1200 * 8


def nacked(stage: Stage) -> int:
    """How often packets were asked for; wishes for key frames not counted."""
    return sum(one[1] == 205 for one in stage.asked)


def key_frames(stage: Stage) -> int:
    return sum(one[1] == 206 for one in stage.asked)


def test_a_packet_goes_out_again_once_in_a_while_however_often_it_is_asked_for():
    resends = Resends()
    went = []
    for turn in range(30):
        now = turn * 0.01
        resends.begin(now, queue=0.1)
        went.append(resends.allows(7, PACKET, 1_000_000, now))
    assert [turn for turn, out in enumerate(went) if out] == [0, 16]
    assert pytest.approx(0.16) == SPACING + 0.1


@pytest.mark.parametrize(("limit", "most"), [(2_000_000, 1_000_000), (300_000, 150_000), (None, 500_000), (1, 100_000)])
def test_no_more_is_sent_again_than_the_path_has_room_for(limit: float | None, most: float) -> None:
    resends, out = Resends(), 0
    for sequence in range(20_000):
        now = sequence * 0.001
        resends.begin(now, 0.0)
        out += PACKET * resends.allows(sequence, PACKET, limit, now)
    assert 0.9 * most < out / 20 < 1.1 * most


def test_loss_of_a_fifth_at_full_rate_is_no_flood():
    resends = Resends()
    for turn in range(100):
        resends.begin(turn * 0.03, queue=0.1)
        for sequence in range(turn * 2, turn * 2 + 2):
            resends.allows(sequence, PACKET, 2_500_000, turn * 0.03)
        assert not resends.are_too_many


def test_a_subscriber_who_misses_very_much_gets_a_key_frame_instead():
    stage = Stage()
    stage.begin()
    for _ in range(MANY_MISSING + 10):
        stage.publish(1, b"h" + bytes(1000))
    lost = [parse_rtp(one).sequence for one in stage.sent[-MANY_MISSING - 1 :]]
    stage.sent.clear()
    stage.asked.clear()
    stage.slot.resend(lost, stage.now)
    assert len(stage.sent) < MANY_MISSING, "only what the path has room for"
    stage.sent.clear()
    stage.publish(1, b"h")
    stage.slot.resend(lost, stage.now + 1)
    assert stage.seen() == [], "what is under way is left out, and what was is forgotten"
    assert key_frames(stage) == 0, "the publisher slows down first"
    stage.layers[1].attend(stage.now + HUSH)
    assert key_frames(stage) == 1
    stage.publish(1, b"h", key=True)
    assert stage.seen() == [b"h"]


def test_a_lone_large_picture_is_left_too_where_the_path_is_flooded():
    stage = Stage()
    stage.begin()
    for _ in range(80):
        stage.publish(1, b"h")
    stage.slot.meter.rate = HIGH
    stage.seen()
    choose(stage.slot, 200_000, stage.now)
    stage.publish(1, b"h")
    assert stage.seen() == [], "the small one is not being sent"


def test_a_publisher_whose_path_became_narrow_is_told_and_asked_for_a_key_frame_and_for_nothing_else():
    stage = Stage()
    stage.begin()
    large = stage.layers[1]
    floods: list[float] = []
    large.flooded = floods.append
    large.key_frames.came()
    stage.sequence[1] += MANY_MISSING + 1
    stage.publish(1, b"h")
    stage.asked.clear()
    stage.seen()
    large.attend(stage.now)
    stage.publish(1, b"h")
    assert stage.seen() == [], "nobody is sent what they could not decode"
    assert floods == [pytest.approx(stage.now - 0.01)] and stage.asked == []
    stage.sequence[1] += 3
    stage.publish(1, b"h")
    large.attend(stage.now)
    assert stage.asked == [], "it slows down first"
    stage.now += HUSH
    stage.publish(1, b"h")
    stage.sequence[1] += 3
    stage.publish(1, b"h")
    large.attend(stage.now)
    assert (key_frames(stage), nacked(stage)) == (1, 1)
    stage.publish(1, b"h", key=True)
    assert stage.seen() == [b"h"]
    stage.sequence[1] += MANY_MISSING + 1
    stage.publish(1, b"h")
    stage.asked.clear()
    large.attend(stage.now)
    assert len(floods) == 1 and nacked(stage) >= 1, "soon after a flood what is missing is asked for as ever"


def test_a_browser_is_held_to_what_arrived_for_a_moment_only():
    uplink = Uplink(RelaySettings(), estimates_itself=True)
    heard: list[Publication] = []
    uplink.cut(400_000, 10.0)
    uplink.decide(heard, 10.0)
    assert uplink.allowed == pytest.approx(280_000)
    uplink.cut(1_000, 10.0)
    uplink.decide(heard, 10.1)
    assert uplink.allowed == 100_000, "never less than the least"
    uplink.decide(heard, 11.1)
    assert uplink.allowed > 2_000_000
