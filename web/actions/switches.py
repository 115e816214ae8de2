"""Session requests on or off, and questions to the operator (A-25)."""

from typing import Any

from aiohttp import web

from dispatch import operator, switches
from people.access import Actor
from people.errors import NotFound
from records.database import Connection
from web.auth import signed_in
from web.keys import SETTINGS
from web.pages.switches import operator_again, switches_again
from web.posting import Flag, Posted, Text, post


class Switch(Posted):
    """POST `/organization/requests` and `/organization/hosts/{host}/requests`."""

    on: Flag


class Question(Posted):
    """POST `/organization/operator`. `subject` is one of those that the form offers."""

    subject: str = ""
    text: Text = ""


@signed_in
async def organization(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Switch) -> dict[str, Any]:
        await switches.switch_organization(connection, actor, posted.on)
        return {"on": posted.on}

    return await post(request, actor, "switch_organization", Switch, act, switches_again, _switched)


@signed_in
async def host(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Switch) -> dict[str, Any]:
        await switches.switch_host(connection, actor, request.match_info["host"], posted.on)
        return {"on": posted.on}

    return await post(request, actor, "switch_host", Switch, act, switches_again, _switched)


def _switched(body: dict[str, Any]) -> str:
    return f"/organization/requests?done={'on' if body['on'] else 'off'}"


@signed_in
async def ask_operator(request: web.Request, actor: Actor) -> web.StreamResponse:
    address = request.app[SETTINGS].operator_email
    if address is None:
        raise NotFound

    async def act(connection: Connection, posted: Question) -> dict[str, Any]:
        await operator.ask(connection, actor, address, posted.subject, posted.text)
        return {"sent": True}

    where = "/organization/operator?done=asked"
    return await post(request, actor, "ask_operator", Question, act, operator_again, where)
