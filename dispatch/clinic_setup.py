"""How administrators set up virtual clinics (R-077): which there are, create, change.

Organization administrators have every department's, department administrators their own; care coordinators of a
department look (people/access.py).
"""

from dataclasses import asdict, dataclass
from typing import Any

from dispatch.errors import EditedMeanwhile, Invalid, NotFound
from people.access import Actor, may_administer, may_look_at, may_see_organization, require
from people.inputs import line, within
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

day = 24 * 60
LIMITS = {
    "red_after_seconds": (10, day * 60),
    "now_expires_after_minutes": (5, day),
    "join_before_minutes": (0, day),
    "join_after_minutes": (0, day),
    "client_cancel_before_hours": (0, 720),
    "client_move_before_hours": (0, 720),
    "offer_for_minutes": (5, day),
}
"""Setting -> least and most, inclusive."""


@dataclass(frozen=True)
class ClinicSettings:
    """All that is chosen of a clinic; `department` is a public id. The numbers' defaults are those of A-09 and A-14."""

    name: str
    department: str
    patient_group: str
    host_group: str
    availability: str = "on_demand"
    red_after_seconds: int = 300
    now_expires_after_minutes: int = 60
    join_before_minutes: int = 30
    join_after_minutes: int = 30
    client_cancel_before_hours: int = 0
    client_move_before_hours: int = 0
    contact: str = ""
    offer_for_minutes: int = 30
    hosts_see_group_queue: bool = False
    allow_override: bool = False
    open: bool = True


def departments_seen(actor: Actor) -> list[int] | None:
    """The departments at whose clinics the actor may look; None: all of the organization's."""
    if actor.is_organization_administrator:
        return None
    return actor.departments_as("department_administrator", "care_coordinator")


async def overview(connection: Connection, actor: Actor) -> list[Row]:
    """The clinics at which the actor may look, by name, with what goes on now: `pending`, `red`, `hosts_available` of
    `hosts`, and how many `schedulers`, `services` (offered) and `fields` each has. Raises `NotFound`."""
    require(may_see_organization(actor))
    return await queries.overview(connection, department_ids=departments_seen(actor))


async def departments(connection: Connection, actor: Actor) -> list[Row]:
    """The departments that the actor administers, by name: id, public_id, name."""
    return [row for row in await queries.departments(connection) if may_administer(actor, row["id"])]


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """One clinic with all of its settings, as `ClinicSettings` names them, its `version`, and `may_change`: whether the
    actor administers it or only looks. Raises `NotFound`."""
    clinic = await queries.find(connection, public_id=public_id)
    if clinic is None or not may_look_at(actor, clinic["department_id"]):
        raise NotFound
    return clinic


async def administered(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The clinic, locked until the transaction ends, so that changes of one clinic follow each other. Raises
    `NotFound` unless the actor administers it."""
    if await queries.lock(connection, public_id=public_id) is None:
        raise NotFound
    clinic = await find(connection, actor, public_id)
    require(may_administer(actor, clinic["department_id"]))
    return clinic


async def create(connection: Connection, actor: Actor, settings: ClinicSettings) -> Row:
    """A new clinic without hosts, schedulers, services or questions; return id and public_id. Raises `NotFound` for
    somebody who administers nothing, `Invalid` with its field."""
    require(actor.is_administrator)
    values = await _checked(connection, actor, settings)
    await _name_is_free(connection, values["name"], None)
    clinic = await queries.insert(connection, organization_id=actor.organization_id, **values)
    await audit.record(connection, actor, "create", "clinic", clinic["id"])
    return clinic


async def change(
    connection: Connection, actor: Actor, public_id: str, settings: ClinicSettings, version: str | None
) -> None:
    """Replace the settings. `version` is what `find` gave to the person who changes them: if somebody else has changed
    the clinic since, `EditedMeanwhile` is raised and nothing is stored. None replaces whatever stands. Also raises
    `NotFound`, `Invalid`."""
    clinic = await administered(connection, actor, public_id)
    if version is not None and version != clinic["version"]:
        raise EditedMeanwhile(await audit.last_writer(connection, "clinic", clinic["id"]))
    values = await _checked(connection, actor, settings)
    if values["name"] != clinic["name"]:
        await _name_is_free(connection, values["name"], public_id)
    if values["department_id"] != clinic["department_id"]:
        await _hosts_fit(connection, clinic, values["department_id"])
    changed = sorted(name for name, value in asdict(settings).items() if value != clinic[name])
    if changed:
        await queries.update(connection, id=clinic["id"], **values)
        await audit.record(connection, actor, "change", "clinic", clinic["id"], {"changed": changed})


async def _checked(connection: Connection, actor: Actor, settings: ClinicSettings) -> dict[str, Any]:
    """The settings as columns. Raises `Invalid`."""
    values = asdict(settings)
    for name in ("name", "patient_group", "host_group"):
        values[name] = line(values[name], name)
    values["contact"] = line(values["contact"], "contact") if values["contact"].strip() else ""
    for name, (least, most) in LIMITS.items():
        within(values[name], name, least, most)
    if settings.availability not in ("on_demand", "calendar"):
        raise Invalid("Choose one of the two.", field="availability")
    department = values.pop("department")
    chosen = [row for row in await departments(connection, actor) if row["public_id"] == department]
    if not chosen:
        raise Invalid("Choose one of your departments.", field="department")
    return {**values, "department_id": chosen[0]["id"]}


async def _name_is_free(connection: Connection, name: str, but: str | None) -> None:
    """Two clinics of one name could not be told apart on the board, in its filter or by those who ask."""
    if await queries.name_taken(connection, name=name, but=but):
        raise Invalid("Another clinic has this name already.", field="name")


async def _hosts_fit(connection: Connection, clinic: Row, department_id: int) -> None:
    """A host is a practitioner of the clinic's department, for accepting makes the care relationship there (A-05)."""
    strangers = await queries.hosts_outside(connection, clinic_id=clinic["id"], department_id=department_id)
    if strangers:
        names = ", ".join(row["name"] for row in strangers)
        raise Invalid(f"Not practitioners of that department: {names}. Remove these hosts first.", field="department")
