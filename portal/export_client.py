"""A client's own export: what the portal shows them, as JSON and as a PDF to read, with their documents and files.

The same that their pages show, and nothing that the staff wrote among themselves (R-123, A-17).
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson

from portal import form_answers, form_content
from portal.papers import Papers
from portal.signatures import stamp
from records.database import Connection, Row
from records.queries import beside

if TYPE_CHECKING:
    from portal.exporting import Archive

queries = beside(__file__)

PARTS = {
    "account": "Your account",
    "file": "Your data at the clinic",
    "registration": "What you said when you registered",
    "practitioners": "Your practitioners",
    "requests": "What you asked for",
    "sessions": "Your sessions",
    "waitlist": "Waitlists that you joined",
    "forms": "Your forms",
    "invoices": "Your invoices",
    "payments": "Your payments",
    "messages": "Your messages",
}


async def fill(connection: Connection, archive: "Archive", export: Row, papers: Papers) -> None:
    """Write all that this client may take along."""
    asked = {"account_id": export["account_id"], "client_id": export["client_id"]}
    parts = {name: [dict(row) for row in await _read(connection, name, asked)] for name in PARTS}
    for form in parts["forms"]:
        form["answers"] = _answers(form.pop("content"), form["answers"])
    documents = await queries.documents(connection, client_id=export["client_id"])
    attachments = await queries.attachments(connection, **asked)
    archive.steps = 2 + len(documents) + len(attachments)
    await archive.add_bytes("data.json", orjson.dumps(parts, default=_plain, option=orjson.OPT_INDENT_2))
    await archive.add_bytes("data.pdf", await papers.render("export", await _paper(connection, parts)))
    for number, row in enumerate(documents, 1):
        await archive.add_file(f"documents/{number:03} {_flat(row['title'])}", row["name"], row["content_type"])
    for number, row in enumerate(attachments, 1):
        await archive.add_file(f"attachments/{number:03} {_flat(row['shown'])}", row["name"], row["content_type"])


async def _read(connection: Connection, name: str, asked: dict[str, int]) -> list[Row]:
    statement = queries.statements[name]
    return await statement(connection, **{key: asked[key] for key in statement.names})


def _flat(title: str) -> str:
    """A title within a folder."""
    return title.replace("/", " ")


def _answers(content: form_content.Content, answers: form_answers.Answers) -> list[dict[str, str]]:
    """What was asked and answered, in words."""
    return [
        {"question": field["label"], "answer": form_answers.in_words(field, answers.get(field["key"]))}
        for field in form_content.asked(content)
    ]


def _plain(value: Any) -> Any:
    """What JSON has no word for: amounts stay exact, as texts."""
    return value.isoformat() if isinstance(value, date) else str(value)


async def _paper(connection: Connection, parts: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The data of portal/typst/export.typ."""
    house = await queries.organization(connection)
    zone = house["time_zone"]
    return {
        "title": "Your data",
        "organization": house["name"],
        "footer": f"As it was on {stamp(house['now'], zone)}",
        "parts": [
            {"title": title, "records": [_record(record, zone) for record in parts[name]]}
            for name, title in PARTS.items()
        ],
    }


def _record(record: dict[str, Any], zone: str) -> list[list[str]]:
    """Pairs of a name and a value, without those that say nothing."""
    pairs: list[list[str]] = []
    for name, value in record.items():
        if name == "answers":
            pairs.extend([one["question"], one["answer"] or "Not answered"] for one in value)
        elif value not in (None, "", []):
            pairs.append([name.replace("_", " ").capitalize(), _said(value, zone)])
    return pairs


def _said(value: Any, zone: str) -> str:
    if isinstance(value, datetime):
        return stamp(value, zone)
    if isinstance(value, date):
        return f"{value:%-d %B %Y}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return "\n".join(_said(one, zone) for one in value)
    if isinstance(value, dict):
        return f"{value.get('label', '')}: {value.get('answer', '')}"
    return str(value)
