"""Send forms to clients, remind them, and take a form back (R-145)."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from people.access import Actor, may_build_forms, require
from people.errors import Invalid
from portal import intake_forms, intakes
from portal.intakes import Sent
from records.database import Connection
from web.auth import signed_in
from web.pages.sent_forms import of_client_again, send_again
from web.posting import Posted, Several, post

SENT = "/organization/portal/forms/sent"


class ToSend(Posted):
    """POST `/clients/{client}/forms`: `forms` are public ids; so are the `clients` of POST `…/forms/send`."""

    forms: Several | None = None
    clients: Several | None = None


class Step(Posted):
    """POST `/intakes/{intake}/withdraw` and `…/remind`; `back` says on which page it was pressed."""

    back: str = ""


@signed_in
async def send(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: ToSend) -> dict[str, Any]:
        require(may_build_forms(actor))
        forms = await _forms(connection, posted)
        files = await intakes.files_of(connection, posted.clients or [])
        return _told(await intakes.send(connection, actor, files, forms))

    def on(body: dict[str, Any]) -> str:
        clients = len({one["client"] for one in body["sent"]})
        return f"{SENT}?{urlencode({'done': 'sent', 'sent': clients, 'skipped': len(body['skipped'])})}"

    return await post(request, actor, "send_forms", ToSend, act, send_again, on)


@signed_in
async def send_to_client(request: web.Request, actor: Actor) -> web.StreamResponse:
    client = request.match_info["client"]

    async def act(connection: Connection, posted: ToSend) -> dict[str, Any]:
        file = await intakes.client_of(connection, actor, client)
        require(await intakes.may_send_to(connection, actor, file))
        return _told(await intakes.send(connection, actor, [file["id"]], await _forms(connection, posted)))

    return await post(request, actor, "send_forms", ToSend, act, of_client_again, f"/clients/{client}/forms?done=sent")


@signed_in
async def withdraw(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Step) -> dict[str, Any]:
        client = await intakes.withdraw(connection, actor, request.match_info["intake"])
        return {"client": client, "back": posted.back}

    return await post(request, actor, "withdraw_intake", Step, act, None, lambda body: _back(body, "withdrawn"))


@signed_in
async def remind(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Step) -> dict[str, Any]:
        client = await intakes.remind(connection, actor, request.match_info["intake"])
        return {"client": client, "back": posted.back}

    return await post(request, actor, "remind_intake", Step, act, None, lambda body: _back(body, "reminded"))


async def _forms(connection: Connection, posted: ToSend) -> list[int]:
    if not posted.forms:
        raise Invalid("Choose at least one form.", field="forms")
    return await intake_forms.choose(connection, posted.forms)


def _told(sent: Sent) -> dict[str, Any]:
    rows = [{"intake": row["public_id"], "client": row["client"]} for row in sent.intakes]
    return {"sent": rows, "skipped": [{"name": one.name, "reason": one.reason} for one in sent.skipped]}


def _back(body: dict[str, Any], done: str) -> str:
    page = SENT if body["back"] == "sent" else f"/clients/{body['client']}/forms"
    return f"{page}?done={done}"
