"""A picture in two sizes: who is sent which, how they change over, and what an offer must say."""

import pytest

from bench.relay_client import DELTA_FRAME, KEY_FRAME, payload_of
from media.answer import write_answer
from media.budget import Downlink, Uplink
from media.congestion import PathEstimator
from media.errors import OfferError
from media.forwarder import Publication
from media.layers import SCREEN_BEGINS, SCREEN_LEAST, choose, wish
from media.negotiation import RID, agree
from media.rewrite import Numbering, RtpPacket, parse_rtp
from media.srtp import Buffer
from media.subscription import Subscription
from media.values import Kind, RelaySettings, Source
from tests.media.test_negotiation import LOCAL, OFFER, section

LOW, HIGH = 150_000.0, 1_200_000.0


class Stage:
    """A publisher of two layers and one subscriber, without a network."""

    def __init__(self, kind: Kind = "camera") -> None:
        self.asked: list[bytes] = []
        self.sent: list[bytes] = []
        self.now = 100.0
        attention: set[Publication] = set()
        source = Source("anna", kind)
        self.layers = [Publication(source, "1", 0, self.asked.append, attention, rid) for rid in ("l", "h")]
        for ssrc, (layer, rate) in enumerate(zip(self.layers, (LOW, HIGH), strict=True)):
            layer.layers = self.layers
            layer.adopt(1000 + ssrc)
            layer.steady = rate
        self.buffer = Buffer()
        self.path = PathEstimator(1_000_000, 100_000)
        numbering = Numbering(ssrc=7, payload_type=96, mid=b"4", mid_id=4, sent_at_id=0, carried_id=0, number_id=3)
        self.slot = Subscription("video", "4", numbering, self.buffer, self._send, self.path)
        self.slot.open = True
        self.sequence = [500, 9000]

    def _send(self, length: int) -> bool:
        self.sent.append(self.buffer.octets[:length])
        return True

    def publish(self, layer: int, payload: bytes = b"", key: bool = False) -> None:
        """One packet, a frame of its own."""
        self.now += 0.01
        self.sequence[layer] += 1
        data = bytes(12) + (KEY_FRAME if key else DELTA_FRAME) + payload
        packet = RtpPacket(0, 0x80, 96, self.sequence[layer], int(self.now * 90_000), 1000 + layer, b"", data, 12)
        self.layers[layer].receive(packet, self.now)

    def fill(self, layer: int) -> None:
        """One packet with nothing but padding."""
        self.sequence[layer] += 1
        data = bytes(12) + bytes(254) + b"\xff"
        packet = RtpPacket(0x20, 0, 96, self.sequence[layer], int(self.now * 90_000), 1000 + layer, b"", data, 12)
        self.layers[layer].receive(packet, self.now)

    def both(self, payload: bytes = b"", key: bool = False) -> None:
        for layer in (0, 1):
            self.publish(layer, b"lh"[layer : layer + 1] + payload, key)

    def begin(self) -> None:
        """The best layer is on show, and the first moment has passed."""
        self.both(key=True)
        self.slot.show(self.layers, self.now)
        self.both(key=True)
        self.now += 1.5
        self.both()

    def seen(self) -> list[bytes]:
        """Which layers were sent since the last question."""
        payloads, self.sent[:] = [payload_of(one)[2:3] for one in self.sent], []
        return payloads


def test_the_best_layer_comes_first():
    stage = Stage()
    stage.begin()
    assert set(stage.seen()) == {b"h"}


def test_a_slow_subscriber_goes_over_at_the_next_key_frame_and_numbers_go_on():
    stage = Stage()
    stage.begin()
    stage.seen()
    choose(stage.slot, 400_000, stage.now)
    assert stage.asked
    stage.both(b"before")
    before = parse_rtp(stage.sent[-1])
    assert stage.seen() == [b"h"]
    stage.both(b"key", key=True)
    stage.both(b"after")
    numbers = [parse_rtp(one).sequence for one in stage.sent]
    assert stage.seen()[-2:] == [b"l", b"l"]
    assert numbers == [before.sequence + 1 + step for step in range(len(numbers))]


