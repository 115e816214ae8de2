"""Offers and answers of the relay's client, as a browser writes them as far as that matters here."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

PAYLOAD_TYPE = {"audio": 111, "video": 96}
RTPMAP = {"audio": "opus/48000/2", "video": "VP8/90000"}
EXTENSIONS = {
    "audio": {
        1: "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        4: "urn:ietf:params:rtp-hdrext:sdes:mid",
    },
    "video": {
        2: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        4: "urn:ietf:params:rtp-hdrext:sdes:mid",
        13: "urn:3gpp:video-orientation",
    },
}


@dataclass(frozen=True)
class Transport:
    """What an SDP says about one side's transport: address, ICE credentials, (algorithm, digest) of its certificate."""

    address: tuple[str, int]
    ufrag: str
    password: str
    fingerprint: tuple[str, str]


def read_transport(sdp: str) -> Transport:
    """Read the first candidate, credentials and fingerprint of an SDP."""
    candidate = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", sdp, re.IGNORECASE)
    assert candidate is not None, "no candidate"
    algorithm, digest = _attribute(sdp, "fingerprint").split()
    address = (candidate.group(1), int(candidate.group(2)))
    return Transport(address, _attribute(sdp, "ice-ufrag"), _attribute(sdp, "ice-pwd"), (algorithm, digest))


def _attribute(sdp: str, name: str) -> str:
    found = re.search(rf"^a={name}:(.*?)\r?$", sdp, re.MULTILINE)
    assert found is not None, f"no a={name}"
    return found.group(1)


def write_sdp(lines: list[tuple[str, str, str]], local: Transport, setup: str, ssrcs: Mapping[str, int]) -> str:
    """An offer or answer of (medium, direction, mid) lines; `ssrcs` by mid for those that send."""
    head = [
        "v=0",
        f"o=- {secrets.randbits(60)} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mid for _, _, mid in lines)}",
        "a=msid-semantic: WMS *",
    ]
    sections = [_section(*line, local, setup, ssrcs) for line in lines]
    return "\r\n".join(head + [text for section in sections for text in section]) + "\r\n"


def _section(
    medium: str, direction: str, mid: str, local: Transport, setup: str, ssrcs: Mapping[str, int]
) -> list[str]:
    number = PAYLOAD_TYPE[medium]
    text = [f"m={medium} 9 UDP/TLS/RTP/SAVPF {number}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", f"a={direction}"]
    text += _transport_lines(local, setup)
    text += [f"a=extmap:{id} {uri}" for id, uri in EXTENSIONS[medium].items()]
    text += [f"a=rtpmap:{number} {RTPMAP[medium]}"]
    if medium == "video":
        text += [f"a=rtcp-fb:{number} {one}" for one in ("goog-remb", "ccm fir", "nack", "nack pli")]
    if direction == "sendonly":
        text += [f"a=msid:own track{mid}", f"a=ssrc:{ssrcs[mid]} cname:own"]
    return text


def _transport_lines(local: Transport, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=candidate:1 1 udp 2130706431 {local.address[0]} {local.address[1]} typ host",
        "a=end-of-candidates",
        f"a=fingerprint:{local.fingerprint[0]} {local.fingerprint[1]}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
    ]
