"""Paying by card: begin, and come back; and what Stripe itself tells (`/hooks/stripe`)."""

import structlog
from aiohttp import web

from people.access import Actor
from people.errors import NotFound
from portal import card_payments, stripe_events
from portal.errors import CardsOff, Settled
from portal.stripe_cards import Refused
from web.auth import visiting
from web.face import answer, fields_of, wants_json
from web.keys import CARDS, DATABASE, SETTINGS
from web.limits import allow
from web.pages.payments import again

log = structlog.get_logger()
largest_event = 256 * 1024


@visiting
async def begin(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/invoices/{invoice}/pay`: one card payment of what is due, to be confirmed on the next page. Sent
    twice it is the same one."""
    await fields_of(request)
    invoice, cards = request.match_info["invoice"], request.app[CARDS]
    await allow(request, "pay", actor.public_id)
    try:
        await card_payments.prepare(request.app[DATABASE], cards, actor, invoice)
    except (Settled, CardsOff) as error:
        if wants_json(request):
            raise
        return await again(request, actor, {}, error)
    return answer(request, f"/account/invoices/{invoice}/pay", {"invoice": invoice})


@visiting
async def done(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/invoices/{invoice}/pay/done`: the payer's browser says that Stripe has answered it. We ask Stripe
    ourselves, rather than believe it or wait for the event."""
    invoice, cards = request.match_info["invoice"], request.app[CARDS]
    async with request.app[DATABASE].transaction(actor) as connection:
        waiting = await card_payments.open_intent(connection, actor, invoice)
    if waiting is not None and cards is not None:
        try:
            standing = await cards.look(waiting["intent"])
            await card_payments.settle(request.app[DATABASE], actor, waiting["id"], standing)
        except (CardsOff, Refused) as error:
            log.warning("stripe.unasked", reason=type(error).__name__)  # the event or the sweep will tell
    return answer(request, f"/account/invoices/{invoice}?done=asked", {"invoice": invoice})


async def hear(request: web.Request) -> web.StreamResponse:
    """POST `/hooks/stripe`: an event, signed over the raw body. What was heard is answered 200, also what concerns
    nothing of ours; what bears no good signature of now 400; and while we cannot write it down 503, so that Stripe
    tells it again."""
    secret = request.app[SETTINGS].stripe_webhook_secret
    if secret is None:
        raise NotFound
    body = await request.content.read(largest_event + 1)
    while len(body) <= largest_event and (more := await request.content.read(largest_event + 1 - len(body))):
        body += more
    if len(body) > largest_event:
        raise web.HTTPRequestEntityTooLarge(max_size=largest_event, actual_size=len(body))
    try:
        async with request.app[DATABASE].system() as connection:
            now = await stripe_events.now(connection)
        event = stripe_events.read(body, request.headers.get("Stripe-Signature", ""), secret, now)
    except stripe_events.Unsigned:
        log.warning("stripe.unsigned")
        return web.json_response({"error": "unsigned"}, status=400)
    verdict = await stripe_events.hear(request.app[DATABASE], event)
    log.info("stripe.heard", kind=event.kind, verdict=verdict)
    return web.json_response({"verdict": verdict})
