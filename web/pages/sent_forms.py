"""Forms that were sent: to whom, who has not done them, and one client's (R-008, R-145)."""

from typing import Any

from aiohttp import web

from people.access import Actor
from people.errors import UserError
from portal import intake_forms, intakes
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.intakes import told
from web.pages.organization import framed
from web.posting import as_list
from web.view import page

LISTS = {"open": "Not done yet", "completed": "Completed", "withdrawn": "Taken back"}


@signed_in
async def everybodys(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/forms/sent`: `list` is open, completed or withdrawn; `search` finds by client and form."""
    query = request.query
    which = query.get("list", "open") if query.get("list") in LISTS else "open"
    search, after = query.get("search", "")[:100], query.get("after", "")
    async with request.app[DATABASE].transaction(actor) as connection:
        rows = await intakes.sent(connection, actor, which, search, after)
    shown, more = rows[: intakes.page_size], len(rows) > intakes.page_size
    values = {"lists": LISTS, "which": which, "search": search, "rows": shown, "more": more}
    counts = {name: query.get(name, "0") for name in ("sent", "skipped")}
    return framed(request, actor, "intake_forms/sent.html", None, **values, counts=counts)


@signed_in
async def send(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/forms/send`: `forms` and `clients` are ticked already, `search` finds more clients."""
    chosen = {name: request.query.getall(name, []) for name in ("forms", "clients")}
    return await send_again(request, actor, {**chosen, "search": request.query.get("search", "")}, None)


async def send_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    search = str(typed.get("search", ""))[:100]
    async with request.app[DATABASE].transaction(actor) as connection:
        clients = await intakes.to_choose(connection, actor, search, as_list(typed.get("clients")))
        forms = await intake_forms.to_send(connection, actor)
    values = {"forms": forms, "ticked": as_list(typed.get("forms")), "clients": clients, "search": search}
    return framed(request, actor, "intake_forms/send.html", error, **values)


@signed_in
async def of_client(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}/forms`: what this client was sent, and for whoever may: more to send."""
    return await of_client_again(request, actor, {}, None)


async def of_client_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        file = await intakes.client_of(connection, actor, request.match_info["client"])
        rows = await intakes.of_client(connection, actor, file["public_id"])
        may_send = await intakes.may_send_to(connection, actor, file)
        forms = await _unsent(connection, actor, rows) if may_send and file["reachable"] else []
    return page(
        request,
        "clients/forms.html",
        file=file,
        rows=rows,
        may_send=may_send,
        forms=forms,
        ticked=as_list(typed.get("forms")),
        done=request.query.get("done"),
        error=error,
    )


@signed_in
async def answers(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}/forms/{intake}`: what the client answered, once the form is completed; looking is audited."""
    async with request.app[DATABASE].transaction(actor) as connection:
        file = await intakes.client_of(connection, actor, request.match_info["client"])
        row = await intakes.read_completed(connection, actor, request.match_info["intake"], file)
    return page(request, "clients/form.html", file=file, intake=row, sections=told(row))


async def _unsent(connection: Connection, actor: Actor, rows: list[Row]) -> list[Row]:
    """The forms that this client does not have before them."""
    having = {row["form_id"] for row in rows if row["state"] in ("sent", "started")}
    return [form for form in await intake_forms.to_send(connection, actor) if form["id"] not in having]
