"""Follow a direct link into its session (A-15); make, send and end links for others."""

from typing import Any

from aiohttp import web

from dispatch import direct_links, link_desk
from dispatch.errors import NotFound, NotOpen, Refused
from people.access import Actor
from people.errors import TooMany
from records.database import Connection
from web.actions.sign_in import end_sign_in
from web.auth import cookie_of, device_cookie, forget, link_cookie, remember, remember_for_a_day, signed_in
from web.face import fields_of, read, wants_json
from web.keys import DATABASE, SETTINGS
from web.limits import allow
from web.pages.direct_links import gone, join_again, shown_link
from web.pages.manage import again_at, manage_again
from web.posting import Posted, Text, post

links_again = again_at("links")


class Person(Posted):
    """Whose link: `client`, or a guest's public id."""

    person: Text = "client"


async def join(request: web.Request) -> web.StreamResponse:
    """POST `/join`: a new cookie, good for that session alone, for the link that `GET /join/{token}` put into a cookie.
    Whoever was signed in here is signed out."""
    token = cookie_of(request, link_cookie)
    try:
        await allow(request, "join", token)
        visit, session = await direct_links.exchange(request.app[DATABASE], token, cookie_of(request, device_cookie))
    except NotFound:
        if wants_json(request):
            raise
        return gone(request)
    except (NotOpen, TooMany) as error:
        if wants_json(request):
            raise
        return await join_again(request, token, error)
    await end_sign_in(request)
    response: web.StreamResponse = web.json_response({"session": session})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": f"/sessions/{session}"})
    settings = request.app[SETTINGS]
    remember(response, settings, visit.token)
    remember_for_a_day(response, settings, device_cookie, visit.device)
    forget(response, settings, link_cookie)
    return response


@signed_in
async def make(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/links`: the link is in this answer and in no other: what is remembered for
    repeats would keep it."""
    fields = await fields_of(request)
    try:
        posted = read(Person, fields)
        async with request.app[DATABASE].transaction(actor) as connection:
            made = await link_desk.make(connection, actor, request.match_info["session"], posted.person)
    except Refused as error:
        if wants_json(request):
            raise
        return await manage_again(request, actor, "links", fields, error)
    if wants_json(request):
        return web.json_response({"link": shown_link(request, made).address})
    return await manage_again(request, actor, "links", {}, None, made)


@signed_in
async def send(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/links/send`."""

    async def act(connection: Connection, posted: Person) -> dict[str, Any]:
        sent_to = await link_desk.send(connection, actor, request.match_info["session"], posted.person)
        return {"sent_to": sent_to}

    return await post(request, actor, "send_link", Person, act, links_again, links_done(request, "link_sent"))


@signed_in
async def revoke(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/links/revoke`."""

    async def act(connection: Connection, posted: Person) -> dict[str, Any]:
        await link_desk.revoke(connection, actor, request.match_info["session"], posted.person)
        return {"revoked": True}

    return await post(request, actor, "revoke_link", Person, act, links_again, links_done(request, "link_revoked"))


def links_done(request: web.Request, what: str) -> str:
    return f"/sessions/{request.match_info['session']}/manage?done={what}#links"
