"""Find a practitioner: public profiles, and the form that asks for a connection (R-054, R-055)."""

from typing import Any

from aiohttp import web

from people.access import Actor
from people.errors import UserError
from people.searching import longest_search
from portal import practitioners
from web.auth import signed_in
from web.keys import DATABASE
from web.posting import kept
from web.view import page


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/practitioners`: those who take connections; `q` searches by words. Here leads a request that was withdrawn."""
    search = request.query.get("q", "").strip()[:longest_search]
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await practitioners.practitioners(connection, actor, search)
    values: dict[str, Any] = {"search": search, "most": practitioners.most_listed, "done": request.query.get("done")}
    return page(request, "practitioners/page.html", practitioners=found, **values)


@signed_in
async def profile(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/practitioners/{practitioner}`"""
    return await profile_again(request, actor, {}, None)


async def profile_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await practitioners.practitioner(connection, actor, request.match_info["practitioner"])
    return page(
        request,
        "practitioners/profile.html",
        practitioner=found,
        kept=kept(typed, message=""),
        error=error,
        done=request.query.get("done"),
    )
