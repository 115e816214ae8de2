"""Answer in a thread, and say how far it is read."""

from typing import Any

from aiohttp import web

from people.access import Actor
from portal import messages
from records.database import Connection
from web.auth import signed_in
from web.limits import allow
from web.pages.messages import thread_again
from web.posting import Posted, Text, post


class Reply(Posted):
    """POST `/messages/{thread}`."""

    body: Text = ""


class Read(Posted):
    """POST `/messages/{thread}/read`. `until` is a message's public id."""

    until: str


@signed_in
async def reply(request: web.Request, actor: Actor) -> web.StreamResponse:
    await allow(request, "message", str(actor.account_id))
    thread = request.match_info["thread"]

    async def act(connection: Connection, posted: Reply) -> dict[str, Any]:
        said = await messages.reply(connection, actor, thread, posted.body)
        return {"message": said["public_id"]}

    return await post(request, actor, "reply", Reply, act, thread_again, f"/messages/{thread}#reply")


@signed_in
async def mark_read(request: web.Request, actor: Actor) -> web.StreamResponse:
    thread = request.match_info["thread"]

    async def act(connection: Connection, posted: Read) -> dict[str, Any]:
        await messages.mark_read(connection, actor, thread, posted.until)
        return {"until": posted.until}

    return await post(request, actor, "mark_read", Read, act, thread_again, f"/messages/{thread}")
