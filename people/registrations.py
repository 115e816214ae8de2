"""What people said of themselves when they registered: read by staff who approve, and by practitioners who decide."""

from people.access import Actor
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def of_account(connection: Connection, account_id: int) -> Row | None:
    """What this account's owner said (R-039), as it was said, with the department's name, and `email`, `state` and
    `public_id` of the account; None for somebody who never registered."""
    return await queries.of_account(connection, account_id=account_id)


async def organization_of(connection: Connection, account_id: int) -> int:
    """Whose client somebody who registered would be (system role)."""
    return int(await queries.organization_of(connection, account_id=account_id))


async def pending_of(connection: Connection, actor: Actor, after: int = 0, limit: int = 50) -> list[Row]:
    """The registrations that wait for approval and that this person may approve (`may_approve`), oldest first;
    `after` is the `account_id` of the last one seen."""
    return await queries.pending_of(connection, **_reach(actor), after=after, limit=limit)


async def count_pending(connection: Connection, actor: Actor) -> int:
    """How many `pending_of` has."""
    return int(await queries.count_pending(connection, **_reach(actor)))


async def is_open(connection: Connection, organization_id: int) -> bool:
    """Whether people may register (A-06), or come by invitation only."""
    return bool(await queries.is_open(connection, id=organization_id))


async def duplicates(connection: Connection, registration: Row) -> list[Row]:
    """Whom this may be already (A-06): files, and other registrations without one, of the same address, or of the same
    name and date of birth. `registration` is a row of `of_account`.

    Each bears `kind` (file, registration), `client_id`, `account_id`, `public_id` (the file's, or the account's),
    `first_name`, `last_name`, `email`, `date_of_birth`, `department_id`, `active` and `same_email`. They are for those
    who approve alone, and nothing of them may reach whoever registered; which of the files the reader may see is asked
    of people/access.py.
    """
    names = ("account_id", "email", "first_name", "last_name", "date_of_birth")
    return await queries.duplicates(connection, **{name: registration[name] for name in names})


def _reach(actor: Actor) -> dict[str, object]:
    departments = actor.departments_as("department_administrator", "care_coordinator")
    return {"everywhere": actor.is_organization_administrator, "departments": departments}
