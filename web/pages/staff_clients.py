"""Edit > Client associations of one of the staff (R-050, R-051, R-053)."""

from typing import Any

from aiohttp import web

from people import staff, staff_clients
from people.access import Actor
from people.errors import UserError
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.staff import about_person, framed
from web.posting import as_list, kept


@signed_in
async def clients(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/staff/{account}/clients`; `find` looks for clients to add."""
    return await clients_again(request, actor, {}, None)


async def clients_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    words = str(typed.get("find", request.query.get("find", "")))
    async with request.app[DATABASE].transaction(actor) as connection:
        person = await staff.find(connection, actor, request.match_info["account"])
        listed = await staff_clients.of(connection, actor, person)
        departments = await staff_clients.departments(connection, actor, person)
        found = await staff_clients.find(connection, actor, person, words) if departments else []
    return framed(
        request,
        "clients.html",
        error,
        clients=listed,
        departments=departments,
        found=found,
        words=words,
        most=staff_clients.most_found,
        kept=kept(typed, department="", origin="", target=""),
        ticked={name: as_list(typed.get(name)) for name in ("add", "remove")},
        **about_person(actor, person),
    )
