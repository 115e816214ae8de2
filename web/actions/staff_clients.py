"""Save the client associations of one of the staff, or move them to another department."""

from typing import Any

from aiohttp import web

from people import staff_clients
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.staff_clients import clients_again
from web.posting import Chosen, Posted, post


class Clients(Posted):
    """POST `/staff/{account}/clients`: public ids. `find` is what was looked for, for the form to show again."""

    add: Chosen = ()
    department: str = ""
    remove: Chosen = ()
    find: str = ""


class Move(Posted):
    """POST `/staff/{account}/clients/move`: public ids of departments."""

    origin: str = ""
    target: str = ""


@signed_in
async def save(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Clients) -> dict[str, Any]:
        await staff_clients.save(connection, actor, account, posted.add, posted.department, posted.remove)
        return {"added": list(posted.add), "removed": list(posted.remove)}

    where = f"/staff/{account}/clients?done=saved"
    return await post(request, actor, "save_staff_clients", Clients, act, clients_again, where)


@signed_in
async def move(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Move) -> dict[str, Any]:
        return {"moved": await staff_clients.move(connection, actor, account, posted.origin, posted.target)}

    where = f"/staff/{account}/clients?done=moved"
    return await post(request, actor, "move_staff_clients", Move, act, clients_again, where)
