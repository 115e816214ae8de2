"""Messages: one's threads, and each of them (R-150, R-152). `part` gives the part that changes alone."""

from typing import Any

from aiohttp import web

from people.access import Actor, has_feature, may_compose, may_decide_connection, may_withdraw_connection
from people.errors import UserError
from people.searching import longest_search
from portal import attachments, connections, messages, threads
from records.database import Connection, Row
from web.auth import signed_in
from web.downloads import attachment as saved
from web.downloads import picture
from web.keys import DATABASE, FILES
from web.posting import kept
from web.view import page


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages`: the threads, the last written first; `before` names the one after which the page begins; `q`
    searches what was written."""
    if sought := request.query.get("q", "").strip()[:longest_search]:
        return await _found(request, actor, sought)
    before = request.query.get("before") or None
    async with request.app[DATABASE].reading(actor) as connection:
        rows, more = await messages.threads_of(connection, actor, before)
    name = "_threads" if "part" in request.query else "page"
    values: dict[str, Any] = {"threads": rows, "more": more, "before": before, "writes": _writes(actor), "sought": ""}
    return page(request, f"messages/{name}.html", **values)


async def _found(request: web.Request, actor: Actor, sought: str) -> web.Response:
    async with request.app[DATABASE].reading(actor) as connection:
        found = await messages.search(connection, actor, sought)
    rows = [{**row, "excerpt": messages.excerpt(row["body"], sought)} for row in found]
    return page(request, "messages/found.html", found=rows, sought=sought, most=messages.page_size)


@signed_in
async def unread(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages/unread`: how many messages wait, for the navigation of every page."""
    async with request.app[DATABASE].reading(actor) as connection:
        return web.json_response({"unread": await messages.count_unread(connection, actor)})


@signed_in
async def thread(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages/{thread}`: what was written, and the form to answer; `before` names a message, for older ones; `until`
    one that was found."""
    return await thread_again(request, actor, {}, None)


async def thread_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    before, until = request.query.get("before") or None, request.query.get("until") or None
    async with request.app[DATABASE].reading(actor) as connection:
        read = await messages.read(connection, actor, request.match_info["thread"], before, until)
        is_asked = read.row["kind"] == "connection"
        asked = await _asked(connection, actor, read.row["id"]) if is_asked else None
        joinable = await threads.joinable(connection, actor, read.row) if "part" not in request.query else []
    name = "_messages" if "part" in request.query else "thread"
    return page(
        request,
        f"messages/{name}.html",
        thread=read.row,
        messages=read.messages,
        earlier=read.earlier,
        older=bool(before or until),
        until=until,
        unread=any(message["unread"] for message in read.messages),
        seen=read.seen,
        refusal=read.refusal,
        joinable=joinable,
        asked=asked,
        kept=kept(typed, body=""),
        error=error,
    )


@signed_in
async def attachment(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages/{thread}/attachments/{attachment}`: the file, as a download; with `show`, a picture is one that the
    thread's page shows."""
    names, is_shown = request.match_info, "show" in request.query
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await attachments.find(connection, actor, names["thread"], names["attachment"], is_shown)
        content = await request.app[FILES].read(connection, found["file_id"])
    give = picture if is_shown and attachments.is_picture(found) else saved
    return give(content, found["name"], found["content_type"])


def _writes(actor: Actor) -> bool:
    """Whether there may be somebody to write a first message to."""
    return may_compose(actor) and has_feature(actor, "messages")


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
