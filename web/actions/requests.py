"""Accept and decline a request; web/actions/asking.py has its beginning and its end."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from dispatch import requests
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.assign import assign_again
from web.posting import Message, Posted, post


class Accept(Posted):
    """POST `/requests/{request}/accept`. `host` is a provider's public id, `time` the rank of a requested time
    (0: now); `overlap` books over another session of theirs, where the clinic allows it (A-08).
    """

    host: str = ""
    time: Annotated[int, Field(ge=0, le=3)] = 0
    overlap: bool = False
    response: Message = ""


class Decline(Posted):
    """POST `/requests/{request}/decline`."""

    response: Message = ""


@signed_in
async def accept(request: web.Request, actor: Actor) -> web.StreamResponse:
    public_id = request.match_info["request"]

    async def act(connection: Connection, posted: Accept) -> dict[str, Any]:
        session = await requests.accept(
            connection, actor, public_id, posted.host, posted.time or None, posted.response, posted.overlap
        )
        return {"session": session["public_id"], "starts_at": session["starts_at"].isoformat()}

    return await post(request, actor, "accept", Accept, act, assign_again, "/dashboard")


@signed_in
async def decline(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Decline) -> dict[str, Any]:
        await requests.decline(connection, actor, request.match_info["request"], posted.response)
        return {"state": "declined"}

    return await post(request, actor, "decline", Decline, act, assign_again, "/dashboard")