def test_a_layer_is_entered_only_with_something_to_spare():
    stage = Stage()
    stage.begin()
    choose(stage.slot, 1.05 * HIGH / 1.1, stage.now)
    assert stage.slot.heading is None
    choose(stage.slot, 0.5 * HIGH, stage.now)
    stage.both(key=True)
    choose(stage.slot, 1.05 * HIGH, stage.now)
    assert stage.slot.heading is None and stage.slot.publication is stage.layers[0]
    assert wish(stage.slot, stage.now) > 1.1 * HIGH
    choose(stage.slot, 1.2 * HIGH, stage.now)
    assert stage.slot.heading is stage.layers[1]


def test_a_flooded_path_is_left_at_once():
    stage = Stage()
    stage.begin()
    stage.slot.meter.rate = HIGH
    stage.seen()
    choose(stage.slot, 200_000, stage.now)
    stage.both(b"old")
    assert stage.seen() == []
    stage.both(key=True)
    assert stage.seen() == [b"l"]


def test_the_least_layer_goes_on_however_narrow_the_path():
    stage = Stage()
    stage.begin()
    choose(stage.slot, 400_000, stage.now)
    stage.both(key=True)
    stage.seen()
    stage.slot.meter.rate = LOW
    for _ in range(300):
        choose(stage.slot, 50_000, stage.now)
        stage.both()
    assert stage.seen() == [b"l"] * 300


def test_when_the_publisher_stops_its_best_layer_the_other_is_shown():
    stage = Stage()
    stage.begin()
    for _ in range(80):
        stage.publish(0)
    choose(stage.slot, 2_000_000, stage.now)
    stage.publish(0, b"l", key=True)
    assert stage.slot.publication is stage.layers[0]


@pytest.mark.parametrize("kind", ["camera", "screen"])
def test_the_publisher_is_limited_by_the_quickest_where_there_are_layers_and_by_the_slowest_else(kind):
    stage = Stage(kind)
    stage.begin()
    other = Stage().slot
    other.open = True
    other.show(stage.layers, stage.now)
    stage.slot.limit, other.limit = 300_000.0, 1_800_000.0
    uplink = Uplink(RelaySettings(), estimates_itself=True)
    uplink.decide(stage.layers, stage.now)
    assert uplink.allowed >= 1_800_000
    single = Publication(Source("cleo", "screen"), "2", 0, stage.asked.append, set())
    single.adopt(5)
    for slot in (stage.slot, other):
        slot.show([single], stage.now)
    uplink.decide([single], stage.now)
    assert uplink.allowed < 400_000


def test_where_the_full_layer_is_sent_alone_the_slowest_limits_it():
    stage = Stage("screen")
    stage.begin()
    other = Stage().slot
    other.open = True
    other.show(stage.layers, stage.now)
    stage.slot.limit, other.limit = 300_000.0, 1_800_000.0
    for _ in range(600):
        stage.publish(1)
    uplink = Uplink(RelaySettings(), estimates_itself=True)
    uplink.decide(stage.layers, stage.now)
    assert uplink.allowed < 400_000


def test_a_screen_that_stands_still_stays_in_its_layer():
    stage = Stage("screen")
    stage.begin()
    for stand_still in (60.0, 1.9):
        stage.now += stand_still
        choose(stage.slot, 2_000_000, stage.now)
        assert stage.slot.heading is None and stage.slot.publication is stage.layers[1]
        stage.both()
    for _ in range(210):
        stage.publish(0)
    choose(stage.slot, 2_000_000, stage.now)
    stage.publish(0, b"l", key=True)
    assert stage.slot.publication is stage.layers[0]


def test_a_full_screen_is_not_entered_where_its_key_frame_would_not_come_through():
    stage = Stage("screen")
    stage.begin()
    stage.now += 5
    choose(stage.slot, 300_000, stage.now)
    stage.both(key=True)
    assert stage.slot.publication is stage.layers[0]
    stage.layers[1].steady = 40_000.0
    choose(stage.slot, 0.8 * SCREEN_LEAST, stage.now)
    assert stage.slot.heading is None
    choose(stage.slot, 1.2 * SCREEN_LEAST, stage.now)
    assert stage.slot.heading is stage.layers[1]


def test_a_path_is_tried_for_a_full_screen_that_is_not_sent_yet():
    stage = Stage("screen")
    stage.slot.show(stage.layers, stage.now)
    for _ in range(110):
        stage.publish(0, b"l", key=True)
    choose(stage.slot, 1_000_000, stage.now)
    stage.publish(0, b"l", key=True)
    assert stage.seen() == [b"l"]
    assert wish(stage.slot, stage.now) == SCREEN_BEGINS


