"""Sound that is sent twice (RFC 2198): as it is to whoever takes it, the newest alone to others."""

import random

import pytest

from media.forwarder import Publication
from media.negotiation import agree
from media.redundancy import primary
from media.rewrite import Numbering, RtpPacket, parse_rtp
from media.srtp import Buffer
from media.subscription import Subscription
from media.values import Source
from tests.media.test_negotiation import OFFER, answer, section

OPUS, RED = 111, 63
OLD, NEW = b"the sound before", b"the newest sound"


def redundant(old: bytes = OLD, new: bytes = NEW, payload_type: int = OPUS) -> bytes:
    head = bytes([0x80 | payload_type]) + (960 << 10 | len(old)).to_bytes(3, "big")
    return head + bytes([payload_type]) + old + new


def test_the_newest_sound_is_found():
    assert redundant()[primary(redundant(), 0, OPUS) :] == NEW
    assert (b"header" + redundant())[primary(b"header" + redundant(), 6, OPUS) :] == NEW
    alone = bytes([OPUS]) + NEW
    assert alone[primary(alone, 0, OPUS) :] == NEW


@pytest.mark.parametrize("payload", [b"", b"\xef", redundant()[:4], redundant()[:8], redundant(payload_type=99)])
def test_what_is_malformed_or_of_another_type_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="redundant audio"):
        primary(payload, 0, OPUS)


def test_random_bytes_never_do_worse_than_a_value_error():
    chance = random.Random(3)
    for _ in range(20_000):
        data = chance.randbytes(chance.randrange(40))
        try:
            assert primary(data, 0, OPUS) <= len(data)
        except ValueError:
            continue


def slot(redundant_type: int | None, payload_type: int = OPUS) -> tuple[Subscription, list[bytes]]:
    buffer, sent = Buffer(), []

    def send(length: int) -> bool:
        sent.append(buffer.octets[:length])
        return True

    numbering = Numbering(7, payload_type, b"3", 0, 0, 0, redundant_type=redundant_type)
    made = Subscription("audio", "3", numbering, buffer, send)
    made.open = True
    return made, sent


def test_each_slot_is_sent_what_it_takes_and_numbers_go_on_as_one_stream():
    voice = Publication(Source("anna", "microphone"), "0", 0, lambda packet: None, set())
    voice.payload_type, voice.redundant_type = OPUS, RED
    taking, plain, other = slot(70), slot(None), slot(71, payload_type=109)
    for each in (taking, plain, other):
        each[0].show([voice], 1.0)
    for number, (payload_type, payload) in enumerate([(RED, redundant()), (OPUS, NEW), (RED, redundant())]):
        packet = RtpPacket(0, 0, payload_type, 100 + number, 960 * number, 1, b"", bytes(12) + payload, 12)
        voice.receive(packet, 1.0 + number * 0.02)
    told = [[parse_rtp(one) for one in sent] for _, sent in (taking, plain, other)]
    assert [one.payload_type for one in told[0]] == [70, OPUS, 70]
    assert [one.data[one.start :] for one in told[0]] == [redundant(), NEW, redundant()]
    for packets, payload_type in ((told[1], OPUS), (told[2], 109)):
        assert [(one.payload_type, one.data[one.start :]) for one in packets] == [(payload_type, NEW)] * 3
    for packets in told:
        first = packets[0].sequence
        assert [one.sequence for one in packets] == [first, first + 1, first + 2]


def test_redundant_sound_is_agreed_where_the_browser_offers_it_of_opus():
    microphone, voice = section(answer(), "0"), section(answer(), "3")
    for line in (microphone, voice):
        assert line[0].endswith(" 63 111") and "a=rtpmap:63 red/48000/2" in line and "a=fmtp:63 111/111" in line
    assert [line.redundant_type for line in agree(OFFER)[0].lines][:4] == [63, None, None, 63]
    for changed in (OFFER.replace("a=fmtp:63 111/111", "a=fmtp:63 9/9"), OFFER.replace("red/48000/2", "red/8000")):
        line = section(answer(changed), "0")
        assert line[0].endswith(" 111") and "63" not in line[0]
