"""How an organization begins: its address, and the first administrator, who makes everything else. Runs as the schema's
owner, for the operator alone."""

import re
import secrets
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from people import setup
from people.errors import Invalid
from people.inputs import line
from people.prospects import introduce
from records import audit
from records.database import Connection, House
from records.queries import beside

queries = beside(__file__)

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


async def begin(connection: Connection, slug: str, name: str, zone: str, administrator: str, email: str) -> int:
    """Make an organization whose clients begin at `/at/<slug>`; its administrator gets a mail with a setup link. Return
    its key. Raises `Invalid` or `Unfit`."""
    if not SLUG.fullmatch(slug):
        raise Invalid("The address takes 2 to 63 small letters, figures and dashes.", field="slug")
    who = introduce(administrator, email)
    async with connection.transaction():
        made = await queries.add(connection, slug=slug, name=line(name, "name"), time_zone=_zone(zone))
        if made is None:
            raise Invalid("Another organization has this address already.", field="slug")
        account = await queries.add_administrator(
            connection,
            organization_id=made,
            username=f"staff-{secrets.token_hex(8)}",
            email=who.email,
            name=who.name,
        )
        house = House(made)
        await audit.record(connection, house, "create", "organization", made)
        await audit.record(connection, house, "create", "account", account)
        await setup.post_link(connection, house, account)
    return int(made)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"There is no time zone called {name}.", field="zone") from None
