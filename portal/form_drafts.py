"""Editing a form (R-144): its draft is changed step by step, and published as its next version.

Each change names the draft's revision that its person saw; where somebody else changed it since, nothing is overwritten
and both are told apart by name (`EditedMeanwhile`). Clients go on with the version that they were sent. Locks: the
form's row first, so that changes of one form follow each other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from people.access import Actor
from people.errors import EditedMeanwhile, Invalid, NotFound
from people.inputs import line
from portal import form_content, intake_forms
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

Fields = list[dict[str, Any]]
NOUN = "intake_form"


async def shown(connection: Connection, form: Row) -> Row:
    """What an editor sees: the draft, or if there is none what was published last: `content`, `revision`, `is_draft`,
    `differs` (there is something to publish), changed_at. `form` is what `intake_forms.find` gave."""
    return await queries.shown(connection, form_id=form["id"])


async def add_field(
    connection: Connection, actor: Actor, form: str, revision: int | None, typed: Mapping[str, Any]
) -> str:
    """One more at the end, as `form_content.field_of` reads it; return its key. Raises `NotFound`, `Invalid`,
    `EditedMeanwhile`."""
    made = form_content.field_of(typed)

    def change(fields: Fields) -> Fields:
        if len(fields) >= form_content.most_fields:
            raise Invalid(f"A form has at most {form_content.most_fields} parts. Remove one first.", field="label")
        return [*fields, made]

    await _change(connection, actor, form, revision, "add", change)
    return str(made["key"])


async def change_field(
    connection: Connection, actor: Actor, form: str, key: str, revision: int | None, typed: Mapping[str, Any]
) -> None:
    """Raises like `add_field`. A field keeps its kind, so that no answer changes its meaning."""

    def change(fields: Fields) -> Fields:
        standing = _named(fields, key)
        made = form_content.field_of({**typed, "kind": standing["kind"]}, key)
        return [made if field["key"] == key else field for field in fields]

    await _change(connection, actor, form, revision, "change", change)


async def move_field(connection: Connection, actor: Actor, form: str, key: str, revision: int | None, to: int) -> None:
    """Put it at place `to`, counted from 1; a place beyond an end means that end. Raises like `add_field`."""

    def change(fields: Fields) -> Fields:
        moved = _named(fields, key)
        rest = [field for field in fields if field["key"] != key]
        rest.insert(max(0, to - 1), moved)
        return rest

    await _change(connection, actor, form, revision, "move", change)


async def remove_field(connection: Connection, actor: Actor, form: str, key: str, revision: int | None) -> None:
    """Raises like `add_field`."""

    def change(fields: Fields) -> Fields:
        return [field for field in fields if field is not _named(fields, key)]

    await _change(connection, actor, form, revision, "remove", change)


async def set_title(
    connection: Connection, actor: Actor, form: str, revision: int | None, title: str, reviewed: bool = False
) -> None:
    """What clients read above the form. `reviewed` says that the clinic stands by the text, so that it counts as an
    example no more (R-143). Raises `NotFound`, `Invalid`, `EditedMeanwhile`."""
    row, draft = await _draft(connection, actor, form, revision)
    content = {**draft["content"], "title": line(title, "title", form_content.longest_title)}
    if reviewed:
        content.pop("example", None)
    if content != draft["content"]:
        await _save(connection, actor, row, draft, "change", content)


async def discard(connection: Connection, actor: Actor, form: str, revision: int | None) -> None:
    """Go back to what was published last. Raises `NotFound`, `EditedMeanwhile`, `Invalid` for a form that was never
    published."""
    row = await intake_forms.held(connection, actor, form)
    standing = await shown(connection, row)
    await _same(connection, row, standing, revision)
    if row["version_id"] is None:
        raise Invalid("This form was never published, so there is nothing to go back to. Archive it instead.")
    if standing["differs"]:
        await _save(connection, actor, row, standing, "discard", row["content"])


async def publish(connection: Connection, actor: Actor, form: str, revision: int | None) -> int:
    """Make the draft the form's next version, which nobody changes any more; return its number. Clients who have the
    form before them keep the version that they were sent. Raises `NotFound`, `Invalid`, `EditedMeanwhile`."""
    row = await intake_forms.held(connection, actor, form)
    standing = await shown(connection, row)
    await _same(connection, row, standing, revision)
    if not standing["differs"]:
        raise Invalid("There is nothing new to publish.")
    form_content.check(standing["content"])
    number = await queries.publish(
        connection,
        form_id=row["id"],
        hash=form_content.hash_of(standing["content"]),
        published_by=actor.account_id,
    )
    await audit.record(connection, actor, "publish", NOUN, row["id"], {"version": number})
    return int(number)


async def _change(
    connection: Connection,
    actor: Actor,
    form: str,
    revision: int | None,
    verb: str,
    change: Callable[[Fields], Fields],
) -> None:
    row, draft = await _draft(connection, actor, form, revision)
    fields = change(list(draft["content"]["fields"]))
    if fields != draft["content"]["fields"]:
        await _save(connection, actor, row, draft, verb, {**draft["content"], "fields": fields})


async def _draft(connection: Connection, actor: Actor, form: str, revision: int | None) -> tuple[Row, Row]:
    """The form, held, and what is changed of it."""
    row = await intake_forms.held(connection, actor, form)
    standing = await shown(connection, row)
    await _same(connection, row, standing, revision)
    return row, standing


async def _same(connection: Connection, form: Row, standing: Row, revision: int | None) -> None:
    """Raise `EditedMeanwhile` if somebody changed it since; None changes whatever stands."""
    if revision is not None and revision != standing["revision"]:
        raise EditedMeanwhile(await audit.last_writer(connection, NOUN, form["id"]))


async def _save(
    connection: Connection, actor: Actor, form: Row, standing: Row, verb: str, content: dict[str, Any]
) -> None:
    save = queries.update if standing["is_draft"] else queries.begin
    await save(connection, form_id=form["id"], content=content, revision=standing["revision"] + 1)
    await audit.record(connection, actor, verb, NOUN, form["id"])


def field_of(standing: Row, key: str) -> dict[str, Any]:
    """One field of what `shown` gave. Raises `NotFound`."""
    return _named(standing["content"]["fields"], key)


def _named(fields: Fields, key: str) -> dict[str, Any]:
    named = [field for field in fields if field["key"] == key]
    if not named:
        raise NotFound
    return named[0]
