"""The organization's intake forms (R-143, R-144): which there are, a new one, a copy, archived and back.

Only organization administrators build forms (R-006); whoever may see the organization's pages may look. What a form
asks stands in its versions (portal/form_drafts.py); the three standard ones are made when forms are first looked for.
"""

from collections.abc import Sequence

from people import entitlements
from people.access import Actor, may_build_forms, may_see_forms, require
from people.errors import Invalid, NotFound
from people.inputs import line
from portal import form_content, standard_forms
from portal.errors import NameTaken
from portal.form_content import Content
from records import audit
from records.database import Connection, Row, Tenant, refusing
from records.queries import beside

queries = beside(__file__)

FEATURE = "forms"
most_forms = 200


async def of_organization(connection: Connection, actor: Actor, archived: bool = False) -> list[Row]:
    """By name: public_id, name, standard, `number` (the newest version's, None if never published), published_at,
    `has_draft`, `example`, `open` (how many clients have it before them) and `completed`. Raises `NotFound`,
    `FeatureOff`."""
    require(may_see_forms(actor))
    await entitlements.require(connection, FEATURE)
    await make_standard(connection, actor)
    return await queries.of_organization(connection, archived=archived)


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """id, public_id, name, standard, archived_at, and of its newest version: version_id, number, content, hash (each
    None if it was never published). Raises `NotFound`, `FeatureOff`."""
    form = await queries.find(connection, public_id=public_id)
    if form is None or not may_see_forms(actor):
        raise NotFound
    await entitlements.require(connection, FEATURE)
    return form


async def held(connection: Connection, actor: Actor, public_id: str) -> Row:
    """`find`, locked until the transaction ends. Raises `NotFound` unless the actor builds forms."""
    require(may_build_forms(actor))
    await queries.hold(connection, public_id=public_id)
    return await find(connection, actor, public_id)


async def to_send(connection: Connection, tenant: Tenant) -> list[Row]:
    """The forms that can be sent, by name: id, public_id, name, `example` (its text is ours and was not reviewed); none
    where the feature is off. Whoever may send has asked for the right."""
    if not (await entitlements.features(connection)).forms:
        return []
    await make_standard(connection, tenant)
    return await queries.to_send(connection)


async def choose(connection: Connection, public_ids: Sequence[str]) -> list[int]:
    """The keys of forms that were ticked, each once, held against being archived meanwhile. Raises `Invalid` (forms)
    for what cannot be sent."""
    wanted = sorted(set(public_ids))
    rows = await queries.choose(connection, public_ids=wanted)
    if len(rows) < len(wanted):
        raise Invalid("One of these forms is not sent any more. Please choose again.", field="forms")
    return [int(row["id"]) for row in rows]


async def create(connection: Connection, actor: Actor, name: str) -> str:
    """A form without fields, as a draft; return its public id. Raises `NotFound`, `FeatureOff`, `Invalid`,
    `NameTaken`."""
    require(may_build_forms(actor))
    await entitlements.require(connection, FEATURE)
    return str((await _insert(connection, actor, line(name, "name"), form_content.blank(name)))["public_id"])


async def duplicate(connection: Connection, actor: Actor, public_id: str) -> str:
    """A copy of what the form asks now, as a draft of its own; return its public id. Raises `NotFound`."""
    form = await held(connection, actor, public_id)
    content = await queries.newest_content(connection, form_id=form["id"])
    name = await _free_name(connection, form["name"])
    return str((await _insert(connection, actor, name, {**content, "title": name}))["public_id"])


async def rename(connection: Connection, actor: Actor, public_id: str, name: str) -> None:
    """What the staff calls it; its title, which clients read, is the draft's. Raises `NotFound`, `Invalid`."""
    form, wanted = await held(connection, actor, public_id), line(name, "name")
    if wanted == form["name"]:
        return
    with refusing(intake_form_organization_id_name_key=NameTaken):
        await queries.rename(connection, id=form["id"], name=wanted)
    await audit.record(connection, actor, "rename", "intake_form", form["id"])


async def archive(connection: Connection, actor: Actor, public_id: str) -> None:
    """It is sent no more; what was sent stays, and can be completed. Twice is once. Raises `NotFound`."""
    form = await held(connection, actor, public_id)
    if await queries.archive(connection, id=form["id"]):
        await audit.record(connection, actor, "archive", "intake_form", form["id"])


async def restore(connection: Connection, actor: Actor, public_id: str) -> None:
    """Twice is once. Raises `NotFound`."""
    form = await held(connection, actor, public_id)
    if await queries.restore(connection, id=form["id"]):
        await audit.record(connection, actor, "restore", "intake_form", form["id"])


async def make_standard(connection: Connection, tenant: Tenant) -> None:
    """The standard forms that this organization has not had yet, published, with their text marked as an example.
    Whoever comes at the same moment makes none twice."""
    had = {row["standard"] for row in await queries.standard_ones(connection)}
    for standard in standard_forms.ALL:
        if standard.name in had:
            continue
        made = await queries.insert_standard(
            connection,
            organization_id=tenant.organization_id,
            standard=standard.name,
            name=standard.content["title"],
            content=standard.content,
            hash=form_content.hash_of(standard.content),
        )
        if made is not None:
            await audit.record(connection, tenant, "create", "intake_form", made)


async def _insert(connection: Connection, actor: Actor, name: str, content: Content) -> Row:
    if await queries.count(connection) >= most_forms:
        raise Invalid(f"There are {most_forms} forms already. Change one of them instead.", field="name")
    with refusing(intake_form_organization_id_name_key=NameTaken):
        form = await queries.insert(connection, organization_id=actor.organization_id, name=name, content=dict(content))
    await audit.record(connection, actor, "create", "intake_form", form["id"])
    return form


async def _free_name(connection: Connection, name: str) -> str:
    taken = {row["name"] for row in await queries.names(connection)}
    copies = (f"{name[:180]} (copy{f' {number}' if number > 1 else ''})" for number in range(1, most_forms + 2))
    return next(copy for copy in copies if copy not in taken)
