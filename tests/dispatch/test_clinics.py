"""How administrators build clinics, against the real database: rights, order, races, and what removing respects."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from dispatch import board, clinic_people, clinic_setup, clinics, form_fields, requests, services, switches
from dispatch.clinic_setup import ClinicSettings
from dispatch.errors import Closed, EditedMeanwhile, InUse, Invalid, NotFound, UserError
from dispatch.form_fields import Field
from dispatch.services import Service
from people.access import Actor
from records.database import Connection, Database, Row
from tests.dispatch.factories import ask_for, booked_session, pending_request
from tests.support import actor

Verb = Callable[[Connection, Actor, str], Awaitable[Any]]


async def family(connection: Connection, name: str = "Family clinic") -> str:
    return next(row["public_id"] for row in await clinics.of_organization(connection) if row["name"] == name)


async def run(database: Database, who: Actor, verb: Verb, clinic: str = "Family clinic") -> Any:
    async with database.transaction(who) as connection:
        return await verb(connection, who, await family(connection, clinic))


async def add_host(host: str, connection: Connection, who: Actor, clinic: str) -> None:
    await clinic_people.add_host(connection, who, clinic, host)


async def remove_host(host: str, connection: Connection, who: Actor, clinic: str) -> None:
    await clinic_people.remove_host(connection, who, clinic, host)


async def read(database: Database, who: Actor, clinic: str = "Family clinic") -> Row:
    return await run(database, who, clinic_setup.find, clinic)


def as_settings(clinic: Row, **changed: Any) -> ClinicSettings:
    names = ClinicSettings.__dataclass_fields__
    return replace(ClinicSettings(**{name: clinic[name] for name in names}), **changed)


async def audited(owner: Connection) -> list[tuple[str, str]]:
    return [(row["verb"], row["noun"]) for row in await owner.fetch("SELECT verb, noun FROM audit_line ORDER BY id")]


async def test_a09_a_new_clinic_has_the_standard_limits(database: Database) -> None:
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        department = (await clinic_setup.departments(connection, olivia))[0]["public_id"]
        made = await clinic_setup.create(connection, olivia, ClinicSettings("  New  clinic ", department, "All", "Us"))
        clinic = await clinic_setup.find(connection, olivia, made["public_id"])
    assert (clinic["name"], clinic["red_after_seconds"], clinic["now_expires_after_minutes"]) == ("New clinic", 300, 60)
    assert (clinic["join_before_minutes"], clinic["join_after_minutes"], clinic["open"]) == (30, 30, True)
    assert (clinic["availability"], clinic["allow_override"], clinic["hosts_see_group_queue"]) == (
        "on_demand",
        False,
        False,
    )


@pytest.mark.parametrize("username", ["carl", "sam", "ana", "mia", "chloe"])
async def test_r001_nobody_but_administrators_changes_a_clinic(
    database: Database, owner: Connection, username: str
) -> None:
    olivia, other = await actor(database, "olivia"), await actor(database, username)
    clinic = await read(database, olivia)
    account = other.public_id
    service = await owner.fetchval("SELECT public_id FROM service WHERE clinic_id = $1 LIMIT 1", clinic["id"])
    field = await owner.fetchval("SELECT public_id FROM form_field WHERE clinic_id = $1 LIMIT 1", clinic["id"])
    verbs: list[Verb] = [
        lambda c, a, id_: clinic_setup.create(c, a, as_settings(clinic)),
        lambda c, a, id_: clinic_setup.change(c, a, id_, as_settings(clinic), None),
        lambda c, a, id_: clinic_people.add_host(c, a, id_, account),
        lambda c, a, id_: clinic_people.remove_host(c, a, id_, account),
        lambda c, a, id_: clinic_people.add_scheduler(c, a, id_, account),
        lambda c, a, id_: clinic_people.remove_scheduler(c, a, id_, account),
        lambda c, a, id_: services.add(c, a, id_, Service("x", "", 10)),
        lambda c, a, id_: services.change(c, a, id_, service, Service("x", "", 10), None),
        lambda c, a, id_: services.offer(c, a, id_, service, False),
        lambda c, a, id_: form_fields.add(c, a, id_, Field("check", "x")),
        lambda c, a, id_: form_fields.change(c, a, id_, field, Field("check", "x"), None),
        lambda c, a, id_: form_fields.move(c, a, id_, field, 2),
        lambda c, a, id_: form_fields.remove(c, a, id_, field),
        lambda c, a, id_: switches.switch_organization(c, a, False),
        lambda c, a, id_: switches.switch_host(c, a, account, False),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            await run(database, other, verb)
    assert await audited(owner) == []


async def test_every_change_is_audited_and_a_save_without_one_is_not(database: Database, owner: Connection) -> None:
    dora = await actor(database, "dora")
    clinic = await read(database, dora)
    await run(database, dora, lambda c, a, id_: clinic_setup.change(c, a, id_, as_settings(clinic), None))
    assert await audited(owner) == []
    changed = as_settings(clinic, red_after_seconds=60, open=False)
    await run(database, dora, lambda c, a, id_: clinic_setup.change(c, a, id_, changed, clinic["version"]))
    line = await owner.fetchrow("SELECT account_id, details::text FROM audit_line")
    assert (line["account_id"], line["details"]) == (dora.account_id, '{"changed": ["open", "red_after_seconds"]}')


async def test_of_two_who_save_at_the_same_moment_one_is_told(database: Database) -> None:
    people = [await actor(database, name) for name in ("dora", "olivia")]
    clinic = await read(database, people[0])

    async def save(who: Actor, seconds: int) -> None:
        settings = as_settings(clinic, red_after_seconds=seconds)
        await run(database, who, lambda c, a, id_: clinic_setup.change(c, a, id_, settings, clinic["version"]))

    done = await asyncio.gather(save(people[0], 100), save(people[1], 200), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [EditedMeanwhile]
    assert (await read(database, people[0]))["red_after_seconds"] == (100 if done[0] is None else 200)


async def test_r004_hosts_are_practitioners_of_the_clinics_department(database: Database) -> None:
    olivia = await actor(database, "olivia")

    async def possible(connection: Connection, who: Actor, id_: str) -> list[str]:
        clinic = await clinic_setup.find(connection, who, id_)
        return [row["name"] for row in await clinic_people.possible_hosts(connection, clinic)]

    assert await run(database, olivia, possible) == ["Nora Weiss", "Theo Brandt"]
    for username in ("mia", "sam", "chloe", "olivia"):
        other = (await actor(database, username)).public_id
        with pytest.raises(Invalid) as refused:
            await run(database, olivia, partial(add_host, other))
        assert refused.value.field == "host"
    stranger = (await actor(database, "ana", "meadow")).public_id
    with pytest.raises(Invalid):
        await run(database, olivia, lambda c, a, id_: clinic_people.add_host(c, a, id_, stranger))
    nora = (await actor(database, "nora")).public_id
    for _ in range(2):
        await run(database, olivia, lambda c, a, id_: clinic_people.add_host(c, a, id_, nora))
    assert await run(database, olivia, possible) == ["Theo Brandt"]


async def test_a22_a_clinic_does_not_leave_the_department_of_its_hosts(database: Database, owner: Connection) -> None:
    olivia = await actor(database, "olivia")
    elsewhere = await owner.fetchval(
        "SELECT public_id FROM department WHERE name = 'Mental health' AND organization_id = $1", olivia.organization_id
    )
    moved = as_settings(await read(database, olivia), department=elsewhere)
    with pytest.raises(Invalid, match="Ana Duarte, Ben Okafor") as refused:
        await run(database, olivia, lambda c, a, id_: clinic_setup.change(c, a, id_, moved, None))
    assert refused.value.field == "department"
    for username in ("ana", "ben"):
        host = (await actor(database, username)).public_id
        await run(database, olivia, partial(remove_host, host))
    await run(database, olivia, lambda c, a, id_: clinic_setup.change(c, a, id_, moved, None))
    dora = await actor(database, "dora")
    with pytest.raises(NotFound):
        await read(database, dora)


async def test_a_host_named_by_pending_requests_or_sessions_to_come_is_not_removed(
    database: Database, owner: Connection
) -> None:
    dora, ana = await actor(database, "dora"), (await actor(database, "ana")).public_id
    remove = partial(remove_host, ana)
    await booked_session(database)
    request = await pending_request(database, await actor(database, "david"), "Ana Duarte")
    with pytest.raises(InUse, match="1 pending request and 1 session to come of this clinic name them"):
        await run(database, dora, remove)
    sam = await actor(database, "sam")
    async with database.transaction(sam) as connection:
        await requests.decline(connection, sam, request, "")
    with pytest.raises(InUse, match="yet: 1 session to come"):
        await run(database, dora, remove)
    await owner.execute("UPDATE session SET state = 'ended'")
    await run(database, dora, remove)
    with pytest.raises(NotFound):
        await run(database, dora, remove)


async def test_a_host_is_never_both_removed_and_asked_for(database: Database, owner: Connection) -> None:
    dora, ana = await actor(database, "dora"), (await actor(database, "ana")).public_id
    chloe, david = await actor(database, "chloe"), await actor(database, "david")

    async def ask(client: Actor, clinic_id: str, service: str) -> None:
        async with database.transaction(client) as connection:
            await requests.submit(connection, client, requests.Ask(clinic_id, service, ana, ()))

    async with database.transaction(dora) as connection:
        clinic = await clinics.find(connection, await family(connection))
    id_, service = clinic["public_id"], clinic["services"][0]["public_id"]

    async def remove() -> None:
        async with database.transaction(dora) as connection:
            await clinic_people.remove_host(connection, dora, id_, ana)

    for _ in range(5):
        results = await asyncio.gather(
            ask(chloe, id_, service), remove(), ask(david, id_, service), return_exceptions=True
        )
        assert all(one is None or isinstance(one, InUse | Invalid) for one in results), results
        named = await owner.fetchval("SELECT count(*) FROM request WHERE state = 'pending' AND host_id IS NOT NULL")
        gone = results[1] is None
        assert not (gone and named)
        await owner.execute("UPDATE request SET state = 'withdrawn', decided_at = now()")
        await run(database, dora, lambda c, a, clinic_id: clinic_people.add_host(c, a, clinic_id, ana))


async def test_r014_a_scheduler_added_or_removed_gains_or_loses_the_board(database: Database) -> None:
    olivia, sofia = await actor(database, "olivia"), await actor(database, "sofia")
    await pending_request(database, await actor(database, "chloe"))

    async def shown() -> int:
        async with database.transaction(sofia) as connection:
            return len((await board.snapshot(connection, sofia)).rows)

    assert await shown() == 1
    await run(database, olivia, lambda c, a, id_: clinic_people.remove_scheduler(c, a, id_, sofia.public_id))
    assert await shown() == 0
    await run(database, olivia, lambda c, a, id_: clinic_people.add_scheduler(c, a, id_, sofia.public_id))
    assert await shown() == 1
    with pytest.raises(Invalid):
        ana = (await actor(database, "ana")).public_id
        await run(database, olivia, lambda c, a, id_: clinic_people.add_scheduler(c, a, id_, ana))


async def test_r072_a_withdrawn_service_is_not_offered_until_it_is_again(database: Database) -> None:
    dora, chloe = await actor(database, "dora"), await actor(database, "chloe")
    async with database.transaction(dora) as connection:
        id_ = await family(connection)
        first = (await clinics.find(connection, id_))["services"][0]
    ask = requests.Ask(id_, first["public_id"], None, ())
    await run(database, dora, lambda c, a, id_: services.offer(c, a, id_, first["public_id"], False))
    async with database.transaction(chloe) as connection:
        assert first["name"] not in [one["name"] for one in (await clinics.find(connection, id_))["services"]]
        listed = {row["name"]: row for row in await clinics.of_organization(connection)}
        assert first["name"] not in [one["name"] for one in listed["Family clinic"]["services"]]
        with pytest.raises(Invalid):
            await requests.submit(connection, chloe, ask)
    await run(database, dora, lambda c, a, id_: services.offer(c, a, id_, first["public_id"], True))
    async with database.transaction(chloe) as connection:
        await requests.submit(connection, chloe, ask)


async def test_a25_a_switched_off_host_is_neither_offered_nor_accepted(database: Database) -> None:
    dora, chloe = await actor(database, "dora"), await actor(database, "chloe")
    ana = (await actor(database, "ana")).public_id
    async with database.transaction(chloe) as connection:
        ask = await ask_for(connection, "Ana Duarte")
    await run(database, dora, lambda c, a, id_: switches.switch_host(c, a, ana, False))
    async with database.transaction(chloe) as connection:
        hosts = (await clinics.find(connection, ask.clinic))["hosts"]
        assert [host["name"] for host in hosts] == ["Ben Okafor"]
        with pytest.raises(Invalid):
            await requests.submit(connection, chloe, ask)
    await run(database, dora, lambda c, a, id_: switches.switch_host(c, a, ana, True))
    async with database.transaction(chloe) as connection:
        await requests.submit(connection, chloe, ask)


async def test_a25_a_switched_off_organization_and_a_closed_clinic_take_no_requests(database: Database) -> None:
    olivia, chloe = await actor(database, "olivia"), await actor(database, "chloe")

    async def refused() -> UserError | None:
        async with database.transaction(chloe) as connection:
            try:
                await requests.submit(connection, chloe, await ask_for(connection))
            except Closed as error:
                return error
        return None

    async with database.transaction(olivia) as connection:
        await switches.switch_organization(connection, olivia, False)
        listed = await clinics.of_organization(connection)
    assert not any(row["open"] for row in listed)
    assert await refused()
    async with database.transaction(olivia) as connection:
        await switches.switch_organization(connection, olivia, True)
    closed = as_settings(await read(database, olivia), open=False)
    await run(database, olivia, lambda c, a, id_: clinic_setup.change(c, a, id_, closed, None))
    assert await refused()
    meadow = await actor(database, "chloe", "meadow")
    async with database.transaction(meadow) as connection:
        await requests.submit(connection, meadow, await ask_for(connection))


async def test_r076_questions_move_to_their_place_also_when_many_move_at_once(database: Database) -> None:
    dora = await actor(database, "dora")

    async def labels(connection: Connection, who: Actor, id_: str) -> list[str]:
        clinic = await clinic_setup.find(connection, who, id_)
        return [row["label"][:1] for row in await form_fields.of_clinic(connection, clinic)]

    async def add_question(label: str, connection: Connection, who: Actor, id_: str) -> str:
        return await form_fields.add(connection, who, id_, Field("short_text", label))

    ids = {}
    for label in "ABC":
        ids[label] = await run(database, dora, partial(add_question, label), "Planned care")

    async def move(label: str, to: int) -> None:
        await run(database, dora, lambda c, a, id_: form_fields.move(c, a, id_, ids[label], to), "Planned care")

    for label, to, expected in (("C", 1, "CAB"), ("C", 3, "ABC"), ("B", 0, "BAC"), ("B", 9, "ACB"), ("A", 1, "ACB")):
        await move(label, to)
        assert "".join(await run(database, dora, labels, "Planned care")) == expected
    await asyncio.gather(*(move(label, to) for label in "ABC" for to in (1, 2, 3)))
    assert sorted(await run(database, dora, labels, "Planned care")) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        (Field("short_text", " "), "label"),
        (Field("number", "How old?"), "kind"),
        (Field("choice", "Which?", False, ("one",)), "choices"),
        (Field("choice", "Which?", False, ("one", " one ")), "choices"),
        (Field("choice", "Which?", False, tuple(str(number) for number in range(31))), "choices"),
        (Field("choice", "Which?", False, ("one", "x" * 101)), "choices"),
    ],
)
async def test_r076_a_question_that_nobody_could_answer_is_refused(
    database: Database, field: Field, wrong: str
) -> None:
    dora = await actor(database, "dora")
    with pytest.raises(Invalid) as refused:
        await run(database, dora, lambda c, a, id_: form_fields.add(c, a, id_, field))
    assert refused.value.field == wrong


async def test_r076_a_form_has_at_most_thirty_questions(database: Database) -> None:
    dora = await actor(database, "dora")

    async def fill(connection: Connection, who: Actor, id_: str) -> None:
        for number in range(form_fields.most_fields + 1):
            await form_fields.add(connection, who, id_, Field("check", f"Question {number}"))

    with pytest.raises(Invalid, match="at most 30"):
        await run(database, dora, fill, "Planned care")


async def test_the_overview_counts_what_goes_on_now(database: Database, owner: Connection) -> None:
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    for client in ("chloe", "david"):
        await pending_request(database, await actor(database, client))
    await owner.execute(
        "UPDATE request SET submitted_at = now() - $1::interval WHERE number = 1", timedelta(seconds=300)
    )
    await owner.execute(
        "UPDATE clinic_host SET on_demand = false WHERE account_id = $1", (await actor(database, "ben")).account_id
    )
    async with database.transaction(olivia) as connection:
        rows = {row["name"]: row for row in await clinic_setup.overview(connection, olivia)}
    family_clinic = rows["Family clinic"]
    assert [family_clinic[name] for name in ("pending", "red", "hosts_available", "hosts")] == [2, 1, 1, 2]
    assert [family_clinic[name] for name in ("schedulers", "services", "fields")] == [2, 2, 3]
    assert len(rows) == 3
    async with database.transaction(dora) as connection:
        assert [row["name"] for row in await clinic_setup.overview(connection, dora)] == [
            "Family clinic",
            "Planned care",
        ]
