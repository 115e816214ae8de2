"""Add and rename departments, and choose how clients register."""

from typing import Any

from aiohttp import web

from people import client_portal, departments
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.departments import client_portal_again, department_again, departments_again
from web.posting import Posted, Text, post


class Department(Posted):
    """POST `/organization/departments` and `/organization/departments/{department}`"""

    name: Text = ""


class ClientPortal(Posted):
    """POST `/organization/portal`: `open`, `by_practitioner` or `invite_only`."""

    registration: str = ""


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
async def set_portal(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: ClientPortal) -> dict[str, Any]:
        await client_portal.set_registration(connection, actor, posted.registration)
        return {"registration": posted.registration}

    where = "/organization/portal?done=saved"
    return await post(request, actor, "set_registration", ClientPortal, act, client_portal_again, where)
