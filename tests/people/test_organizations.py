"""How an organization begins: an address, an administrator, and a mail to set up the account."""

import pytest

from people import accounts, organizations, setup
from people.errors import Invalid, UserError
from people.passwords import Passwords
from records.database import Connection, Database

WAY = ("sleep-lab", "Sleep Lab", "Europe/Lisbon", "Petra Voss", "Petra@Lab.example")


async def test_r020_an_organization_begins_with_an_administrator_who_sets_up_their_account(
    database: Database, owner: Connection
) -> None:
    made = await organizations.begin(owner, *WAY)
    token = await owner.fetchval("SELECT details ->> 'token' FROM mail WHERE recipient = 'petra@lab.example'")
    signed_in = await setup.set_up(database, Passwords(), "sleep-lab", token, "petra", "a kettle sings at dawn", "")
    async with database.system() as connection:
        petra = await accounts.actor_of(connection, signed_in)
    assert petra is not None
    assert (petra.organization_id, petra.is_organization_administrator) == (made, True)


@pytest.mark.parametrize(
    ("which", "wrong"), [(0, "Sleep Lab"), (0, "x"), (1, " "), (2, "Lisbon"), (2, "../etc"), (3, ""), (4, "petra")]
)
async def test_a_wrong_beginning_is_told_and_leaves_nothing(owner: Connection, which: int, wrong: str) -> None:
    given = [*WAY]
    given[which] = wrong
    with pytest.raises(UserError):
        await organizations.begin(owner, *given)
    assert await owner.fetchval("SELECT count(*) FROM organization") == 2


async def test_r020_each_organization_has_an_address_of_its_own(owner: Connection) -> None:
    with pytest.raises(Invalid, match="address already"):
        await organizations.begin(owner, "harbor", *WAY[1:])
