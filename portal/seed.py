"""What the demo's portal begins with, beyond what tests begin with: everything on, seats, an open invitation. By the
verbs that people use, so that it looks as if somebody had done it."""

from people import client_portal, seats
from people.access import Actor
from people.entitlements import FEATURES
from portal import intake_forms, invitations
from records.database import Connection
from records.queries import beside

queries = beside(__file__)

SEATS = {"olivia": False, "ana": False, "mia": True, "nora": False}
"""Who has a place in the subscription -> whether they may invite besides."""
INVITED = "created-emil"


async def administrator(connection: Connection, slug: str, username: str = "olivia") -> Actor:
    """The seeded organization administrator, as somebody signed in. With the owner's connection, which sees every
    organization; the others are asked in a transaction of this actor's."""
    row = await queries.administrator(connection, slug=slug, username=username)
    roles = frozenset({"organization_administrator"})
    return Actor(row["id"], row["organization_id"], row["public_id"], row["name"], "active", roles)


async def demo(connection: Connection, olivia: Actor) -> None:
    """All of it."""
    await client_portal.switch_features(connection, olivia, dict.fromkeys(FEATURES, True))
    for username, may_invite in SEATS.items():
        account = await queries.account(connection, username=username)
        await seats.change(connection, olivia, account, True, may_invite or None)
    forms = [row["public_id"] for row in await intake_forms.to_send(connection, olivia)]
    await invitations.invite(connection, olivia, await queries.client(connection, username=INVITED), forms)
