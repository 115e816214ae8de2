"""My Account > Sessions: all of a person's sessions, the next one on top (R-120, R-124, R-125)."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from dispatch import sessions
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.keys import DATABASE
from web.pages import schedule
from web.view import page

SHOWN = {"": "All", "held": "Held", "cancelled": "Cancelled", "missed": "Missed"}


@signed_in
async def whole(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/sessions`: those to come, and a page of those that are over; `before` names the session after which the
    page begins, `show` (held, cancelled, missed) and `with` (a person) choose among those that are over."""
    before, show, other = (request.query.get(name) or None for name in ("before", "show", "with"))
    show = show if show in sessions.ENDINGS else None
    chooses = bool(before or show or other)
    async with request.app[DATABASE].reading(actor) as connection:
        past, earlier = await sessions.past(connection, actor, before, show, other)
        coming = [] if chooses else await sessions.to_come(connection, actor)
        people = await sessions.met(connection, actor)
        schedules = await schedule.chooses(connection, actor)
    choice = {name: value for name, value in (("show", show), ("with", other)) if value}
    return page(
        request,
        "account/sessions.html",
        coming=coming,
        past=past,
        earlier=earlier and urlencode({**choice, "before": earlier}),
        before=before,
        chooses=chooses,
        people=people,
        schedules=schedules,
        shown=SHOWN,
        show=show or "",
        other=other or "",
        done=request.query.get("done"),
    )


@signed_in
async def live(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/sessions/live`: the first page's part that changes, fetched again when something does, and when Join
    turns active or inactive."""
    async with request.app[DATABASE].reading(actor) as connection:
        values = await _first_page(connection, actor)
    return page(request, "account/_sessions.html", **values)


async def _first_page(connection: Connection, actor: Actor) -> dict[str, Any]:
    past, earlier = await sessions.past(connection, actor, None)
    coming = await sessions.to_come(connection, actor)
    return {"coming": coming, "past": past, "earlier": earlier and urlencode({"before": earlier})}
