"""Help for somebody who lost their second step and the recovery codes: an organization administrator, who has made sure
who asks, removes it. The password alone signs them in then, and their owner is told."""

from people.access import Actor, may_drop_second_factor, require
from people.errors import Invalid
from records import audit, mail
from records.database import Connection
from records.queries import beside

queries = beside(__file__)

TOLD = "An administrator of your organization removed the second step from your sign-in, and signed you out everywhere."


async def drop(connection: Connection, actor: Actor, account_id: int) -> None:
    """Remove app, passkeys and recovery codes, and end every sign-in (system role). Raises `NotFound`, `Invalid` where
    there is nothing to remove."""
    require(may_drop_second_factor(actor, account_id))
    account = await queries.hold(connection, account_id=account_id, organization_id=actor.organization_id)
    require(account is not None)
    if not account["has_one"]:
        raise Invalid("This account has no second step: its password alone signs in.")
    await queries.drop(connection, account_id=account_id)
    await audit.record(connection, actor, "drop_second_factor", "account", account_id)
    await mail.post(connection, actor, "account_notice", [account["email"]], details={"told": TOLD})
