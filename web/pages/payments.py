"""A client's own invoices, balance and payments (R-120, R-121), and the page on which they type their card (R-160)."""

from typing import Any

from aiohttp import web

from dispatch import sessions
from people import entitlements
from people.access import Actor, may_pay
from people.errors import NotFound, UserError
from portal import card_payments, invoice_papers, invoices, payments
from portal.errors import CardsOff
from portal.stripe_cards import Refused
from web.auth import signed_in, visiting
from web.keys import CARDS, DATABASE, SETTINGS
from web.pages.invoices import STATES, paper
from web.view import page


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/invoices`: those to pay first, the balance, and what was paid."""
    async with request.app[DATABASE].transaction(actor) as connection:
        rows = await invoices.all_own(connection, actor)
        balance = await invoices.balance(connection, actor)
        history = await payments.history(connection, actor)
        billing = (await entitlements.features(connection)).payments
    values: dict[str, Any] = {"rows": rows, "balance": balance, "history": history, "methods": payments.METHODS}
    cards = request.app[CARDS] is not None and billing
    return page(request, "payments/list.html", states=STATES, cards=cards, billing=billing, **values)


@visiting
async def invoice(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/invoices/{invoice}`: one's own; also for whoever came by the direct link to its session."""
    return await again(request, actor, {}, None)


async def again(request: web.Request, actor: Actor, _: dict[str, Any], error: UserError | None) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        shown = await invoices.own(connection, actor, request.match_info["invoice"])
        values: dict[str, Any] = {
            "lines": await invoices.lines(connection, shown),
            "payments": [one for one in await payments.of_invoice(connection, shown) if one["state"] != "cancelled"],
            "refunds": await payments.refunds_of(connection, shown),
        }
        billing = (await entitlements.features(connection)).payments
    return page(
        request,
        "payments/invoice.html",
        actor=actor,
        error=error,
        invoice=shown,
        states=STATES,
        methods=payments.METHODS,
        cards=request.app[CARDS] is not None and billing,
        billing=billing,
        done=request.query.get("done"),
        **values,
    )


@visiting
async def of_session(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/sessions/{session}/invoice`: on to one's own invoice for that session."""
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.find(connection, actor, request.match_info["session"])
        shown = await invoices.of_session(connection, actor, session)
    if shown is None or not may_pay(actor, shown):
        raise NotFound
    raise web.HTTPSeeOther(location=f"/account/invoices/{shown['public_id']}")


@visiting
async def pdf(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/invoices/{invoice}/pdf`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        shown = await invoices.own(connection, actor, request.match_info["invoice"])
        data = await invoice_papers.data(connection, shown)
    return await paper(request, actor, shown, data)


@visiting
async def card(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/invoices/{invoice}/pay`: Stripe's own fields for the card, loaded nowhere else. Without a payment that
    was begun it leads back to the invoice."""
    public_id = request.match_info["invoice"]
    async with request.app[DATABASE].transaction(actor) as connection:
        shown = await invoices.own(connection, actor, public_id)
        await entitlements.require(connection, invoices.FEATURE)
        waiting = await card_payments.open_intent(connection, actor, public_id)
    cards = request.app[CARDS]
    if waiting is None or cards is None or waiting["amount"] != shown["due"]:
        raise web.HTTPSeeOther(location=f"/account/invoices/{public_id}")
    try:
        standing = await cards.look(waiting["intent"])
    except Refused as error:
        raise CardsOff from error
    if standing.state != "pending":
        raise web.HTTPSeeOther(location=f"/account/invoices/{public_id}?done=asked")
    settings = request.app[SETTINGS]
    return page(
        request,
        "payments/card.html",
        actor=actor,
        invoice=shown,
        secret=standing.secret,
        failure=standing.failure,
        stripe_key=settings.stripe_publishable_key,
        stripe_script=settings.stripe_script,
    )
