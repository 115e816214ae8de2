"""Money in a real browser, with a stand-in for Stripe; and a server that is killed between its commit and answer."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession
from playwright.async_api import Browser, Page, expect

from portal.card_payments import CardRefunds
from portal.stripe_cards import Cards
from portal.stripe_events import Event
from records.database import Connection, Database, Row
from records.provision import Place
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.fleet import Person, pass_on
from tests.e2e.people import arrive, picture
from tests.e2e.server import Server, free_port, serving
from tests.portal.money import billed, body_of, intent_of, seconds, state
from tests.portal.test_stripe_events import signed
from tests.stripe_stand_in import ASKS_AND_DECLINES, ASKS_BACK, SECRET_KEY, StripeStandIn
from tests.support import PASSWORD, eventually


@pytest.fixture
def server(place: Place, tmp_path: Path, stripe_stand_in: StripeStandIn) -> Iterator[Server]:
    keys = {name.upper(): value for name, value in stripe_stand_in.settings.items()}
    with serving(place, tmp_path, 0, **keys) as running:
        yield running


@pytest.fixture
async def invoice(database: Database, owner: Connection) -> Row:
    return await billed(database, owner)


async def intent_now(owner: Connection) -> str:
    found = "SELECT intent FROM payment WHERE intent IS NOT NULL ORDER BY id DESC LIMIT 1"
    return str(await eventually(lambda: owner.fetchval(found)))


async def see_what_is_due(chloe: Page) -> None:
    """From the session, which says so, to the invoice."""
    await expect(chloe.get_by_test_id("owed")).to_contain_text("To be paid before the visit")
    await chloe.get_by_test_id("join").click()
    await expect(chloe.get_by_test_id("pay-first")).to_contain_text("This visit costs 60.00 EUR")
    await assert_accessible(chloe, BRIEFLY)
    await chloe.get_by_role("link", name="See the invoice and pay").click()
    await expect(chloe.get_by_test_id("due")).to_have_text("60.00 EUR")
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "invoice")


async def type_card(chloe: Page, stripe: StripeStandIn, owner: Connection, card: str, answer: str) -> None:
    """On the page with Stripe's fields. The stand-in's script confirms only what waits for its owner's word."""
    if not chloe.url.endswith("/pay"):
        await chloe.get_by_role("button", name="Pay by card").click()
    await chloe.wait_for_url("**/pay")
    fields = chloe.locator("#card input")
    await expect(fields.first).to_be_visible()
    await stripe.confirm(await intent_now(owner), card)
    for place, value in enumerate((card, "12", "90", "123", "1000")):
        await fields.nth(place).fill(value)
    await chloe.get_by_role("button", name="Pay 60.00 EUR").click()
    await chloe.get_by_role("button", name=answer).click()


async def give_back(olivia: Page, invoice: Row, owner: Connection) -> None:
    """From the list, by the client's name."""
    await olivia.get_by_role("link", name="Invoices", exact=True).click()
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "invoices")
    await olivia.get_by_label("Search").fill("chlo")
    await olivia.get_by_role("button", name="Search").click()
    await olivia.get_by_role("link", name="Invoice 1").click()
    await olivia.get_by_text("Give back…").click()
    await olivia.get_by_label("Amount in EUR").fill("100")
    await olivia.get_by_role("button", name="Give back by card").click()
    await expect(olivia.get_by_role("alert")).to_contain_text("More than what is left")
    await olivia.get_by_label("Amount in EUR").fill("60")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("button", name="Give back by card").click()
    await expect(olivia.get_by_test_id("refund")).to_contain_text("60.00 EUR given back")

    async def refunded() -> bool:
        return (await state(owner, invoice))["state"] == "refunded"

    await eventually(refunded)


