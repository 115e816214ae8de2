"""The roles of the staff, as forms name them and as they are kept: each in one department, save the administrators of
the whole organization."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from people import departments
from people.access import Actor, may_give
from people.errors import InUse, Invalid
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__.replace("staff_roles", "staff"))

ADMINISTRATOR = "organization_administrator"
PRACTITIONER = "practitioner"
EVERYWHERE = "*"
"""How forms name the whole organization in the place of a department."""
IN_DEPARTMENTS = {
    "department_administrator": "Department administrator",
    "care_coordinator": "Care coordinator",
    "scheduler": "Scheduler",
}
NAMES = {ADMINISTRATOR: "Organization administrator", **IN_DEPARTMENTS, PRACTITIONER: "Practitioner"}
"""What is stored, and how the screen says it."""

NOT_YOURS = "Choose among the roles that you may give."
"""The same for a department that is not the actor's and for one that does not exist."""

MOVING = " To move clients, tick both departments, save, and move them under Client associations; then untick this one."

Held = tuple[str, int | None]
"""A role, and the key of the department in which it is held: None for the whole organization."""


@dataclass(frozen=True)
class Wanted:
    """What a form asks for. `roles` are `organization_administrator` and `role:department`, for the roles in
    IN_DEPARTMENTS; `practises_in` departments. Departments are public ids, or EVERYWHERE where that is held already."""

    roles: tuple[str, ...] = ()
    practitioner: bool = False
    practises_in: tuple[str, ...] = ()


async def resolve(connection: Connection, actor: Actor, wanted: Wanted, before: frozenset[Held]) -> frozenset[Held]:
    """All roles that somebody is to hold: those that are wanted, and of those held before the ones that the actor may
    not take. Raises `Invalid` with its field."""
    keys = {row["public_id"]: row["id"] for row in await departments.of_organization(connection)}
    asked = frozenset(_role(one, keys) for one in wanted.roles) | _practises(actor, wanted, before, keys)
    for role, department in asked - before:
        if not may_give(actor, role, department) or (department is None and role != ADMINISTRATOR):
            raise Invalid(NOT_YOURS, field=_field(role))
    kept = frozenset(one for one in before if not may_give(actor, *one))
    if not asked | kept:
        leaving = " To end somebody's work here, deactivate the account." if before else ""
        raise Invalid(f"Choose at least one role.{leaving}", field="roles")
    return asked | kept


def _role(name: str, keys: dict[str, int]) -> Held:
    role, _, department = name.partition(":")
    if role == ADMINISTRATOR and not department:
        return role, None
    if role not in IN_DEPARTMENTS:
        raise Invalid(NOT_YOURS, field="roles")
    return role, _department(department, keys, "roles")


def _practises(actor: Actor, wanted: Wanted, before: frozenset[Held], keys: dict[str, int]) -> frozenset[Held]:
    """The tick alone is enough where there is only one department to choose."""
    held = any(role == PRACTITIONER for role, _ in before)
    if not wanted.practitioner and wanted.practises_in and not held:
        raise Invalid("Tick Practitioner too, or no department.", field="practitioner")
    if not wanted.practitioner:
        return frozenset()
    chosen = frozenset((PRACTITIONER, _department(one, keys, "practises_in")) for one in wanted.practises_in)
    elsewhere = any(role == PRACTITIONER and not may_give(actor, role, department) for role, department in before)
    givable = [(PRACTITIONER, key) for key in keys.values() if may_give(actor, PRACTITIONER, key)]
    if not chosen and not elsewhere and len(givable) == 1:
        return frozenset(givable)
    if not chosen and not elsewhere:
        raise Invalid("Choose at least one department for the practitioner.", field="practises_in")
    return chosen


def _department(public_id: str, keys: dict[str, int], field: str) -> int | None:
    if public_id == EVERYWHERE:
        return None
    if public_id not in keys:
        raise Invalid(NOT_YOURS, field=field)
    return keys[public_id]


def _field(role: str) -> str:
    return "practises_in" if role == PRACTITIONER else "roles"


async def releases(connection: Connection, person: Row, before: frozenset[Held], after: frozenset[Held]) -> None:
    """A-22: whoever practises in a department no more leaves no clients behind there, and hosts none of its clinics.
    Raises `InUse`, with what to do first."""
    gone = {department for role, department in before - after if role == PRACTITIONER}
    stays = {department for role, department in after if role == PRACTITIONER}
    if not gone or None in stays:
        return
    for row in await queries.holds_practitioner(connection, account_id=person["id"]):
        if row["id"] in stays or not (row["id"] in gone or None in gone):
            continue
        ties = []
        if row["clients"]:
            clients = "1 client" if row["clients"] == 1 else f"{row['clients']} clients"
            ties.append(f"{clients} there: move or end these associations.")
        if row["clinics"]:
            ties.append(f"A host of {', '.join(row['clinics'])}: remove them there.")
        if ties:
            told = f"{person['name']} has ties in {row['name']}. {' '.join(ties)}"
            told += MOVING if row["clients"] and stays else ""
            raise InUse(told, field="practises_in")


async def replace(connection: Connection, account_id: int, before: frozenset[Held], after: frozenset[Held]) -> None:
    """Take what is held no more and give what is new. Open pages learn it at once. Whoever schedules in a department no
    more leaves its clinics, and whoever schedules nowhere leaves all."""
    for role, department in before - after:
        await queries.remove_role(connection, account_id=account_id, role=role, department_id=department)
    for role, department in after - before:
        await queries.add_role(connection, account_id=account_id, role=role, department_id=department)
    taken = _schedules_in(before) - _schedules_in(after)
    if taken:
        nowhere, gone = not _schedules_in(after), [one for one in taken if one is not None]
        await queries.leave_clinics(connection, account_id=account_id, nowhere=nowhere, gone=gone)


def _schedules_in(roles: frozenset[Held]) -> set[int | None]:
    return {department for role, department in roles if role == "scheduler"}


def by_role(roles: Sequence[Row]) -> dict[str, list[str]]:
    """For the screen: a role's name -> the names of the departments in which it is held; none for the whole
    organization."""
    shown: dict[str, list[str]] = defaultdict(list)
    for row in roles:
        if row["role"] in NAMES:
            shown[NAMES[row["role"]]] += [row["department"]] if row["department"] else []
    return dict(shown)
