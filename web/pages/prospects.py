"""The way in for people without an account (A-23): their name and address, then the code that was mailed."""

from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from people.errors import UserError
from web.keys import ACTOR
from web.pages.home import find_organization, safe_path
from web.view import page

FILLING = ("service", "host", "when", "time")
"""What a link may fill in of the form."""


def way_on(request: web.Request) -> str:
    """Where to go once signed in: the form of the clinic that the link names, filled in, or `then`."""
    clinic = request.query.get("clinic", "")
    if not clinic.isalnum():
        return safe_path(request.query.get("then", ""))
    chosen = [(name, value) for name, value in request.query.items() if name in FILLING]
    return safe_path(f"/clinics/{quote(clinic)}/ask" + (f"?{urlencode(chosen)}" if chosen else ""))


async def begin(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/ask`; `clinic`, `service`, `host` and `time` fill in the form to come. A client who is signed
    in goes straight there."""
    found, actor = await find_organization(request), request.get(ACTOR)
    if actor is not None and actor.is_client and actor.organization_id == found["id"]:
        raise web.HTTPSeeOther(location=way_on(request))
    return await begin_again(request, {"then": way_on(request)}, None)


async def begin_again(request: web.Request, kept: dict[str, Any], error: UserError | None) -> web.Response:
    found = await find_organization(request)
    shown = {"name": "", "email": "", "then": "", **kept}
    return page(request, "home/prospect.html", error=error, organization=found, kept=shown)


async def enter_code(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/ask/{code}`"""
    return await code_again(request, safe_path(request.query.get("then", "")), None)


async def code_again(request: web.Request, then: str, error: UserError | None) -> web.Response:
    found = await find_organization(request)
    return page(request, "home/prospect_code.html", error=error, organization=found, then=then)
