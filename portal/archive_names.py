"""How files are called in an export."""

import re

ENDINGS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "text/plain": ".txt",
}


def entry_name(name: str, kind: str) -> str:
    """The name of a file of this content type in the zip."""
    return harmless(name) + ENDINGS.get(kind, ".bin")


def harmless(name: str) -> str:
    """A name that every system takes, with the folders that it has."""
    return "/".join(harmless_part(part, 200) for part in name.split("/"))


def harmless_part(part: str, most: int) -> str:
    """One folder's or file's name, of at most so many bytes: without what systems forbid, or what turns the direction
    of writing."""
    plain = re.sub(r'[\x00-\x1f\x7f-\x9f\\/:*?"<>|\u200e\u200f\u2028-\u202e\u2066-\u2069]+', " ", part)
    return plain.encode(errors="ignore")[:most].decode(errors="ignore").strip(". ") or "file"
