"""A drawn signature: a PNG as the browser's pad made it, looked at and made anew before anybody keeps it."""

import asyncio
import base64
import binascii
import io

from PIL import Image, ImageOps

from people.errors import Invalid

prefix = "data:image/png;base64,"
longest = 160_000
"""Characters of what a browser sends, about 120 kB of picture."""
most_pixels = 2400 * 1200
widest = 900
dark = 160


async def read(sent: str, field: str) -> bytes:
    """The drawing as a small grey PNG, black on white, without anything else that the file had in it. `sent` is a data
    URL. Raises `Invalid`."""
    return await asyncio.to_thread(_read, sent, field)


def _read(sent: str, field: str) -> bytes:
    unreadable = Invalid("This drawing cannot be read. Please draw it again, or type your name alone.", field=field)
    if not sent.startswith(prefix) or len(sent) > longest:
        raise unreadable
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(sent[len(prefix) :], validate=True)), formats=["PNG"])
        if picture.width * picture.height > most_pixels:
            raise unreadable
        drawn = picture.convert("RGBA")
    except (binascii.Error, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise unreadable from None
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    grey = paper.convert("L")
    ink = grey.point(lambda light: 255 if light < dark else 0).getbbox()
    if ink is None:
        raise Invalid("Nothing is drawn yet. Please sign, or type your name alone.", field=field)
    cut = ImageOps.expand(grey.crop(ink), border=8, fill="white")
    cut.thumbnail((widest, widest))
    out = io.BytesIO()
    cut.save(out, "PNG", optimize=True)
    return out.getvalue()
