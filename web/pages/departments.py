"""Organization > Departments."""

from typing import Any

from aiohttp import web

from people import departments as verbs
from people.access import Actor, may_manage_departments, require
from people.errors import UserError
from web.auth import signed_in
from web.keys import DATABASE
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
