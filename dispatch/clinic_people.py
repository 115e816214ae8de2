"""A clinic's hosts, who take visits, and its schedulers, who decide for them (R-004, R-014, R-077)."""

from dispatch import clinic_setup
from dispatch.errors import InUse, Invalid, NotFound
from people.access import Actor
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def hosts(connection: Connection, clinic: Row) -> list[Row]:
    """By name: public_id, name, active, on_demand, takes_requests, available (now), and what names them here: `pending`
    requests and `sessions` to come."""
    return await queries.hosts(connection, clinic_id=clinic["id"])


async def possible_hosts(connection: Connection, clinic: Row) -> list[Row]:
    """Active practitioners (R-004) of the clinic's department who are not its hosts yet: public_id, name."""
    return await queries.possible_hosts(connection, clinic_id=clinic["id"], department_id=clinic["department_id"])


async def add_host(connection: Connection, actor: Actor, clinic_id: str, host: str) -> None:
    """A host begins with on demand switched off. Adding one twice changes nothing. Raises `NotFound`, `Invalid`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    if await queries.host(connection, clinic_id=clinic["id"], host=host) is not None:
        return
    await queries.hold_account(connection, host=host)
    chosen = [row for row in await possible_hosts(connection, clinic) if row["public_id"] == host]
    if not chosen:
        raise Invalid("Choose one of the practitioners of this clinic's department.", field="host")
    await queries.add_host(connection, clinic_id=clinic["id"], account_id=chosen[0]["id"])
    await audit.record(connection, actor, "add_host", "clinic", clinic["id"], {"account": chosen[0]["id"]})


async def remove_host(connection: Connection, actor: Actor, clinic_id: str, host: str) -> None:
    """Raises `NotFound`; `InUse` while requests that are pending or sessions to come name the host in this clinic."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    found = await queries.host(connection, clinic_id=clinic["id"], host=host)
    if found is None:
        raise NotFound
    named = {"pending request": found["pending"], "session to come": found["sessions"]}
    if any(named.values()):
        told = " and ".join(_counted(count, what) for what, count in named.items() if count)
        raise InUse(
            f"{found['name']} cannot be removed yet: {told} of this clinic name them. "
            "Decide these or give them to somebody else first.",
            field="host",
        )
    await queries.remove_host(connection, clinic_id=clinic["id"], account_id=found["id"])
    await audit.record(connection, actor, "remove_host", "clinic", clinic["id"], {"account": found["id"]})


def _counted(count: int, what: str) -> str:
    """1 session to come, 2 sessions to come, 2 pending requests."""
    plural = what if count == 1 else what.replace("session", "sessions").replace("request", "requests")
    return f"{count} {plural}"


async def schedulers(connection: Connection, clinic: Row) -> list[Row]:
    """By name: public_id, name, active."""
    return await queries.schedulers(connection, clinic_id=clinic["id"])


async def possible_schedulers(connection: Connection, clinic: Row) -> list[Row]:
    """Active schedulers of the organization who do not serve this clinic yet; one may serve several (R-014)."""
    return await queries.possible_schedulers(connection, clinic_id=clinic["id"])


async def add_scheduler(connection: Connection, actor: Actor, clinic_id: str, scheduler: str) -> None:
    """Adding one twice changes nothing. Raises `NotFound`, `Invalid`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    if scheduler in {row["public_id"] for row in await schedulers(connection, clinic)}:
        return
    chosen = [row for row in await possible_schedulers(connection, clinic) if row["public_id"] == scheduler]
    if not chosen:
        raise Invalid("Choose one of the schedulers of your organization.", field="scheduler")
    await queries.add_scheduler(connection, clinic_id=clinic["id"], account_id=chosen[0]["id"])
    await audit.record(connection, actor, "add_scheduler", "clinic", clinic["id"], {"account": chosen[0]["id"]})


async def remove_scheduler(connection: Connection, actor: Actor, clinic_id: str, scheduler: str) -> None:
    """Their boards lose the clinic at once. Raises `NotFound`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    removed = await queries.remove_scheduler(connection, clinic_id=clinic["id"], scheduler=scheduler)
    if removed is None:
        raise NotFound
    await audit.record(connection, actor, "remove_scheduler", "clinic", clinic["id"], {"account": removed})
