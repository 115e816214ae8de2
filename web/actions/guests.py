"""Invite third people into a session, and take an invitation back."""

from typing import Any

from aiohttp import web

from dispatch import guests
from people.access import Actor
from records.database import Connection
from web.actions.direct_links import links_again, links_done
from web.auth import signed_in
from web.pages.manage import again_at
from web.posting import Message, Nothing, Posted, post


class Invite(Posted):
    """POST `/sessions/{session}/guests`."""

    name: Message = ""
    email: Message = ""
    relation: Message = ""


@signed_in
async def invite(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Invite) -> dict[str, Any]:
        session = request.match_info["session"]
        guest = await guests.invite(connection, actor, session, posted.name, posted.email, posted.relation)
        return {"guest": guest["public_id"]}

    return await post(request, actor, "invite_guest", Invite, act, again_at("invite"), links_done(request, "invited"))


@signed_in
async def withdraw(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/guests/{guest}/withdraw`."""

    async def act(connection: Connection, _: Nothing) -> dict[str, Any]:
        await guests.withdraw(connection, actor, request.match_info["session"], request.match_info["guest"])
        return {"withdrawn": True}

    return await post(request, actor, "withdraw_guest", Nothing, act, links_again, links_done(request, "withdrawn"))
