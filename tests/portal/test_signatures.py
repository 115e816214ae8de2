"""Signing a form (R-142): bound to version and answers, in one piece, once, and for ever."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from PIL import Image, ImageDraw

from people.access import Actor
from people.errors import Invalid, NotFound
from portal import documents, drawings, filling, form_content, form_drafts, proof, sealing, signatures
from portal.errors import AlreadySigned, FormClosed, SavedElsewhere
from portal.papers import Papers
from portal.signatures import Given, Signer
from records.database import Connection, Database
from records.files import Files
from tests.portal.intake_people import answer, published, send
from tests.portal.test_papers import text_of
from tests.support import actor

WHERE = Signer("203.0.113.77", "203.0.113.77/32", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")


def drawing(ink: str = "black", size: tuple[int, int] = (600, 200)) -> str:
    picture = Image.new("RGBA", size, (255, 255, 255, 0))
    ImageDraw.Draw(picture).line([(20, 150), (200, 20), (400, 160), (560, 40)], fill=ink, width=4)
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=_secret())
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _secret() -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "taken at home")
    return info


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class Form:
    """A form before Chloe, answered; `sign` signs it."""

    def __init__(
        self, connection: Connection, chloe: Actor, files: Files, intake: str, revision: int, key: str
    ) -> None:
        self.connection, self.chloe, self.files = connection, chloe, files
        self.intake, self.revision, self.key = intake, revision, key

    async def sign(self, **changed: Any) -> str:
        values = {
            "connection": self.connection,
            "actor": self.chloe,
            "intake": self.intake,
            "revision": self.revision,
            "given": {self.key: Given("Chloe Chen")},
            "agreed": True,
            "signer": WHERE,
            "files": self.files,
            "papers": Papers(),
        }
        return await signatures.sign(**(values | changed))

    async def row(self) -> Any:
        return await self.connection.fetchrow("SELECT * FROM intake WHERE public_id = $1", self.intake)

    async def pdf(self, document: str) -> bytes:
        return (await documents.open_one(self.connection, self.chloe, document, self.files)).content


async def form_before(connection: Connection, olivia: Actor, chloe: Actor, files: Files) -> Form:
    (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    revision = await answer(connection, chloe, intake, **{"Your name": "Chloé", "I agree.": True})
    row = await filling.find(connection, chloe, intake)
    (key,) = [field["key"] for field in form_content.signatures(row["content"])]
    return Form(connection, chloe, files, intake, revision, key)


@pytest.fixture
async def form(connection: Connection, olivia: Actor, chloe: Actor, files: Files) -> AsyncIterator[Form]:
    yield await form_before(connection, olivia, chloe, files)


async def test_r142_a_drawing_alone_signs_and_the_account_gives_the_printed_name(form: Form) -> None:
    document = await form.sign(given={form.key: Given(" ", drawing())})
    said = text_of(await form.pdf(document))
    assert "drawn" in said and "typed and drawn" not in said and form.chloe.name in said
    signed = await form.connection.fetchrow("SELECT name, drawing FROM signature ORDER BY intake_id DESC LIMIT 1")
    assert (signed["name"], signed["drawing"] is None) == (form.chloe.name, False)


async def test_r142_a_signed_form_is_a_sealed_pdf_that_shows_all_of_it(form: Form, chloe: Actor) -> None:
    document = await form.sign(given={form.key: Given("Chloe Chen", drawing())})
    row = await form.row()
    assert (row["state"], row["ended_at"] is not None) == ("completed", True)
    pdf = await form.pdf(document)
    key = await sealing.key_of(form.connection, chloe)
    assert await sealing.verify(pdf, key.certificate) is None
    said = text_of(pdf)
    version = await form.connection.fetchrow("SELECT * FROM intake_form_version WHERE id = $1", row["version_id"])
    answers = form_content.hash_of(row["answers"])
    told = ("About you", "Your name", "Chloé", "I agree.", "Agreed", "Chloe Chen", "203.0.113.77/32", "typed and drawn")
    for part in (*told, "Europe/Lisbon", "UTC", version["hash"].hex(), answers.hex()):
        assert part in said, part
    signed = await form.connection.fetchrow("SELECT * FROM signature WHERE intake_id = $1", row["id"])
    assert (signed["version_hash"], signed["answers_hash"]) == (version["hash"], answers)
    assert (signed["address"], signed["signed_at"]) == ("203.0.113.77", row["ended_at"])
    assert b"taken at home" not in signed["drawing"]


async def test_a_form_without_signature_fields_is_completed_by_the_same_step(
    connection: Connection, olivia: Actor, chloe: Actor, files: Files
) -> None:
    fields: tuple[dict[str, Any], ...] = ({"kind": "short_text", "label": "Anything else?"},)
    (intake,) = await send(connection, olivia, chloe, await published(connection, olivia, "Short", fields))
    form = Form(connection, chloe, files, intake, 0, "")
    said = text_of(await form.pdf(await form.sign(given={})))
    assert "Completion" in said and "Completed by" in said and "Signatures" not in said
    assert "Not answered" in said


async def test_what_is_missing_is_said_beside_it_and_nothing_is_signed(form: Form) -> None:
    name = f"name-{form.key}"
    missing: list[tuple[dict[str, Any], str]] = [
        ({"agreed": False}, "agree"),
        ({"given": {}}, name),
        ({"given": {form.key: Given("  ")}}, name),
        ({"given": {form.key: Given("x" * 201)}}, name),
        ({"given": {form.key: Given("Chloe", "javascript:1")}}, f"drawing-{form.key}"),
    ]
    for changed, field in missing:
        with pytest.raises(Invalid) as refused:
            await form.sign(**changed)
        assert refused.value.field == field
    assert (await form.row())["state"] == "started"


NOT_DRAWN = (
    "data:image/svg+xml;base64,PHN2Zz4=",
    "data:image/png;base64,not base64",
    "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 50).decode(),
    "data:image/png;base64," + base64.b64encode(b"GIF89a" + b"x" * 50).decode(),
    "data:image/png;base64," + "A" * 200_000,
    drawing(size=(9000, 9000)),
    drawing(ink="white"),
)


@pytest.mark.parametrize("sent", NOT_DRAWN, ids=range(len(NOT_DRAWN)))
async def test_t17_a_drawing_that_is_none_is_refused(sent: str) -> None:
    with pytest.raises(Invalid) as refused:
        await drawings.read(sent, "drawing-x")
    assert refused.value.field == "drawing-x"


async def test_t26_other_answers_than_those_that_were_shown_are_not_signed(form: Form) -> None:
    with pytest.raises(SavedElsewhere):
        await form.sign(revision=form.revision - 1)
    assert (await form.row())["state"] == "started"


async def test_t26_a_newer_version_of_the_form_changes_nothing_for_what_was_sent(
    form: Form, olivia: Actor, connection: Connection
) -> None:
    before = await form.row()
    public_id = await connection.fetchval("SELECT public_id FROM intake_form WHERE id = $1", before["form_id"])
    await form_drafts.add_field(connection, olivia, public_id, None, {"kind": "paragraph", "label": "Slipped in"})
    await form_drafts.publish(connection, olivia, public_id, None)
    said = text_of(await form.pdf(await form.sign()))
    assert "Slipped in" not in said
    assert (await form.row())["version_id"] == before["version_id"]


async def test_t26_nobody_else_signs_it_and_nobody_twice(form: Form, olivia: Actor, database: Database) -> None:
    david = await actor(database, "david")
    for other in (olivia, david):
        with pytest.raises(NotFound):
            await form.sign(actor=other)
    await form.sign()
    with pytest.raises(AlreadySigned):
        await form.sign()
    assert await form.connection.fetchval("SELECT count(*) FROM document") == 1


async def test_what_was_taken_back_is_not_signed(form: Form, olivia: Actor) -> None:
    from portal import intakes

    await intakes.withdraw(form.connection, olivia, form.intake)
    with pytest.raises((FormClosed, NotFound)):
        await form.sign()


async def test_what_is_not_answered_is_asked_again_under_the_lock(form: Form) -> None:
    revision = await filling.save(form.connection, form.chloe, form.intake, form.revision, {})
    with pytest.raises(Invalid) as refused:
        await form.sign(revision=revision)
    assert (refused.value.field or "").startswith("answer-")


CHANGES = (
    "UPDATE intake SET answers = '{}'",
    "UPDATE intake SET state = 'started', document_id = NULL, ended_at = NULL",
    "DELETE FROM intake",
    "UPDATE signature SET name = 'Mallory'",
    "DELETE FROM signature",
    "UPDATE document SET title = 'Another'",
    "DELETE FROM document",
    "UPDATE stored_file SET sha256 = sha256(sha256)",
    "DELETE FROM stored_file",
    "UPDATE sealing_key SET certificate = ''",
    "INSERT INTO signature (intake_id, organization_id, field_key, account_id, name, address, browser, version_hash, "
    "answers_hash) SELECT intake_id, organization_id, 'other', account_id, name, address, browser, version_hash, "
    "answers_hash FROM signature",
)


REFUSALS = (asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)


async def test_r142_what_was_signed_cannot_be_changed_by_the_application(form: Form) -> None:
    await form.sign()
    for change in CHANGES:
        await form.connection.execute("SAVEPOINT before")
        with pytest.raises(REFUSALS):
            await form.connection.execute(change)
        await form.connection.execute("ROLLBACK TO before")


async def test_two_windows_sign_at_once_and_one_does(
    database: Database, olivia: Actor, chloe: Actor, files: Files
) -> None:
    async with database.transaction(chloe) as connection:
        form = await form_before(connection, olivia, chloe, files)

    async def sign() -> str:
        async with database.transaction(chloe) as connection:
            return await form.sign(connection=connection)

    ended = await asyncio.gather(sign(), sign(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["AlreadySigned", "str"]
    async with database.transaction(chloe) as connection:
        assert await connection.fetchval("SELECT count(*) FROM document") == 1
        assert await connection.fetchval("SELECT count(*) FROM signature") == 1
        assert await connection.fetchval("SELECT count(*) FROM audit_line WHERE verb = 'sign'") == 1


async def test_r146_staff_and_practitioners_of_the_client_find_it_and_each_look_is_written_down(
    form: Form, olivia: Actor, ana: Actor, database: Database
) -> None:
    document = await form.sign()
    await form.connection.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT organization_id, id, $1, (SELECT min(id) FROM department) FROM client WHERE account_id = $2",
        ana.account_id,
        form.chloe.account_id,
    )
    client = await form.connection.fetchrow("SELECT public_id FROM client WHERE account_id = $1", form.chloe.account_id)
    for who in (olivia, ana):
        _, found = await documents.of_client(form.connection, who, client["public_id"])
        assert [(one["title"], one["signed_by"]) for one in found] == [("About you", ["Chloe Chen"])]
        assert (await documents.open_one(form.connection, who, document, form.files)).content[:5] == b"%PDF-"
    assert [one["public_id"] for one in await documents.own(form.connection, form.chloe)] == [document]
    looks = await form.connection.fetch("SELECT account_id FROM audit_line WHERE verb = 'read' AND noun = 'document'")
    assert {row["account_id"] for row in looks} == {olivia.account_id, ana.account_id}
    for name in ("david", "sam"):
        stranger = await actor(database, name)
        with pytest.raises(NotFound):
            await documents.open_one(form.connection, stranger, document, form.files)
        with pytest.raises(NotFound):
            await documents.of_client(form.connection, stranger, client["public_id"])


async def test_a_signed_form_is_proved(form: Form) -> None:
    await form.sign(given={form.key: Given("Chloe Chen", drawing())})
    report = await proof.verify(form.connection, form.files)
    assert (report.documents, report.faults) == (1, [])
    assert report.versions >= 1
