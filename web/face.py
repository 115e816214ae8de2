"""One handler, two faces: a form is answered with a redirect, JSON with JSON, both read by the same model."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError

from dispatch.errors import Invalid
from people.errors import UserError
from web.errors import headers_of, status_of

Model = TypeVar("Model", bound=BaseModel)
UNREADABLE = (ValueError, LookupError, AssertionError, HttpProcessingError)
"""What aiohttp raises for a body that is no form."""


def wants_json(request: web.Request) -> bool:
    """Scripts ask for JSON; programs that come with a token get it anyway."""
    return "application/json" in request.headers.get("Accept", "") or bearer_of(request) is not None


def bearer_of(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer …`, or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def fields_of(request: web.Request) -> dict[str, Any]:
    """The posted fields as a dict; a repeated form field becomes a list. Raises `Invalid` for what cannot be read, and
    for the character NUL, which Postgres cannot store."""
    fields = await _fields_of(request)
    for name, value in fields.items():
        if _holds_nul(value):
            raise Invalid("This text holds a character that cannot be stored.", field=name)
    return fields


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(one) for pair in value.items() for one in pair)
    return any(_holds_nul(one) for one in value) if isinstance(value, list) else "\0" in str(value)


async def _fields_of(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            body = orjson.loads(await request.read() or b"{}")
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            raise Invalid("The body is not a JSON object.")
        return body
    try:
        form = await request.post()
    except UNREADABLE:
        raise Invalid("This form cannot be read.") from None
    return {name: form.getall(name) if len(form.getall(name)) > 1 else form[name] for name in form}


def read(model: type[Model], fields: dict[str, Any]) -> Model:
    """Check the fields. Raises `Invalid` with the first wrong field and what to do about it."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else None
        raise Invalid(first["msg"].removeprefix("Value error, ").capitalize() + ".", field=field) from None


def intent(request: web.Request, verb: str, posted: BaseModel) -> str:
    """What the sender of an idempotency key wants: the verb, on what, with which fields. The same key with another
    intent is refused."""
    fields = posted.model_dump_json(exclude={"key"})
    digest = hashlib.sha256(f"{request.path}\n{fields}".encode()).hexdigest()
    return f"{verb} {digest}"


async def told(
    request: web.Request, error: UserError, form: Callable[[], Awaitable[web.Response]]
) -> web.StreamResponse:
    """The form again with its error, for a person; the error itself, for a program."""
    if wants_json(request):
        raise error
    shown = await form()
    shown.set_status(status_of(error))
    shown.headers.update(headers_of(error))
    return shown


def answer(request: web.Request, location: str, body: dict[str, Any]) -> web.StreamResponse:
    if wants_json(request):
        return web.json_response(body)
    raise web.HTTPSeeOther(location=location)
