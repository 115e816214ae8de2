"""Sending forms and filling them in: who may, to whom, once; two devices; nothing lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from people.access import Actor
from people.errors import FeatureOff, Invalid, NotFound
from portal import filling, intake_forms, intakes
from portal.errors import FormClosed, NothingSent, SavedElsewhere
from records.database import Connection, Database
from tests.portal.intake_people import answer, file_of, published, send
from tests.support import actor


@pytest.fixture
async def connection(database: Database, olivia: Actor) -> AsyncIterator[Connection]:
    async with database.transaction(olivia) as opened:
        yield opened


async def test_r145_a_form_is_sent_to_several_clients_and_each_gets_one_mail_without_its_name(
    database: Database, connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    david = await actor(database, "david")
    forms = [await published(connection, olivia, name) for name in ("First", "Second")]
    chosen = await intake_forms.choose(connection, forms)
    files = [await file_of(connection, one) for one in (chloe, david)]
    done = await intakes.send(connection, olivia, files, chosen)
    assert (len(done.intakes), done.skipped) == (4, [])
    mails = await connection.fetch("SELECT recipient, kind, details::text FROM mail WHERE kind = 'forms'")
    assert sorted(tuple(row) for row in mails) == [
        ("chloe@harbor.example", "forms", "{}"),
        ("david@harbor.example", "forms", "{}"),
    ]
    mine = await filling.own(connection, chloe)
    assert [(row["title"], row["state"]) for row in mine] == [("Second", "sent"), ("First", "sent")]


async def test_r145_who_has_a_form_before_them_does_not_get_it_twice(
    connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    form = await published(connection, olivia)
    await send(connection, olivia, chloe, form)
    with pytest.raises(NothingSent) as refused:
        await send(connection, olivia, chloe, form)
    assert "Chloe Adams" in refused.value.message


async def test_r145_two_senders_at_the_same_moment_send_once(database: Database, olivia: Actor, chloe: Actor) -> None:
    async with database.transaction(olivia) as connection:
        form = await published(connection, olivia)

    async def once() -> int:
        async with database.transaction(olivia) as connection:
            return len(await send(connection, olivia, chloe, form))

    outcomes = await asyncio.gather(*(once() for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["NothingSent", "NothingSent", "NothingSent", "int"]


async def test_r006_r007_only_administrators_and_therapists_they_enable_send_forms(
    database: Database, connection: Connection, owner: Connection, olivia: Actor, chloe: Actor, ana: Actor
) -> None:
    """A-02: by default no therapist; a grant covers their own clients alone."""
    form = await published(connection, olivia)
    for who in ("dora", "carl", "ana", "sam", "chloe"):
        with pytest.raises(NotFound):
            await send(connection, await actor(database, who), chloe, form)
    await connection.execute(
        "INSERT INTO portal_seat (account_id, organization_id, may_invite) VALUES ($1, $2, true)",
        ana.account_id,
        ana.organization_id,
    )
    associated = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM association JOIN client ON client.id = client_id "
        "WHERE practitioner_id = $1 AND account_id = $2)",
        ana.account_id,
        chloe.account_id,
    )
    if not associated:
        with pytest.raises(NotFound):
            await send(connection, ana, chloe, form)
        await connection.execute(
            "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
            "SELECT $1, $2, $3, department_id FROM account_role WHERE account_id = $3 AND role = 'practitioner'",
            ana.organization_id,
            await file_of(connection, chloe),
            ana.account_id,
        )
    assert len(await send(connection, ana, chloe, form)) == 1


async def test_r145_somebody_without_an_account_that_is_set_up_is_skipped_with_the_reason(
    connection: Connection, owner: Connection, olivia: Actor, chloe: Actor
) -> None:
    form = await published(connection, olivia)
    (chosen,) = await intake_forms.choose(connection, [form])
    bare = await connection.fetchval(
        "INSERT INTO client (organization_id, first_name, last_name, email, date_of_birth) "
        "VALUES ($1, 'Bo', 'Bare', 'bo@harbor.example', '1990-01-01') RETURNING id",
        olivia.organization_id,
    )
    done = await intakes.send(connection, olivia, [bare, await file_of(connection, chloe)], [chosen])
    assert (len(done.intakes), [one.name for one in done.skipped]) == (1, ["Bo Bare"])
    with pytest.raises(NothingSent):
        await intakes.send(connection, olivia, [bare], [chosen])


async def test_r134_a_switched_off_feature_sends_and_shows_nothing(
    connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    form = await published(connection, olivia)
    (intake,) = await send(connection, olivia, chloe, form)
    await connection.execute("UPDATE organization SET portal_forms = false WHERE id = tenant()")
    for verb in (
        lambda: send(connection, olivia, chloe, form),
        lambda: filling.own(connection, chloe),
        lambda: filling.find(connection, chloe, intake),
        lambda: filling.save(connection, chloe, intake, 0, {}),
        lambda: intakes.sent(connection, olivia, "open"),
        lambda: intakes.withdraw(connection, olivia, intake),
    ):
        with pytest.raises(FeatureOff):
            await verb()
    assert await filling.to_do(connection, chloe) == []


async def test_r140_a_client_saves_and_goes_on_elsewhere_and_two_devices_notice_each_other(
    connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    assert await answer(connection, chloe, intake, Your_name="Chlo") == 1
    row = await filling.find(connection, chloe, intake)
    key = row["content"]["fields"][0]["key"]
    assert (row["state"], row["answers"]) == ("started", {key: "Chlo"})
    assert await filling.save(connection, chloe, intake, 1, {key: "Chlo"}) == 1
    assert await filling.save(connection, chloe, intake, 1, {key: "Chloe"}) == 2
    with pytest.raises(SavedElsewhere):
        await filling.save(connection, chloe, intake, 1, {key: "Chlo A"})
    assert (await filling.find(connection, chloe, intake))["answers"] == {key: "Chloe"}
    with pytest.raises(Invalid) as refused:
        await filling.save(connection, chloe, intake, 2, {key: "x" * 201})
    assert refused.value.field == f"answer-{key}"


async def test_r140_of_two_savings_at_once_one_wins_and_the_other_is_told(
    database: Database, olivia: Actor, chloe: Actor
) -> None:
    async with database.transaction(olivia) as connection:
        (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
        key = (await filling.find(connection, chloe, intake))["content"]["fields"][0]["key"]

    async def save(value: str) -> int:
        async with database.transaction(chloe) as connection:
            return await filling.save(connection, chloe, intake, 0, {key: value})

    outcomes = await asyncio.gather(*(save(value) for value in "abcd"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["SavedElsewhere"] * 3 + ["int"]


async def test_a01_forms_are_their_clients_alone_also_while_the_account_waits(
    database: Database, connection: Connection, olivia: Actor, chloe: Actor, ana: Actor
) -> None:
    (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    david = await actor(database, "david")
    assert await filling.find(connection, replace(chloe, state="pending"), intake)
    for other in (david, ana, olivia, replace(chloe, session_id=1)):
        with pytest.raises(NotFound):
            await filling.find(connection, other, intake)
        with pytest.raises(NotFound):
            await filling.save(connection, other, intake, 0, {})


async def test_r008_r130_staff_read_completed_answers_alone_and_the_audit_says_who(
    database: Database, connection: Connection, owner: Connection, olivia: Actor, chloe: Actor
) -> None:
    (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    await answer(connection, chloe, intake, Your_name="Chloe")
    assert (await intakes.find(connection, olivia, intake))["state"] == "started"
    with pytest.raises(NotFound):
        await intakes.read_completed(connection, olivia, intake, await intakes.find(connection, olivia, intake))
    with pytest.raises(NotFound):
        await intakes.find(connection, await actor(database, "sam"), intake)


async def test_r145_a_withdrawn_form_is_gone_for_the_client_and_can_be_sent_anew(
    connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    form = await published(connection, olivia)
    (intake,) = await send(connection, olivia, chloe, form)
    await intakes.withdraw(connection, olivia, intake)
    with pytest.raises(FormClosed):
        await intakes.withdraw(connection, olivia, intake)
    with pytest.raises(FormClosed):
        await intakes.remind(connection, olivia, intake)
    with pytest.raises(NotFound):
        await filling.save(connection, chloe, intake, 0, {})
    assert await filling.own(connection, chloe) == []
    assert len(await send(connection, olivia, chloe, form)) == 1
    assert [row["client_name"] for row in await intakes.sent(connection, olivia, "withdrawn", "adams")] == [
        "Chloe Adams"
    ]
    assert await intakes.sent(connection, olivia, "withdrawn", "nobody") == []


async def test_r145_the_list_of_sent_forms_goes_on_where_a_page_ended(
    database: Database, connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    david = await actor(database, "david")
    forms = [await published(connection, olivia, name) for name in ("First", "Second")]
    for one in (chloe, david):
        await send(connection, olivia, one, *forms)
    rows = await intakes.sent(connection, olivia, "open")
    assert [row["client_name"] for row in rows] == ["David Mori"] * 2 + ["Chloe Adams"] * 2
    after = await intakes.sent(connection, olivia, "open", after=rows[1]["public_id"])
    assert [row["public_id"] for row in after] == [row["public_id"] for row in rows[2:]]
    assert await intakes.sent(connection, olivia, "open", after="nobody's") == []


async def test_r145_reminding_by_hand_mails_once_more(connection: Connection, olivia: Actor, chloe: Actor) -> None:
    (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    await intakes.remind(connection, olivia, intake)
    (row,) = await intakes.of_client(
        connection,
        olivia,
        await connection.fetchval("SELECT public_id FROM client WHERE account_id = $1", chloe.account_id),
    )
    assert row["reminded_at"] is not None
    assert await connection.fetchval("SELECT count(*) FROM mail WHERE kind = 'form_reminder'") == 1
