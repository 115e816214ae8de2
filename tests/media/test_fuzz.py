"""Whatever browsers or strangers send, nothing but OfferError and UnknownConnection leaves media/, and packets of
others still pass."""

import os
import random
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench.relay_client import rtp
from bench.relay_sdp import PAYLOAD_TYPE
from media.errors import OfferError
from media.feedback import parse_rtcp, split_arrivals
from media.negotiation import agree
from media.relay import MediaEvent, Relay, Source
from media.rewrite import extension_value, parse_rtp
from media.vp8 import picture, starts_key_frame
from tests.media.client import CAMERA, Person, admit_both, until

OFFER = Path(__file__).with_name("chromium_offer.sdp").read_bytes().decode()
LINES = OFFER.split("\r\n")
CAMPAIGN = "ANTEROOM_CAMPAIGN" in os.environ
EXAMPLES = 20_000 if CAMPAIGN else 300
thoroughly = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

LAYERED = ["a=simulcast:send l;h", "a=rid:l send", "a=rid:h send", "a=rtcp-fb:* transport-cc", "a=simulcast:send ;,~"]
noise = st.text(st.characters(codec="utf-8"), max_size=60)


@st.composite
def spoiled_offers(draw: st.DrawFn) -> str:
    """A browser's offer with lines changed, lost, doubled and put elsewhere."""
    lines = list(LINES)
    for _ in range(draw(st.integers(0, 12))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                del lines[at]
                lines = lines or ["v=0"]
            case 1:
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case 2:
                lines.insert(at, draw(st.sampled_from(LAYERED)))
            case 3:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))] + draw(noise)
            case 4:
                lines[at] = lines[at].replace(draw(st.sampled_from("0123456789:; /")), draw(noise))
            case _:
                lines[at] = draw(noise)
    return "\r\n".join(lines)


@thoroughly
@given(spoiled_offers() | noise)
@example("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=simulcast:send")
@example("v=0\r\nm=audio 9/x\r\n")
def test_an_offer_is_answered_or_refused_with_a_reason(offer):
    try:
        agree(offer)
    except OfferError as refused:
        assert str(refused)


@thoroughly
@given(st.binary(max_size=120))
def test_a_packet_is_read_or_refused(data):
    for read in (parse_rtp, parse_rtcp):
        with suppress(ValueError):
            read(data)
    told, rest = split_arrivals(data)
    assert sum(map(len, told)) + len(rest) == len(data)
    extension_value(data, 3)
    starts_key_frame(data, 5)
    picture(data, 5)


def spoiled(noise: random.Random, packet: bytes) -> bytes:
    """A packet with some octets changed, or cut, or longer."""
    data = bytearray(packet)
    for _ in range(noise.randrange(6)):
        data[noise.randrange(len(data))] = noise.randrange(256)
    return bytes(data[: noise.randrange(1, len(data) + 1)]) + noise.randbytes(noise.choice([0, 0, 4, 300]))


async def test_a_participant_who_sends_noise_under_good_keys_hurts_nobody(
    relay: Relay, anna: Person, ben: Person, events: list[MediaEvent], caplog
):
    """Noise that passes SRTP, since the participant seals it: the worst that an admitted browser can do."""
    admit_both(relay, anna, ben)
    randomness, seed = random.Random(), int(os.environ.get("ANTEROOM_SEED", random.randrange(1 << 30)))
    randomness.seed(seed)
    print(f"ANTEROOM_SEED={seed}")
    recorded = [
        "afcd000905c12b97689df49a0009000f0631cd02200f2b11160f0e0b0e050000006e000d0a000003",
        "81c9000700000001000000020a0000050000fff000000001000000020000000381cd000300000001000000020005ffff",
        "8fce000500000001000000005245 4d42010bb800000000ff".replace(" ", ""),
        "80c80006000000010000000200000003000000040000000500000006",
    ]
    for step in range(20_000 if CAMPAIGN else 600):
        if randomness.random() < 0.5:
            header = rtp(PAYLOAD_TYPE["video"], 2000 + step, step, anna.client.ssrcs[CAMERA], randomness.randbytes(30))
            packet = header[:1] + spoiled(randomness, header[1:])
            if len(packet) >= 12 and packet[0] >> 6 == 2 and not 192 <= packet[1] <= 223:
                try:
                    anna.client.send_rtp(packet)
                except Exception:  # libsrtp of the sender reads the header too
                    continue
        else:
            data = spoiled(randomness, bytes.fromhex(randomness.choice(recorded)))
            if len(data) >= 8:
                ben.client.send_rtcp(bytes([data[0] & 0x3F | 0x80, 192 + data[1] % 32]) + data[2:])
        if step % 50 == 0:
            await anna.read_all()
    await ben.read_all()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert {one.name for one in events} <= {"connected", "speaking"}
    before = len(anna.rtp)
    relay.assign("anna", "3", None)
    relay.assign("anna", "3", Source("ben", "camera"))
    ben.send_video(b"still here", key=True)
    await until(lambda: len(anna.rtp) > before)
