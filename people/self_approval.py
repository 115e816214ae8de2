"""The other reading of A-01: where an organization wants it so, whoever chose a practitioner when they registered needs
no approval by the staff. Whom the organization may know already waits for the staff all the same (A-06)."""

from people import clients, registrations
from people.access import Actor
from people.clients import Checked
from people.errors import AlreadyHandled
from records import audit
from records.database import Connection, House, Row
from records.queries import beside

queries = beside(__file__)


async def approve(connection: Connection, house: House, account_id: int) -> tuple[Actor, Row] | None:
    """Open the account and make its file. Returns who it is now and the registration (`practitioner`, a public id, and
    `reason`), or None where the staff must look first. Raises `AlreadyHandled` where it waits no more."""
    said = await queries.hold(connection, account_id=account_id)
    if said is None:
        raise AlreadyHandled(None)
    known = await registrations.duplicates(connection, {**said, "account_id": account_id})
    if known or not await queries.is_on(connection):
        return None
    who = Actor(account_id, house.organization_id, said["public_id"], said["name"], "active", frozenset({"client"}))
    await queries.open(connection, account_id=account_id)
    names = (said["first_name"], said["last_name"], said["email"], said["date_of_birth"], said["department_id"])
    file = await clients.insert(connection, house, Checked(*names), account_id)
    await audit.record(connection, house, "approve", "account", account_id, {"client": file["id"]})
    return who, said
