"""The front door: an organization's own address (R-020), the sign-in form, and everybody's own dashboard (R-081)."""

import re
from typing import Any
from urllib.parse import quote

from aiohttp import web

from dispatch import clinic_setup, clinics, on_demand, providers, requests, sessions, switches
from people import accounts, first_steps, registrations, second_factor
from people.access import (
    Actor,
    by_token_too,
    may_have_clients,
    may_have_invoices,
    may_name_organization,
    may_schedule,
    may_see_board,
    may_see_organization,
)
from people.errors import NotFound, UserError
from portal import connections, filling, invoices, messages, practitioners, returned_forms
from records.database import Connection, House, Row
from web.auth import cookie_name_for, cookie_of, place_cookie, signed_in, step_cookie
from web.keys import ACTOR, DATABASE, SETTINGS
from web.pages import schedule
from web.view import page


async def front(request: web.Request) -> web.StreamResponse:
    """`/`: on to the dashboard, or to the only organization, or to that of the last sign-in here; else ask for the
    organization's address. `then` is where a person who must sign in first wanted to go; `ended` if they were signed in
    before."""
    if ACTOR in request:
        raise web.HTTPSeeOther(location="/dashboard")
    async with request.app[DATABASE].system() as connection:
        known = await accounts.organizations(connection)
    way = f"/sign-in?then={quote(safe_path(request.query['then']))}" if "then" in request.query else ""
    way += "&ended=1" if way and "ended" in request.query else ""
    last = request.cookies.get(cookie_name_for(request.app[SETTINGS], place_cookie))
    here = [row["slug"] for row in known if len(known) == 1 or row["slug"] == last]
    if here:
        raise web.HTTPSeeOther(location=f"/at/{here[0]}{way}")
    listed = known if request.app[SETTINGS].demo else []
    return page(request, "home/front.html", organizations=listed, way=way)


async def find_organization(request: web.Request) -> Row:
    async with request.app[DATABASE].system() as connection:
        found = await accounts.organization_by_slug(connection, request.match_info["organization"])
    if found is None:
        raise NotFound
    return found


async def organization(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}`: its clinics, and the way in."""
    found = await find_organization(request)
    async with request.app[DATABASE].transaction(House(found["id"])) as connection:
        listed = await clinics.of_organization(connection)
    return page(request, "home/organization.html", organization=found, clinics=listed)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/sign-in`: the form; somebody who is signed in goes straight on to `then` (R-172)."""
    then = safe_path(request.query.get("then", ""))
    if ACTOR in request:
        raise web.HTTPSeeOther(location=then)
    return await sign_in_page(request, then)


async def sign_in_page(
    request: web.Request, then: str, login: str = "", error: UserError | None = None
) -> web.Response:
    found = await find_organization(request)
    ended = error is None and "ended" in request.query
    values = {"organization": found, "login": login, "then": then, "error": error, "ended": ended}
    return page(request, "home/sign_in.html", **values)


async def enter_code(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/sign-in/code`: the second step of a sign-in that has begun."""
    then = safe_path(request.query.get("then", ""))
    if cookie_name_for(request.app[SETTINGS], step_cookie) not in request.cookies:
        slug = request.match_info["organization"]
        raise web.HTTPSeeOther(location=f"/at/{quote(slug)}/sign-in?then={quote(then)}")
    return await code_page(request, then)


async def code_page(request: web.Request, then: str, error: UserError | None = None) -> web.Response:
    found = await find_organization(request)
    async with request.app[DATABASE].system() as connection:
        ways = await second_factor.ways(connection, cookie_of(request, step_cookie))
    values = {"organization": found, "then": then, "error": error, "ways": ways}
    return page(request, "home/sign_in_code.html", **values)


def safe_path(path: str) -> str:
    """A path of ours, or the dashboard: a sign-in must not lead to another site. Browsers read a backslash as a slash
    and drop tabs and line feeds, so neither may be in it."""
    ours = re.fullmatch(r"/(?!/)[!-\[\]-~]*", path)
    return path if ours else "/dashboard"


