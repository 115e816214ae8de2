"""Offer in, answer out."""

import random
import re
from pathlib import Path

import pytest

from media.answer import LocalTransport, write_answer
from media.errors import OfferError
from media.negotiation import ABS_SEND_TIME, ARRIVALS, MID, agree
from media.values import Slot

OFFER = Path(__file__).with_name("chromium_offer.sdp").read_bytes().decode()
LOCAL = LocalTransport("192.0.2.9", 4321, "our-ufrag", "our-password", "AB:CD")


def section(sdp: str, mid: str) -> list[str]:
    """The lines of one m-line."""
    (found,) = [part for part in sdp.split("\r\nm=")[1:] if f"a=mid:{mid}\r\n" in part + "\r\n"]
    return ("m=" + found).split("\r\n")


def answer(offer: str = OFFER, **options: int) -> str:
    agreement, _ = agree(offer, **options)
    return write_answer(agreement, LOCAL, {slot.mid: 1000 + int(slot.mid) for slot in agreement.slots}, 1)


def test_chromium_publishes_three_kinds_and_receives_in_eleven_slots():
    agreement, _ = agree(OFFER)
    assert [(line.mid, line.kind) for line in agreement.published] == [
        ("0", "microphone"),
        ("1", "camera"),
        ("2", "screen"),
    ]
    assert agreement.slots[:2] == (Slot("3", "audio"), Slot("4", "video"))
    assert [slot.media for slot in agreement.slots] == ["audio", "video"] * 5 + ["video"]


def test_every_line_of_the_offer_is_answered_in_order():
    lines = [line for line in answer().split("\r\n") if line.startswith("m=")]
    assert lines == [
        f"m={line.split()[0][2:]} 9 UDP/TLS/RTP/SAVPF {'63 111' if 'audio' in line else 96}"
        for line in OFFER.splitlines()
        if line.startswith("m=")
    ]


def test_a_line_with_port_0_is_live_where_it_is_bundle_only_as_firefox_writes_it():
    head, *rest = OFFER.split("\r\nm=")
    first, *others = rest
    lines = [re.sub(r"^(\w+) \d+ ", r"\1 0 ", each) for each in others]
    bundled = [each.replace("\r\na=mid:", "\r\na=bundle-only\r\na=mid:") for each in lines]
    live, _ = agree("\r\nm=".join([head, first, *bundled]))
    assert (len(live.published), len(live.slots)) == (3, 11)
    rejected, _ = agree("\r\nm=".join([head, first, *lines]))
    assert (len(rejected.published), len(rejected.slots)) == (1, 0)


def test_the_answer_mirrors_payload_types_and_extension_ids():
    agreement, _ = agree(OFFER)
    slot = agreement.slot_lines[1]
    assert slot.payload_type == 96
    assert (slot.extension(MID), slot.extension(ARRIVALS), slot.extension(ABS_SEND_TIME)) == (4, 3, 0)


def test_a_slot_is_announced_with_its_ssrc_and_a_stream_shared_by_sound_and_picture():
    voice, picture = section(answer(), "3"), section(answer(), "4")
    assert "a=sendonly" in voice and "a=sendonly" in picture
    assert "a=ssrc:1003 msid:slot1 slot1-audio" in voice
    assert "a=msid:slot1 slot1-video" in picture


def test_opus_repairs_itself_and_video_asks_again_without_rtx():
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in section(answer(), "0")
    video = section(answer(), "1")
    assert [line for line in video if "rtcp-fb" in line] == [
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 goog-remb",
        "a=rtcp-fb:96 ccm fir",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
    ]
    assert "rtx" not in answer()


def test_a_first_picture_has_room_beside_sound():
    """Chromium holds back pictures of 480 x 270 below 200 kbit/s, and gives sound 92 of what it begins with."""
    assert "a=fmtp:96 x-google-start-bitrate=400" in section(answer(), "1")


def test_the_answer_is_ice_lite_with_one_candidate_of_ours_and_none_of_theirs():
    offer = OFFER.replace("a=mid:0", "a=candidate:1 1 udp 1 198.51.100.7 9 typ host\r\na=mid:0")
    text = answer(offer)
    assert "a=ice-lite" in text
    assert "a=candidate:1 1 udp 2130706431 192.0.2.9 4321 typ host" in text
    assert "198.51.100.7" not in text
    assert "a=setup:passive" in section(text, "0")


def test_slots_beyond_the_capacity_are_inactive():
    agreement, _ = agree(OFFER, max_slots=2)
    assert agreement.slots == (Slot("3", "audio"), Slot("4", "video"))
    assert "a=inactive" in section(answer(max_slots=2), "5")


def test_a_line_without_our_codec_is_rejected_and_left_out_of_the_bundle():
    offer = OFFER.replace("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 speex/48000", 1)
    text = answer(offer)
    assert section(text, "0")[0].startswith("m=audio 0 ")
    assert "a=group:BUNDLE 1 2 " in text


def test_a_data_channel_is_rejected():
    offer = OFFER.replace("a=group:BUNDLE 0", "a=group:BUNDLE data 0") + (
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\na=sctp-port:5000\r\n"
    )
    assert section(answer(offer), "data")[0] == "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"


def without(start: str) -> str:
    return "\r\n".join(line for line in OFFER.split("\r\n") if not line.startswith(start))


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        ("", "v=0"),
        ("hello", "v=0"),
        (OFFER + "a=x:" + "y" * 64 * 1024, "64 KiB"),
        (OFFER + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 30, "32 m-lines"),
        (without("a=fingerprint"), "fingerprint"),
        (OFFER.replace("sha-256", "md5"), "fingerprint"),
        (OFFER.replace("a=setup:actpass", "a=setup:passive"), "a=setup"),
        (without("a=ice-pwd"), "ICE credentials"),
        (without("a=group"), "BUNDLE"),
        (without("a=mid"), "mid"),
        (OFFER.replace("a=mid:1\r", "a=mid:0\r"), "one mid"),
        (OFFER.replace("a=mid:1\r", "a=mid:<script>\r"), "mid"),
        (OFFER.split("m=")[0], "no m-line"),
        (OFFER.replace("a=rtpmap:111 ", "a=rtpmap:eleven "), "malformed"),
        (OFFER.replace("a=extmap:4 ", "a=extmap:-4 "), "malformed"),
        (OFFER.replace("m=audio 9 ", "m=audio nine "), "malformed"),
        (OFFER.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256"), "malformed"),
    ],
)
def test_an_offer_is_refused_with_the_reason(offer, reason):
    with pytest.raises(OfferError, match=reason):
        agree(offer)


def test_a_garbled_offer_is_refused_or_answered_but_raises_nothing_else():
    noise = random.Random(3)
    lines = OFFER.split("\r\n")
    outcomes = {"refused": 0, "answered": 0}
    for _ in range(150):
        garbled = list(lines)
        for _ in range(noise.randrange(1, 12)):
            at = noise.randrange(len(garbled))
            garbled[at] = garbled[at][: noise.randrange(30)] + chr(noise.randrange(1, 1000))
        try:
            answer("\r\n".join(garbled))
            outcomes["answered"] += 1
        except OfferError:
            outcomes["refused"] += 1
    assert all(outcomes.values())
