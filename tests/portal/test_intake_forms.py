"""Building forms: who may, drafts and versions, two editors, archive and copies."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from people.access import Actor
from people.errors import EditedMeanwhile, Invalid, NotFound
from portal import form_content, form_drafts, intake_forms
from portal.errors import NameTaken
from records.database import Connection, Database
from tests.portal.intake_people import SHORT, published, send
from tests.support import actor


@pytest.fixture
async def connection(database: Database, olivia: Actor) -> AsyncIterator[Connection]:
    async with database.transaction(olivia) as opened:
        yield opened


async def shown(connection: Connection, by: Actor, form: str) -> asyncpg.Record:
    return await form_drafts.shown(connection, await intake_forms.find(connection, by, form))


async def labels(connection: Connection, by: Actor, form: str) -> list[str]:
    return [field["label"] for field in (await shown(connection, by, form))["content"]["fields"]]


async def test_r143_the_standard_forms_are_ready_to_be_sent_and_each_is_made_once(
    database: Database, olivia: Actor
) -> None:
    async def look() -> list[str]:
        async with database.transaction(olivia) as connection:
            return [row["name"] for row in await intake_forms.to_send(connection, olivia) if row["example"]]

    looks = await asyncio.gather(*(look() for _ in range(4)))
    async with database.transaction(olivia) as connection:
        listed = await intake_forms.of_organization(connection, olivia)
    assert looks[0] == [
        "Informed Consent for Psychotherapy",
        "Notice of Privacy Practices",
        "Standard Intake Questionnaire",
    ]
    assert [(row["number"], row["has_draft"], row["example"]) for row in listed] == [(1, False, True)] * 3


async def test_r143_a_clinic_that_has_reviewed_an_example_publishes_it_as_its_own(
    connection: Connection, olivia: Actor
) -> None:
    (form, *_) = [row["public_id"] for row in await intake_forms.of_organization(connection, olivia)]
    await form_drafts.set_title(connection, olivia, form, 0, "Consent to therapy", reviewed=True)
    assert await form_drafts.publish(connection, olivia, form, 1) == 2
    found = await intake_forms.find(connection, olivia, form)
    assert (found["number"], found["content"]["title"], "example" in found["content"]) == (
        2,
        "Consent to therapy",
        False,
    )
    assert len(await intake_forms.of_organization(connection, olivia)) == 3


@pytest.mark.parametrize(
    ("who", "looks"),
    [("olivia", True), ("dora", True), ("carl", True), ("ana", False), ("chloe", False), ("sam", False)],
)
async def test_r006_organization_administrators_build_forms_and_others_at_most_look(
    database: Database, olivia: Actor, who: str, looks: bool
) -> None:
    someone = await actor(database, who)
    async with database.transaction(olivia) as connection:
        form = await published(connection, olivia)
        if looks:
            assert (await intake_forms.find(connection, someone, form))["name"] == "About you"
        else:
            with pytest.raises(NotFound):
                await intake_forms.of_organization(connection, someone)
            with pytest.raises(NotFound):
                await intake_forms.find(connection, someone, form)
        if who == "olivia":
            return
        for verb in (
            lambda: intake_forms.create(connection, someone, "Mine"),
            lambda: intake_forms.duplicate(connection, someone, form),
            lambda: intake_forms.archive(connection, someone, form),
            lambda: form_drafts.add_field(connection, someone, form, 3, SHORT[0]),
            lambda: form_drafts.publish(connection, someone, form, 3),
        ):
            with pytest.raises(NotFound):
                await verb()


async def test_r144_fields_are_added_changed_moved_and_removed(connection: Connection, olivia: Actor) -> None:
    form = await intake_forms.create(connection, olivia, "New")
    name = await form_drafts.add_field(connection, olivia, form, 0, SHORT[0])
    consent = await form_drafts.add_field(connection, olivia, form, 1, SHORT[1])
    await form_drafts.change_field(connection, olivia, form, name, 2, {"label": "Name", "kind": "scale"})
    assert (await shown(connection, olivia, form))["content"]["fields"][0]["kind"] == "short_text"
    await form_drafts.move_field(connection, olivia, form, name, 3, 99)
    assert await labels(connection, olivia, form) == ["I agree.", "Name"]
    await form_drafts.move_field(connection, olivia, form, name, 4, 2)
    assert (await shown(connection, olivia, form))["revision"] == 4
    await form_drafts.remove_field(connection, olivia, form, consent, 4)
    assert await labels(connection, olivia, form) == ["Name"]
    for verb in (form_drafts.remove_field(connection, olivia, form, consent, 5),):
        with pytest.raises(NotFound):
            await verb


async def test_r142_what_was_published_never_changes_and_is_bound_by_its_hash(
    connection: Connection, olivia: Actor, chloe: Actor
) -> None:
    form = await published(connection, olivia)
    before = await intake_forms.find(connection, olivia, form)
    assert before["hash"] == form_content.hash_of(before["content"])
    (intake,) = await send(connection, olivia, chloe, form)
    await form_drafts.add_field(connection, olivia, form, 3, {"kind": "date", "label": "When"})
    assert await form_drafts.publish(connection, olivia, form, 4) == 2
    sent = await connection.fetchrow(
        "SELECT number, hash FROM intake_form_version AS version JOIN intake ON intake.version_id = version.id "
        "WHERE intake.public_id = $1",
        intake,
    )
    assert (sent["number"], sent["hash"]) == (1, before["hash"])
    for statement in ("UPDATE intake_form_version SET changed_at = now()", "DELETE FROM intake_form_version"):
        await connection.execute("SAVEPOINT before")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(statement)
        await connection.execute("ROLLBACK TO before")


async def test_r144_two_editors_notice_each_other_and_nothing_is_overwritten(
    database: Database, connection: Connection, olivia: Actor
) -> None:
    form = await published(connection, olivia)
    await form_drafts.add_field(connection, olivia, form, 3, {"kind": "date", "label": "When"})
    with pytest.raises(EditedMeanwhile) as refused:
        await form_drafts.add_field(connection, olivia, form, 3, {"kind": "date", "label": "Whence"})
    assert "Olivia" in refused.value.message
    with pytest.raises(EditedMeanwhile):
        await form_drafts.publish(connection, olivia, form, 3)
    assert await labels(connection, olivia, form) == ["Your name", "I agree.", "Signature", "When"]
    await form_drafts.discard(connection, olivia, form, 4)
    now = await shown(connection, olivia, form)
    assert (now["revision"], now["differs"], len(now["content"]["fields"])) == (5, False, 3)
    with pytest.raises(EditedMeanwhile):
        await form_drafts.add_field(connection, olivia, form, 4, {"kind": "date", "label": "Whence"})


async def test_r144_nothing_new_is_not_published_and_a_new_form_cannot_go_back(
    connection: Connection, olivia: Actor
) -> None:
    form = await intake_forms.create(connection, olivia, "New")
    with pytest.raises(Invalid):
        await form_drafts.publish(connection, olivia, form, 0)
    with pytest.raises(Invalid):
        await form_drafts.discard(connection, olivia, form, 0)
    done = await published(connection, olivia)
    with pytest.raises(Invalid):
        await form_drafts.publish(connection, olivia, done, 3)
    with pytest.raises(Invalid):
        await intake_forms.choose(connection, [form])


async def test_r144_archived_forms_are_not_sent_and_come_back(connection: Connection, olivia: Actor) -> None:
    form = await published(connection, olivia)
    await intake_forms.archive(connection, olivia, form)
    await intake_forms.archive(connection, olivia, form)
    assert [row["name"] for row in await intake_forms.of_organization(connection, olivia, archived=True)] == [
        "About you"
    ]
    assert form not in {row["public_id"] for row in await intake_forms.to_send(connection, olivia)}
    with pytest.raises(Invalid):
        await intake_forms.choose(connection, [form])
    await intake_forms.restore(connection, olivia, form)
    assert len(await intake_forms.choose(connection, [form, form])) == 1


async def test_r144_a_copy_is_a_draft_of_its_own_under_a_name_of_its_own(connection: Connection, olivia: Actor) -> None:
    form = await published(connection, olivia)
    first, second = [await intake_forms.duplicate(connection, olivia, form) for _ in range(2)]
    names = {row["public_id"]: row["name"] for row in await intake_forms.of_organization(connection, olivia)}
    assert (names[first], names[second]) == ("About you (copy)", "About you (copy 2)")
    assert await labels(connection, olivia, first) == ["Your name", "I agree.", "Signature"]
    await connection.execute("SAVEPOINT before")
    with pytest.raises(NameTaken):
        await intake_forms.rename(connection, olivia, first, "About you")
    await connection.execute("ROLLBACK TO before")
    await intake_forms.rename(connection, olivia, first, "Another")
    assert (await intake_forms.find(connection, olivia, first))["name"] == "Another"


async def test_another_organization_has_other_forms(database: Database, connection: Connection, olivia: Actor) -> None:
    form = await published(connection, olivia)
    stranger = await actor(database, "olivia", "meadow")
    async with database.transaction(stranger) as theirs:
        with pytest.raises(NotFound):
            await intake_forms.find(theirs, stranger, form)
