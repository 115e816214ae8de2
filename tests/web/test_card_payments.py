"""Card payments over HTTP, against a stand-in for Stripe that remembers (R-160, R-161, R-211; K-16, A-29)."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from dispatch import direct_links
from portal import card_payments
from portal.card_payments import CardRefunds
from portal.errors import CardsOff
from portal.stripe_cards import Cards
from portal.stripe_events import Event
from portal.stripe_sweep import StripeSweep
from records.database import Connection, Database, House, Row
from records.provision import Place
from tests.dispatch.factories import booked_session
from tests.portal.money import billed, body_of, intent_of, seconds, state
from tests.portal.test_stripe_events import signed
from tests.stripe_stand_in import DECLINED, StripeStandIn
from tests.support import actor, eventually
from tests.web.conftest import Site, Visitor, serving
from tests.web.live_client import connect


@pytest.fixture
def settings(stripe_stand_in: StripeStandIn) -> dict[str, Any]:
    return stripe_stand_in.settings


@pytest.fixture
async def cards(stripe_stand_in: StripeStandIn) -> AsyncIterator[Cards]:
    made = Cards(stripe_stand_in.settings["stripe_secret_key"], stripe_stand_in.url)
    yield made
    await made.close()


@pytest.fixture
async def invoice(database: Database, owner: Connection) -> Row:
    return await billed(database, owner)


def path(invoice: Row) -> str:
    return f"/account/invoices/{invoice['public_id']}"


async def begin(chloe: Visitor, invoice: Row, owner: Connection) -> str:
    """She presses Pay by card; the intent."""
    answer = await chloe.post(f"{path(invoice)}/pay")
    assert answer.status == 200, await answer.text()
    return str(await owner.fetchval("SELECT intent FROM payment WHERE invoice_id = $1 ORDER BY id DESC", invoice["id"]))


async def test_r160_r161_r211_a_client_pays_and_both_sides_hear_of_it_by_the_webhook_alone(
    site: Site, stripe_stand_in: StripeStandIn, owner: Connection, invoice: Row
) -> None:
    await stripe_stand_in.tell(f"{site.url}/hooks/stripe")
    chloe = await site.visitor("chloe")
    shown = await (await chloe.get(path(invoice))).text()
    assert "60.00 EUR" in shown and "Pay by card" in shown and "js.stripe.com" not in shown
    assert (await chloe.get(f"{path(invoice)}/pay", allow_redirects=False)).status == 303
    intent = await begin(chloe, invoice, owner)
    assert intent == await begin(chloe, invoice, owner)
    card = await chloe.get(f"{path(invoice)}/pay")
    text, policy = await card.text(), card.headers["Content-Security-Policy"]
    assert f'src="{stripe_stand_in.url}/js.stripe.com/v3/"' in text and f"{intent}_secret_" in text
    assert f"script-src 'self' {stripe_stand_in.url};" in policy and "unsafe" not in policy
    elsewhere = (await chloe.get(path(invoice))).headers["Content-Security-Policy"]
    assert stripe_stand_in.url not in elsewhere and "script-src" not in elsewhere
    await stripe_stand_in.confirm(intent)

    async def paid() -> bool:
        return (await state(owner, invoice))["state"] == "paid"

    await eventually(paid)
    told = await owner.fetch(
        "SELECT kind, recipient FROM mail WHERE kind IN ('payment', 'receipt') ORDER BY kind, recipient"
    )
    assert [tuple(row.values()) for row in told] == [
        ("payment", "ana@harbor.example"),
        ("payment", "olivia@harbor.example"),
        ("receipt", "chloe@harbor.example"),
    ]
    listed = await (await chloe.get("/account/invoices")).text()
    assert "Nothing is to be paid just now." in listed and "Card" in listed
    again = await chloe.post(f"{path(invoice)}/pay")
    assert (again.status, (await again.json())["error"]) == (409, "settled")
    mails = "SELECT body_text FROM mail WHERE kind = 'payment' AND sent_at IS NOT NULL LIMIT 1"
    body = await eventually(lambda: owner.fetchval(mails))
    assert "60.00 EUR" in body and "Chloe" not in body


async def test_r160_a_declined_card_charges_nothing_and_may_be_tried_again(
    site: Site, stripe_stand_in: StripeStandIn, owner: Connection, invoice: Row
) -> None:
    chloe = await site.visitor("chloe")
    intent = await begin(chloe, invoice, owner)
    await stripe_stand_in.confirm(intent, DECLINED)
    assert (await chloe.post(f"{path(invoice)}/pay/done")).status == 200
    assert (await state(owner, invoice))["state"] == "issued"
    assert "Your card was declined" in await (await chloe.get(f"{path(invoice)}/pay")).text()
    assert await begin(chloe, invoice, owner) == intent


async def test_k16_without_the_event_the_payers_return_and_the_sweep_ask_stripe_themselves(
    site: Site, stripe_stand_in: StripeStandIn, owner: Connection, invoice: Row, database: Database, cards: Cards
) -> None:
    await stripe_stand_in.tell("http://127.0.0.1:9/nobody")
    chloe = await site.visitor("chloe")
    intent = await begin(chloe, invoice, owner)
    await chloe.post(f"{path(invoice)}/pay/done")
    assert (await state(owner, invoice))["state"] == "issued"
    await stripe_stand_in.confirm(intent)
    sweep = StripeSweep(database, cards)
    await sweep.sweep()
    assert (await state(owner, invoice))["state"] == "issued", "too early to wonder"
    sweep.grace = timedelta(0)
    await asyncio.gather(sweep.sweep(), sweep.sweep())
    assert (await state(owner, invoice))["state"] == "paid"
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'receipt'") == 1


async def test_k16_an_intent_that_is_not_to_be_paid_any_more_is_called_off(
    site: Site, stripe_stand_in: StripeStandIn, owner: Connection, invoice: Row, database: Database, cards: Cards
) -> None:
    chloe, olivia = await site.visitor("chloe"), await site.visitor("olivia")
    intent = await begin(chloe, invoice, owner)
    desk = f"/invoices/{invoice['public_id']}/payments"
    assert (await olivia.post(desk, amount="20", method="cash")).status == 200
    other = await begin(chloe, invoice, owner)
    assert other != intent
    assert (await stripe_stand_in.ask("GET", f"/v1/payment_intents/{intent}"))["status"] == "canceled"
    assert (await stripe_stand_in.ask("GET", f"/v1/payment_intents/{other}"))["amount"] == 4000
    assert (await olivia.post(desk, amount="40", method="cash")).status == 200
    sweep = StripeSweep(database, cards)
    sweep.grace = timedelta(0)
    await sweep.sweep()
    assert (await stripe_stand_in.ask("GET", f"/v1/payment_intents/{other}"))["status"] == "canceled"
    states = await owner.fetch("SELECT state::text FROM payment WHERE method = 'card'")
    assert {row["state"] for row in states} == {"cancelled"}


async def test_k16_while_stripe_is_away_nothing_is_charged_and_afterwards_it_is_one_payment(
    stripe_stand_in: StripeStandIn, owner: Connection, invoice: Row, database: Database, cards: Cards
) -> None:
    chloe, away = await actor(database, "chloe"), Cards("sk_test_words", "http://127.0.0.1:9")
    for _ in range(2):
        with pytest.raises(CardsOff):
            await card_payments.prepare(database, away, chloe, invoice["public_id"])
    await away.close()
    assert (await state(owner, invoice))["state"] == "issued"
    several = (card_payments.prepare(database, cards, chloe, invoice["public_id"]) for _ in range(3))
    assert len({one.intent for one in await asyncio.gather(*several)}) == 1, "every window shows the same"
    assert await owner.fetchval("SELECT count(*) FROM payment") == 1


async def test_a_refund_by_card_goes_back_once_however_often_it_is_asked_for(
    site: Site, stripe_stand_in: StripeStandIn, owner: Connection, invoice: Row, database: Database, cards: Cards
) -> None:
    chloe, olivia = await site.visitor("chloe"), await site.visitor("olivia")
    intent = await begin(chloe, invoice, owner)
    await stripe_stand_in.confirm(intent)
    await chloe.post(f"{path(invoice)}/pay/done")
    payment = await owner.fetchval("SELECT public_id FROM payment")
    back = f"/invoices/{invoice['public_id']}/payments/{payment}/refund"
    assert (await olivia.post(back, amount="25", key="a-key-of-eight")).status == 200
    assert (await olivia.post(back, amount="25", key="a-key-of-eight")).status == 200
    assert (await olivia.post(back, amount="35.01")).status == 409
    done = "SELECT count(*) = 1 AND bool_and(state = 'succeeded') FROM refund"
    await eventually(lambda: owner.fetchval(done))
    await owner.execute(
        "UPDATE refund SET state = 'pending'"
    )  # as after a crash between Stripe's answer and our commit
    refund_id = await owner.fetchval("SELECT id FROM refund")
    await CardRefunds(database, cards).give_back(refund_id)
    made = await stripe_stand_in.ask("GET", f"/v1/refunds?payment_intent={intent}")
    assert [one["amount"] for one in made["data"]] == [2500]
    assert await state(owner, invoice) == {
        "state": "paid",
        "paid": "60.00",
        "refunded": "25.00",
        "due": "0",
        "surplus": "0",
    }
    assert "25.00 EUR given back" in await (await chloe.get(path(invoice))).text()


async def test_k16_the_hook_believes_only_what_is_signed_and_answers_what_it_does_not_know(
    site: Site, owner: Connection, invoice: Row
) -> None:
    chloe = await site.visitor("chloe")
    await begin(chloe, invoice, owner)
    payment = await owner.fetchrow(
        "SELECT payment.public_id, payment.intent, payment.amount, invoice.currency, invoice.public_id AS invoice, "
        "organization.public_id AS organization FROM payment JOIN invoice ON invoice.id = invoice_id "
        "JOIN organization ON organization.id = payment.organization_id"
    )
    body = body_of(Event("evt_hook", "payment_intent.succeeded", intent_of(payment)))
    stranger = await site.visitor()

    async def post(content: bytes, header: str) -> tuple[int, dict[str, Any]]:
        answer = await stranger.session.post("/hooks/stripe", data=content, headers={"Stripe-Signature": header})
        return answer.status, await answer.json()

    now = seconds()
    for content, header in ((body, ""), (body, signed(body, now, "whsec_else")), (body, signed(body, now + 900))):
        assert (await post(content, header))[0] == 400
    assert (await state(owner, invoice))["state"] == "issued"
    assert await post(body, signed(body, now)) == (200, {"verdict": "applied"})
    assert await post(body, signed(body, now)) == (200, {"verdict": "repeated"})
    unknown = body_of(Event("evt_unknown", "invoice.paid", {"id": "in_1"}))
    assert await post(unknown, signed(unknown, now)) == (200, {"verdict": "ignored"})
    large = b" " * (300 * 1024)
    answer = await stranger.session.post("/hooks/stripe", data=large, headers={"Stripe-Signature": signed(large, now)})
    assert answer.status == 413
    assert (await state(owner, invoice))["paid"] == "60.00"


async def test_a29_without_keys_there_is_no_hook_and_the_desk_marks_it_paid(
    place: Place, owner: Connection, invoice: Row
) -> None:
    async with serving(place, {}) as site:
        chloe, olivia, sam = [await site.visitor(name) for name in ("chloe", "olivia", "sam")]
        stranger = await site.visitor()
        assert (await stranger.session.post("/hooks/stripe", data=b"{}")).status == 404
        shown = await (await chloe.get(path(invoice))).text()
        assert "Pay by card" not in shown and "pay at the clinic" in shown
        refused = await chloe.post(f"{path(invoice)}/pay")
        assert (refused.status, (await refused.json())["error"]) == (503, "cards_off")
        closed = await chloe.get(f"/sessions/{invoice['session']}")
        assert "Please pay first" in await closed.text()
        knock = await chloe.post(f"/sessions/{invoice['session']}/knock", name="Chloe")
        assert (knock.status, (await knock.json())["error"]) == (402, "pay_first")
        managed = await (await sam.get(f"/sessions/{invoice['session']}/manage")).text()
        assert f"/invoices/{invoice['public_id']}" in managed and "not paid" in managed
        assert (await sam.post(f"/invoices/{invoice['public_id']}/void")).status == 404
        desk = f"/invoices/{invoice['public_id']}/payments"
        assert (await sam.post(desk, amount="60", method="cash", key="a-key-of-eight")).status == 200
        assert (await sam.post(desk, amount="60", method="cash", key="a-key-of-eight")).status == 200
        assert "Please pay first" not in await (await chloe.get(f"/sessions/{invoice['session']}")).text()
        paper = await (await chloe.get(f"{path(invoice)}/pdf")).read()
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
        assert "Invoice 1" in text and "60.00 EUR" in text and "Chloe Adams" in text and "Harbor Health" in text
        listed = await (await olivia.get("/invoices?search=chl&state=paid")).text()
        assert listed.count('data-testid="invoice"') == 1
        assert 'data-testid="invoice"' not in await (await olivia.get("/invoices?search=zzz")).text()


async def test_a_form_that_is_refused_comes_again_with_what_was_typed(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    file = await owner.fetchval(
        "SELECT client.public_id FROM client JOIN account ON account.id = account_id WHERE account.email = $1",
        "chloe@harbor.example",
    )
    lines = [("client", file), ("description", "<b>Report</b>"), ("quantity", "2"), ("price", "twelve")]
    lines += [("description", ""), ("quantity", "1"), ("price", "")]
    headers = {"Origin": site.url}
    answer = await olivia.session.post("/invoices", data=lines, headers=headers, allow_redirects=False)
    text = await answer.text()
    assert answer.status == 422 and "Please give an amount like 40 or 12.50." in text
    assert 'value="&lt;b&gt;Report&lt;/b&gt;"' in text and 'value="twelve"' in text
    lines[3] = ("price", "12,50")
    answer = await olivia.session.post(
        "/invoices", data=[*lines, ("issue", "true")], headers=headers, allow_redirects=False
    )
    assert answer.status == 303
    text = await (await olivia.get(answer.headers["Location"])).text()
    assert "Invoice 1" in text and "25.00 EUR" in text and "The invoice is issued" in text
    chloe = await site.visitor("chloe")
    assert "Invoice 1" in await (await chloe.get("/account/invoices")).text()
    assert "Invoice 1" in await (await olivia.get(f"/clients/{file}/invoices")).text()


async def test_a29_a_prospect_sees_and_pays_by_the_direct_link_and_nothing_else(
    site: Site, stripe_stand_in: StripeStandIn, database: Database, owner: Connection, invoice: Row
) -> None:
    await owner.execute("UPDATE invoice SET account_id = (SELECT visitor_id FROM session LIMIT 1), client_id = NULL")
    await owner.execute("UPDATE session SET client_id = NULL; DELETE FROM association")
    await owner.execute("DELETE FROM client WHERE email = 'chloe@harbor.example'")
    await owner.execute("UPDATE account SET state = 'pending', password_hash = NULL WHERE username = 'chloe'")
    session = await owner.fetchrow("SELECT * FROM session WHERE id = $1", invoice["session_id"])
    async with database.transaction(House(session["organization_id"])) as connection:
        token = await direct_links.make(connection, session["id"], session["visitor_id"])
    visitor = await site.visitor()
    await visitor.get(f"/join/{token}", allow_redirects=False)
    assert (await visitor.post("/join")).status == 200
    closed = await (await visitor.get(f"/sessions/{invoice['session']}")).text()
    assert "Please pay first" in closed and path(invoice) in closed
    knock = await visitor.post(f"/sessions/{invoice['session']}/knock", name="Chloe")
    assert (await knock.json())["error"] == "pay_first"
    shown = await visitor.get(path(invoice))
    assert shown.status == 200 and "Pay by card" in await shown.text()
    assert (await visitor.get(f"{path(invoice)}/pdf")).content_type == "application/pdf"
    assert (await visitor.get("/account/invoices")).status == 404
    intent = await begin(visitor, invoice, owner)
    await stripe_stand_in.confirm(intent)
    assert (await visitor.post(f"{path(invoice)}/pay/done")).status == 200
    assert (await state(owner, invoice))["state"] == "paid"
    assert "Please pay first" not in await (await visitor.get(f"/sessions/{invoice['session']}")).text()
    await owner.execute("UPDATE invoice SET session_id = NULL WHERE id = $1", invoice["id"])
    assert (await visitor.get(path(invoice))).status == 404, "another of theirs is not this link's"


async def test_a_desk_payment_is_on_the_clients_dashboard_at_once(site: Site, owner: Connection, invoice: Row) -> None:
    chloe, sam = await site.visitor("chloe"), await site.visitor("sam")
    assert "To pay: 60.00 EUR" in await (await chloe.get("/dashboard/live")).text()
    page = await connect(chloe)
    try:
        await sam.post(f"/invoices/{invoice['public_id']}/payments", amount="60", method="cash")
        await eventually(lambda: page.named("dashboard.changed"))
        assert "To pay" not in await (await chloe.get("/dashboard/live")).text()
    finally:
        await page.disconnect()


async def test_what_invoices_say_of_the_organization_counts_from_the_next_one_on(
    site: Site, owner: Connection, invoice: Row, database: Database
) -> None:
    olivia = await site.visitor("olivia")
    assert "Card payments: <strong>on</strong>" in await (await olivia.get("/invoices/settings")).text()
    refused = await olivia.post("/invoices/settings", billing_text="12 Harbour Road", currency="euro")
    assert (refused.status, (await refused.json())["field"]) == (422, "currency")
    assert (await olivia.post("/invoices/settings", billing_text="12 Harbour Road", currency="usd")).status == 200
    await booked_session(database, "david", "ben")
    sellers = await owner.fetch("SELECT seller, currency FROM invoice ORDER BY number")
    assert [tuple(row.values()) for row in sellers] == [
        ("Harbor Health", "EUR"),
        ("Harbor Health\n12 Harbour Road", "USD"),
    ]
    assert "Harbour Road" not in await (await olivia.get(f"/invoices/{invoice['public_id']}")).text()


async def test_what_is_typed_is_what_is_issued_and_mailed_in_one_transaction(
    site: Site, owner: Connection, invoice: Row
) -> None:
    olivia, form = await site.visitor("olivia"), {"Accept": "text/html", "Origin": site.url}
    client = await owner.fetchval("SELECT public_id FROM client WHERE email = 'chloe@harbor.example'")
    sent: dict[str, Any] = {"description": "A report", "quantity": "", "price": "10"}
    made = await (await olivia.post("/invoices", client=client, **sent)).json()
    here = f"/invoices/{made['invoice']}"
    more = await olivia.post(here, headers=form, **{**sent, "price": "98", "line": "more", "issue": "true"})
    text = await more.text()
    assert more.status == 200 and 'value="98"' in text and 'id="price-1"' in text, "one more line, nothing lost"
    total = "SELECT total, state, number FROM invoice_row WHERE public_id = $1"
    assert tuple((await owner.fetchrow(total, made["invoice"])).values()) == (10, "draft", None)
    assert (await olivia.post(here, **{**sent, "price": "-5"}, issue="true", mail="true")).status == 422
    assert tuple((await owner.fetchrow(total, made["invoice"])).values()) == (10, "draft", None)
    done = await (await olivia.post(here, **{**sent, "price": "99"}, issue="true", mail="true")).json()
    assert done["done"] == "issued_and_sent"
    assert tuple((await owner.fetchrow(total, made["invoice"])).values()) == (99, "issued", 2)
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'invoice'") == 1


async def test_giving_back_says_where_the_money_goes_and_whether_it_is_owed_again(site: Site, invoice: Row) -> None:
    olivia, here = await site.visitor("olivia"), f"/invoices/{invoice['public_id']}"
    paid = await (await olivia.post(f"{here}/payments", amount="20", method="cash")).json()
    shown = await (await olivia.get(here)).text()
    assert "the client owes again what you give back" in shown and 'name="owed_again"' not in shown
    assert "hand the cash to the client yourself" in shown and "back to the card" not in shown
    back = await olivia.post(f"{here}/payments/{paid['payment']}/refund", amount="5")
    assert (await back.json())["method"] == "cash"
    await olivia.post(f"{here}/payments", amount="45", method="terminal")
    shown = await (await olivia.get(f"{here}?done=given_back")).text()
    assert 'name="owed_again"' in shown and "nothing moves by itself" in shown and "with your card reader" in shown


async def test_r009_with_payments_off_both_sides_still_see_what_was_issued(
    site: Site, owner: Connection, invoice: Row
) -> None:
    olivia, chloe = await site.visitor("olivia"), await site.visitor("chloe")
    await owner.execute("UPDATE organization SET portal_payments = false")
    listed = await (await olivia.get("/invoices")).text()
    assert "Invoice 1" in listed and "Payments are switched off" in listed and "New invoice" not in listed
    for there in ("/invoices/new", "/invoices/settings"):
        assert (await olivia.get(there)).status == 403
    shown = await (await olivia.get(f"/invoices/{invoice['public_id']}")).text()
    assert "Note the payment" in shown and "Let them visit" not in shown
    assert 'href="/account/invoices"' in await (await chloe.get("/account/profile")).text()
    assert "Invoice 1" in await (await chloe.get("/account/invoices")).text()
    shown = await (await chloe.get(path(invoice))).text()
    assert "Pay by card" not in shown and "before the visit" not in shown and "To the visit" in shown
    assert (await chloe.get(f"{path(invoice)}/pdf")).content_type == "application/pdf"
    assert (await chloe.get(f"{path(invoice)}/pay")).status == 403
    assert (await (await chloe.post(f"{path(invoice)}/pay")).json())["error"] == "feature_off"
