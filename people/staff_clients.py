"""Client associations from the staff's side (R-050, R-051): which there are, find more, and save all changes at
once."""

from collections.abc import Iterable

from people import associations, staff
from people.access import Actor, may_associate, may_see_client, require
from people.errors import Invalid, NotPractitioner
from people.staff_roles import PRACTITIONER
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

most_found = 20


async def of(connection: Connection, actor: Actor, person: Row) -> list[Row]:
    """As `associations.of_practitioner`, in the departments in which the actor may associate; `person` is one of the
    staff as `staff.find` tells it."""
    listed = await associations.of_practitioner(connection, person["id"])
    return [row for row in listed if may_associate(actor, row["department_id"])]


async def departments(connection: Connection, actor: Actor, person: Row) -> list[Row]:
    """Those in which the person practises and the actor may associate: id, public_id, name."""
    listed = await associations.departments_of(connection, person["id"])
    return [row for row in listed if may_associate(actor, row["id"])]


async def find(connection: Connection, actor: Actor, person: Row, words: str) -> list[Row]:
    """Active clients whom the actor may see and who are not the person's yet, by name, at most `most_found`: public_id,
    name, email, date_of_birth. Each word begins a name or the address."""
    wanted = words.replace(",", " ").split()[:5]
    if not wanted:
        return []
    return await queries.find(
        connection,
        practitioner_id=person["id"],
        everywhere=actor.is_organization_administrator,
        department_ids=actor.departments_as("department_administrator", "care_coordinator"),
        words=[word[:100] for word in wanted],
        most=most_found,
    )


async def save(
    connection: Connection, actor: Actor, public_id: str, add: Iterable[str], department: str, remove: Iterable[str]
) -> None:
    """Associate some clients in one of the person's departments, and end the associations of others; clients and
    departments by public ids. Raises `NotFound`; `NotPractitioner` until Practitioner is saved (R-051); `Invalid`."""
    person = await staff.find(connection, actor, public_id)
    add, remove = list(dict.fromkeys(add)), list(dict.fromkeys(remove))
    for client in remove:
        file = await _file(connection, actor, client)
        await associations.remove(connection, actor, file, person["id"])
    if not add:
        return
    if PRACTITIONER not in {role for role, _ in person["held"]}:
        raise NotPractitioner
    chosen = await _department(connection, actor, person, department)
    for client in add:
        file = await _file(connection, actor, client)
        await associations.associate(connection, actor, file, person["id"], chosen)


async def move(connection: Connection, actor: Actor, public_id: str, origin: str, target: str) -> int:
    """Move all of the person's associations from one of their departments to another (A-22); return how many. Raises
    `NotFound`, `Invalid` with its field."""
    person = await staff.find(connection, actor, public_id)
    chosen = await _department(connection, actor, person, target, "target")
    if origin == target:
        raise Invalid("They are in this department already: choose another.", field="target")
    rows = [row for row in await of(connection, actor, person) if row["department"] == origin]
    if not rows:
        raise Invalid("Nobody is associated there.", field="origin")
    for row in rows:
        await associations.associate(connection, actor, row["id"], person["id"], chosen)
    return len(rows)


async def _department(
    connection: Connection, actor: Actor, person: Row, public_id: str, field: str = "department"
) -> int:
    listed = await departments(connection, actor, person)
    named = [row["id"] for row in listed if row["public_id"] == public_id or (not public_id and len(listed) == 1)]
    if not named:
        raise Invalid("Choose one department: a client and a practitioner share only one.", field=field)
    return int(named[0])


async def _file(connection: Connection, actor: Actor, public_id: str) -> int:
    file = await queries.file(connection, public_id=public_id)
    require(file is not None and may_see_client(actor, file))
    return int(file["id"])
