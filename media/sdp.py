"""Reads the few lines of an SDP offer (RFC 8866, RFC 8829) that the relay acts upon.

Everything else is skipped, above all the client's candidates: an ICE-lite server answers checks and makes
none, so it has no use for addresses, and looking up mDNS names would tell others about the visit. One pass,
linear in the offer's length, since offers come from people we do not trust.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from media.errors import OfferError

MAX_BYTES = 64 * 1024
MAX_LINES = 32
DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})


@dataclass
class MediaLine:
    """One m-line with what applies to it, its own attributes or those of the session."""

    medium: str
    profile: str
    formats: list[str]
    rejected: bool
    mid: str = ""
    direction: str = "sendrecv"
    codecs: dict[str, list[int]] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: list[int] = field(default_factory=list)
    arrivals: set[str] = field(default_factory=set)
    rids: list[str] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)
    ufrag: str = ""
    password: str = ""
    setup: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Offer:
    """The offer's m-lines in order; the mids of its first BUNDLE group."""

    media: list[MediaLine] = field(default_factory=list)
    bundle: list[str] = field(default_factory=list)


def parse_offer(sdp: str) -> Offer:
    """Read an offer; raises OfferError with the reason."""
    if len(sdp.encode("utf-8", "replace")) > MAX_BYTES:
        raise OfferError("the offer is larger than 64 KiB")
    lines = sdp.splitlines()
    if not lines or lines[0].strip() != "v=0":
        raise OfferError("malformed: an offer begins with v=0")
    if sum(line.startswith("m=") for line in lines) > MAX_LINES:
        raise OfferError("the offer has more than 32 m-lines")
    try:
        return _read(lines)
    except (ValueError, IndexError) as error:
        raise OfferError(f"malformed: {error}") from error


def _read(lines: list[str]) -> Offer:
    offer, session = Offer(), MediaLine("session", "", [], rejected=False)
    current = session
    for line in lines:
        if line.startswith("m="):
            current = _media_line(line[2:], session)
            offer.media.append(current)
        elif line.startswith("a=group:BUNDLE") and not offer.bundle:
            offer.bundle = line.split()[1:]
        elif line.startswith("a="):
            _attribute(current, line[2:].strip())
    return offer


def _media_line(text: str, session: MediaLine) -> MediaLine:
    medium, port, profile, *formats = text.split()
    return MediaLine(
        medium,
        profile,
        formats,
        rejected=int(port.partition("/")[0]) == 0,
        ufrag=session.ufrag,
        password=session.password,
        setup=session.setup,
        fingerprints=list(session.fingerprints),
    )


def _attribute(line: MediaLine, text: str) -> None:
    name, _, value = text.partition(":")
    if name in DIRECTIONS:
        line.direction = name
    elif name in READERS:
        READERS[name](line, value)


def _read_bundle_only(line: MediaLine, value: str) -> None:
    """Port 0 rejects nothing here (RFC 9143, section 6): Firefox writes so all lines but the first."""
    line.rejected = False


def _read_mid(line: MediaLine, value: str) -> None:
    line.mid = value


def _read_codec(line: MediaLine, value: str) -> None:
    number, encoding = value.split()[:2]
    line.codecs.setdefault(encoding.lower(), []).append(_bounded(number, 127))


def _read_parameters(line: MediaLine, value: str) -> None:
    number, _, text = value.partition(" ")
    line.parameters[_bounded(number, 127)] = text.strip()


def _read_extension(line: MediaLine, value: str) -> None:
    number, uri = value.split()[:2]
    line.extensions.setdefault(uri, _bounded(number.partition("/")[0], 255))


def _read_ssrc(line: MediaLine, value: str) -> None:
    ssrc = _bounded(value.split()[0], 0xFFFFFFFF)
    if not line.ssrcs or line.ssrcs[-1] != ssrc:
        line.ssrcs.append(ssrc)


def _read_feedback(line: MediaLine, value: str) -> None:
    """Which payload types have transport-wide feedback; `*` stands for all."""
    number, kind = value.split(maxsplit=1)
    if kind == "transport-cc":
        line.arrivals.add(number)


def _read_simulcast(line: MediaLine, value: str) -> None:
    """The layers that are sent (RFC 8853 section 5.1): the first of alternatives, and which of them are paused."""
    direction, layers = value.split()[:2]
    if direction == "send":
        first = [layer.partition(",")[0] for layer in layers.split(";")]
        line.rids = [layer.removeprefix("~") for layer in first]
        line.paused = {layer[1:] for layer in first if layer.startswith("~")}


def _read_ufrag(line: MediaLine, value: str) -> None:
    line.ufrag = value


def _read_password(line: MediaLine, value: str) -> None:
    line.password = value


def _read_setup(line: MediaLine, value: str) -> None:
    line.setup = value


def _read_fingerprint(line: MediaLine, value: str) -> None:
    algorithm, digest = value.split()
    line.fingerprints.append((algorithm.lower(), digest))


def _bounded(text: str, most: int) -> int:
    number = int(text)
    if not 0 <= number <= most:
        raise ValueError(f"{number} is out of range")
    return number


READERS: dict[str, Callable[[MediaLine, str], None]] = {
    "bundle-only": _read_bundle_only,
    "mid": _read_mid,
    "rtpmap": _read_codec,
    "fmtp": _read_parameters,
    "extmap": _read_extension,
    "ssrc": _read_ssrc,
    "rtcp-fb": _read_feedback,
    "simulcast": _read_simulcast,
    "ice-ufrag": _read_ufrag,
    "ice-pwd": _read_password,
    "setup": _read_setup,
    "fingerprint": _read_fingerprint,
}
