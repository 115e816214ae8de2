"""Write a first message: to whom, and then what. Without scripts both are pages."""

from typing import Any

from aiohttp import web

from people.access import Actor
from people.errors import NotFound, Refused, UserError
from portal import threads
from records.database import Row
from web.auth import signed_in
from web.keys import DATABASE
from web.posting import as_list, kept
from web.view import page


@signed_in
async def writing(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages/new`: whom to write to, `q` searches; with `to` (a client, or for clients a practitioner) the form."""
    if request.query.get("to"):
        return await writing_again(request, actor, dict(request.query), None)
    search = request.query.get("q", "")
    async with request.app[DATABASE].transaction(actor) as connection:
        listed = await threads.recipients(connection, actor, search)
    return page(request, "messages/recipients.html", recipients=listed, search=search, seeks=_seeks(actor))


async def writing_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    """The form again, unless there is nobody to write it to: then that is said."""
    async with request.app[DATABASE].transaction(actor) as connection:
        try:
            pair: Row | None = await threads.pair(connection, actor, str(typed.get("to", "")))
        except NotFound:
            raise
        except Refused as refused:
            pair, error = None, refused
    return page(
        request,
        "messages/new.html",
        pair=pair,
        to=typed.get("to", ""),
        kept=kept(typed, subject="", body=""),
        error=error,
    )


@signed_in
async def team(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/messages/team`: the form for a first message among the care team of a `client`."""
    return await team_again(request, actor, dict(request.query), None)


async def team_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        file, around = await threads.team(connection, actor, str(typed.get("client", "")))
    return page(
        request,
        "messages/team.html",
        file=file,
        around=around,
        ticked=as_list(typed.get("members")),
        kept=kept(typed, subject="", body=""),
        error=error,
    )


def _seeks(actor: Actor) -> bool:
    """Whether the list may be long enough to be searched."""
    return actor.is_host or actor.is_organization_administrator
