"""The care relationship of a client and a practitioner (A-05, gate 2): made by staff from either side (R-050, R-052),
or by an accepted connection or session request.

A pair has one department, one of the practitioner's (R-053, A-22). Whoever takes a department from a practitioner holds
that account's row (people/staff.py), so a pair is never made in a department that is being taken away.
"""

from dataclasses import dataclass

from people.access import Actor, may_associate, require
from people.errors import Invalid, NotFound, NotPractitioner
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

NO_DEPARTMENT = "Choose one of the practitioner's departments."
ELSEWHERE = "This client is associated with this practitioner in a department that is not yours."


@dataclass(frozen=True)
class Pair:
    """Inner keys of a practitioner and of the one department in which a client is associated with them."""

    practitioner_id: int
    department_id: int


async def choices(connection: Connection, actor: Actor) -> list[Row]:
    """The practitioners whom the actor may associate with clients, by name: id, public_id, name, and `departments`,
    those in which the actor may: each id, public_id, name. Who has not set up their account yet is among them."""
    practitioners = await queries.practitioners(connection)
    mine = [
        {**row, "departments": [one for one in row["departments"] if may_associate(actor, one["id"])]}
        for row in practitioners
    ]
    return [row for row in mine if row["departments"]]


async def choose(
    connection: Connection, actor: Actor, practitioner: str, department: str = "", field: str = "practitioner"
) -> Pair:
    """What a form names by public ids; no department where there is only one to choose. Raises `Invalid` beside
    `field`."""
    chosen = [row for row in await choices(connection, actor) if row["public_id"] == practitioner]
    if not chosen:
        raise Invalid("Choose one of the practitioners.", field=field)
    departments = chosen[0]["departments"]
    named = [one for one in departments if one["public_id"] == department or (not department and len(departments) == 1)]
    if not named:
        raise Invalid(f"Choose the department for {chosen[0]['name']}: only one is possible.", field=field)
    return Pair(chosen[0]["id"], named[0]["id"])


async def associate(
    connection: Connection, actor: Actor, client_id: int, practitioner_id: int, department_id: int
) -> bool:
    """Make the care relationship, or move it to this department; inner keys. Return whether anything changed.

    The caller has made sure that the actor may see the client's file. Raises `NotFound` unless the actor may associate
    in the department (R-002, R-003), `NotPractitioner` (R-004), `Invalid` for a department that is none of the
    practitioner's, or where the pair has another one that is not the actor's (A-22).
    """
    require(may_associate(actor, department_id))
    await _practises(connection, practitioner_id, department_id)
    if await add(connection, client_id, practitioner_id, department_id):
        await _tell(connection, actor, "associate", client_id, practitioner_id, department_id)
        return True
    standing = await queries.hold(connection, client_id=client_id, practitioner_id=practitioner_id)
    if standing == department_id:
        return False
    if standing is None or not may_associate(actor, standing):
        raise Invalid(ELSEWHERE, field="department")
    await queries.move(connection, client_id=client_id, practitioner_id=practitioner_id, department_id=department_id)
    await _tell(connection, actor, "move_association", client_id, practitioner_id, department_id)
    return True


async def connect(connection: Connection, client_id: int, practitioner_id: int, department_id: int) -> bool:
    """The same for an accepted connection request, whose practitioner has decided: who may is asked before. A pair that
    exists keeps its department. Raises `NotPractitioner`, `Invalid`."""
    await _practises(connection, practitioner_id, department_id)
    return await add(connection, client_id, practitioner_id, department_id)


async def add(connection: Connection, client_id: int, practitioner_id: int, department_id: int) -> bool:
    """Store the pair unless it exists; ask nothing. Return whether it is new."""
    keys = {"client_id": client_id, "practitioner_id": practitioner_id, "department_id": department_id}
    return bool(await queries.add(connection, **keys))


async def remove(connection: Connection, actor: Actor, client_id: int, practitioner_id: int) -> bool:
    """End the care relationship: the client meets the practitioner no more unless by direct link, and open pages learn
    it at once. Return whether there was one. Raises `NotFound` unless the actor may associate in its department."""
    standing = await queries.hold(connection, client_id=client_id, practitioner_id=practitioner_id)
    if standing is None:
        return False
    require(may_associate(actor, standing))
    await queries.remove(connection, client_id=client_id, practitioner_id=practitioner_id)
    await _tell(connection, actor, "dissociate", client_id, practitioner_id, standing)
    return True


async def of_client(connection: Connection, client_id: int) -> list[Row]:
    """Their practitioners, by name: id, public_id, name, active (the account), department_id, department (public id),
    department_name, made_at, and `sessions` to come with them, which removing affects."""
    return await queries.of_client(connection, client_id=client_id)


async def of_practitioner(connection: Connection, practitioner_id: int) -> list[Row]:
    """Their clients, by last name: id, public_id, name, active, department_id, department, department_name, made_at,
    sessions."""
    return await queries.of_practitioner(connection, practitioner_id=practitioner_id)


async def departments_of(connection: Connection, practitioner_id: int) -> list[Row]:
    """The departments in which somebody practises, by name: id, public_id, name; all for whoever does so in the whole
    organization (A-28)."""
    return await queries.departments_of(connection, practitioner_id=practitioner_id)


async def _practises(connection: Connection, practitioner_id: int, department_id: int) -> None:
    """Hold the practitioner's account, so that the role stays until the transaction ends. Raises `NotFound`,
    `NotPractitioner`, `Invalid`."""
    if await queries.hold_practitioner(connection, id=practitioner_id) is None:
        raise NotFound
    departments = await departments_of(connection, practitioner_id)
    if not departments:
        raise NotPractitioner
    if department_id not in {row["id"] for row in departments}:
        raise Invalid(NO_DEPARTMENT, field="department")


async def _tell(
    connection: Connection, actor: Actor, verb: str, client_id: int, practitioner_id: int, department_id: int
) -> None:
    details = {"practitioner": practitioner_id, "department": department_id}
    await audit.record(connection, actor, verb, "client", client_id, details)
