"""Reschedule, reassign and cancel a session."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator

from dispatch import changes
from dispatch.errors import Invalid
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.manage import again_at
from web.posting import Message, Posted, post
from web.zoned import instant


class Change(Posted):
    """What all three say: why, and which state of the session they mean (`sequence` as it was shown)."""

    reason: Message = ""
    sequence: int | None = None


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


@signed_in
async def reschedule(request: web.Request, actor: Actor) -> web.StreamResponse:
    session = request.match_info["session"]

    async def act(connection: Connection, posted: Reschedule) -> dict[str, Any]:
        if posted.starts_at is None:
            raise Invalid("Choose a time.", field="starts_at")
        starts_at = instant(posted.starts_at, posted.zone, "starts_at")
        changed = await changes.reschedule(
            connection, actor, session, starts_at, posted.reason, posted.sequence, posted.overlap
        )
        return {"starts_at": changed["starts_at"].isoformat(), "sequence": changed["sequence"]}

    return await post(
        request, actor, "reschedule", Reschedule, act, again_at("reschedule"), _done(request, "reschedule")
    )


@signed_in
async def reassign(request: web.Request, actor: Actor) -> web.StreamResponse:
    session = request.match_info["session"]

    async def act(connection: Connection, posted: Reassign) -> dict[str, Any]:
        changed = await changes.reassign(
            connection, actor, session, posted.host, posted.reason, posted.sequence, posted.overlap
        )
        return {"host": posted.host, "sequence": changed["sequence"]}

    return await post(request, actor, "reassign", Reassign, act, again_at("reassign"), _done(request, "reassign"))


@signed_in
async def cancel(request: web.Request, actor: Actor) -> web.StreamResponse:
    """From the page that the query's `from` names, and back to it."""

    async def act(connection: Connection, posted: Cancel) -> dict[str, Any]:
        await changes.cancel(connection, actor, request.match_info["session"], posted.reason, posted.sequence)
        return {"state": "cancelled"}

    pages = {"dashboard": "/dashboard", "sessions": "/account/sessions"}
    where = pages.get(request.query.get("from", ""), _done(request, "cancel"))
    return await post(request, actor, "cancel", Cancel, act, again_at("cancel"), where)


def _done(request: web.Request, verb: str) -> str:
    return f"/sessions/{request.match_info['session']}/manage?done={verb}"
