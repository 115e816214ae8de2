"""Name the organization, and say in which zone it is."""

from typing import Any

from aiohttp import web

from people import organization_settings
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.organization_settings import settings_again
from web.posting import Posted, Text, post


class OrganizationSettings(Posted):
    """POST `/organization/settings`"""

    name: Text = ""
    time_zone: Text = ""


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: OrganizationSettings) -> dict[str, Any]:
        await organization_settings.change(connection, actor, posted.name, posted.time_zone)
        return {"changed": True}

    where = "/organization/settings?done=saved"
    return await post(request, actor, "change_organization", OrganizationSettings, act, settings_again, where)