async def write(olivia: Page, owner: Connection) -> None:
    """Line by line; what is typed is what is issued, also if the sign-in ends meanwhile."""
    await olivia.goto("/invoices/new?search=adams")
    await olivia.get_by_role("link", name="Adams, Chloe").click()
    await olivia.get_by_label("What, line 1").fill("Advice, hours")
    await olivia.get_by_label("Quantity, line 1").fill("1.5")
    await olivia.get_by_label("Price, line 1").fill("40")
    await olivia.get_by_role("button", name="Add a line").click()
    await expect(olivia.get_by_label("What, line 2")).to_be_focused()
    await olivia.get_by_label("What, line 2").fill("Discount")
    await olivia.get_by_label("Price, line 2").fill("-10")
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "new-invoice")
    await olivia.get_by_role("button", name="Save the draft").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("The draft is saved.")
    await olivia.get_by_label("Price, line 2").fill("-20")
    await olivia.get_by_role("button", name="Add a line").click()
    await olivia.get_by_label("What, line 3").fill("Postage")
    await olivia.get_by_label("Price, line 3").fill("10")
    await owner.execute("DELETE FROM sign_in")
    await olivia.get_by_role("button", name="Save and issue").click()
    await olivia.get_by_label("User name or email").fill("olivia")
    await olivia.get_by_label("Password").fill(PASSWORD)
    await olivia.get_by_role("button", name="Sign in", exact=True).click()
    await expect(olivia.get_by_label("What, line 3")).to_have_value("Postage")
    await olivia.get_by_role("button", name="Save and issue").click()
    await expect(olivia.get_by_test_id("done")).to_contain_text("told by mail")
    await expect(olivia.get_by_test_id("due")).to_have_text("50.00 EUR")
    await olivia.get_by_text("Make it void…").click()
    await picture(olivia, "make-void")
    await olivia.get_by_role("button", name="Make it void").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("The invoice is void.")


async def test_r120_r121_r160_a29_a_client_pays_before_the_visit_and_gets_it_back(
    browser: Browser, server: Server, owner: Connection, invoice: Row, stripe_stand_in: StripeStandIn
) -> None:
    chloe, olivia = await arrive(browser, server, "chloe"), await arrive(browser, server, "olivia")
    troubles: list[str] = []
    chloe.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    await see_what_is_due(chloe)
    await type_card(chloe, stripe_stand_in, owner, ASKS_BACK, "Fail authentication")
    await expect(chloe.get_by_role("alert")).to_contain_text("Nothing was charged")
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "pay-by-card")
    assert (await state(owner, invoice))["state"] == "issued"
    await type_card(chloe, stripe_stand_in, owner, ASKS_BACK, "Complete authentication")
    await expect(chloe.get_by_test_id("done")).to_contain_text("Thank you: your payment has arrived.")
    assert troubles == []
    await chloe.get_by_role("link", name="To the visit").click()
    await expect(chloe.get_by_label("Your name")).to_be_visible()
    await chloe.goto("/account/invoices")
    await expect(chloe.get_by_test_id("balance")).to_have_text("Nothing is to be paid just now.")
    await expect(chloe.get_by_test_id("paid")).to_contain_text("Card")
    await assert_accessible(chloe, BRIEFLY)
    await give_back(olivia, invoice, owner)
    await chloe.reload()
    await expect(chloe.get_by_test_id("paid").first).to_contain_text("Given back")
    await write(olivia, owner)


async def test_r160_a_declined_card_is_told_so_and_nothing_else_happens(
    browser: Browser, server: Server, owner: Connection, invoice: Row, stripe_stand_in: StripeStandIn
) -> None:
    chloe = await arrive(browser, server, "chloe")
    await chloe.goto(f"/account/invoices/{invoice['public_id']}")
    await type_card(chloe, stripe_stand_in, owner, ASKS_AND_DECLINES, "Complete authentication")
    await expect(chloe.get_by_role("alert")).to_contain_text("Your card was declined.")
    await expect(chloe).to_have_url(re.compile("/pay$"))
    assert (await state(owner, invoice))["paid"] == "0"


