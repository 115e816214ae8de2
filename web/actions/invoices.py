"""Invoices, by the staff: write, issue, make void, waive, send; payments at the desk, and what goes back."""

from typing import Any

from aiohttp import web

from people.access import Actor
from portal import invoices, payments
from records.database import Connection
from web.auth import signed_in
from web.face import fields_of, wants_json
from web.pages.invoices import again, new_again, settings_again
from web.posting import Flag, Posted, Several, Text, post, post_about


class Written(Posted):
    """POST `/invoices/{invoice}`: a draft written anew; `issue` issues what was sent in the same transaction, and
    `mail` then tells the client. The lines come as three columns of the same length; empty ones are left out."""

    description: Several | None = None
    quantity: Several | None = None
    price: Several | None = None
    note: Text = ""
    version: str | None = None
    issue: Flag = False
    mail: Flag = False

    def lines(self) -> list[invoices.Line]:
        sent = [each or [] for each in (self.description, self.quantity, self.price)]
        width = max(len(each) for each in sent)
        columns = [[*each, *[""] * width][:width] for each in sent]
        return [invoices.Line(*(str(one)[:1000] for one in row)) for row in zip(*columns, strict=True)]


class New(Written):
    """POST `/invoices`: a draft for a client's file (`client`, a public id); `issue` and `mail` as above."""

    client: str = ""


class Recorded(Posted):
    """POST `/invoices/{invoice}/payments`: what was paid at the desk."""

    amount: Text = ""
    method: str = ""
    note: Text = ""


class Returned(Posted):
    """POST `/invoices/{invoice}/payments/{payment}/refund`"""

    amount: Text = ""
    reason: Text = ""
    owed_again: Flag = False


class Waived(Posted):
    """POST `/invoices/{invoice}/waive`: whether the client may visit before they pay."""

    waived: Flag = True


class Billing(Posted):
    """POST `/invoices/settings`"""

    billing_text: Text = ""
    currency: Text = ""


@signed_in
async def create(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: New) -> dict[str, Any]:
        made = await invoices.create(connection, actor, posted.client, posted.lines(), posted.note)
        return {"invoice": made["public_id"], "done": await _issue(connection, actor, made["public_id"], posted)}

    fields = await fields_of(request)
    if _one_more_line(request, fields):
        return await new_again(request, actor, fields, None)
    return await post(request, actor, "create_invoice", New, act, new_again, _on_to, fields)


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    invoice = request.match_info["invoice"]

    async def act(connection: Connection, posted: Written) -> dict[str, Any]:
        await invoices.change(connection, actor, invoice, posted.lines(), posted.note, posted.version)
        return {"invoice": invoice, "done": await _issue(connection, actor, invoice, posted)}

    fields = await fields_of(request)
    if _one_more_line(request, fields):
        return await again(request, actor, fields, None)
    return await post(request, actor, "change_invoice", Written, act, again, _on_to, fields)


async def _issue(connection: Connection, actor: Actor, invoice: str, posted: Written) -> str:
    """Issue what was just written, if that was asked for, and mail it; what was done."""
    if not posted.issue:
        return "saved"
    await invoices.issue(connection, actor, invoice)
    if not posted.mail:
        return "issued"
    await invoices.send(connection, actor, invoice)
    return "issued_and_sent"


def _one_more_line(request: web.Request, fields: dict[str, Any]) -> bool:
    """Whether the form is to come back with one more line: how pages without scripts ask for it. Nothing is saved."""
    return "line" in fields and not wants_json(request)


def _on_to(body: dict[str, Any]) -> str:
    return f"/invoices/{body['invoice']}?done={body['done']}"


@signed_in
async def issue(request: web.Request, actor: Actor) -> web.StreamResponse:
    there = _there(request, "issued")
    return await post_about(request, actor, "issue_invoice", invoices.issue, "invoice", again, there, {})


@signed_in
async def void(request: web.Request, actor: Actor) -> web.StreamResponse:
    there = _there(request, "void")
    return await post_about(request, actor, "void_invoice", invoices.void, "invoice", again, there, {})


@signed_in
async def waive(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Waived) -> dict[str, Any]:
        await invoices.waive(connection, actor, request.match_info["invoice"], posted.waived)
        return {"waived": posted.waived}

    return await post(request, actor, "waive_invoice", Waived, act, again, _there(request, "waived"))


@signed_in
async def send(request: web.Request, actor: Actor) -> web.StreamResponse:
    there = _there(request, "sent")
    return await post_about(request, actor, "send_invoice", invoices.send, "invoice", again, there, {})


@signed_in
async def record(request: web.Request, actor: Actor) -> web.StreamResponse:
    invoice = request.match_info["invoice"]

    async def act(connection: Connection, posted: Recorded) -> dict[str, Any]:
        made = await payments.record(connection, actor, invoice, posted.amount, posted.method, posted.note)
        return {"payment": made["public_id"]}

    return await post(request, actor, "record_payment", Recorded, act, again, _there(request, "paid"))


@signed_in
async def give_back(request: web.Request, actor: Actor) -> web.StreamResponse:
    payment = request.match_info["payment"]

    async def act(connection: Connection, posted: Returned) -> dict[str, Any]:
        made = await payments.give_back(
            connection, actor, payment, posted.amount, posted.reason, posted.owed_again, request.match_info["invoice"]
        )
        return {"refund": made["public_id"], "method": made["method"]}

    def there(body: dict[str, Any]) -> str:
        return _there(request, "back_to_card" if body["method"] == "card" else "given_back")

    return await post(request, actor, "give_back", Returned, act, again, there)


@signed_in
async def set_billing(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Billing) -> dict[str, Any]:
        await invoices.set_billing(connection, actor, posted.billing_text, posted.currency)
        return {}

    return await post(request, actor, "set_billing", Billing, act, settings_again, "/invoices/settings?done=saved")


def _there(request: web.Request, done: str) -> str:
    return f"/invoices/{request.match_info['invoice']}?done={done}"
