"""Invoices and money at the desk (R-120, R-121, R-160, R-162; A-04, A-29): one number after the other, nothing issued
ever changes, and what is due is always what was not paid."""

import asyncio
import io
from decimal import Decimal

import asyncpg
import pytest
from pypdf import PdfReader

from dispatch import changes, sessions
from dispatch.errors import PayFirst
from people.access import Actor, may_join
from people.errors import EditedMeanwhile, FeatureOff, Invalid, NotFound
from portal import card_payments, invoice_papers, invoices, money, payments
from portal.errors import Settled, TooMuch
from portal.papers import Papers
from records.database import Connection, Database, Row
from tests.dispatch.factories import accept, booked_session, pending_request, soon
from tests.portal.money import administrator, audit_of, billed, priced, state
from tests.support import actor, file_of

LINE = invoices.Line("A report", "2", "12,50")


@pytest.fixture
async def olivia(database: Database) -> Actor:
    return await administrator(database)


async def draft(database: Database, owner: Connection, who: Actor, *lines: invoices.Line) -> Row:
    client = await file_of(owner, "chloe")
    async with database.transaction(who) as connection:
        made = await invoices.create(connection, who, client, lines or [LINE], "")
        return await invoices.find(connection, who, made["public_id"])


async def issued(database: Database, owner: Connection, who: Actor) -> Row:
    made = await draft(database, owner, who)
    async with database.transaction(who) as connection:
        await invoices.issue(connection, who, made["public_id"])
        return await invoices.find(connection, who, made["public_id"])


async def note(database: Database, who: Actor, invoice: Row, amount: str) -> str:
    async with database.transaction(who) as connection:
        made = await payments.record(connection, who, invoice["public_id"], amount, "cash", "")
    return str(made["public_id"])


async def back(database: Database, who: Actor, payment: str, amount: str, owed_again: bool = False) -> None:
    async with database.transaction(who) as connection:
        await payments.give_back(connection, who, payment, amount, "", owed_again)


async def test_r162_a29_a_priced_service_issues_its_invoice_at_acceptance_with_the_price_as_it_was_asked(
    database: Database, owner: Connection
) -> None:
    await priced(owner, "60.00")
    chloe, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    request = await pending_request(database, chloe)
    await priced(owner, "95.00")
    session = await accept(database, sam, request, ana)
    invoice = await owner.fetchrow("SELECT * FROM invoice_row WHERE session = $1", session["public_id"])
    assert (invoice["state"], invoice["total"], invoice["due"], invoice["currency"]) == (
        "issued",
        Decimal("60.00"),
        Decimal("60.00"),
        "EUR",
    )
    assert invoice["bill_to"].startswith("Chloe Adams\n") and invoice["seller"] == "Harbor Health"
    assert await owner.fetchval("SELECT owes(id) FROM session WHERE public_id = $1", session["public_id"])
    assert await audit_of(owner, invoice) == ["issue"]


async def test_a29_without_a_price_or_with_payments_off_nobody_is_billed(database: Database, owner: Connection) -> None:
    await booked_session(database, "david", "ben")
    await priced(owner)
    await owner.execute("UPDATE organization SET portal_payments = false")
    session = await booked_session(database)
    assert await owner.fetchval("SELECT count(*) FROM invoice") == 0
    assert not await owner.fetchval("SELECT owes(id) FROM session WHERE public_id = $1", session)


async def test_r162_a29_join_asks_for_payment_until_it_is_paid_and_says_so(
    database: Database, owner: Connection
) -> None:
    invoice = await billed(database, owner)
    chloe, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    async with database.transaction(chloe) as connection:
        with pytest.raises(PayFirst):
            await sessions.open_door(connection, chloe, invoice["session"])
    async with database.transaction(ana) as connection:
        assert may_join(ana, await sessions.open_door(connection, ana, invoice["session"]))
    await note(database, sam, invoice, "60")
    async with database.transaction(chloe) as connection:
        await sessions.open_door(connection, chloe, invoice["session"])


async def test_a29_staff_may_waive_and_ask_again(database: Database, owner: Connection) -> None:
    invoice = await billed(database, owner)
    chloe, ana = await actor(database, "chloe"), await actor(database, "ana")
    async with database.transaction(ana) as connection:
        await invoices.waive(connection, ana, invoice["public_id"], True)
        await invoices.waive(connection, ana, invoice["public_id"], True)
    async with database.transaction(chloe) as connection:
        await sessions.open_door(connection, chloe, invoice["session"])
        with pytest.raises(NotFound):
            await invoices.waive(connection, chloe, invoice["public_id"], True)
    async with database.transaction(ana) as connection:
        await invoices.waive(connection, ana, invoice["public_id"], False)
    assert await owner.fetchval("SELECT owes($1)", invoice["session_id"])
    assert await audit_of(owner, invoice) == ["issue", "waive", "unwaive"]


