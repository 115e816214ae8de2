"""Create a client's file, change it, and mail its owner the link again."""

from typing import Any

from aiohttp import web

from people import clients, lost_factors
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.clients import edit_again, new_again
from web.posting import Flag, Nothing, Posted, Several, Text, post, post_about


class NewClient(Posted):
    """POST `/clients`: R-027's four, who looks after the file (a department's public id, or empty), and practitioners
    as `practitioner:department`. `anyway`: the sender has seen whom it may be already (A-06)."""

    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    date_of_birth: Text = ""
    department: str = ""
    practitioners: Several | None = None
    anyway: Flag = False

    def data(self) -> clients.Data:
        return clients.Data(self.first_name, self.last_name, self.email, self.date_of_birth, self.department)


class ChangedClient(NewClient):
    """POST `/clients/{client}`. `active` is the check of R-035 and R-036. What is left out of `active` and
    `practitioners` stays as it is."""

    active: Flag | None = None
    version: str | None = None


@signed_in
async def create(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: NewClient) -> dict[str, Any]:
        made = await clients.create(connection, actor, posted.data(), posted.practitioners or [], posted.anyway)
        return {"client": made["public_id"]}

    def file(body: dict[str, Any]) -> str:
        return f"/clients/{body['client']}?done=created"

    return await post(request, actor, "create_client", NewClient, act, new_again, file)


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    client = request.match_info["client"]

    async def act(connection: Connection, posted: ChangedClient) -> dict[str, Any]:
        values = (posted.data(), posted.practitioners, posted.active, posted.version)
        await clients.change(connection, actor, client, *values)
        return {"client": client}

    return await post(request, actor, "change_client", ChangedClient, act, edit_again, f"/clients/{client}?done=saved")


@signed_in
async def send_setup_link(request: web.Request, actor: Actor) -> web.StreamResponse:
    here = f"/clients/{request.match_info['client']}?done=sent"
    return await post_about(request, actor, "send_setup_link", clients.send_setup_link, "client", None, here)


@signed_in
async def drop_second_factor(request: web.Request, actor: Actor) -> web.StreamResponse:
    client = request.match_info["client"]

    async def act(connection: Connection, _: Nothing) -> dict[str, Any]:
        file = await clients.find(connection, actor, client)
        async with request.app[DATABASE].system() as ways_in:
            await lost_factors.drop(ways_in, actor, file["account_id"])
        return {"client": client}

    location = f"/clients/{client}?done=dropped"
    return await post(request, actor, "drop_second_factor", Nothing, act, None, location)
