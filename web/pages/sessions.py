"""A session's page: the door, the waiting room and the visit."""

from aiohttp import web

from dispatch import admissions, sessions
from people.access import Actor
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page


@signed_in
async def visit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/sessions/{session}`: outside the join window it says when the session opens (R-173)."""
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.find(connection, actor, request.match_info["session"])
        admission = await admissions.of_account(connection, session["id"], actor.account_id)
    name = "sessions/visit.html" if session["joinable"] else "sessions/closed.html"
    return page(request, name, session=session, role=sessions.role_of(actor, session), admission=admission)
