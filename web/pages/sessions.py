"""A session's page: the door, the waiting room and the visit."""

from aiohttp import web

from dispatch import admissions, direct_links, sessions
from people.access import Actor
from web.auth import visiting
from web.keys import DATABASE
from web.view import page


@visiting
async def visit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/sessions/{session}`: outside the join window it says when the session opens (R-173)."""
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.find(connection, actor, request.match_info["session"])
        admission = await admissions.of_account(connection, session["id"], actor.account_id)
    name = "sessions/visit.html" if session["joinable"] else "sessions/closed.html"
    role = sessions.role_of(actor, session)
    return page(request, name, actor=actor, session=session, role=role, admission=admission)


async def join(request: web.Request) -> web.StreamResponse:
    """`/join/{token}`: a direct link (A-15). Looking at it uses nothing up, for mail scanners look too."""
    link = await direct_links.look(request.app[DATABASE], request.match_info["token"])
    return page(request, "sessions/join.html", link=link, error=None)
