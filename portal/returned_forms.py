"""Forms that came back: who is told that a client has signed one, and who has not looked at the answers yet (R-008).

Those are the client's practitioners and whoever sent it, as long as they may see it. That somebody looked stands in the
audit, which bears each look at answers and at the sealed copy: nothing else is kept about it.
"""

from datetime import timedelta

from people.access import Actor, may_see_intakes
from records import mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

NOTICE = "form_returned"
"""The kind of mail that says that something came back, and not what; its readers may switch it off."""

shown_for = timedelta(days=30)
told_again_after = timedelta(hours=1)


async def tell(connection: Connection, client: Actor, intake_id: int) -> None:
    """Mail those concerned, save whoever was told of another form of this client within the hour and has not looked."""
    recipients = await queries.recipients(
        connection, id=intake_id, account_id=client.account_id, since=told_again_after
    )
    await mail.post(connection, client, NOTICE, [row["email"] for row in recipients], intake_id)


async def told(connection: Connection, intake_id: int) -> Row:
    """All that a letter says: `client` and `intake` (public ids)."""
    return await queries.told(connection, id=intake_id)


async def unseen(connection: Connection, actor: Actor) -> list[Row]:
    """Forms that came back within `shown_for` to this practitioner or sender, and that they have not looked at: newest
    first, at most 50 of public_id, `client` (public id), client_name. None where forms are switched off."""
    rows = await queries.unseen(connection, account_id=actor.account_id, since=shown_for)
    return [row for row in rows if may_see_intakes(actor, row)]
