"""Writes the SDP answer for an agreement."""

from collections.abc import Mapping
from dataclasses import dataclass

from media.negotiation import REDUNDANT, Agreement, Line

# Of the 300 kbit/s that browsers begin with by themselves sound takes a third, and Chromium then holds back the first
# frames of a picture of 480 x 270 (web/static/visit/growth.js). Others do not read it.
START = "x-google-start-bitrate=400"
FORMATS = {
    "audio": ("opus/48000/2", "minptime=10;useinbandfec=1", ()),
    "video": ("VP8/90000", START, ("goog-remb", "ccm fir", "nack", "nack pli")),
}
# RFC 8445 section 5.1.2.1: a host candidate of the one component there is, with the highest local preference.
CANDIDATE = "a=candidate:1 1 udp 2130706431 {address} {port} typ host"


@dataclass(frozen=True)
class LocalTransport:
    """Our end: the one address and port, ICE credentials of this generation, and the certificate's SHA-256
    digest."""

    address: str
    port: int
    ufrag: str
    password: str
    fingerprint: str


def write_answer(agreement: Agreement, local: LocalTransport, ssrcs: Mapping[str, int], version: int) -> str:
    """The answer's text. `ssrcs` has the SSRC of each slot by mid; `version` rises with each answer (RFC
    3264)."""
    bundled = [line.mid for line in agreement.lines if line.payload_type is not None]
    session = [
        "v=0",
        f"o=- 1 {version} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(bundled)}",
        "a=msid-semantic: WMS *",
    ]
    streams = _stream_names(agreement)
    sections = [_section(line, local, streams.get(line.mid, ""), ssrcs) for line in agreement.lines]
    return "\r\n".join(session + [text for section in sections for text in section]) + "\r\n"


def _stream_names(agreement: Agreement) -> dict[str, str]:
    """The n-th audio slot and the n-th video slot share a stream, so that the browser keeps lips and voice
    together."""
    counts = {"audio": 0, "video": 0}
    names = {}
    for line in agreement.slot_lines:
        counts[line.medium] += 1
        names[line.mid] = f"slot{counts[line.medium]}"
    return names


def _section(line: Line, local: LocalTransport, stream: str, ssrcs: Mapping[str, int]) -> list[str]:
    if line.payload_type is None:
        return _rejected(line)
    text = [
        f"m={line.medium} 9 {line.offered[0]} {' '.join(str(number) for number in _payload_types(line))}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
    ]
    text += [*_transport(local), f"a={_direction(line)}"]
    text += [f"a=extmap:{number} {uri}" for uri, number in line.extensions]
    text += _codec(line.medium, line.payload_type, line.arrivals)
    text += _redundant(line)
    return text + _layers(line) + (_sent(stream, ssrcs[line.mid], line.medium) if line.is_slot else [])


def _layers(line: Line) -> list[str]:
    """Chromium begins to send what the answer does not call paused, even to somebody who is not admitted."""
    if not line.rids:
        return []
    layers = ";".join(f"~{rid}" if rid in line.paused else rid for rid in line.rids)
    return [*(f"a=rid:{rid} recv" for rid in line.rids), f"a=simulcast:recv {layers}"]


def _redundant(line: Line) -> list[str]:
    if line.redundant_type is None:
        return []
    twice = f"{line.payload_type}/{line.payload_type}"
    return [f"a=rtpmap:{line.redundant_type} {REDUNDANT}", f"a=fmtp:{line.redundant_type} {twice}"]


def _payload_types(line: Line) -> list[int]:
    """Browsers send redundant audio where it comes first."""
    return [number for number in (line.redundant_type, line.payload_type) if number is not None]


def _rejected(line: Line) -> list[str]:
    mid = [f"a=mid:{line.mid}"] if line.mid else []
    return [f"m={line.medium} 0 {' '.join(line.offered)}", "c=IN IP4 0.0.0.0", *mid, "a=inactive"]


def _direction(line: Line) -> str:
    if line.is_slot:
        return "sendonly"
    return "recvonly" if line.kind else "inactive"


def _transport(local: LocalTransport) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        CANDIDATE.format(address=local.address, port=local.port),
        "a=end-of-candidates",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]


def _codec(medium: str, number: int, arrivals: bool) -> list[str]:
    name, parameters, feedback = FORMATS[medium]
    text = [f"a=rtpmap:{number} {name}"]
    text += [f"a=fmtp:{number} {parameters}"] if parameters else []
    text += [f"a=rtcp-fb:{number} transport-cc"] if arrivals else []
    return text + [f"a=rtcp-fb:{number} {kind}" for kind in feedback]


def _sent(stream: str, ssrc: int, medium: str) -> list[str]:
    track = f"{stream}-{medium}"
    return [
        f"a=msid:{stream} {track}",
        f"a=ssrc:{ssrc} cname:{stream}",
        f"a=ssrc:{ssrc} msid:{stream} {track}",
    ]
