"""Offer in, answer out: what a browser sends, which slots it receives in, and how both are numbered.

The browser offers once and the relay answers once (RFC 8829, ICE-lite of RFC 8445 section 2.5). The answer
mirrors the offerer's own payload types and header extension ids, so the browser never has to translate: the
forwarder writes a publisher's packets in each subscriber's numbers. VP8 and opus only, and no rtx: lost
packets are sent again on their own SSRC.
"""

import re
from dataclasses import dataclass, field, replace

from media.errors import OfferError
from media.sdp import MediaLine, Offer, parse_offer
from media.values import Kind, Slot

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
ORIENTATION = "urn:3gpp:video-orientation"
ARRIVALS = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"

CODEC = {"audio": "opus/48000/2", "video": "vp8/90000"}
REDUNDANT = "red/48000/2"
# What a publisher's packets bear to us; what we write into a slot. A slot's packets are numbered, so that the receiver
# can tell when each came, or else bear their send time, which lets it estimate its path by itself.
PUBLISHED_EXTENSIONS = {"audio": (MID, AUDIO_LEVEL, ARRIVALS), "video": (MID, RID, ORIENTATION, ARRIVALS)}
SLOT_EXTENSIONS = {"audio": (MID, AUDIO_LEVEL), "video": (MID, ORIENTATION)}
# The one-byte header form (RFC 8285 section 4.2) holds ids 1 to 14 and values up to 16 bytes.
MAX_EXTENSION_ID = 14
MID_FORM = re.compile(r"[A-Za-z0-9_-]{1,16}")
RID_FORM = re.compile(r"[A-Za-z0-9]{1,16}")
DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})
MAX_SLOTS = 16
MAX_LAYERS = 3


@dataclass(frozen=True)
class Line:
    """How one m-line of the offer is answered: it publishes `kind`, or is a slot, or (neither) is inactive.

    `rids` name the layers of a picture that is sent in several sizes, from the least to the best; `paused` are not sent
    at the moment, which is no part of what was agreed. `arrivals` tells that both sides have transport-wide feedback.

    `redundant_type` is the payload type of redundant audio (RFC 2198), where the browser has it. A line without a
    payload type is rejected with port 0.
    """

    mid: str
    medium: str
    offered: tuple[str, ...]
    payload_type: int | None = None
    redundant_type: int | None = None
    extensions: tuple[tuple[str, int], ...] = ()
    kind: Kind | None = None
    is_slot: bool = False
    ssrcs: tuple[int, ...] = ()
    rids: tuple[str, ...] = ()
    paused: frozenset[str] = field(default=frozenset(), compare=False)
    arrivals: bool = False

    def extension(self, uri: str) -> int:
        """The id of a header extension on this line, 0 if it was not agreed."""
        return dict(self.extensions).get(uri, 0)


