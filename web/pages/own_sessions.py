"""My Account > Sessions: all of a person's sessions, the next one on top (R-124, R-125)."""

from typing import Any

from aiohttp import web

from dispatch import sessions
from people.access import Actor
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page


@signed_in
async def whole(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/sessions`: those to come, and a page of those that are over; `before` names the session after which the
    page begins."""
    before = request.query.get("before") or None
    async with request.app[DATABASE].transaction(actor) as connection:
        past, earlier = await sessions.past(connection, actor, before)
        coming = await sessions.to_come(connection, actor) if before is None else []
    return page(request, "account/sessions.html", coming=coming, past=past, earlier=earlier, before=before)


@signed_in
async def live(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/sessions/live`: the first page's part that changes, fetched again when something does, and when Join
    turns active or inactive."""
    async with request.app[DATABASE].transaction(actor) as connection:
        past, earlier = await sessions.past(connection, actor, None)
        values: dict[str, Any] = {"coming": await sessions.to_come(connection, actor), "past": past, "earlier": earlier}
    return page(request, "account/_sessions.html", **values)
