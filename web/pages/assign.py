"""The Assign dialog: to whom a request could be given, and at which of its times (R-094 to R-100)."""

from typing import Any

from aiohttp import web

from dispatch import providers, requests
from dispatch.errors import AlreadyDecided
from people.access import Actor, may_assign, may_decide
from web.auth import signed_in
from web.face import wants_json
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
    offered = [each for each in found if may_assign(actor, asked, each.id)]
    if wants_json(request):
        body = {"request": asked["public_id"], "state": asked["state"], "providers": [_told(each) for each in offered]}
        return web.json_response(body)
    part = "part" in request.query
    return page(
        request,
        "requests/_assign.html" if part else "requests/assign.html",
        asked=asked,
        providers=offered,
        may_decline=may_decide(actor, asked),
        kept={"host": "", "response": "", "overlap": "", **kept},
        error=error,
        decided_at=error.at if isinstance(error, AlreadyDecided) else None,
        heading="h2" if part else "h1",
    )


def _told(provider: providers.Provider) -> dict[str, Any]:
    """The same for a program: `time` is what accepting takes, `near` the possible conflicting sessions (R-099)."""
    return {
        "host": provider.public_id,
        "name": provider.name,
        "available": provider.available,
        "suggested": provider.suggested,
        "times": [
            {
                "time": time.rank,
                "starts_at": time.starts_at.isoformat(),
                "available": time.available,
                "free": time.free,
                "near": [
                    {name: row[name].isoformat() for name in ("starts_at", "ends_at")} | {"overlaps": row["overlaps"]}
                    for row in time.near
                ],
            }
            for time in provider.times
        ],
    }
