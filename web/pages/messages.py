"""Messages: one's threads, and each of them (R-152). `part` gives the part that changes alone."""

from typing import Any

from aiohttp import web

from people.access import Actor, may_decide_connection, may_withdraw_connection
from people.errors import UserError
from portal import connections, messages
from records.database import Connection, Row
from web.auth import signed_in
from web.errors import status_of
from web.keys import DATABASE
from web.posting import kept
from web.view import page


@signed_in
async def threads(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages`: the threads, the last written first; `before` names the one after which the page begins."""
    before = request.query.get("before") or None
    async with request.app[DATABASE].transaction(actor) as connection:
        listed, more = await messages.threads_of(connection, actor, before)
    name = "_threads" if "part" in request.query else "page"
    return page(request, f"messages/{name}.html", threads=listed, more=more, before=before)


@signed_in
async def thread(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages/{thread}`: what was written, and the form to answer; `before` names a message, for older ones."""
    return await thread_again(request, actor, {}, None)


async def thread_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    before = request.query.get("before") or None
    async with request.app[DATABASE].transaction(actor) as connection:
        read = await messages.read(connection, actor, request.match_info["thread"], before)
        asked = await _asked(connection, actor, read.row["id"])
    name = "_messages" if "part" in request.query else "thread"
    return page(
        request,
        f"messages/{name}.html",
        status=status_of(error) if error else 200,
        thread=read.row,
        messages=read.messages,
        earlier=read.earlier,
        before=before,
        unread=any(message["unread"] for message in read.messages),
        asked=asked,
        kept=kept(typed, body=""),
        error=error,
    )


async def _asked(connection: Connection, actor: Actor, thread_id: int) -> dict[str, Any] | None:
    """The connection request that the thread tells of, with what this reader may do about it."""
    asked: Row | None = await connections.in_thread(connection, thread_id)
    if asked is None:
        return None
    waits = asked["state"] == "pending"
    return {
        **asked,
        "decides": waits and may_decide_connection(actor, asked),
        "withdraws": waits and may_withdraw_connection(actor, asked),
        "is_clients": may_withdraw_connection(actor, asked),
    }
