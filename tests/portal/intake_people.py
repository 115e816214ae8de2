"""What tests of intake forms begin with: an administrator, a published form, a form before Chloe."""

from typing import Any

from people.access import Actor
from portal import filling, form_drafts, intake_forms, intakes
from records.database import Connection

SHORT = (
    {"kind": "short_text", "label": "Your name", "required": True},
    {"kind": "consent", "label": "I agree."},
    {"kind": "signature", "label": "Signature"},
)


async def published(
    connection: Connection, by: Actor, name: str = "About you", fields: tuple[dict[str, Any], ...] = SHORT
) -> str:
    """A form's public id."""
    form = await intake_forms.create(connection, by, name)
    for number, field in enumerate(fields):
        await form_drafts.add_field(connection, by, form, number, field)
    await form_drafts.publish(connection, by, form, len(fields))
    return form


async def file_of(connection: Connection, account: Actor) -> int:
    return int(await connection.fetchval("SELECT id FROM client WHERE account_id = $1", account.account_id))


async def send(connection: Connection, by: Actor, to: Actor, *forms: str) -> list[str]:
    """The public ids of what was sent."""
    chosen = await intake_forms.choose(connection, list(forms))
    sent = await intakes.send(connection, by, [await file_of(connection, to)], chosen)
    return [row["public_id"] for row in sent.intakes]


async def answer(connection: Connection, by: Actor, intake: str, **typed: Any) -> int:
    """Fill in by label; return the revision."""
    row = await filling.find(connection, by, intake)
    keys = {field["label"]: field["key"] for field in row["content"]["fields"]}
    given = {keys[label.replace("_", " ")]: value for label, value in typed.items()}
    return await filling.save(connection, by, intake, row["revision"], given)
