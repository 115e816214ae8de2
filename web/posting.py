"""What most posts have in common: a model is read, one verb runs in one transaction under the sender's key, and
both faces are answered. Also how forms say numbers, checks, lists and keys."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field

from dispatch.errors import Refused
from people.access import Actor
from people.errors import UserError
from records.database import Connection
from records.idempotency import once
from web.face import answer, fields_of, intent, read, wants_json
from web.keys import DATABASE


def _last(value: object) -> object:
    """A check that is off sends nothing, so forms put a hidden `false` before it; the last one counts."""
    return value[-1] if isinstance(value, list) and value else value


def _whole(value: object) -> object:
    if isinstance(value, str):
        if not value.strip().lstrip("+-").isdecimal() or len(value) > 12:
            raise ValueError("please give a whole number")
        return int(value)
    return value


def several(value: object) -> list[Any]:
    """A repeated field: one of it comes as a text."""
    return value if isinstance(value, list) else [value]


def as_list(given: object) -> list[str]:
    """What a form or JSON sends for any number of values; forms send an empty one where there are none."""
    return [str(one) for one in several(given) if one not in (None, "")]


def _lines(value: object) -> object:
    """A form sends them in one box, one on each line; JSON sends a list."""
    return value.splitlines() if isinstance(value, str) else value


Key = Annotated[str | None, Field(min_length=8, max_length=100)]
Flag = Annotated[bool, BeforeValidator(_last)]
Whole = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, Field(max_length=10_000)]
Message = Annotated[str, Field(max_length=4000)]
Several = Annotated[list[str], BeforeValidator(several)]
Chosen = Annotated[tuple[str, ...], BeforeValidator(as_list)]
Lines = Annotated[tuple[Text, ...], BeforeValidator(_lines)]


class Posted(BaseModel):
    """`key` is an idempotency key; `version` what the person saw who changes something."""

    key: Key = None


class Nothing(Posted):
    """A post whose path says it all."""


Model = TypeVar("Model", bound=Posted)
Again = Callable[[web.Request, Actor, dict[str, Any], UserError], Awaitable[web.Response]]


async def post(
    request: web.Request,
    actor: Actor,
    verb: str,
    model: type[Model],
    act: Callable[[Connection, Model], Awaitable[dict[str, Any]]],
    again: Again | None,
    location: str | Callable[[dict[str, Any]], str],
    fields: dict[str, Any] | None = None,
) -> web.StreamResponse:
    """`act` does it and returns the JSON answer; `location` is where a form goes on to. A form that is refused comes
    `again`, with what was typed and the error; without a form to show, the error has a page of its own. `fields` were
    read already where files come with them (web/uploads.py)."""
    fields = await fields_of(request) if fields is None else fields
    try:
        posted = read(model, fields)
        async with request.app[DATABASE].transaction(actor) as connection:
            verb_and_fields = intent(request, verb, posted)
            body = await once(connection, actor, posted.key, verb_and_fields, lambda: act(connection, posted))
    except Refused as error:
        if again is None or wants_json(request):
            raise
        return await again(request, actor, fields, error)
    return answer(request, location(body) if callable(location) else location, body)


async def post_about(
    request: web.Request,
    actor: Actor,
    verb: str,
    act: Callable[[Connection, Actor, str], Awaitable[None]],
    noun: str,
    again: Again | None,
    location: str,
    told: dict[str, Any] | None = None,
) -> web.StreamResponse:
    """`post` where the path says it all: `act` is done to what the path names as `noun`. The JSON answer is that name
    again, or what is `told` instead."""
    public_id = request.match_info[noun]

    async def acted(connection: Connection, _: Nothing) -> dict[str, Any]:
        await act(connection, actor, public_id)
        return {noun: public_id} if told is None else told

    return await post(request, actor, verb, Nothing, acted, again, location)


def kept(request_fields: dict[str, Any], **standing: Any) -> dict[str, Any]:
    """The values to show in a form: those that stand, over them those that were typed."""
    return {
        name: _typed(request_fields[name], value) if name in request_fields else value
        for name, value in standing.items()
    }


def _typed(given: Any, standing: Any) -> Any:
    if isinstance(standing, bool):
        return str(_last(given)).lower() in ("true", "on", "1", "yes")
    return given if isinstance(given, str) else str(_last(given))
