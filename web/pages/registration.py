"""The pages of registering (R-020, R-021). They look and answer alike whether or not the address is known."""

from typing import Any

from aiohttp import web

from people import accounts, registering
from people.access import Actor
from people.errors import NotFound, RegistrationClosed, UserError
from web.keys import ACTOR, DATABASE
from web.pages.home import find_organization
from web.view import page

TYPED = (
    "username", "email", "first_name", "last_name", "date_of_birth", "department", "practitioner", "phone", "region",
    "language", "reason", "earlier_care", "emergency_contact",
)  # fmt: skip
"""What comes back with the form; a password never does."""


async def register(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/register`; `email` fills in the form (R-044). Whoever has an account goes to their dashboard;
    whoever came by a code may make theirs whole."""
    email, actor = request.query.get("email", ""), request.get(ACTOR)
    if actor is not None:
        email = await _own_address(request, actor)
    return await register_page(request, {"email": email})


async def _own_address(request: web.Request, actor: Actor) -> str:
    """The address of somebody signed in who has no password yet."""
    async with request.app[DATABASE].system() as connection:
        known = await accounts.details(connection, actor.account_id)
    if known["has_password"]:
        raise web.HTTPSeeOther(location="/dashboard")
    return str(known["email"])


async def register_page(
    request: web.Request, typed: dict[str, Any] | None = None, error: UserError | None = None
) -> web.Response:
    found = await find_organization(request)
    try:
        async with request.app[DATABASE].system() as connection:
            offered = await registering.form(connection, found["id"])
    except RegistrationClosed as closed:
        return page(request, "registration/closed.html", organization=found, error=closed)
    kept = {name: str((typed or {}).get(name, "")) for name in TYPED}
    values = {
        "kept": kept,
        "error": error,
        "today": offered.organization["today"],
        "practitioners": offered.practitioners,
    }
    return page(request, "registration/page.html", organization=found, departments=offered.departments, **values)


async def sent(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/register/{registration}`: look into your mail; `again` after it was sent once more. Who has
    confirmed since signs in."""
    try:
        return await sent_page(request)
    except NotFound:
        found = await find_organization(request)
        raise web.HTTPSeeOther(location=f"/at/{found['slug']}/sign-in") from None


async def sent_page(request: web.Request, error: UserError | None = None) -> web.Response:
    found = await find_organization(request)
    async with request.app[DATABASE].system() as connection:
        waiting = await registering.find(connection, found["id"], request.match_info["registration"])
    again = error is None and "again" in request.query
    return page(request, "registration/sent.html", organization=found, waiting=waiting, again=again, error=error)


async def confirm(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/confirm/{token}`: a form and nothing more; looking at it uses nothing up."""
    return await confirm_page(request)


async def confirm_page(
    request: web.Request, typed: dict[str, Any] | None = None, error: UserError | None = None
) -> web.Response:
    """A link that is too old offers a new one; one that is unknown leads to the sign-in page."""
    found = await find_organization(request)
    try:
        async with request.app[DATABASE].system() as connection:
            waiting = await registering.look(connection, found["id"], request.match_info["token"])
    except NotFound:
        waiting = None
    usable = waiting is not None and waiting["usable"]
    username = str((typed or {}).get("username") or (waiting["username"] if waiting else ""))
    status = 200 if usable else 404
    values = {"waiting": waiting, "usable": usable, "username": username, "error": error}
    return page(request, "registration/confirm.html", status=status, organization=found, **values)
