"""Create, edit, close and open accounts of the staff, and send their setup links."""

from typing import Any

from aiohttp import web

from people import lost_factors, staff
from people.access import Actor
from people.staff_roles import Wanted
from records.database import Connection
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.staff import edit_again, new_again, record_again
from web.posting import Chosen, Flag, Nothing, Posted, Text, post, post_about


class Person(Posted):
    """POST `/staff` and `/staff/{account}`. `roles` are `organization_administrator` or `role:department`; departments
    are public ids."""

    name: Text = ""
    email: Text = ""
    notified: Flag = True
    practitioner: Flag = False
    practises_in: Chosen = ()
    roles: Chosen = ()
    version: str | None = None

    def wanted(self) -> Wanted:
        return Wanted(self.roles, self.practitioner, self.practises_in)


class Active(Posted):
    """POST `/staff/{account}/active`"""

    active: Flag


def _record(request: web.Request, done: str) -> str:
    return f"/staff/{request.match_info['account']}?done={done}"


@signed_in
async def create(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Person) -> dict[str, Any]:
        made = await staff.create(connection, actor, posted.name, posted.email, posted.notified, posted.wanted())
        return {"account": made["public_id"]}

    def made(body: dict[str, Any]) -> str:
        return f"/staff/{body['account']}?done=created"

    return await post(request, actor, "create_staff", Person, act, new_again, made)


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Person) -> dict[str, Any]:
        given = (posted.name, posted.email, posted.notified, posted.wanted(), posted.version)
        await staff.change(connection, actor, account, *given)
        return {"account": account}

    return await post(request, actor, "change_staff", Person, act, edit_again, _record(request, "saved"))


@signed_in
async def switch(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Active) -> dict[str, Any]:
        await staff.switch(connection, actor, account, posted.active)
        return {"active": posted.active}

    def where(body: dict[str, Any]) -> str:
        return _record(request, "activated" if body["active"] else "deactivated")

    return await post(request, actor, "switch_staff", Active, act, record_again, where)


@signed_in
async def send_link(request: web.Request, actor: Actor) -> web.StreamResponse:
    where, told = _record(request, "sent"), {"sent": True}
    return await post_about(request, actor, "send_setup_link", staff.send_link, "account", record_again, where, told)


@signed_in
async def drop_second_factor(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, _: Nothing) -> dict[str, Any]:
        person = await staff.find(connection, actor, request.match_info["account"])
        async with request.app[DATABASE].system() as ways_in:
            await lost_factors.drop(ways_in, actor, person["id"])
        return {"account": request.match_info["account"]}

    return await post(request, actor, "drop_second_factor", Nothing, act, record_again, _record(request, "dropped"))
