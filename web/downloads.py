"""Files that people get: saved, not shown by the browser in our origin; but for pictures that we drew ourselves."""

from urllib.parse import quote

from aiohttp import web

APART = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Should a browser open what somebody sent, it runs nothing of it, and not in our origin."""


def attachment(content: bytes, name: str, content_type: str) -> web.Response:
    """`content` to be saved as `name`, which may have any letters."""
    return web.Response(body=content, content_type=content_type, headers={**headers(name), **APART})


def picture(content: bytes, name: str, content_type: str) -> web.Response:
    """A picture that portal/uploads.py drew anew, for a page of ours to show."""
    shown = {"Content-Disposition": headers(name)["Content-Disposition"].replace("attachment", "inline", 1), **APART}
    return web.Response(body=content, content_type=content_type, headers=shown)


def headers(name: str) -> dict[str, str]:
    """Content-Disposition for `name` (RFC 6266): plain letters for old programs, all of them for the others."""
    harmless = "".join(letter if letter.isprintable() and letter not in '\\/:*?"<>|%' else " " for letter in name)
    harmless = " ".join(harmless.split())[:150].strip(". ") or "file"
    plain = harmless.encode("ascii", "replace").decode().replace("?", "_")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(harmless, safe='')}"}