async def test_a29_cancelled_before_it_begins_it_is_void_and_what_was_paid_stays_for_staff(
    database: Database, owner: Connection
) -> None:
    await priced(owner)
    chloe, ana, sam = [await actor(database, name) for name in ("chloe", "ana", "sam")]
    rows = []
    for hours in (24, 26):
        request = await pending_request(database, chloe, times=(soon(hours),))
        session = await accept(database, sam, request, ana, 1)
        rows.append(await owner.fetchrow("SELECT * FROM invoice_row WHERE session = $1", session["public_id"]))
    await note(database, sam, rows[1], "60")
    for invoice in rows:
        async with database.transaction(sam) as connection:
            await changes.cancel(connection, sam, invoice["session"], "Ill")
    assert [(await state(owner, invoice))["state"] for invoice in rows] == ["void", "paid"]
    assert [invoice["number"] for invoice in rows] == [1, 2]


async def test_numbers_have_no_gaps_whoever_issues_at_once_and_whatever_fails(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    drafts = [await draft(database, owner, olivia) for _ in range(8)]

    async def issue(number: int, invoice: Row) -> None:
        async with database.transaction(olivia) as connection:
            await invoices.issue(connection, olivia, invoice["public_id"])
            if number % 2:
                raise RuntimeError

    ended = await asyncio.gather(*(issue(*each) for each in enumerate(drafts)), return_exceptions=True)
    assert sum(isinstance(one, RuntimeError) for one in ended) == 4
    numbers = await owner.fetch("SELECT number FROM invoice WHERE number IS NOT NULL ORDER BY number")
    assert [row["number"] for row in numbers] == [1, 2, 3, 4]


async def test_what_was_issued_says_for_ever_what_it_said(database: Database, owner: Connection, olivia: Actor) -> None:
    invoice = await issued(database, owner, olivia)
    assert (invoice["total"], invoice["number"]) == (Decimal("25.00"), 1)
    async with database.transaction(olivia) as connection:
        with pytest.raises(Settled):
            await invoices.change(connection, olivia, invoice["public_id"], [LINE], "", None)
    for statement in (
        "UPDATE invoice SET total = 1",
        "UPDATE invoice SET bill_to = 'x'",
        "UPDATE invoice SET number = 9",
        "DELETE FROM invoice_line",
        "UPDATE invoice SET state = 'draft'",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await owner.execute(statement)


async def test_a_draft_changes_until_it_is_issued_and_two_writers_notice_each_other(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    made = await draft(database, owner, olivia)
    async with database.transaction(olivia) as connection:
        another = invoices.Line("Another", "", "5")
        empty = invoices.Line(" ", "1", "")
        await invoices.change(connection, olivia, made["public_id"], [LINE, empty, another], "", made["version"])
        with pytest.raises(EditedMeanwhile):
            await invoices.change(connection, olivia, made["public_id"], [LINE], "", made["version"])
        assert [row["amount"] for row in await invoices.lines(connection, made)] == [Decimal(25), Decimal(5)]


async def test_lines_have_parts_of_an_hour_and_discounts_that_leave_something_to_pay(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    hours, discount = invoices.Line("Advice, hours", "1,5", "33.33"), invoices.Line("Discount", "", "\N{MINUS SIGN}10")
    made = await draft(database, owner, olivia, hours, discount)
    async with database.transaction(olivia) as connection:
        with pytest.raises(Invalid):
            half = invoices.Line("Discount", "1", "-50.00")
            await invoices.change(connection, olivia, made["public_id"], [hours, half], "", None)
            await invoices.issue(connection, olivia, made["public_id"])
    async with database.transaction(olivia) as connection:
        await invoices.change(connection, olivia, made["public_id"], [hours, discount], "", None)
        await invoices.issue(connection, olivia, made["public_id"])
        data = await invoice_papers.data(connection, await invoices.find(connection, olivia, made["public_id"]))
    assert data["lines"] == [
        ("Advice, hours", "1.5", "33.33 EUR", "50.00 EUR"),
        ("Discount", "1", "-10.00 EUR", "-10.00 EUR"),
    ]
    assert data["due"] == "40.00 EUR"
    async with database.transaction(olivia) as connection:
        await payments.record(connection, olivia, made["public_id"], "40", "terminal", "")
    assert (await state(owner, made))["state"] == "paid"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (invoices.Line("", "1", "5"), "description-0"),
        (invoices.Line("A", "0", "5"), "quantity-0"),
        (invoices.Line("A", "1.555", "5"), "quantity-0"),
        (invoices.Line("A", "-1", "5"), "quantity-0"),
        (invoices.Line("A", "1000", "5"), "quantity-0"),
        (invoices.Line("A", "999", "99999999"), "price-0"),
        (invoices.Line("A", "1", "five"), "price-0"),
        (invoices.Line("A", "1", "1.005"), "price-0"),
        (invoices.Line("A", "1", "NaN"), "price-0"),
        (invoices.Line("A", "1", "1e12"), "price-0"),
    ],
)
async def test_a_wrong_line_is_named(
    database: Database, owner: Connection, olivia: Actor, line: invoices.Line, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await draft(database, owner, olivia, line)
    assert refused.value.field == field
    assert await owner.fetchval("SELECT count(*) FROM invoice") == 0


async def test_r120_desk_payments_refunds_and_the_balance_agree(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    invoice = await issued(database, owner, olivia)
    first = await note(database, olivia, invoice, "10")
    assert (await state(owner, invoice))["due"] == "15.00"
    with pytest.raises(Invalid):
        await note(database, olivia, invoice, "15.01")
    await back(database, olivia, first, "4")
    assert await state(owner, invoice) == {
        "state": "issued",
        "paid": "10.00",
        "refunded": "4.00",
        "due": "19.00",
        "surplus": "0",
    }
    second = await note(database, olivia, invoice, "19")
    assert (await state(owner, invoice))["state"] == "paid"
    with pytest.raises(Settled):
        await note(database, olivia, invoice, "1")
    with pytest.raises(TooMuch):
        await back(database, olivia, second, "19.01")
    await back(database, olivia, second, "9")
    assert await state(owner, invoice) == {
        "state": "paid",
        "paid": "29.00",
        "refunded": "13.00",
        "due": "0",
        "surplus": "0",
    }
    await back(database, olivia, second, "10")
    await back(database, olivia, first, "6")
    assert (await state(owner, invoice))["state"] == "refunded"
    chloe = await actor(database, "chloe")
    async with database.transaction(chloe) as connection:
        assert await invoices.balance(connection, chloe) == []
        assert len(await payments.history(connection, chloe)) == 6


async def test_a_payment_that_was_noted_by_mistake_is_owed_again(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    invoice = await issued(database, owner, olivia)
    payment = await note(database, olivia, invoice, "25")
    await back(database, olivia, payment, "25", owed_again=True)
    assert await state(owner, invoice) == {
        "state": "issued",
        "paid": "25.00",
        "refunded": "25.00",
        "due": "25.00",
        "surplus": "0",
    }


async def test_two_who_give_back_at_once_give_back_no_more_than_came(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    invoice = await issued(database, owner, olivia)
    payment = await note(database, olivia, invoice, "25")
    ended = await asyncio.gather(*(back(database, olivia, payment, "15") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["NoneType", "TooMuch", "TooMuch", "TooMuch"]
    assert (await state(owner, invoice))["refunded"] == "15.00"


async def test_void_is_for_what_is_unpaid_and_keeps_its_number(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    paid, unpaid = await issued(database, owner, olivia), await issued(database, owner, olivia)
    await note(database, olivia, paid, "1")
    async with database.transaction(olivia) as connection:
        with pytest.raises(Settled):
            await invoices.void(connection, olivia, paid["public_id"])
    async with database.transaction(olivia) as connection:
        await invoices.void(connection, olivia, unpaid["public_id"])
    assert (await state(owner, unpaid))["state"] == "void"
    assert (await issued(database, owner, olivia))["number"] == 3


async def test_a04_an_invoice_is_mailed_on_demand_and_says_only_where_it_is(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    made = await draft(database, owner, olivia)
    async with database.transaction(olivia) as connection:
        with pytest.raises(Settled):
            await invoices.send(connection, olivia, made["public_id"])
    async with database.transaction(olivia) as connection:
        await invoices.issue(connection, olivia, made["public_id"])
        await invoices.send(connection, olivia, made["public_id"])
    mail = await owner.fetchrow("SELECT kind, recipient, about_id, details FROM mail ORDER BY id DESC LIMIT 1")
    assert tuple(mail.values()) == ("invoice", "chloe@harbor.example", made["id"], {})


async def test_r160_clients_see_their_own_issued_invoices_and_nobody_elses(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    invoice, hidden = await issued(database, owner, olivia), await draft(database, owner, olivia)
    chloe, david = await actor(database, "chloe"), await actor(database, "david")
    async with database.transaction(chloe) as connection:
        assert [row["id"] for row in await invoices.all_own(connection, chloe)] == [invoice["id"]]
        with pytest.raises(NotFound):
            await invoices.own(connection, chloe, hidden["public_id"])
        with pytest.raises(NotFound):
            await invoices.find(connection, chloe, invoice["public_id"])
    async with database.transaction(david) as connection:
        assert await invoices.all_own(connection, david) == []
        with pytest.raises(NotFound):
            await invoices.own(connection, david, invoice["public_id"])
    meadow = await actor(database, "olivia", "meadow")
    async with database.transaction(meadow) as connection:
        assert (await invoices.listed(connection, meadow, None, "", None)).rows == []
        with pytest.raises(NotFound):
            await invoices.find(connection, meadow, invoice["public_id"])


async def test_r009_payments_switched_off_bill_nothing_and_ask_nobody_to_pay_and_the_books_stay(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    invoice, unfinished = await billed(database, owner), await draft(database, owner, olivia)
    paid, client = await note(database, olivia, invoice, "10"), await file_of(owner, "chloe")
    chloe, public_id = await actor(database, "chloe"), invoice["public_id"]
    await owner.execute("UPDATE organization SET portal_payments = false")
    assert not await owner.fetchval("SELECT owes($1)", invoice["session_id"])
    for act in (
        lambda connection: invoices.create(connection, olivia, client, [LINE], ""),
        lambda connection: invoices.change(connection, olivia, unfinished["public_id"], [LINE], "", None),
        lambda connection: invoices.issue(connection, olivia, unfinished["public_id"]),
        lambda connection: invoices.waive(connection, olivia, public_id, True),
        lambda connection: invoices.billing(connection, olivia),
        lambda connection: card_payments.begin(connection, chloe, public_id),
    ):
        async with database.transaction(olivia) as connection:
            with pytest.raises(FeatureOff):
                await act(connection)
    async with database.transaction(chloe) as connection:
        assert (await invoices.own(connection, chloe, public_id))["due"] == 50
        assert [row["public_id"] for row in await invoices.all_own(connection, chloe)] == [public_id]
    async with database.transaction(olivia) as connection:
        assert len((await invoices.listed(connection, olivia, None, "", None)).rows) == 2
        assert len((await invoices.of_client(connection, olivia, client))[1]) == 2
    await note(database, olivia, invoice, "5")
    await back(database, olivia, paid, "10")
    assert (await state(owner, invoice))["due"] == "55.00"
    david = await actor(database, "david")
    async with database.transaction(david) as connection:
        with pytest.raises(NotFound):
            await invoices.own(connection, david, public_id)


@pytest.mark.parametrize(
    ("amount", "currency", "units"), [("12.34", "EUR", 1234), ("500", "JPY", 500), ("1.25", "KWD", 1250)]
)
def test_amounts_are_counted_in_the_smallest_unit_and_back(amount: str, currency: str, units: int) -> None:
    assert money.minor(Decimal(amount), currency) == units
    assert money.major(units, currency) == Decimal(amount)


def test_an_amount_that_a_currency_cannot_say_is_refused() -> None:
    with pytest.raises(Invalid):
        money.minor(Decimal("1.50"), "JPY")


@pytest.mark.parametrize(
    "nasty",
    [
        '#panic("no") #read("/etc/passwd") $x^2$ @ref <label> */ // [*bold*]',
        "Ünïcödé , 漢字 🙂 עברית",
        "x" * 300,
        "<script>alert(1)</script>\n=1+1",
    ],
)
async def test_r121_whatever_people_type_stands_on_paper_as_text(
    database: Database, owner: Connection, olivia: Actor, nasty: str
) -> None:
    made = await draft(database, owner, olivia, invoices.Line(nasty, "3", "1.10"))
    async with database.transaction(olivia) as connection:
        await invoices.issue(connection, olivia, made["public_id"])
        data = await invoice_papers.data(connection, await invoices.find(connection, olivia, made["public_id"]))
    pages = PdfReader(io.BytesIO(await Papers().render("invoice", {**data, "note": nasty}))).pages
    text = "".join(page.extract_text() for page in pages).replace("\u200b", "")
    assert "3.30 EUR" in text
    if nasty.startswith("#"):
        assert '#panic("no")' in text and "root:" not in text
