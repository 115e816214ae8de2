"""What Stripe tells (K-16, R-160, R-161, R-211): believed only with a good signature of now and our own figures, heard
once, and with one end in whatever order it comes."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
import stripe

from portal import stripe_events
from portal.stripe_events import Event, Unsigned
from records.database import Connection, Database, House, Row
from tests.dispatch.factories import booked_session
from tests.portal.money import (
    administrator,
    audit_of,
    begun,
    billed,
    body_of,
    charge_of,
    intent_of,
    seconds,
    six_events,
    state,
)

SECRET = "whsec_words"


def signed(body: bytes, at: int, secret: str = SECRET) -> str:
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)


async def ends(connection: Connection, payment: Row) -> dict[str, Any]:
    """All that money says at the end, and who was written to of it."""
    row = await connection.fetchrow(
        "SELECT payment.state::text AS payment, payment.failure, invoice_row.state, paid, refunded, due, surplus, "
        "array(SELECT kind || ' ' || recipient FROM mail WHERE kind LIKE 'pay%' OR kind = 'receipt' "
        "ORDER BY 1) AS mails, "
        "(SELECT count(*) FROM refund WHERE payment_id = payment.id) AS refunds "
        "FROM payment JOIN invoice_row ON invoice_row.id = payment.invoice_id WHERE payment.id = $1",
        payment["id"],
    )
    return dict(row)


async def every_order(
    connection: Connection, house: House, payment: Row, left: Sequence[Event]
) -> list[dict[str, Any]]:
    """How each order of these events ends: what orders have in common at the beginning is told once."""
    if not left:
        return [await ends(connection, payment)]
    found = []
    for number, event in enumerate(left):
        mark = f"left_{len(left)}"
        await connection.execute(f"SAVEPOINT {mark}")
        await stripe_events.take(connection, house, event)
        found += await every_order(connection, house, payment, [*left[:number], *left[number + 1 :]])
        await connection.execute(f"ROLLBACK TO SAVEPOINT {mark}; RELEASE SAVEPOINT {mark}")
    return found


@pytest.mark.parametrize(("refunded", "expected"), [(6000, "refunded"), (2500, "paid")])
async def test_k16_every_order_of_six_events_ends_in_one_balance(
    database: Database, owner: Connection, refunded: int, expected: str
) -> None:
    payment = await begun(database, await billed(database, owner))
    house = House(payment["organization_id"])
    events = six_events(payment, refunded)
    if refunded != 6000:
        events = [event for event in events if event.kind not in ("payment_intent.created", "charge.succeeded")]
    async with database.transaction(house) as connection:
        found = await every_order(connection, house, payment, events)
    assert len(found) == (720 if refunded == 6000 else 24)
    assert all(one == found[0] for one in found)
    assert (found[0]["payment"], found[0]["state"], found[0]["due"], found[0]["refunds"]) == (
        "succeeded",
        expected,
        0,
        1,
    )
    assert found[0]["mails"] == [
        "payment ana@harbor.example",
        "payment olivia@harbor.example",
        "receipt chloe@harbor.example",
    ]


async def test_k16_each_event_counts_once_also_when_twins_come_at_the_same_moment(
    database: Database, owner: Connection
) -> None:
    invoice = await billed(database, owner)
    payment = await begun(database, invoice)
    event = Event("evt_paid", "payment_intent.succeeded", intent_of(payment))
    verdicts = await asyncio.gather(*(stripe_events.hear(database, event) for _ in range(5)))
    assert sorted(verdicts) == ["applied", "repeated", "repeated", "repeated", "repeated"]
    assert (await state(owner, invoice))["paid"] == "60.00"
    assert (await audit_of(owner, invoice)).count("pay") == 1
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'receipt'") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 5999},
        {"currency": "usd"},
        {"metadata": {}},
        {"metadata": {"payment": "x", "invoice": "y", "organization": "z"}},
    ],
)
async def test_k16_figures_that_are_not_ours_change_nothing(
    database: Database, owner: Connection, changed: dict[str, Any]
) -> None:
    invoice = await billed(database, owner)
    payment = await begun(database, invoice)
    event = Event("evt_odd", "payment_intent.succeeded", intent_of(payment, **changed))
    assert await stripe_events.hear(database, event) == "refused"
    assert (await state(owner, invoice))["state"] == "issued"
    assert await owner.fetchval("SELECT verdict FROM payment_event") == "refused"


async def test_k16_a_payment_of_another_organization_or_invoice_is_not_settled_by_ours(
    database: Database, owner: Connection
) -> None:
    one, other = await billed(database, owner), await billed_again(database, owner)
    first, second = await begun(database, one, "pi_1"), await begun(database, other, "pi_2", "david")
    swapped = {**intent_of(first), "metadata": intent_of(second)["metadata"]}
    assert await stripe_events.hear(database, Event("evt_s", "payment_intent.succeeded", swapped)) == "refused"
    assert [(await state(owner, each))["paid"] for each in (one, other)] == ["0", "0"]


async def billed_again(database: Database, owner: Connection) -> Row:
    session = await booked_session(database, "david", "ben")
    return await owner.fetchrow("SELECT * FROM invoice_row WHERE session = $1", session)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("customer.created", {"id": "cus_1"}),
        ("payment_intent.succeeded", {"id": "pi_unknown", "metadata": {"payment": "nobody's"}}),
        ("charge.succeeded", {"id": "ch_9", "payment_intent": None}),
        ("payment_intent.succeeded", {"id": 7}),
    ],
)
async def test_k16_what_is_about_nothing_of_ours_has_no_effect(
    database: Database, owner: Connection, kind: str, about: dict[str, Any]
) -> None:
    assert await stripe_events.hear(database, Event("evt_1", kind, about)) == "ignored"
    assert await owner.fetchval("SELECT count(*) FROM payment_event") == 0


async def test_k16_money_that_comes_for_a_void_invoice_is_kept_and_shown_as_to_be_given_back(
    database: Database, owner: Connection
) -> None:
    invoice = await billed(database, owner)
    payment = await begun(database, invoice)
    await owner.execute("UPDATE invoice SET state = 'void', voided_at = clock_now() WHERE id = $1", invoice["id"])
    await stripe_events.hear(database, Event("evt_late", "payment_intent.succeeded", intent_of(payment)))
    assert await state(owner, invoice) == {
        "state": "void",
        "paid": "60.00",
        "refunded": "0",
        "due": "0",
        "surplus": "60.00",
    }


async def test_k16_what_stripe_knows_before_we_noted_it_is_known_by_our_own_name(
    database: Database, owner: Connection
) -> None:
    """The event overtakes the answer in which Stripe names the intent, or we crashed before we wrote that down."""
    invoice = await billed(database, owner)
    payment = await begun(database, invoice, "pi_lost")
    await owner.execute("UPDATE payment SET intent = NULL")
    event = Event("evt_1", "payment_intent.succeeded", intent_of(payment))
    assert await stripe_events.hear(database, event) == "applied"
    assert await owner.fetchval("SELECT intent FROM payment") == "pi_lost"


async def test_what_was_given_back_in_stripes_own_pages_is_written_down_as_it_grows(
    database: Database, owner: Connection
) -> None:
    invoice = await billed(database, owner)
    payment = await begun(database, invoice)
    for number, units in enumerate((1000, 3500, 1000, 6000)):
        event = Event(f"evt_{number}", "charge.refunded", charge_of(payment, units))
        await stripe_events.hear(database, event)
    refunds = await owner.fetch("SELECT amount, state::text, made_by FROM refund ORDER BY id")
    assert [(str(row["amount"]), row["state"], row["made_by"]) for row in refunds] == [
        ("10.00", "succeeded", None),
        ("25.00", "succeeded", None),
        ("25.00", "succeeded", None),
    ]
    assert (await state(owner, invoice))["state"] == "refunded"


async def test_a21_administrators_may_switch_the_notice_off_but_not_all_at_once(
    database: Database, owner: Connection
) -> None:
    payment = await begun(database, await billed(database, owner))
    await owner.execute(
        "UPDATE account SET unwanted_mail = '{payment}' FROM organization WHERE organization.id = organization_id "
        "AND slug = 'harbor' AND (username = 'ana' OR account.id IN (SELECT account_id FROM account_role "
        "WHERE role = 'organization_administrator'))"
    )
    await stripe_events.hear(database, Event("evt_1", "payment_intent.succeeded", intent_of(payment)))
    mails = await owner.fetch("SELECT kind, recipient FROM mail WHERE kind LIKE 'payment%'")
    assert [tuple(row.values()) for row in mails] == [("payment_anyway", "olivia@harbor.example")]


@pytest.mark.parametrize("age", [-299, 0, 299])
def test_k16_a_good_signature_of_the_last_and_of_the_next_five_minutes_is_believed(age: int) -> None:
    now, body = seconds(), body_of(Event("evt_1", "charge.succeeded", {"id": "ch_1"}))
    assert stripe_events.read(body, signed(body, now - age), SECRET, now).kind == "charge.succeeded"


@pytest.mark.parametrize("age", [-86400, -301, 301, 86400])
def test_k16_an_old_event_and_one_of_the_future_are_not_believed(age: int) -> None:
    now, body = seconds(), body_of(Event("evt_1", "charge.succeeded", {"id": "ch_1"}))
    with pytest.raises(Unsigned):
        stripe_events.read(body, signed(body, now - age), SECRET, now)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body, at: (body, signed(body, at, "whsec_other")),
        lambda body, at: (body + b" ", signed(body, at)),
        lambda body, at: (body, ""),
        lambda body, at: (body, f"t={at}"),
        lambda body, at: (body, f"t={at + 5},{signed(body, at).split(',')[1]}"),
        lambda body, at: (b"\xff" + body, signed(body, at)),
        lambda body, at: (b"[]", signed(b"[]", at)),
        lambda body, at: (b"{}", signed(b"{}", at)),
        lambda body, at: (
            (json.dumps({"id": 1, "type": 2, "data": {"object": []}}).encode(),) * 1
            + (signed(json.dumps({"id": 1, "type": 2, "data": {"object": []}}).encode(), at),)
        ),
        lambda body, at: (body, signed(body, at - 10_000) + "," + signed(body, at)),
    ],
)
def test_k16_what_is_not_signed_over_exactly_these_bytes_is_not_believed(spoil: Any) -> None:
    now, body = seconds(), body_of(Event("evt_1", "charge.succeeded", {"id": "ch_1"}))
    spoiled, header = spoil(body, now)
    with pytest.raises(Unsigned):
        stripe_events.read(spoiled, header, SECRET, now)


async def test_no_amount_is_ever_a_float(database: Database, owner: Connection) -> None:
    await administrator(database)
    columns = await owner.fetch(
        "SELECT table_name || '.' || column_name AS name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name IN ('amount', 'price', 'unit_price', 'total', 'paid', 'due', "
        "'refunded', 'surplus')"
    )
    assert len(columns) >= 10
    assert {row["name"] for row in columns if row["data_type"] != "numeric"} == set()
