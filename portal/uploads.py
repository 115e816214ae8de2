"""What a file that somebody sends really is, found in its content, and made harmless.

Pictures are drawn anew: what a camera wrote beside them (place, owner) and what hides behind them goes. Everything else
is kept as it is, or refused. Nothing here trusts a name or a type that the sender says; one that says picture or PDF
of something else is refused as a lie. Runs in a thread.
"""

import io
import re
import unicodedata
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from people.errors import Invalid

largest = 10 * 1024 * 1024
"""Bytes of one file, as it is sent."""
most_pixels = 40_000_000
most_inflated = 64 * 1024 * 1024
longest_name = 100

TEXT = "text/plain"
PDF = "application/pdf"
PICTURES = {"PNG": ("image/png", ".png"), "JPEG": ("image/jpeg", ".jpg"), "WEBP": ("image/webp", ".webp")}
"""How pictures leave: content type and ending. A moving picture leaves as its first frame."""
ENDINGS = {TEXT: ".txt", PDF: ".pdf", **dict(PICTURES.values())}

PICTURE_NAME = re.compile(
    r"\.(?:png|apng|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|svgz?|heic|heif|avif|ico)\s*\Z", re.IGNORECASE
)
PDF_NAME = re.compile(r"\.pdf\s*\Z", re.IGNORECASE)
A_PICTURE, A_PDF, A_TEXT, A_MARKUP = "a picture", "a PDF document", "plain text", "text with markup, such as a web page"
KINDS = "Only pictures (PNG, JPEG, WebP, GIF), PDF documents and plain text can be sent."
UNREADABLE = "This picture cannot be read. Please save it anew, as PNG or JPEG, and send that."
TOO_MANY_PIXELS = f"This picture has more than {most_pixels // 1_000_000} million pixels. Please make it smaller."
BROKEN = "This PDF cannot be read: it is damaged, or locked with a password."
ACTIVE = "This PDF holds a program or another file. Please print it into a new PDF, and send that."


@dataclass(frozen=True)
class Examined:
    """What may be stored: a harmless name, the content as it is kept, and the type that was found in it."""

    name: str
    content: bytes
    content_type: str


def examine(name: str, content: bytes, declared: str = "") -> Examined:
    """Raises `Invalid` beside `files` for what is not one of the kinds, is not whole, or is not what its name or
    `declared` (the content type that the sender gives it) says."""
    if not content:
        raise refused(name, "This file is empty.")
    if len(content) > largest:
        raise refused(name, too_large())
    try:
        kept, content_type = _look(content)
        _check_claims(name, declared, _said(content, content_type))
    except Invalid as error:
        raise refused(name, error.message) from error
    return Examined(harmless(name, ENDINGS[content_type]), kept, content_type)


def refused(name: str, why: str) -> Invalid:
    return Invalid(f"{harmless(name, '')}: {why}", field="files")


def too_large() -> str:
    return f"This file is larger than {largest // (1024 * 1024)} MB."


def _said(content: bytes, content_type: str) -> str:
    """What was found, in words."""
    if content_type == TEXT:
        return A_MARKUP if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else A_TEXT
    return A_PDF if content_type == PDF else A_PICTURE


def _check_claims(name: str, declared: str, found: str) -> None:
    """One kind of picture under the name of another is none: cameras and phones do that."""
    kind = declared.partition(";")[0].strip().lower()
    claims = (
        ("name", A_PICTURE, PICTURE_NAME.search(name)),
        ("name", A_PDF, PDF_NAME.search(name)),
        ("type", A_PICTURE, kind.startswith("image/")),
        ("type", A_PDF, kind == PDF),
    )
    for what, claimed, is_claimed in claims:
        if is_claimed and claimed != found:
            raise Invalid(f"Its {what} says that it is {claimed}, but it holds {found}. Please choose the right file.")


