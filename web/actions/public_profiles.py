"""Write a practitioner's public profile."""

from typing import Any

from aiohttp import web

from people import public_profiles
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.public_profiles import of_staff_again, own_again
from web.posting import Flag, Posted, Text, post


class Profile(Posted):
    """POST `/staff/{account}/profile` and `/account/public-profile`"""

    title: Text = ""
    about: Text = ""
    takes_connections: Flag = True


@signed_in
async def change_of_staff(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Profile) -> dict[str, Any]:
        person = await public_profiles.of_staff(connection, actor, account)
        await public_profiles.change(connection, actor, person, **posted.model_dump(exclude={"key"}))
        return {"account": account}

    where = f"/staff/{account}?done=saved"
    return await post(request, actor, "change_profile", Profile, act, of_staff_again, where)


@signed_in
async def change_own(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Profile) -> dict[str, Any]:
        person = await public_profiles.own(connection, actor)
        await public_profiles.change(connection, actor, person, **posted.model_dump(exclude={"key"}))
        return {"account": actor.public_id}

    where = "/account/public-profile?done=saved"
    return await post(request, actor, "change_profile", Profile, act, own_again, where)
