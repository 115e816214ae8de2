"""Organization > Session requests and Organization > Ask the operator (A-25, R-015, R-071)."""

from typing import Any

from aiohttp import web

from dispatch import operator, switches
from people.access import Actor, may_ask_operator, may_see_organization, may_switch_organization, require
from people.errors import NotFound, UserError
from web.auth import signed_in
from web.keys import DATABASE, SETTINGS
from web.pages.organization import framed
from web.posting import kept


@signed_in
async def requests(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/requests`: the organization's switch and its hosts'."""
    return await switches_again(request, actor, {}, None)


async def switches_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    require(may_see_organization(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        organization = await switches.organization(connection)
        hosts = await switches.hosts(connection, actor)
    values = {"organization": organization, "hosts": hosts, "may_switch_all": may_switch_organization(actor)}
    return framed(request, actor, "switches.html", error, **values)


@signed_in
async def ask_operator(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/operator`: there only if the operator gave an address (OPERATOR_EMAIL)."""
    return await operator_again(request, actor, {}, None)


async def operator_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    require(may_ask_operator(actor))
    if request.app[SETTINGS].operator_email is None:
        raise NotFound
    shown = kept(typed, subject="", text="")
    return framed(request, actor, "operator.html", error, subjects=operator.SUBJECTS, kept=shown)