@signed_in
async def dashboard(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/dashboard`: a scheduler's is the board; hosts and clients see their requests and sessions."""
    if may_see_board(actor) and not (actor.is_host or actor.is_client or actor.sees_organization):
        raise web.HTTPSeeOther(location="/board")
    return page(request, "dashboard/page.html", **await _own(request, actor))


@signed_in
async def dashboard_live(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/dashboard/live`: the part of the dashboard that changes, fetched again when the socket says so."""
    return page(request, "dashboard/_live.html", **await _own(request, actor))


async def _own(request: web.Request, actor: Actor) -> dict[str, Any]:
    """What is the person's own; to a program only the parts that its token has scopes for."""
    sees_sessions = by_token_too(actor, "sessions:read")
    sees_overview = may_see_organization(actor) and by_token_too(actor, "clinics:write")
    async with request.app[DATABASE].transaction(actor) as connection:
        connects = actor.token_scopes is None and await practitioners.may_ask(connection, actor)
        return {
            "asked": await requests.of_account(connection, actor) if actor.is_client else [],
            "toggles": await on_demand.toggles(connection, actor) if actor.is_host else [],
            "to_decide": await _to_decide(connection, actor) if actor.is_host else [],
            "sessions": await sessions.of_account(connection, actor) if sees_sessions else [],
            "clinics": await clinics.of_organization(connection) if actor.is_client else [],
            "waiting": await _waiting(connection, actor) if actor.is_client and actor.state == "pending" else None,
            "overview": await _overview(connection, actor) if sees_overview else None,
            "tasks": await _tasks(connection, actor) if actor.token_scopes is None else None,
            "relations": await practitioners.relations(connection, actor) if connects else [],
            "may_connect": connects,
            "schedule": await _schedule(connection, actor),
            "forms": await filling.to_do(connection, actor) if actor.token_scopes is None else [],
            "owed": await _owed(connection, actor),
            "first_steps": await _first_steps(connection, actor) if actor.token_scopes is None else None,
        }


async def _first_steps(connection: Connection, actor: Actor) -> first_steps.FirstSteps | None:
    """What an administrator's new organization lacks; nothing once all is there, or for whoever hid them."""
    found = await first_steps.find(connection, actor) if may_name_organization(actor) else None
    return found if found and found.wanted and not found.finished else None


async def _schedule(connection: Connection, actor: Actor) -> dict[str, Any] | None:
    """A client's offers and places on the waitlist, where clients choose their own times (R-078), and whether there is
    somebody whose times they may choose (`chooses`)."""
    has_it = actor.token_scopes is None and may_schedule(actor) and actor.features.scheduling
    if not has_it:
        return None
    return {**await schedule.own(connection, actor), "chooses": await schedule.chooses(connection, actor)}


async def _owed(connection: Connection, actor: Actor) -> list[Row]:
    """What a client has to pay, where payments are on (R-120)."""
    has_it = actor.token_scopes is None and may_have_invoices(actor) and actor.features.payments
    return await invoices.balance(connection, actor) if has_it else []


async def _tasks(connection: Connection, actor: Actor) -> dict[str, list[Row]]:
    """What waits for this person besides requests for sessions: connection requests (R-057), unread messages, and forms
    that came back (R-008)."""
    may_keep = may_have_clients(actor) or may_see_organization(actor)
    return {
        "connections": await connections.pending(connection, actor) if may_have_clients(actor) else [],
        "unread": await messages.unread(connection, actor),
        "returned": await returned_forms.unseen(connection, actor) if may_keep else [],
    }


async def _waiting(connection: Connection, actor: Actor) -> dict[str, Any]:
    """How far somebody is on the way to an approved account (A-01): what they said when they registered, if they did,
    and whether they may."""
    return {
        "registration": await registrations.of_account(connection, actor.account_id),
        "may_register": await registrations.is_open(connection, actor.organization_id),
        "organization": await accounts.organization_of(connection, actor),
    }


async def _overview(connection: Connection, actor: Actor) -> dict[str, Any]:
    """What administrators and care coordinators begin with: their clinics now, and what is switched off."""
    hosts = await switches.hosts(connection, actor)
    return {
        "clinics": await clinic_setup.overview(connection, actor),
        "pending": await registrations.count_pending(connection, actor) if actor.token_scopes is None else 0,
        "organization": await switches.organization(connection),
        "hosts_off": [host["name"] for host in hosts if not host["takes_requests"]],
    }


async def _to_decide(connection: Connection, actor: Actor) -> list[tuple[Row, providers.Provider]]:
    """The requests that wait for this host, each with how they themselves stand to its times (R-081, R-082)."""
    listed = [
        (asked, await providers.of_host(connection, actor, asked["id"]))
        for asked in await requests.to_host(connection, actor)
    ]
    return [(asked, own) for asked, own in listed if own is not None]
