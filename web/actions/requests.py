"""Accept and decline a request; web/actions/asking.py has its beginning and its end."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch import requests
from dispatch.errors import AlreadyDecided, ClientBusy, HostBusy, Invalid, Unsuitable
from people.access import Actor
from records.idempotency import once
from web.auth import signed_in
from web.face import answer, fields_of, intent, read, wants_json
from web.keys import DATABASE
from web.pages.assign import assign_again

Key = Annotated[str | None, Field(min_length=8, max_length=100)]
Text = Annotated[str, Field(max_length=4000)]


class Accept(BaseModel):
    """POST `/requests/{request}/accept`. `host` is a provider's public id, `time` the rank of a requested time
    (0: now); `overlap` books over another session of theirs, where the clinic allows it (A-08).
    """

    host: str = ""
    time: Annotated[int, Field(ge=0, le=3)] = 0
    overlap: bool = False
    response: Text = ""
    key: Key = None


class Decline(BaseModel):
    """POST `/requests/{request}/decline`."""

    response: Text = ""
    key: Key = None


@signed_in
async def accept(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _decide(request, actor, _accept)


@signed_in
async def decline(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _decide(request, actor, _decline)


Decision = Callable[[web.Request, Actor, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _decide(request: web.Request, actor: Actor, decision: Decision) -> web.StreamResponse:
    """Answer a decision; a refused form comes back with what was typed."""
    fields = await fields_of(request)
    try:
        decided = await decision(request, actor, fields)
    except (Invalid, AlreadyDecided, HostBusy, ClientBusy, Unsuitable) as error:
        if wants_json(request):
            raise
        return await assign_again(request, actor, fields, error)
    return answer(request, "/dashboard", decided)


async def _accept(request: web.Request, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
    posted = read(Accept, fields)
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            session = await requests.accept(
                connection,
                actor,
                request.match_info["request"],
                posted.host,
                posted.time or None,
                posted.response,
                posted.overlap,
            )
            return {"session": session["public_id"], "starts_at": session["starts_at"].isoformat()}

        return await once(connection, actor, posted.key, intent(request, "accept", posted), act)


async def _decline(request: web.Request, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
    posted = read(Decline, fields)
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            await requests.decline(connection, actor, request.match_info["request"], posted.response)
            return {"state": "declined"}

        return await once(connection, actor, posted.key, intent(request, "decline", posted), act)
