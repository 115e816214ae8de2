"""What an organization is called, and the zone in which it is told of times where a person has chosen none."""

from zoneinfo import available_timezones

from people.access import Actor, may_name_organization, require
from people.errors import Invalid
from people.inputs import line
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def find(connection: Connection, actor: Actor) -> Row:
    """name, time_zone. Raises `NotFound`."""
    require(may_name_organization(actor))
    return await queries.find(connection)


async def change(connection: Connection, actor: Actor, name: str, time_zone: str) -> None:
    """Sessions stay at the instant for which they were booked, hosts keep their own zones, and papers that exist keep
    the name that they bear. The same changes nothing. Raises `NotFound`, `Invalid`."""
    require(may_name_organization(actor))
    chosen = {"name": line(name, "name"), "time_zone": await _zone(connection, time_zone.strip())}
    if await queries.change(connection, **chosen):
        await audit.record(connection, actor, "change", "organization", actor.organization_id, chosen)


async def _zone(connection: Connection, zone: str) -> str:
    """One that this process and the database both know."""
    if zone not in available_timezones() or not await queries.knows_zone(connection, zone=zone):
        raise Invalid("This time zone is not known. Choose one like Europe/Lisbon.", field="time_zone")
    return zone
