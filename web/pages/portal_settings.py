"""Organization > Client Portal: the login link, what the portal has, and who is subscribed."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from people import client_portal, seats
from people.access import Actor, may_invite_somebody_new, may_manage_departments, may_switch_features
from people.entitlements import FEATURES
from people.errors import UserError
from web.auth import signed_in
from web.keys import DATABASE, SETTINGS
from web.pages.organization import differences, framed, version_for
from web.posting import kept


@signed_in
async def overview(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal`: the address for clients (R-020, R-043), and who may register there (A-06)."""
    return await overview_again(request, actor, {}, None)


async def overview_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await client_portal.find(connection, actor)
    return _framed(
        request,
        actor,
        "overview.html",
        error,
        portal=found,
        address=f"{request.app[SETTINGS].public_url}/at/{found['slug']}",
        kept=kept(typed, registration=found["registration"], email=""),
        may_change=may_manage_departments(actor),
        invites_new=may_invite_somebody_new(actor),
    )


@signed_in
async def settings(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/settings`: the four switches, and whom each concerns (R-133, R-134)."""
    return await settings_again(request, actor, {}, None)


async def settings_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await client_portal.features(connection, actor)
    shown = kept(typed, **{feature: found[feature] for feature in FEATURES})
    return _framed(
        request,
        actor,
        "settings.html",
        error,
        portal=found,
        kept=shown,
        may_change=may_switch_features(actor),
        version=version_for(typed, found, error),
        differences=differences(FEATURES, _in_words(found), _in_words(shown), error),
    )


def _in_words(switches: Mapping[str, Any]) -> dict[str, str]:
    return {feature: "On" if switches[feature] else "Off" for feature in FEATURES}


@signed_in
async def subscription(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/subscription`: who has a seat, and who may invite (R-007, R-132)."""
    return await subscription_again(request, actor, {}, None)


async def subscription_again(
    request: web.Request, actor: Actor, _: dict[str, Any], error: UserError | None
) -> web.Response:
    search = request.query.get("search", "")
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await seats.subscription(connection, actor, search)
    return _framed(request, actor, "subscription.html", error, subscription=found, search=search)


def _framed(request: web.Request, actor: Actor, template: str, error: UserError | None, **values: Any) -> web.Response:
    return framed(request, actor, f"portal_settings/{template}", error, **values)