def test_a_screen_is_left_what_cameras_do_not_need():
    stage, camera = Stage("screen"), Stage()
    for one in (stage, camera):
        one.begin()
    camera.slot.meter.rate, stage.slot.meter.rate = 200_000.0, HIGH
    stage.path.rate = 2_000_000.0
    Downlink(RelaySettings(), stage.path, lambda filling: None).share([stage.slot, camera.slot], stage.now)
    assert stage.slot.limit == 1_800_000.0 and camera.slot.limit == 1_000_000.0


def test_what_only_fills_the_publishers_path_goes_to_nobody_and_numbers_go_on():
    stage = Stage("screen")
    stage.begin()
    before = parse_rtp(stage.sent[-1]).sequence
    heard = stage.layers[1].heard_at
    size = stage.layers[1].reception.bytes
    stage.seen()
    for _ in range(3):
        stage.fill(1)
    assert stage.sent == [] and not stage.layers[1].missing
    assert (stage.layers[1].heard_at, stage.layers[1].reception.bytes) == (heard, size)
    stage.both()
    assert [parse_rtp(one).sequence for one in stage.sent] == [before + 1]


def test_filling_goes_between_frames_and_a_lost_piece_of_it_can_be_had_again():
    stage = Stage()
    stage.begin()
    stage.sent.clear()
    assert stage.slot.fill(2000, stage.now) >= 2000
    filling = [parse_rtp(one) for one in stage.sent]
    assert all(one.padding and one.data[-1] == len(one.data) - one.start for one in filling)
    stage.slot.resend([filling[1].sequence], stage.now)
    assert stage.sent[-1] == stage.sent[1]
    stage.publish(1, b"h")
    assert parse_rtp(stage.sent[-1]).sequence == filling[-1].sequence + 1


def layered(offer: str = OFFER, layers: str = "l;h", mid: str = "1") -> str:
    """Chromium's offer with layers for the camera, or the screen (2)."""
    lines = offer.split("\r\n")
    at = lines.index(f"a=mid:{mid}")
    rids = [f"a=rid:{rid} send" for rid in layers.split(";")]
    return "\r\n".join([*lines[: at + 1], *rids, f"a=simulcast:send {layers}", *lines[at + 1 :]])


def test_layers_are_agreed_from_the_least_to_the_best():
    agreement, _ = agree(layered(layered(), mid="2"))
    answer = write_answer(agreement, LOCAL, {slot.mid: 1000 + int(slot.mid) for slot in agreement.slots}, 1)
    for picture in agreement.published[1:]:
        assert picture.rids == ("l", "h") and picture.extension(RID) and picture.ssrcs == ()
        assert {"a=rid:l recv", "a=rid:h recv", "a=simulcast:recv l;h"} <= set(section(answer, picture.mid))


def test_layers_that_are_paused_are_answered_so_and_may_change_at_a_restart():
    paused, _ = agree(layered(layers="~l;~h"))
    assert paused.published[1].rids == ("l", "h")
    answer = write_answer(paused, LOCAL, {slot.mid: 1000 + int(slot.mid) for slot in paused.slots}, 1)
    assert "a=simulcast:recv ~l;~h" in section(answer, "1")
    assert paused == agree(layered(layers="~l;h"))[0] != agree(layered(layers="h"))[0]


@pytest.mark.parametrize("layers", ["a;b;c;d", "l;h-1", "l;;h"])
def test_layers_without_usable_names_or_too_many_are_refused(layers):
    with pytest.raises(OfferError, match="layers"):
        agree(layered(layers=layers))


def test_without_transport_feedback_slots_bear_their_send_time():
    offer = "\r\n".join(line for line in OFFER.split("\r\n") if "transport-cc" not in line)
    agreement, _ = agree(offer)
    assert not any(line.arrivals for line in agreement.lines)
    answer = write_answer(agreement, LOCAL, {slot.mid: 1000 + int(slot.mid) for slot in agreement.slots}, 1)
    assert any("abs-send-time" in line for line in section(answer, "4"))
    assert "transport" not in " ".join(section(answer, "4"))
