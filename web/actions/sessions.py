"""Reschedule, reassign and cancel a session."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field

from dispatch import changes
from dispatch.errors import Changed, ClientBusy, HostBusy, Invalid, NotNow
from people.access import Actor
from records.database import Connection
from records.idempotency import once
from web.auth import signed_in
from web.face import answer, fields_of, intent, read, wants_json
from web.keys import DATABASE
from web.pages.manage import manage_again
from web.zoned import instant

Key = Annotated[str | None, Field(min_length=8, max_length=100)]
Text = Annotated[str, Field(max_length=4000)]


class Change(BaseModel):
    """What all three say: why, and which state of the session they mean (`sequence` as it was shown)."""

    reason: Text = ""
    sequence: int | None = None
    key: Key = None


class Reschedule(Change):
    """POST `/sessions/{session}/reschedule`. `starts_at` is ISO 8601; without an offset it is meant in `zone`."""

    starts_at: Annotated[datetime | None, BeforeValidator(lambda value: value or None)] = None
    zone: str = "UTC"
    overlap: bool = False


class Reassign(Change):
    """POST `/sessions/{session}/reassign`. `host` is a provider's public id."""

    host: str = ""
    overlap: bool = False


class Cancel(Change):
    """POST `/sessions/{session}/cancel`. The client need not say why."""


Act = Callable[[Connection, Actor, str, Any], Awaitable[dict[str, Any]]]


@signed_in
async def reschedule(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _change(request, actor, Reschedule, _reschedule)


@signed_in
async def reassign(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _change(request, actor, Reassign, _reassign)


@signed_in
async def cancel(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _change(request, actor, Cancel, _cancel)


async def _reschedule(connection: Connection, actor: Actor, session: str, posted: Reschedule) -> dict[str, Any]:
    if posted.starts_at is None:
        raise Invalid("Choose a time.", field="starts_at")
    starts_at = instant(posted.starts_at, posted.zone, "starts_at")
    changed = await changes.reschedule(
        connection, actor, session, starts_at, posted.reason, posted.sequence, posted.overlap
    )
    return {"starts_at": changed["starts_at"].isoformat(), "sequence": changed["sequence"]}


async def _reassign(connection: Connection, actor: Actor, session: str, posted: Reassign) -> dict[str, Any]:
    changed = await changes.reassign(
        connection, actor, session, posted.host, posted.reason, posted.sequence, posted.overlap
    )
    return {"host": posted.host, "sequence": changed["sequence"]}


async def _cancel(connection: Connection, actor: Actor, session: str, posted: Cancel) -> dict[str, Any]:
    await changes.cancel(connection, actor, session, posted.reason, posted.sequence)
    return {"state": "cancelled"}


async def _change(request: web.Request, actor: Actor, model: type[Change], act: Act) -> web.StreamResponse:
    """Answer a change; a refused form comes back with what was typed. `from` is the page that a form was on."""
    fields = await fields_of(request)
    session = request.match_info["session"]
    verb = model.__name__.lower()
    try:
        posted = read(model, fields)
        async with request.app[DATABASE].transaction(actor) as connection:
            body = await once(
                connection,
                actor,
                posted.key,
                intent(request, verb, posted),
                lambda: act(connection, actor, session, posted),
            )
    except (Invalid, HostBusy, ClientBusy, Changed, NotNow) as error:
        if wants_json(request):
            raise
        return await manage_again(request, actor, verb, fields, error)
    away = fields.get("from") == "dashboard"
    return answer(request, "/dashboard" if away else f"/sessions/{session}/manage?done={verb}", body)
