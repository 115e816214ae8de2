"""Add and rename departments."""

from typing import Any

from aiohttp import web

from people import departments
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.departments import department_again, departments_again
from web.posting import Posted, Text, post, post_about


class Department(Posted):
    """POST `/organization/departments` and `/organization/departments/{department}`"""

    name: Text = ""


@signed_in
async def add(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Department) -> dict[str, Any]:
        added = await departments.add(connection, actor, posted.name)
        return {"department": added["public_id"]}

    where = "/organization/departments?done=added"
    return await post(request, actor, "add_department", Department, act, departments_again, where)


@signed_in
async def rename(request: web.Request, actor: Actor) -> web.StreamResponse:
    department = request.match_info["department"]

    async def act(connection: Connection, posted: Department) -> dict[str, Any]:
        await departments.rename(connection, actor, department, posted.name)
        return {"department": department}

    where = "/organization/departments?done=saved"
    return await post(request, actor, "rename_department", Department, act, department_again, where)


@signed_in
async def remove(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/organization/departments/{department}/remove`"""
    verb, where = "remove_department", "/organization/departments?done=removed"
    return await post_about(request, actor, verb, departments.remove, "department", department_again, where)
