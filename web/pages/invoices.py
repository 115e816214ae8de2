"""Invoices for the staff: the list, one invoice, a new one, a client's, and what invoices say of the organization."""

from typing import Any

from aiohttp import web

from people import client_list, clients, entitlements
from people.access import Actor, may_bill, may_manage_invoice, require
from people.errors import EditedMeanwhile, UserError
from portal import invoice_papers, invoices, money, payments
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import CARDS, DATABASE, PAPERS
from web.limits import allow
from web.view import page

STATES = {"draft": "Draft", "issued": "Open", "paid": "Paid", "refunded": "Refunded", "void": "Void"}
NEW_LINE = {"description": "", "quantity": "", "price": ""}


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invoices`: newest first; `state`, `search` (a number or the beginning of a name) and `before` choose."""
    state = request.query.get("state", "")
    state = state if state in STATES else ""
    search, before = request.query.get("search", "")[:100], request.query.get("before") or None
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await invoices.listed(connection, actor, state or None, search, before)
        sums = await invoices.sums(connection, actor)
        billing = (await entitlements.features(connection)).payments
    asked: dict[str, Any] = {"state": state, "search": search, "before": before, "billing": billing}
    return page(request, "invoices/list.html", found=found, sums=sums, states=STATES, **asked)


@signed_in
async def new(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invoices/new`: `client` (a file's public id) chooses for whom; without it, `search` looks for them."""
    return await new_again(request, actor, {}, None)


async def new_again(request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None) -> web.Response:
    require(may_bill(actor))
    client = str(typed.get("client") or request.query.get("client", ""))
    search = request.query.get("search", "")[:100]
    async with request.app[DATABASE].transaction(actor) as connection:
        await entitlements.require(connection, invoices.FEATURE)
        file = await clients.find(connection, actor, client) if client else None
        require(file is None or may_manage_invoice(actor, file))
        found = await client_list.files(connection, actor, True, search, "name", "") if search and not file else None
        currency = await invoices.currency(connection)
    return page(
        request,
        "invoices/new.html",
        error=error,
        lines=_typed_lines(typed),
        note=typed.get("note", ""),
        mail_it=_mail_it(typed),
        file=file,
        search=search,
        found=found.rows if found else [],
        currency=currency,
    )


@signed_in
async def invoice(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invoices/{invoice}`: a draft as a form; what was issued with its payments and what can be done."""
    return await again(request, actor, {}, None)


async def again(request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None) -> web.Response:
    """The page once more, with what was typed into one of its forms."""
    async with request.app[DATABASE].transaction(actor) as connection:
        shown = await invoices.find(connection, actor, request.match_info["invoice"])
        values = await _parts(connection, shown)
        billing = (await entitlements.features(connection)).payments
    manages = may_manage_invoice(actor, shown)
    drafting = shown["state"] == "draft" and manages and billing
    standing = [
        {"description": one["description"], "quantity": money.plain(one["quantity"]), "price": str(one["unit_price"])}
        for one in values["lines"]
    ]
    return page(
        request,
        "invoices/invoice.html",
        error=error,
        invoice=shown,
        manages=manages,
        drafting=drafting,
        billing=billing,
        rows=_typed_lines(typed) if "description" in typed else standing or [NEW_LINE],
        mail_it=_mail_it(typed),
        version=shown["version"] if isinstance(error, EditedMeanwhile) else typed.get("version", shown["version"]),
        note=typed.get("note", shown["note"]) if drafting else shown["note"],
        typed={name: str(typed.get(name, "")) for name in ("amount", "method", "note", "reason")},
        wrong_form="desk" if "method" in typed else str(typed.get("payment", "")),
        desk=payments.DESK,
        methods=payments.METHODS,
        states=STATES,
        done=request.query.get("done"),
        **values,
    )


async def _parts(connection: Connection, shown: Row) -> dict[str, Any]:
    return {
        "lines": await invoices.lines(connection, shown),
        "payments": await payments.of_invoice(connection, shown),
        "refunds": await payments.refunds_of(connection, shown),
        "history": await invoices.history(connection, shown),
    }


@signed_in
async def pdf(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invoices/{invoice}/pdf`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        shown = await invoices.find(connection, actor, request.match_info["invoice"])
        data = await invoice_papers.data(connection, shown)
    return await paper(request, actor, shown, data)


async def paper(request: web.Request, actor: Actor, shown: Row, data: dict[str, Any]) -> web.Response:
    """The invoice as a PDF, to be looked at or printed."""
    await allow(request, "paper", actor.public_id)
    content = await request.app[PAPERS].render("invoice", data)
    name = f"invoice-{shown['number'] or 'draft'}.pdf"
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        # For the browser's own viewer, which shows it to be printed.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'",
    }
    return web.Response(body=content, content_type="application/pdf", headers=headers)


@signed_in
async def of_client(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}/invoices`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        file, rows = await invoices.of_client(connection, actor, request.match_info["client"])
        may_add = may_manage_invoice(actor, file) and (await entitlements.features(connection)).payments
    return page(request, "invoices/client.html", file=file, rows=rows, states=STATES, may_add=may_add)


@signed_in
async def settings(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/invoices/settings`"""
    return await settings_again(request, actor, {}, None)


async def settings_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        standing = await invoices.billing(connection, actor)
    return page(
        request,
        "invoices/settings.html",
        error=error,
        organization_name=standing["name"],
        billing_text=typed.get("billing_text", standing["billing_text"]),
        currency=typed.get("currency", standing["currency"]),
        done=request.query.get("done"),
        cards=request.app[CARDS] is not None,
    )


def _typed_lines(typed: dict[str, Any]) -> list[dict[str, str]]:
    """The lines as they were sent, for the form; an empty one where none were, or where one more was asked for."""
    columns = [_column(typed.get(name)) for name in NEW_LINE]
    sent = [dict(zip(NEW_LINE, row, strict=True)) for row in zip(*columns, strict=False)]
    wanted = "line" in typed and len(sent) < invoices.most_lines
    return [*sent, dict(NEW_LINE)] if wanted or not sent else sent


def _mail_it(typed: dict[str, Any]) -> bool:
    """The tick beside Save and issue: set, until somebody takes it away (everybody has an address)."""
    return "mail" not in typed or "true" in _column(typed["mail"])


def _column(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]
