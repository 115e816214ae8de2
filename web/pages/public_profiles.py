"""What clients read of a practitioner: the form of one's own, and of somebody of the staff."""

from typing import Any

from aiohttp import web

from people import public_profiles, staff
from people.access import Actor
from people.errors import UserError
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.staff import about_person, framed
from web.posting import kept
from web.view import page


@signed_in
async def of_staff(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/staff/{account}/profile`"""
    return await of_staff_again(request, actor, {}, None)


async def of_staff_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    account = request.match_info["account"]
    async with request.app[DATABASE].transaction(actor) as connection:
        await public_profiles.of_staff(connection, actor, account)
        person = await staff.find(connection, actor, account)
        profile = await public_profiles.find(connection, person["id"])
    return framed(request, "profile.html", error, kept=kept(typed, **profile), **about_person(actor, person))


@signed_in
async def own(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/public-profile`"""
    return await own_again(request, actor, {}, None)


async def own_again(request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        person = await public_profiles.own(connection, actor)
        profile = await public_profiles.find(connection, person["id"])
    shown, done = kept(typed, **profile), request.query.get("done")
    return page(request, "account/public_profile.html", error=error, kept=shown, done=done)
