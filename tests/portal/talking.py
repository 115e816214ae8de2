"""What secure messages need: the feature, a seat, a care relationship."""

from people.access import Actor
from portal import messages
from records.database import Connection

BODY = "I sleep badly since March."


async def switch(connection: Connection, on: bool = True) -> None:
    """Of the organization of this transaction (R-133)."""
    await connection.execute("UPDATE organization SET portal_messages = $1 WHERE id = tenant()", on)


async def subscribe(connection: Connection, who: Actor, on: bool = True) -> None:
    await connection.execute(
        "INSERT INTO portal_seat (account_id, organization_id, subscribed) VALUES ($1, $2, $3) "
        "ON CONFLICT (account_id) DO UPDATE SET subscribed = $3",
        who.account_id,
        who.organization_id,
        on,
    )


async def associate(connection: Connection, client: Actor, practitioner: Actor) -> None:
    await connection.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT $2, client.id, $3, (SELECT department_id FROM account_role WHERE account_id = $3 LIMIT 1) "
        "FROM client WHERE account_id = $1 ON CONFLICT DO NOTHING",
        client.account_id,
        client.organization_id,
        practitioner.account_id,
    )


async def part(connection: Connection, client: Actor, practitioner: Actor) -> None:
    await connection.execute(
        "DELETE FROM association USING client WHERE client.id = client_id AND account_id = $1 AND practitioner_id = $2",
        client.account_id,
        practitioner.account_id,
    )


async def open_between(connection: Connection, client: Actor, practitioner: Actor) -> None:
    await switch(connection)
    await subscribe(connection, practitioner)
    await associate(connection, client, practitioner)


async def file_of(connection: Connection, client: Actor) -> str:
    return str(await connection.fetchval("SELECT public_id FROM client WHERE account_id = $1", client.account_id))


async def begun(connection: Connection, client: Actor, practitioner: Actor) -> str:
    """A secure message of a client to their practitioner; the thread's public id."""
    await open_between(connection, client, practitioner)
    made = await messages.write_to(connection, client, practitioner.public_id, "Sleep", BODY)
    return str(made["public_id"])
