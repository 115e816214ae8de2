"""The questions of a clinic's pre-request form (R-076), in their order. Requests keep their answers with the
questions as they were, so questions come and go freely."""

from dataclasses import asdict, dataclass
from typing import Any

from dispatch import clinic_setup
from dispatch.errors import EditedMeanwhile, Invalid, NotFound
from people.access import Actor
from people.inputs import choices, line
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

KINDS = {"short_text": "Short text", "long_text": "Long text", "choice": "Choice", "check": "Check"}
most_fields = 30


@dataclass(frozen=True)
class Field:
    """`choices` are for the kind choice; other kinds have none."""

    kind: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()


async def of_clinic(connection: Connection, clinic: Row) -> list[Row]:
    """In order: public_id, kind, label, required, choices, version."""
    return await queries.of_clinic(connection, clinic_id=clinic["id"])


async def find(connection: Connection, clinic: Row, public_id: str) -> Row:
    """Raises `NotFound`."""
    found = [row for row in await of_clinic(connection, clinic) if row["public_id"] == public_id]
    if not found:
        raise NotFound
    return found[0]


async def add(connection: Connection, actor: Actor, clinic_id: str, field: Field) -> str:
    """One more, the last; return its public id. Raises `NotFound`, `Invalid`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    values = _checked(field)
    if len(await of_clinic(connection, clinic)) >= most_fields:
        raise Invalid(f"A form has at most {most_fields} questions. Remove one first.", field="label")
    made = await queries.insert(connection, clinic_id=clinic["id"], **values)
    await audit.record(connection, actor, "create", "form_field", made["id"])
    return str(made["public_id"])


async def change(
    connection: Connection, actor: Actor, clinic_id: str, public_id: str, field: Field, version: str | None
) -> None:
    """`version` as in `clinic_setup.change`. Raises `NotFound`, `Invalid`, `EditedMeanwhile`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    standing = await find(connection, clinic, public_id)
    if version is not None and version != standing["version"]:
        raise EditedMeanwhile(await audit.last_writer(connection, "form_field", standing["id"]))
    values = _checked(field)
    changed = sorted(name for name, value in values.items() if value != standing[name])
    if changed:
        await queries.update(connection, id=standing["id"], **values)
        await audit.record(connection, actor, "change", "form_field", standing["id"], {"changed": changed})


async def remove(connection: Connection, actor: Actor, clinic_id: str, public_id: str) -> None:
    """Raises `NotFound`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    standing = await find(connection, clinic, public_id)
    await queries.remove(connection, id=standing["id"])
    await audit.record(connection, actor, "remove", "form_field", standing["id"])


async def move(connection: Connection, actor: Actor, clinic_id: str, public_id: str, to: int) -> None:
    """Put the question at place `to`, counted from 1; a place beyond an end means that end. Raises `NotFound`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    moved = await find(connection, clinic, public_id)
    before = [row["id"] for row in await of_clinic(connection, clinic)]
    after = [id_ for id_ in before if id_ != moved["id"]]
    after.insert(max(0, to - 1), moved["id"])
    if after != before:
        await queries.arrange(connection, ids=after)
        await audit.record(connection, actor, "move", "form_field", moved["id"], {"to": after.index(moved["id"]) + 1})


def _checked(field: Field) -> dict[str, Any]:
    if field.kind not in KINDS:
        raise Invalid("Choose a kind of question.", field="kind")
    values = asdict(field) | {"label": line(field.label, "label"), "choices": []}
    if field.kind == "choice":
        values["choices"] = choices(field.choices, 100)
    return values
