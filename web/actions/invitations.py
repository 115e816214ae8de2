"""Invite into the portal, send again, take back."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from people.access import Actor
from portal import invitations
from records.database import Connection
from web.actions.clients import NewClient
from web.auth import signed_in
from web.pages.invitations import new_again, of_client_again
from web.posting import Posted, Several, post


class Forms(Posted):
    """POST `/clients/{client}/invitation`: the forms that go along, as public ids."""

    forms: Several | None = None


class Newcomer(NewClient):
    """POST `/invitations`: what a new file says, and the forms that go along."""

    forms: Several | None = None


class Again(Posted):
    """POST `/invitations/{invitation}/resend` and `/revoke`. `back`: `list` or `client`, where a form goes on to."""

    back: str = "client"


@signed_in
async def invite(request: web.Request, actor: Actor) -> web.StreamResponse:
    client = request.match_info["client"]

    async def act(connection: Connection, posted: Forms) -> dict[str, Any]:
        return _told(await invitations.invite(connection, actor, client, posted.forms or []))

    return await post(request, actor, "invite", Forms, act, of_client_again, _invited)


@signed_in
async def invite_somebody_new(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Newcomer) -> dict[str, Any]:
        values = (posted.data(), posted.practitioners or [], posted.forms or [], posted.anyway)
        return _told(await invitations.invite_somebody_new(connection, actor, *values))

    return await post(request, actor, "invite_somebody_new", Newcomer, act, new_again, _invited)


@signed_in
async def resend(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _again(request, actor, "resend_invitation", invitations.resend, "resent")


@signed_in
async def revoke(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _again(request, actor, "revoke_invitation", invitations.revoke, "revoked")


async def _again(
    request: web.Request,
    actor: Actor,
    verb: str,
    does: Callable[[Connection, Actor, str], Awaitable[str]],
    done: str,
) -> web.StreamResponse:
    async def act(connection: Connection, posted: Again) -> dict[str, Any]:
        client = await does(connection, actor, request.match_info["invitation"])
        return {"client": client, "back": posted.back}

    def where(body: dict[str, Any]) -> str:
        page = "/invitations" if body["back"] == "list" else f"/clients/{body['client']}/invitation"
        return f"{page}?done={done}"

    return await post(request, actor, verb, Again, act, None, where)


def _told(outcome: invitations.Outcome) -> dict[str, Any]:
    return {"client": outcome.client, "invited": outcome.invited, "forms": outcome.forms}


def _invited(body: dict[str, Any]) -> str:
    return f"/clients/{body['client']}/invitation?done={'invited' if body['invited'] else 'forms'}"
