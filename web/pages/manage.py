"""A session's page for those who arrange it, and Scheduling > Sessions, where schedulers find it."""

import secrets
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from dispatch import attendance, changes, guests, link_desk
from dispatch.errors import NotFound
from people.access import Actor, may_host, may_reassign, may_see_sessions, require
from people.errors import UserError
from portal import invoices
from records.database import Row
from web.auth import signed_in
from web.face import wants_json
from web.keys import DATABASE
from web.pages.direct_links import shown_link
from web.posting import Again
from web.view import page

no_guest = {"name": "", "email": "", "relation": ""}


@signed_in
async def manage(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/sessions/{session}/manage`: move it, give it to somebody else, call it off; and its history."""
    return await manage_again(request, actor, "", {}, None)


async def manage_again(
    request: web.Request,
    actor: Actor,
    verb: str,
    kept: dict[str, Any],
    error: Exception | None,
    made: link_desk.Made | None = None,
) -> web.Response:
    """The page with what was typed into the form of `verb`, and why it was refused; or with a link that was just made.
    A client, who has no such page, is told alone."""
    async with request.app[DATABASE].transaction(actor) as connection:
        try:
            session = await changes.find(connection, actor, request.match_info["session"])
        except NotFound:
            if error is None:
                raise
            raise error from None
        history = await changes.history(connection, session)
        stays = await attendance.of_session(connection, session["id"])
        people = await link_desk.people(connection, session)
        hosts = await changes.other_hosts(connection, session) if may_reassign(actor, session) else []
        invoice = await invoices.of_session(connection, actor, session)
    return page(
        request,
        "sessions/manage.html",
        session=session,
        history=history,
        attendance=stays,
        may_miss=may_host(actor, session) and session["missable"],
        may_restore=may_host(actor, session) and session["restorable"],
        hosts=hosts,
        invoice=invoice,
        people=people,
        made=made and shown_link(request, made),
        relations=guests.RELATIONS,
        may_reassign=may_reassign(actor, session),
        verb=verb,
        done=request.query.get("done") if request.method == "GET" else None,
        kept={"starts_at": "", "host": "", "reason": "", "overlap": "", **no_guest, **kept},
        error=error,
        key=secrets.token_urlsafe(12),
    )


def again_at(verb: str) -> Again:
    """The page again, with what was typed into the form of `verb`."""

    async def again(request: web.Request, actor: Actor, fields: dict[str, Any], error: UserError) -> web.Response:
        return await manage_again(request, actor, verb, fields, error)

    return again


@signed_in
async def sessions(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/scheduling/sessions`: what is to come in the scheduler's clinics, by day; `host` shows one provider's."""
    require(may_see_sessions(actor))
    chosen = request.query.get("host") or None
    async with request.app[DATABASE].transaction(actor) as connection:
        hosts = await changes.hosts_of(connection, actor)
        coming = await changes.to_come(connection, actor, chosen)
        zone = ZoneInfo(await changes.time_zone(connection))
    if wants_json(request):
        return web.json_response({"sessions": [_told(row) for row in coming]})
    days = [(day, list(rows)) for day, rows in groupby(coming, lambda row: row["starts_at"].astimezone(zone).date())]
    return page(request, "scheduling/sessions.html", days=days, hosts=hosts, chosen=chosen, zone=zone.key)


def _told(row: Row) -> dict[str, Any]:
    """One session for a program."""
    times = {name: row[name].isoformat() for name in ("starts_at", "ends_at")}
    names = ("service_name", "clinic_name", "host_name", "client_name", "state", "override", "sequence")
    return {"session": row["public_id"], **times, **{name: row[name] for name in names}}
