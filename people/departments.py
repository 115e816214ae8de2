"""The departments of an organization: to which of them roles, clinics and care relationships belong."""

from people.access import Actor, may_manage_departments, require
from people.errors import DepartmentUsed, Invalid, NotFound
from people.inputs import line
from records import audit
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)


async def of_organization(connection: Connection) -> list[Row]:
    """All of them, by name: id, public_id, name."""
    return await queries.of_organization(connection)


async def overview(connection: Connection, actor: Actor) -> list[Row]:
    """For whoever administers the organization, by name: public_id, name, and how many belong to it: `administrators`,
    `coordinators`, `practitioners`, `schedulers`, `clinics`, `clients`. Raises `NotFound`."""
    require(may_manage_departments(actor))
    return await queries.overview(connection)


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """One as `of_organization` tells it. Raises `NotFound`."""
    require(may_manage_departments(actor))
    found = await queries.find(connection, public_id=public_id)
    if found is None:
        raise NotFound
    return found


async def add(connection: Connection, actor: Actor, name: str) -> Row:
    """Return id and public_id. Raises `NotFound`, `Invalid`."""
    require(may_manage_departments(actor))
    added = await queries.add(connection, name=await _free(connection, name, None))
    if added is None:  # somebody was faster
        raise Invalid(TAKEN, field="name")
    await audit.record(connection, actor, "create", "department", added["id"])
    return added


async def rename(connection: Connection, actor: Actor, public_id: str, name: str) -> None:
    """The same name changes nothing. Raises `NotFound`, `Invalid`."""
    found = await find(connection, actor, public_id)
    if await queries.rename(connection, id=found["id"], name=await _free(connection, name, public_id)):
        await audit.record(connection, actor, "change", "department", found["id"])


async def remove(connection: Connection, actor: Actor, public_id: str) -> None:
    """Raises `NotFound`, `DepartmentUsed` as long as somebody or something belongs to it, also somebody who left."""
    found = await find(connection, actor, public_id)
    with refusing(**dict.fromkeys(BELONGING, DepartmentUsed)):
        await queries.remove(connection, id=found["id"])
    await audit.record(connection, actor, "remove", "department", found["id"], {"name": found["name"]})


BELONGING = [
    f"{table}_organization_id_department_id_fkey"
    for table in ("account_role", "clinic", "client", "association", "registration")
]
TAKEN = "Another department has this name already."


async def _free(connection: Connection, name: str, but: str | None) -> str:
    """Two departments of one name could not be told apart. Names are given one at a time, under the organization's
    lock."""
    name = line(name, "name")
    await queries.hold(connection)
    if await queries.taken(connection, name=name, but=but):
        raise Invalid(TAKEN, field="name")
    return name