class Gap:
    """Stands before a server; while `armed` it kills the server as the first byte of an answer comes: all is committed,
    and nobody hears of it."""

    def __init__(self, server: Server) -> None:
        self.port = free_port()
        self.through = f"http://localhost:{self.port}"
        self.url = server.url
        self.armed = False
        self._server = server
        self._behind = int(server.url.rpartition(":")[2])

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            back, onward = await asyncio.open_connection("localhost", self._behind)
            await asyncio.gather(pass_on(reader, onward), self._answer(back, writer))
        writer.close()

    async def _answer(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await back.read(65536):
                if self.armed:
                    self.armed = False
                    self._server.kill()
                    break
                writer.write(data)
                await writer.drain()
        writer.close()

    async def cut(self, post: Callable[[], Awaitable[Any]]) -> None:
        """Send it, lose the answer with the server, and start the server again."""
        self.armed = True
        with suppress(ClientError, OSError, TimeoutError):
            raise AssertionError(f"answered: {await post()}")
        assert not self.armed, "the server was not asked"
        await asyncio.to_thread(self._server.start)


@asynccontextmanager
async def gap_before(server: Server) -> AsyncIterator[Gap]:
    gap = Gap(server)
    listening = await asyncio.start_server(gap.connect, "localhost", gap.port)
    async with listening:
        yield gap


async def test_k16_kill_9_between_commit_and_answer_loses_and_doubles_no_money(
    server: Server, database: Database, owner: Connection, invoice: Row, stripe_stand_in: StripeStandIn
) -> None:
    """At the desk, by Stripe's event, and on the way back: whoever got no answer asks again and is told the first."""
    here, card = f"/invoices/{invoice['public_id']}", f"/account/invoices/{invoice['public_id']}"
    olivia, chloe = [await signed_in(server, username) for username in ("olivia", "chloe")]
    async with gap_before(server) as gap:
        await insist_after_a_cut(gap, olivia, f"{here}/payments", amount="20", method="cash", key="desk-key-1")
        assert (await state(owner, invoice))["paid"] == "20.00"

        assert (await chloe.insist(f"{card}/pay"))[0] == 200
        payment = await card_payment(owner)
        await pay_and_repeat_the_event(gap, stripe_stand_in, payment)
        assert (await state(owner, invoice))["paid"] == "60.00"
        assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'receipt'") == 1

        back = f"{here}/payments/{payment['public_id']}/refund"
        await insist_after_a_cut(gap, olivia, back, amount="15", key="back-key-1")
    await refunded(database, owner, stripe_stand_in)
    made = await stripe_stand_in.ask("GET", f"/v1/refunds?payment_intent={payment['intent']}")
    assert [one["amount"] for one in made["data"]] == [1500]
    for person in (olivia, chloe):
        await person.close()


async def signed_in(server: Server, username: str) -> Person:
    person = Person(server, username)
    assert (await person.post("/at/harbor/sign-in", login=username, password=PASSWORD))[0] == 200
    return person


async def insist_after_a_cut(gap: Gap, person: Person, path: str, **fields: str) -> None:
    await gap.cut(lambda: person.post(path, at=gap.through, **fields))
    assert (await person.insist(path, **fields))[0] == 200


async def card_payment(owner: Connection) -> Row:
    """The only one, as Stripe is told of it."""
    assert await owner.fetchval("SELECT count(*) FROM payment WHERE method = 'card'") == 1
    return await owner.fetchrow(
        "SELECT payment.public_id, intent, payment.amount, invoice.currency, invoice.public_id AS invoice, "
        "organization.public_id AS organization FROM payment JOIN invoice ON invoice.id = invoice_id "
        "JOIN organization ON organization.id = payment.organization_id WHERE method = 'card'"
    )


async def pay_and_repeat_the_event(gap: Gap, stripe: StripeStandIn, payment: Row) -> None:
    """The card is charged; Stripe's event gets no answer, so it comes once more."""
    await stripe.tell("http://127.0.0.1:9/nobody")
    await stripe.confirm(payment["intent"])
    body = body_of(Event(f"evt_{payment['public_id']}", "payment_intent.succeeded", intent_of(payment)))

    async def hook(at: str) -> Any:
        headers = {"Stripe-Signature": signed(body, seconds()), "Connection": "close"}
        async with ClientSession() as session, session.post(f"{at}/hooks/stripe", data=body, headers=headers) as said:
            return await said.json()

    await gap.cut(lambda: hook(gap.through))
    assert await hook(gap.url) == {"verdict": "repeated"}


async def refunded(database: Database, owner: Connection, stripe: StripeStandIn) -> None:
    done = "SELECT count(*) = 1 AND bool_and(state = 'succeeded') FROM refund"
    try:
        await eventually(lambda: owner.fetchval(done), 5)
    except AssertionError:  # the killed worker had taken the job: the queue gives it to another after half a minute
        cards = Cards(SECRET_KEY, stripe.url)
        await CardRefunds(database, cards).give_back(await owner.fetchval("SELECT id FROM refund"))
        await cards.close()
    assert await owner.fetchval(done)
