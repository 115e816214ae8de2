"""Clients who choose their own times: Nora of the Planned care clinic lets Chloe and David, at once for Results and by
request for the Health check."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch import changes, instant, offers, waitlist
from dispatch.instant import Choice, Chosen
from people.access import Actor
from records.database import Connection, Database, Row
from tests.support import actor

LISBON = ZoneInfo("Europe/Lisbon")
REASON = "The room is being painted."


def office(hour: int, minute: int = 0, days: int = 2) -> datetime:
    """A time on the first working day that is so many days away."""
    day = datetime.now(LISBON).date() + timedelta(days=days)
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(hour, minute), LISBON).astimezone(UTC)


async def let_choose(owner: Connection, host: str = "nora", clients: tuple[str, ...] = ("chloe", "david")) -> None:
    """Both organizations are alike, so that what leaks would be seen."""
    await owner.execute("UPDATE organization SET portal_scheduling = true")
    await owner.execute("UPDATE service SET booking = 'instant' WHERE name = 'Results'")
    await owner.execute(
        "INSERT INTO portal_seat (account_id, organization_id, subscribed) "
        "SELECT id, organization_id, true FROM account WHERE username = $1 ON CONFLICT DO NOTHING",
        host,
    )
    await owner.execute(
        "UPDATE host SET self_scheduling = true FROM account WHERE account.id = account_id AND username = $1", host
    )
    await owner.execute(
        "INSERT INTO self_scheduled (organization_id, host_id, service_id) "
        "SELECT service.organization_id, account.id, service.id FROM account "
        "JOIN clinic_host ON clinic_host.account_id = account.id JOIN service USING (clinic_id) WHERE username = $1",
        host,
    )
    for client in clients:
        await associate(owner, client, host)


async def associate(owner: Connection, client: str, host: str) -> None:
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, host.id, account_role.department_id FROM client "
        "JOIN account AS owner ON owner.id = client.account_id AND owner.username = $1 "
        "JOIN account AS host ON host.organization_id = client.organization_id AND host.username = $2 "
        "JOIN account_role ON account_role.account_id = host.id ON CONFLICT DO NOTHING",
        client,
        host,
    )


async def ids(connection: Connection, host: str = "nora", service: str = "Results") -> dict[str, str]:
    row = await connection.fetchrow(
        "SELECT account.public_id AS host, service.public_id AS service, clinic.public_id AS clinic FROM account "
        "JOIN clinic_host ON clinic_host.account_id = account.id JOIN clinic ON clinic.id = clinic_host.clinic_id "
        "JOIN service ON service.clinic_id = clinic.id JOIN organization ON organization.id = account.organization_id "
        "WHERE username = $1 AND service.name = $2 AND slug = 'harbor'",
        host,
        service,
    )
    assert row is not None
    return dict(row)


async def choose(
    database: Database, who: str, starts_at: datetime, service: str = "Results", host: str = "nora"
) -> Chosen:
    client = await actor(database, who)
    async with database.transaction(client) as connection:
        known = await ids(connection, host, service)
        return await instant.choose(connection, client, Choice(known["host"], known["service"], starts_at))


async def booked(database: Database, who: str, starts_at: datetime) -> str:
    session = (await choose(database, who, starts_at)).session
    assert session is not None
    return session


async def move(database: Database, who: Actor, session: str, to: datetime, sequence: int | None = None) -> Row:
    async with database.transaction(who) as connection:
        return await instant.move(connection, who, session, to, "", sequence)


async def cancel(database: Database, who: Actor, session: str, reason: str = "") -> None:
    async with database.transaction(who) as connection:
        await changes.cancel(connection, who, session, reason)


async def join(database: Database, who: str, service: str = "Results", **wish: Any) -> str:
    """Waits for Nora, whenever it is, unless `wish` says otherwise."""
    times = {"weekdays": (1, 2, 3, 4, 5), "starts_minute": 0, "ends_minute": 1440, "time_zone": "Europe/Lisbon"}
    client = await actor(database, who)
    async with database.transaction(client) as connection:
        known = await ids(connection, service=service)
        chosen = {"host": known["host"], "service": known["service"]}
        return await waitlist.join(connection, client, waitlist.Wish(**{**times, **chosen, **wish}))


async def offered(database: Database, who: str) -> list[Row]:
    client = await actor(database, who)
    async with database.transaction(client) as connection:
        return await offers.of_account(connection, client)


async def take(database: Database, who: str, offer: str) -> Row:
    client = await actor(database, who)
    async with database.transaction(client) as connection:
        return await offers.accept(connection, client, offer)


async def add_client(owner: Connection, name: str, host: str = "nora") -> None:
    """One more client of harbor's with an open account and a file, who may choose the host's times."""
    await owner.execute(
        "WITH made AS (INSERT INTO account (organization_id, username, email, name, state) "
        "SELECT id, $1, $1 || '@words.example', initcap($1), 'active' FROM organization WHERE slug = 'harbor' "
        "RETURNING id, organization_id, email), role AS (INSERT INTO account_role (organization_id, account_id, role) "
        "SELECT organization_id, id, 'client' FROM made) "
        "INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth) "
        "SELECT organization_id, id, initcap($1), 'Cast', email, '1990-01-01' FROM made",
        name,
    )
    await associate(owner, name, host)


async def letters(owner: Connection, *kinds: str) -> list[tuple[str, str]]:
    rows = await owner.fetch("SELECT kind, recipient FROM mail WHERE kind = ANY ($1) ORDER BY id", list(kinds))
    return [(row["kind"], row["recipient"].partition("@")[0]) for row in rows]
