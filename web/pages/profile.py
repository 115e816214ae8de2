"""A person's own profile: name, time zone, address, and the mails that they want."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web

from people import addresses
from people import profile as profiles
from people.access import Actor
from people.errors import NotFound, UserError
from people.notifications import choices_for, duties_for
from records.database import Row
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.home import find_organization
from web.posting import kept
from web.view import page

SHOWN = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@cache
def zones() -> list[str]:
    """The zones that are named after places, for a list to choose from."""
    return [*sorted(zone for zone in available_timezones() if zone.startswith(SHOWN)), "UTC"]


@signed_in
async def profile(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/profile`"""
    return await profile_page(request, actor, {}, "", None)


async def profile_page(
    request: web.Request, actor: Actor, fields: dict[str, Any], form: str, error: UserError | None
) -> web.Response:
    """`form` is the one that was sent and `fields` what was typed into it."""
    async with request.app[DATABASE].transaction(actor) as connection:
        own = await profiles.own(connection, actor)
    typed = kept(fields if form == "profile" else {}, name=own["name"], time_zone=own["time_zone"] or "")
    values = {
        "own": own,
        "kept": typed,
        "kept_email": kept(fields if form == "email" else {}, email="")["email"],
        "zones": zones(),
        "errors": {"profile": None, "email": None, form: error},
        "done": request.query.get("done", ""),
    }
    return page(request, "account/profile.html", **values)


@signed_in
async def notifications(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/notifications`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        own = await profiles.own(connection, actor)
    values = {"choices": choices_for(actor), "duties": duties_for(actor), "unwanted": own["unwanted_mail"]}
    done = request.query.get("done", "")
    return page(request, "account/notifications.html", email=own["email"], done=done, **values)


async def confirm_email(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/email/{token}`: a button and nothing more."""
    return await confirm_email_page(request)


async def confirm_email_page(request: web.Request, done: bool = False, error: UserError | None = None) -> web.Response:
    found = await find_organization(request)
    change: Row | None = None
    try:
        async with request.app[DATABASE].system() as connection:
            change = await addresses.look(connection, found["slug"], request.match_info["token"])
    except NotFound:
        pass
    status = 200 if done or change else 404
    return page(request, "home/email.html", status=status, organization=found, change=change, done=done, error=error)
