"""Organization > Settings: its name and its time zone."""

from typing import Any

from aiohttp import web

from people import organization_settings
from people.access import Actor
from people.errors import UserError
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.organization import framed
from web.pages.profile import zones
from web.posting import kept


@signed_in
async def settings(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/settings`"""
    return await settings_again(request, actor, {}, None)


async def settings_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await organization_settings.find(connection, actor)
    shown = kept(typed, name=found["name"], time_zone=found["time_zone"])
    listed = [(zone, zone.replace("_", " ")) for zone in sorted({*zones(), found["time_zone"]})]
    return framed(request, actor, "organization.html", error, kept=shown, zones=listed)
