"""Switch what the portal has, give and take seats, choose how clients register, and mail the login link."""

from typing import Any

from aiohttp import web

from people import client_portal, seats
from people.access import Actor
from people.entitlements import FEATURES
from records.database import Connection
from web.auth import signed_in
from web.pages.portal_settings import overview_again, settings_again, subscription_again
from web.posting import Flag, Posted, Text, post, post_about


class ClientPortal(Posted):
    """POST `/organization/portal`: `open`, `by_practitioner` or `invite_only`."""

    registration: str = ""


class LoginLink(Posted):
    """POST `/organization/portal/login-link`: the address of a client."""

    email: Text = ""


class Switches(Posted):
    """POST `/organization/portal/settings`. What is left out stays as it is. `version` is what the form showed."""

    forms: Flag | None = None
    payments: Flag | None = None
    messages: Flag | None = None
    scheduling: Flag | None = None
    version: str | None = None

    def wanted(self) -> dict[str, bool]:
        named = {feature: getattr(self, feature) for feature in FEATURES}
        return {feature: on for feature, on in named.items() if on is not None}


class Seat(Posted):
    """POST `/organization/portal/seats/{account}`. What is left out stays as it is."""

    subscribed: Flag | None = None
    may_invite: Flag | None = None


@signed_in
async def set_registration(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: ClientPortal) -> dict[str, Any]:
        await client_portal.set_registration(connection, actor, posted.registration)
        return {"registration": posted.registration}

    where = "/organization/portal?done=saved"
    return await post(request, actor, "set_registration", ClientPortal, act, overview_again, where)


@signed_in
async def send_login_link(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: LoginLink) -> dict[str, Any]:
        await client_portal.send_login_link_to(connection, actor, posted.email)
        return {"sent": True}

    where = "/organization/portal?done=login_link"
    return await post(request, actor, "send_login_link_to", LoginLink, act, overview_again, where)


@signed_in
async def send_login_link_of(request: web.Request, actor: Actor) -> web.StreamResponse:
    where = f"/clients/{request.match_info['client']}?done=login_link"
    return await post_about(request, actor, "send_login_link", client_portal.send_login_link, "client", None, where)


@signed_in
async def switch(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Switches) -> dict[str, Any]:
        changed = await client_portal.switch_features(connection, actor, posted.wanted(), posted.version)
        return {"changed": changed}

    where = "/organization/portal/settings?done=saved"
    return await post(request, actor, "switch_features", Switches, act, settings_again, where)


@signed_in
async def change_seat(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Seat) -> dict[str, Any]:
        return dict(await seats.change(connection, actor, account, posted.subscribed, posted.may_invite))

    where = f"/organization/portal/subscription?done=saved#seat-{account}"
    return await post(request, actor, "change_seat", Seat, act, subscription_again, where)
