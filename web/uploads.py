"""Forms with files: read from the connection piece by piece, so that however much somebody sends, little of it is held.

Each file goes to a temporary file that ends with the request, is looked at alone (portal/uploads.py), and is written to
where files are kept. What is too large is read on for a while, so that its sender gets an answer, and then cut off.
"""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any

from aiohttp import BodyPartReader, web
from aiohttp.multipart import MultipartReader

from people.errors import Invalid, UserError
from portal import uploads
from portal.attachments import Attached, Bundle, most_a_message
from records.files import Hashing
from web.face import UNREADABLE
from web.keys import ACTOR, EXAMINING, FILES
from web.limits import allow

longest_field = 64 * 1024
most_parts = 40
most_skipped = 64 * 1024 * 1024
"""Bytes of a file that is too large, read only so that its sender can be told."""
in_memory = 256 * 1024
ENCODED = ("Content-Encoding", "Content-Transfer-Encoding")
"""Headers of a part that no browser sends, and that could make much of little."""


@dataclass
class Sent:
    """What came: the fields as typed, the files (name, declared type, content), and the first thing that
    was wrong with them."""

    fields: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, str, IO[bytes]]] = field(default_factory=list)
    error: UserError | None = None


@dataclass(frozen=True)
class Form:
    """The fields of a form, and what was attached to it (None if that was refused, as `error` says). `digests` tell the
    same files again."""

    fields: dict[str, Any]
    bundle: Bundle | None
    error: UserError | None = None

    @property
    def digests(self) -> list[str]:
        return [one.written.sha256.hex() for one in self.bundle.attached] if self.bundle else []


async def form_of(request: web.Request) -> Form | None:
    """A posted multipart form; None for a body of another kind. Files that are refused leave the fields to be shown
    again. Raises `Invalid` for what is no form at all, and `TooMany`."""
    if request.content_type != "multipart/form-data":
        return None
    with ExitStack() as stack:
        try:
            sent = await _receive(await request.multipart(), stack)
        except UNREADABLE:
            raise Invalid("This form cannot be read.") from None
        if sent.files and sent.error is None:
            await allow(request, "upload", str(request[ACTOR].account_id))
        if sent.error is None:
            try:
                return Form(sent.fields, Bundle(request.app[FILES], await _keep(request, sent)))
            except Invalid as error:
                sent.error = error
        return Form(sent.fields, None, sent.error)


async def _receive(parts: MultipartReader, stack: ExitStack) -> Sent:
    sent = Sent()
    left = most_skipped
    for _ in range(most_parts):
        part = await parts.next()
        if part is None:
            return sent
        if not isinstance(part, BodyPartReader) or part.name is None or any(one in part.headers for one in ENCODED):
            raise Invalid("This form cannot be read.")
        if part.filename is None:
            _add(sent.fields, part.name, await _text(part))
        else:
            left -= await _take(part, sent, stack, left)
    raise Invalid("This form has too many parts.")


def _add(fields: dict[str, Any], name: str, value: str) -> None:
    """A field that comes more than once becomes a list, as in any other form."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


async def _text(part: BodyPartReader) -> str:
    read = bytearray()
    while piece := await part.read_chunk():
        read += piece
        if len(read) > longest_field:
            raise Invalid("This text is too long.", field=part.name)
    text = bytes(read).decode("utf-8")  # whatever encoding it claims: unpacked it could be a thousand times as large
    if "\0" in text:
        raise Invalid("This text holds a character that cannot be stored.", field=part.name)
    return text


async def _take(part: BodyPartReader, sent: Sent, stack: ExitStack, left: int) -> int:
    """One file. A form whose file field was left empty sends one without a name. Return how much was read in vain."""
    name = part.filename or ""
    if len(sent.files) == most_a_message and sent.error is None and name:
        sent.error = Invalid(f"At most {most_a_message} files go with one message.", field="files")
    file = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=in_memory))  # noqa: SIM115
    size = 0
    while piece := await part.read_chunk(64 * 1024):
        size += len(piece)
        if size > uploads.largest and sent.error is None:
            sent.error = uploads.refused(name, uploads.too_large())
        if sent.error is None and name:
            file.write(piece)
        elif size > left:
            raise sent.error or Invalid("This form cannot be read.")
    if name:
        sent.files.append((name, part.headers.get("Content-Type", ""), file))
    return 0 if name and sent.error is None else size


async def _keep(request: web.Request, sent: Sent) -> tuple[Attached, ...]:
    """Look at each file, one at a time in the whole process: a large picture takes a hundred megabytes for a moment."""
    kept = []
    for name, declared, file in sent.files:
        async with request.app[EXAMINING]:
            examined = await asyncio.to_thread(_examine, name, declared, file)
            written = await request.app[FILES].write(_writing(examined.content))
        kept.append(Attached(examined.name, examined.content_type, written))
    return tuple(kept)


def _writing(content: bytes) -> Callable[[Hashing], Any]:
    return lambda file: file.write(content)


def _examine(name: str, declared: str, file: IO[bytes]) -> uploads.Examined:
    file.seek(0)
    return uploads.examine(name, file.read(), declared)
