"""Papers: what people typed stays text, and a sealed paper shows each change."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from people.access import Actor
from portal import sealing
from portal.papers import Papers
from portal.sealing import SealingKey
from records.database import Connection, Database

HOSTILE = (
    '#panic("x") $x$ *b* _i_ `raw` <label> @ref = h \\ "q" #read("/etc/passwd") [a] // c /* d */ ~ -- --- https://x.y'
)


def form(**changed: Any) -> dict[str, Any]:
    """A paper of the kind `form` with little in it."""
    data: dict[str, Any] = {
        "title": "Informed consent",
        "organization": "Harbor Health",
        "footer": "Document 1",
        "facts": [["Client", "Chloe Chen"]],
        "blocks": [
            {"kind": "heading", "text": "About you"},
            {"kind": "paragraph", "text": "First line\nSecond line"},
            {"kind": "answer", "question": "What brings you?", "hint": "In short", "answer": "Sleep"},
            {"kind": "answer", "question": "Anything else?", "hint": "", "answer": ""},
        ],
        "consent": "I agree to sign electronically.",
        "signatures": [{"label": "Client", "name": "Chloe Chen", "drawing": None, "facts": [["Name", "Chloe Chen"]]}],
        "completed": [],
        "binding": "These hashes name the exact text.",
        "hashes": [["Form", "ab" * 32]],
    }
    return data | changed


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_a_paper_shows_texts_answers_and_signatures_and_is_tagged_for_screen_readers() -> None:
    pdf = await Papers().render("form", form())
    said = text_of(pdf)
    for expected in (
        "Informed consent",
        "Harbor Health",
        "About you",
        "Second line",
        "Sleep",
        "Not answered",
        "ab" * 8,
    ):
        assert expected in said
    reader = PdfReader(io.BytesIO(pdf))
    assert dict(reader.root_object["/MarkInfo"].get_object().items())["/Marked"]  # type: ignore[union-attr]
    assert b"pdfuaid:part" in pdf and b"pdfaid:part" in pdf
    assert reader.metadata is not None and reader.metadata.title == "Informed consent"


async def test_t12_what_people_type_is_never_source() -> None:
    blocks = [{"kind": "answer", "question": HOSTILE, "hint": HOSTILE, "answer": HOSTILE}]
    pdf = await Papers().render("form", form(blocks=blocks, title=HOSTILE, organization=HOSTILE))
    said = text_of(pdf).replace("\n", " ")
    for part in ('#panic("x")', "*b*", "_i_", "`raw`", "<label>", "@ref", '#read("/etc/passwd")', "// c", "---"):
        assert said.count(part) >= 3, part
    assert "root:" not in said


@pytest.mark.parametrize("text", ["中文", "ไทย", "🙂", "‏שלום", "Ωμέγα Жук ñ", "\u0007"])
async def test_a_letter_that_no_font_has_is_no_reason_to_fail(text: str) -> None:
    assert (await Papers().render("form", form(title=text)))[:5] == b"%PDF-"


async def test_a_word_longer_than_a_line_stays_on_the_page() -> None:
    pdf = await Papers().render("form", form(blocks=[{"kind": "paragraph", "text": "x" * 900 + "END"}]))
    reader = PdfReader(io.BytesIO(pdf))
    right = 0.0

    def look(text: str, _: Any, matrix: Any, *__: Any) -> None:
        nonlocal right
        if text.strip():
            right = max(right, matrix[4])

    reader.pages[0].extract_text(visitor_text=look)
    assert "END" in text_of(pdf).replace("\n", "").replace("\u200b", "")
    assert right < 595


@pytest.fixture
async def key(connection: Connection, chloe: Actor) -> SealingKey:
    return await sealing.key_of(connection, chloe)


async def test_an_organization_has_one_key_and_another_has_another(
    connection: Connection, chloe: Actor, key: SealingKey, database: Database
) -> None:
    assert await sealing.key_of(connection, chloe) == key
    async with database.transaction(chloe.__class__(0, 2, "x", "x", "active")) as other:
        assert await sealing.queries.key(other) is None


async def test_a_sealed_paper_is_what_it_was(key: SealingKey) -> None:
    sealed = await sealing.seal(await Papers().render("form", form()), key, "Signed by Chloe Chen")
    assert await sealing.verify(sealed, key.certificate) is None
    assert text_of(sealed) == text_of(await Papers().render("form", form()))


async def test_a_paper_without_a_seal_with_anothers_or_with_more_after_it_is_found(
    key: SealingKey, chloe: Actor, connection: Connection
) -> None:
    paper = await Papers().render("form", form())
    sealed = await sealing.seal(paper, key, "x")
    other = sealing._make_key("Harbor Health")
    assert await sealing.verify(paper, key.certificate) == "bears 0 seals instead of one"
    assert await sealing.verify(await sealing.seal(paper, other, "x"), key.certificate) is not None
    assert await sealing.verify(sealed + b"\n%more", key.certificate) is not None
    assert await sealing.verify(b"", key.certificate) is not None
