"""The organization's own address for its clients (R-020, R-043), and whether they may register there (A-06)."""

from people.access import Actor, may_manage_departments, may_see_organization, require
from people.errors import Invalid
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

MODES = ("open", "by_practitioner", "invite_only")


async def find(connection: Connection, actor: Actor) -> Row:
    """The actor's organization: slug, name, `registration` (one of MODES). Raises `NotFound`."""
    require(may_see_organization(actor))
    return await queries.find(connection)


async def set_registration(connection: Connection, actor: Actor, mode: str) -> None:
    """The same mode changes nothing. What has been registered stays. Raises `NotFound`, `Invalid`."""
    require(may_manage_departments(actor))
    if mode not in MODES:
        raise Invalid("Choose one of the three.", field="registration")
    if await queries.set_registration(connection, mode=mode):
        await audit.record(connection, actor, "change", "organization", actor.organization_id, {"registration": mode})
