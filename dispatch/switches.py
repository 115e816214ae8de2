"""Session requests on or off (A-25): for the organization, and for each host."""

from dispatch.clinic_setup import departments_seen
from dispatch.errors import NotFound
from people.access import Actor, may_administer, may_see_organization, may_switch_organization, require
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def organization(connection: Connection) -> Row:
    """The transaction's organization: id, public_id, slug, name, currency, requests_open."""
    return await queries.organization(connection)


async def hosts(connection: Connection, actor: Actor) -> list[Row]:
    """The practitioners of the departments that the actor may see, by name: public_id, name, takes_requests,
    department_names, clinic_names. Raises `NotFound`."""
    require(may_see_organization(actor))
    return await queries.hosts(connection, department_ids=departments_seen(actor))


async def switch_organization(connection: Connection, actor: Actor, on: bool) -> None:
    """Raises `NotFound` unless the actor administers the organization."""
    require(may_switch_organization(actor))
    if await queries.switch_organization(connection, requests_open=on):
        await audit.record(
            connection, actor, "switch_on" if on else "switch_off", "organization", actor.organization_id
        )


async def switch_host(connection: Connection, actor: Actor, host: str, on: bool) -> None:
    """Raises `NotFound` unless the actor administers a department of this practitioner's."""
    found = await queries.host(connection, host=host)
    if found is None or not _administers(actor, found["department_ids"]):
        raise NotFound
    if await queries.switch_host(connection, account_id=found["id"], takes_requests=on):
        await audit.record(connection, actor, "switch_on" if on else "switch_off", "host", found["id"])


def _administers(actor: Actor, department_ids: list[int]) -> bool:
    return actor.is_organization_administrator or any(may_administer(actor, one) for one in department_ids)
