"""Invitations: the list, somebody new, and one client's."""

from typing import Any

from aiohttp import web

from people import associations, clients
from people.access import Actor, may_invite_somebody_new, require
from people.errors import PossibleDuplicate, UserError
from people.searching import longest_search
from portal import invitations
from web import practitioner_choice
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.clients import NEW, departments_to_choose, is_told, known_people
from web.posting import as_list, kept
from web.view import page

STATES = (
    ("", "All"),
    ("open", "Invited"),
    ("expired", "Expired"),
    ("accepted", "Accepted"),
    ("revoked", "Taken back"),
)


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invitations`: the newest first, by `state` and `search`; practitioners see those of their own clients."""
    state, search, after = (request.query.get(name, "") for name in ("state", "search", "after"))
    async with request.app[DATABASE].transaction(actor) as connection:
        found, following = await invitations.listed(connection, actor, state, search, after)
    return page(
        request,
        "invitations/list.html",
        invitations=found,
        next=following,
        after=after,
        state=state,
        search=search[:longest_search],
        states=STATES,
        invites_new=may_invite_somebody_new(actor),
        done=request.query.get("done"),
        error=None,
    )


@signed_in
async def new(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invitations/new`: somebody who has no file yet."""
    return await new_again(request, actor, {}, None)


async def new_again(request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None) -> web.Response:
    require(may_invite_somebody_new(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        choices = await associations.choices(connection, actor)
        departments = await clients.departments(connection, actor)
        known, holder = await known_people(connection, actor, typed) if error else ([], None)
        forms = await invitations.forms_to_send(connection, actor)
    return page(
        request,
        "invitations/new.html",
        error=error,
        kept=kept(typed, **NEW),
        departments=departments_to_choose(actor, departments),
        practitioners=practitioner_choice.options(choices, [], typed.get("practitioners")),
        known=known,
        holder=holder,
        anyway=is_told(typed),
        duplicate=isinstance(error, PossibleDuplicate),
        forms=forms,
        ticked=as_list(typed.get("forms")),
    )


@signed_in
async def of_client(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}/invitation`: how it stands, send, send again, take back."""
    return await of_client_again(request, actor, {}, None)


async def of_client_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        file = await invitations.client(connection, actor, request.match_info["client"])
        made = await invitations.of_client(connection, file["id"])
        forms = await invitations.forms_to_send(connection, actor)
    return page(
        request,
        "invitations/client.html",
        error=error,
        file=file,
        invitations=made,
        forms=forms,
        ticked=as_list(typed.get("forms")),
        done=request.query.get("done"),
    )
