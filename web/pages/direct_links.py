"""A direct link's pages (A-15).

The address that holds the secret answers with a redirect and a cookie alone: no page is ever shown at it, so it stays
in no history, and no page could tell it to another site. Looking uses nothing up, for mail scanners and previews look
too; the button does.
"""

from dataclasses import dataclass, field

import segno
from aiohttp import web

from dispatch import direct_links, link_desk
from dispatch.errors import NotFound
from people.access import Actor
from people.errors import UserError
from records.database import Row
from web.auth import cookie_of, link_cookie, remember_for_a_day
from web.keys import ACTOR, DATABASE, SETTINGS, VISITOR
from web.view import page


async def follow(request: web.Request) -> web.StreamResponse:
    """`/join/{token}`: on to `/join`; or at once into the session, for whoever came by this link before, or is
    signed in and may join it anyway."""
    token = request.match_info["token"]
    try:
        link = await direct_links.look(request.app[DATABASE], token)
    except NotFound:
        return gone(request)
    if _is_in(request.get(VISITOR) or request.get(ACTOR), link):
        raise web.HTTPSeeOther(location=f"/sessions/{link['session_public_id']}")
    response = web.Response(status=303, headers={"Location": "/join"})
    remember_for_a_day(response, request.app[SETTINGS], link_cookie, token)
    return response


async def join(request: web.Request) -> web.StreamResponse:
    """`/join`: one button."""
    return await join_again(request, cookie_of(request, link_cookie))


async def join_again(request: web.Request, token: str, error: UserError | None = None) -> web.Response:
    """The button, perhaps with why it did not work; `gone` for a link that leads nowhere."""
    try:
        link = await direct_links.look(request.app[DATABASE], token)
    except NotFound:
        return gone(request)
    return page(request, "sessions/join.html", link=link, error=error)


def gone(request: web.Request) -> web.Response:
    """One answer for links that are unknown, over or revoked, and for a browser that kept none."""
    return page(request, "sessions/no_link.html", status=404)


@dataclass(frozen=True)
class Shown:
    """A link that was just made, as staff hand it on: shown this once."""

    name: str
    address: str = field(repr=False)
    picture: str = field(repr=False)  # a QR code as a data URI


def shown_link(request: web.Request, made: link_desk.Made) -> Shown:
    address = f"{request.app[SETTINGS].public_url}/join/{made.token}"
    code = segno.make(address, error="m", micro=False)
    return Shown(made.name, address, code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def _is_in(actor: Actor | None, link: Row) -> bool:
    if actor is None or actor.account_id != link["account_id"]:
        return False
    return actor.session_id == link["session_id"] or (actor.session_id is None and link["cleared"])
