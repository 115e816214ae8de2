"""Ask for one's own data, or the organization's."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from people.access import Actor
from portal import exports
from records.database import Connection
from web.auth import signed_in
from web.limits import allow
from web.posting import Nothing, post


@signed_in
async def ask_own(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _ask(request, actor, "ask_own_export", exports.ask_own, "/account/documents#export")


@signed_in
async def ask_organization(request: web.Request, actor: Actor) -> web.StreamResponse:
    verb = exports.ask_organization
    return await _ask(request, actor, "ask_organization_export", verb, "/organization/export")


async def _ask(
    request: web.Request, actor: Actor, name: str, verb: Callable[[Connection, Actor], Awaitable[None]], location: str
) -> web.StreamResponse:
    await allow(request, "export", actor.public_id)

    async def act(connection: Connection, _: Nothing) -> dict[str, Any]:
        await verb(connection, actor)
        return {"asked": True}

    return await post(request, actor, name, Nothing, act, None, location)
