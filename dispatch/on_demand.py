"""The on-demand toggle of a host in a clinic (R-098, A-10), and the house that switches it off when they are away."""

from dispatch.errors import NotFound
from people.access import Actor, may_set_hours, require
from records import audit, mail
from records.database import Connection, House, Row
from records.queries import beside

queries = beside(__file__)


async def toggles(connection: Connection, actor: Actor) -> list[Row]:
    """The actor's on-demand clinics by name: `public_id`, `name`, `on_demand`, `switched_off_at` (by the house; None if
    they did it themselves), `takes_requests` (A-25)."""
    require(may_set_hours(actor))
    return await queries.toggles(connection, account_id=actor.account_id)


async def switch_on_demand(connection: Connection, actor: Actor, clinic: str, on: bool) -> None:
    """Switch oneself on or off in one clinic, named by its public id. Raises `NotFound`."""
    require(may_set_hours(actor))
    clinic_id = await queries.switch(connection, account_id=actor.account_id, clinic=clinic, on=on)
    if clinic_id is None:
        raise NotFound
    verb = "switch_on" if on else "switch_off"
    await audit.record(connection, actor, verb, "host", actor.account_id, {"clinic": clinic_id})


async def switched_on(connection: Connection) -> set[tuple[int, int]]:
    """Every organization's hosts who are on somewhere, as (organization, account); with the system role."""
    return {(row["organization_id"], row["account_id"]) for row in await queries.switched_on(connection)}


async def switch_off_absent(connection: Connection, house: House, account_id: int) -> bool:
    """A-10: the host's pages have all been closed for a while. Switch them off everywhere and write to them; whether
    there was anything to switch off. Several processes may come to this at once: only one writes."""
    switched = await queries.switch_off(connection, account_id=account_id)
    if not switched:
        return False
    clinics = [row["clinic_id"] for row in switched]
    await audit.record(connection, house, "switch_off", "host", account_id, {"clinics": clinics})
    first = switched[0]
    details = {"clinics": [row["name"] for row in switched], "clock": first["clock"], "zone": first["time_zone"]}
    await mail.post(connection, house, "switched_off", [first["email"]], details=details)
    return True