def _look(content: bytes) -> tuple[bytes, str]:
    for start, form in ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF")):
        if content.startswith(start):
            return _drawn_anew(content, form)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _drawn_anew(content, "WEBP")
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return content, PDF
    if _is_text(content):
        return content, TEXT
    raise Invalid(KINDS)


def _drawn_anew(content: bytes, form: str) -> tuple[bytes, str]:
    """The picture alone, upright, and nothing else of the file. A GIF becomes a PNG."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=[form])
        if picture.width * picture.height > most_pixels:
            raise Invalid(TOO_MANY_PIXELS)
        upright = ImageOps.exif_transpose(picture)
        saved = "PNG" if form == "GIF" else form
        drawn = upright.convert("RGBA" if upright.has_transparency_data and saved != "JPEG" else "RGB")
        drawn.info.clear()  # PNG's writer would copy the texts that stand there
        made = io.BytesIO()
        drawn.save(made, saved, **({"quality": 88} if saved != "PNG" else {}))
    except Invalid:
        raise
    except Image.DecompressionBombError as error:
        raise Invalid(TOO_MANY_PIXELS) from error
    except Exception as error:  # whatever a decoder makes of what was never a picture
        raise Invalid(UNREADABLE) from error
    return made.getvalue(), PICTURES[saved][0]


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(unicodedata.category(one) == "Cc" and one not in "\t\n\r\f" for one in set(text))


END = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF[\s\0]*\Z")
ACTIVE_NAMES = ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "SubmitForm", "ImportData")


def _spelled(name: str) -> str:
    """A PDF name as a pattern: each of its letters may be written as #xx."""
    return "".join(f"(?:{letter}|#{ord(letter) >> 4:x}[{ord(letter) & 15:x}{ord(letter) & 15:X}])" for letter in name)


ACTIVE_NAME = re.compile(f"/(?:{'|'.join(map(_spelled, ACTIVE_NAMES))})(?![A-Za-z0-9])".encode())
STREAM = re.compile(rb"stream\r?\n")
most_packed = 5_000
piece = 64 * 1024


def _check_pdf(content: bytes) -> None:
    """It begins and ends as a PDF, and neither runs a program nor bears another file, also not among packed objects.
    Readers decide what they show; this keeps out what a letter has no use for."""
    end = END.search(content[-2048:])
    if end is None or int(end[1]) >= len(content) or b"/Encrypt" in content:
        raise Invalid(BROKEN)
    for part in (content, *_unpacked(content)):
        if ACTIVE_NAME.search(part):
            raise Invalid(ACTIVE)


def _unpacked(content: bytes) -> list[bytes]:
    """The objects that are packed into streams, of bounded number and size."""
    parts: list[bytes] = []
    left, at = most_inflated, content.find(b"/ObjStm")
    for _ in range(most_packed):
        if at < 0:
            return parts
        if begins := STREAM.search(content, at, at + 420):
            parts.append(_inflated(content, begins.end(), left))
            left -= len(parts[-1])
        at = content.find(b"/ObjStm", at + 1)
    raise Invalid(BROKEN)


def _inflated(content: bytes, at: int, most: int) -> bytes:
    """One stream, taken in small pieces: what follows it is copied no further than that."""
    inflating, parts = zlib.decompressobj(), bytearray()
    try:
        while not inflating.eof and at < len(content):
            parts += inflating.decompress(content[at : at + piece], most - len(parts))
            at += piece
            if len(parts) >= most:
                raise Invalid(BROKEN)
    except zlib.error as error:
        raise Invalid(BROKEN) from error
    return bytes(parts)


RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def harmless(name: str, ending: str) -> str:
    """A file's name that is no path, hides nothing and ends as what it is; `ending` none: as it is called."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    stem, dot, _ = shown.rpartition(".")
    stem = stem if dot and stem and ending else shown
    tidy = " ".join(re.sub(r"[^\w .,()\[\]+=@&'!-]", "-", stem).split()).strip(". ")
    if not tidy or RESERVED.fullmatch(tidy):
        tidy = "file"
    return tidy[: longest_name - len(ending)].rstrip(". ") + ending