@dataclass(frozen=True)
class Agreement:
    """All that was agreed, apart from addresses and credentials, which an ICE restart replaces."""

    lines: tuple[Line, ...]
    fingerprints: tuple[tuple[str, str], ...]

    @property
    def published(self) -> tuple[Line, ...]:
        """The lines on which the browser sends."""
        return tuple(line for line in self.lines if line.kind)

    @property
    def slot_lines(self) -> tuple[Line, ...]:
        """The lines on which the browser receives."""
        return tuple(line for line in self.lines if line.is_slot)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The receive slots as plain values."""
        return tuple(Slot(line.mid, "audio" if line.medium == "audio" else "video") for line in self.slot_lines)


@dataclass(frozen=True)
class RemoteIce:
    """The browser's ICE user name fragment, the second half of every check's USERNAME (RFC 8445 section
    7.2.2)."""

    ufrag: str


def agree(offer_sdp: str, max_slots: int = MAX_SLOTS) -> tuple[Agreement, RemoteIce]:
    """Decide how to answer an offer; raises OfferError with the reason."""
    offer = parse_offer(offer_sdp)
    _check(offer)
    first = next(line for line in offer.media if not line.rejected)
    lines = _answered_lines(offer, max_slots)
    fingerprints = tuple(dict.fromkeys(first.fingerprints))
    return Agreement(lines, fingerprints), RemoteIce(first.ufrag)


def _check(offer: Offer) -> None:
    live = [line for line in offer.media if not line.rejected]
    if not live:
        raise OfferError("malformed: the offer has no m-line")
    _check_mids(offer, live)
    if not any(algorithm in DIGESTS for algorithm, _ in live[0].fingerprints):
        raise OfferError("the offer has no DTLS fingerprint")
    if live[0].setup not in ("actpass", "active"):
        raise OfferError("the offer does not let the browser be the DTLS client (a=setup)")
    if not live[0].ufrag or not live[0].password:
        raise OfferError("the offer has no ICE credentials")


def _check_mids(offer: Offer, live: list[MediaLine]) -> None:
    mids = [line.mid for line in live]
    if not all(MID_FORM.fullmatch(mid) for mid in mids):
        raise OfferError("malformed: an m-line without a usable mid")
    if len(set(mids)) != len(mids):
        raise OfferError("malformed: two m-lines have one mid")
    if not set(mids) <= set(offer.bundle):
        raise OfferError("an m-line is outside of the BUNDLE group")


def _answered_lines(offer: Offer, max_slots: int) -> tuple[Line, ...]:
    kinds: dict[str, list[Kind]] = {"audio": ["microphone"], "video": ["camera", "screen"]}
    lines: list[Line] = []
    for media in offer.media:
        line = _plain_line(media)
        if line.payload_type is not None and media.direction in ("sendonly", "sendrecv") and kinds[line.medium]:
            line = _publishing(line, media, kinds[line.medium].pop(0))
        elif line.payload_type is not None and media.direction == "recvonly" and max_slots > 0:
            max_slots -= 1
            line = _slot(line, media)
        lines.append(line)
    return tuple(lines)


def _plain_line(media: MediaLine) -> Line:
    """The line as inactive, or as rejected where we share no codec."""
    line = Line(media.mid, media.medium, (media.profile, *media.formats))
    numbers = media.codecs.get(CODEC.get(media.medium, ""), [])
    if media.rejected or not numbers:
        return line
    twice = f"{numbers[0]}/{numbers[0]}"  # the newest sound and the one before, both of them ours
    redundant = [number for number in media.codecs.get(REDUNDANT, []) if media.parameters.get(number) == twice]
    return replace(line, payload_type=numbers[0], redundant_type=redundant[0] if redundant else None)


def _publishing(line: Line, media: MediaLine, kind: Kind) -> Line:
    wanted = tuple(uri for uri in PUBLISHED_EXTENSIONS[line.medium] if uri != ARRIVALS or _has_arrivals(line, media))
    line = replace(line, kind=kind, extensions=_extensions(media, wanted))
    line = replace(line, arrivals=bool(line.extension(ARRIVALS)))
    if media.rids and line.medium == "video" and line.extension(RID) and line.extension(MID):
        return replace(line, rids=_rids(media), paused=frozenset(media.paused))
    return replace(line, ssrcs=tuple(media.ssrcs[:1]))


def _rids(media: MediaLine) -> tuple[str, ...]:
    rids = tuple(dict.fromkeys(media.rids))
    if len(rids) > MAX_LAYERS or not all(RID_FORM.fullmatch(rid) for rid in rids):
        raise OfferError("malformed: more than three layers, or one without a usable name")
    return rids


def _slot(line: Line, media: MediaLine) -> Line:
    """Timing is either: the numbers, where both sides have them, or the send time."""
    wanted: tuple[str, ...] = SLOT_EXTENSIONS[line.medium]
    if line.medium == "video":
        arrivals = _has_arrivals(line, media) and media.extensions.get(ARRIVALS, 0)
        wanted = (*wanted, ARRIVALS if arrivals else ABS_SEND_TIME)
    line = replace(line, is_slot=True, extensions=_extensions(media, wanted))
    return replace(line, arrivals=bool(line.extension(ARRIVALS)))


def _has_arrivals(line: Line, media: MediaLine) -> bool:
    return bool({"*", str(line.payload_type)} & media.arrivals)


def _extensions(media: MediaLine, wanted: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    found = ((uri, media.extensions.get(uri, 0)) for uri in wanted)
    return tuple((uri, number) for uri, number in found if 0 < number <= MAX_EXTENSION_ID)
