"""Organization > Departments, and Organization > Client portal."""

from typing import Any

from aiohttp import web

from people import client_portal as portal_verbs
from people import departments as verbs
from people.access import Actor, may_manage_departments, require
from people.errors import UserError
from web.auth import signed_in
from web.keys import DATABASE, SETTINGS
from web.pages.organization import framed
from web.posting import kept


@signed_in
async def departments(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/departments`: which there are, who belongs to each, and the form for one more."""
    return await departments_again(request, actor, {}, None)


async def departments_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    require(may_manage_departments(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        listed = await verbs.overview(connection, actor)
    return framed(request, actor, "departments.html", error, departments=listed, kept=kept(typed, name=""))


@signed_in
async def department(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/departments/{department}`: the form that renames it."""
    return await department_again(request, actor, {}, None)


async def department_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await verbs.find(connection, actor, request.match_info["department"])
    return framed(request, actor, "department.html", error, department=found, kept=kept(typed, name=found["name"]))


@signed_in
async def client_portal(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal`: the address for clients (R-020, R-043), and who may register there (A-06)."""
    return await client_portal_again(request, actor, {}, None)


async def client_portal_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await portal_verbs.find(connection, actor)
    return framed(
        request,
        actor,
        "portal.html",
        error,
        portal=found,
        address=f"{request.app[SETTINGS].public_url}/at/{found['slug']}",
        kept=kept(typed, registration=found["registration"]),
        may_change=may_manage_departments(actor),
    )
