"""The Assign dialog: to whom a request could be given, and at which of its times (R-094 to R-100)."""

from typing import Any

from aiohttp import web

from dispatch import providers, requests
from dispatch.errors import AlreadyDecided
from people.access import Actor, may_assign, may_decide
from web.auth import signed_in
from web.errors import status_of
from web.keys import DATABASE
from web.view import page


@signed_in
async def assign(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/requests/{request}/assign`: providers of the clinic and the requested times (R-095, R-096)."""
    return await assign_again(request, actor, {}, None)


async def assign_again(
    request: web.Request, actor: Actor, kept: dict[str, Any], error: Exception | None
) -> web.Response:
    """The form with what was chosen and typed, and why it was refused; `?part` gives the dialog's inside alone."""
    async with request.app[DATABASE].transaction(actor) as connection:
        asked = await requests.details(connection, actor, request.match_info["request"])
        found = await providers.of_request(connection, asked["id"])
    part = "part" in request.query
    return page(
        request,
        "requests/_assign.html" if part else "requests/assign.html",
        status=status_of(error) if error else 200,
        asked=asked,
        providers=[each for each in found if may_assign(actor, asked, each.id)],
        may_decline=may_decide(actor, asked),
        kept={"host": "", "response": "", "overlap": "", **kept},
        error=error,
        decided_at=error.at if isinstance(error, AlreadyDecided) else None,
        heading="h2" if part else "h1",
    )
