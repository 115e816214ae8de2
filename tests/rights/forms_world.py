"""A form at each place: published, with changes; one that its client has before them, and one that is completed."""

from people.access import Actor
from portal import form_content, intake_forms
from records.database import Connection, Database, House


async def make_standard(database: Database, owner: Connection) -> None:
    """As if somebody had looked for forms already: from then on looking writes nothing."""
    for row in await owner.fetch("SELECT id FROM organization"):
        house = House(row["id"])
        async with database.transaction(house) as connection:
            await intake_forms.make_standard(connection, house)


async def add_forms(owner: Connection, client: Actor, number: int, document: str) -> dict[str, str]:
    """Public ids: form, intake, answered; `part` is the key of a field of the form."""
    part = f"part{number:04}"
    form = await add_form(owner, client.organization_id, f"Form {number}", part)
    done = await add_form(owner, client.organization_id, f"Done {number}", part)
    return {
        "form": form,
        "part": part,
        "intake": await add_intake(owner, client, form, None),
        "answered": await add_intake(owner, client, done, document),
    }


async def add_form(owner: Connection, organization_id: int, name: str, part: str) -> str:
    form = await owner.fetchrow(
        "INSERT INTO intake_form (organization_id, name) VALUES ($1, $2) RETURNING id, public_id", organization_id, name
    )
    fields = [{"key": part, "kind": "short_text", "label": "Name", "required": False}]
    fields += [{"key": "signed00", "kind": "signature", "label": "Signature"}]
    content = {"title": name, "fields": fields}
    for version, asked in ((1, content), (None, {**content, "fields": fields[::-1]})):
        await owner.execute(
            "INSERT INTO intake_form_version (organization_id, form_id, number, content, hash, published_at) "
            "VALUES ($1, $2, $3::int, $4::json, $5, CASE WHEN $3::int IS NOT NULL THEN clock_now() END)",
            organization_id,
            form["id"],
            version,
            asked,
            form_content.hash_of(asked) if version else None,
        )
    return str(form["public_id"])


async def add_intake(owner: Connection, client: Actor, form: str, document: str | None) -> str:
    """One before the client; with a document, completed."""
    state, ended = ("completed", "clock_now()") if document else ("sent", "NULL")
    return str(
        await owner.fetchval(
            "INSERT INTO intake "
            "(organization_id, client_id, form_id, version_id, sent_by, state, ended_at, document_id) "
            f"SELECT $1, client.id, intake_form.id, version.id, $2, '{state}', {ended}, document.id FROM client "
            "CROSS JOIN intake_form JOIN intake_form_version AS version ON form_id = intake_form.id AND number = 1 "
            "LEFT JOIN document ON document.public_id = $4 "
            "WHERE client.account_id = $2 AND intake_form.public_id = $3 RETURNING intake.public_id",
            client.organization_id,
            client.account_id,
            form,
            document,
        )
    )
