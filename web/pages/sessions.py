"""A session's page: the door, the waiting room and the visit."""

from aiohttp import web

from dispatch import admissions, guests, sessions
from people.access import Actor, may_join, must_pay_first
from portal import invoices
from web.auth import visiting
from web.keys import DATABASE, SETTINGS
from web.turn import ice_servers
from web.view import page


@visiting
async def visit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/sessions/{session}`: outside the join window it says when the session opens (R-173), and to whoever may not
    join from the portal, what else they can do (R-063)."""
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.find(connection, actor, request.match_info["session"])
        admission = await admissions.of_account(connection, session["id"], actor.account_id)
        guest_name = await guests.name_of(connection, session["id"], actor.account_id)
        allowed = may_join(actor, session)
        invoice = await invoices.of_session(connection, actor, session) if must_pay_first(actor, session) else None
        is_open = allowed and await sessions.is_open(connection, actor, session)
    role = sessions.role_of(actor, session)
    if admission is not None and admission["device"] != actor.device:
        admission = None  # somebody else who has the link is told nothing of whoever came by it first
    if not is_open:
        values = {"session": session, "role": role, "may_join": allowed, "invoice": invoice}
        return page(request, "sessions/closed.html", actor=actor, **values)
    return page(
        request,
        "sessions/visit.html",
        actor=actor,
        session=session,
        role=role,
        admission=admission,
        own_name=admission["name"] if admission else guest_name or actor.name,
        ice_servers=ice_servers(request.app[SETTINGS], actor.account_id),
    )
