"""Whoever chose a practitioner when they registered is approved by that, where the organization wants it so (A-01)."""

from typing import Any

import pytest

from people import accounts, client_portal, registering
from people.access import Actor
from people.errors import Unfit
from people.passwords import Passwords
from portal import connections
from records.database import Connection, Database
from tests.people.registrants import confirm, link, register, told
from tests.support import actor
from web.newcomers import Newcomers


@pytest.fixture
async def ana(database: Database, owner: Connection) -> Actor:
    """A practitioner, in an organization where practitioners approve."""
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        await client_portal.set_registration(connection, olivia, "by_practitioner")
    return await actor(database, "ana")


async def arrived(database: Database, owner: Connection, passwords: Passwords, **said: Any) -> int:
    """Registered and confirmed; the key of the account. Its job waits."""
    await register(database, owner, passwords, **said)
    token = await confirm(database, owner, passwords, await link(owner))
    async with database.system() as connection:
        known = await accounts.actor_of(connection, token)
    assert known is not None and known.state == "pending"
    return known.account_id


async def account_state(owner: Connection, account_id: int) -> tuple[str, int, int]:
    """Its state, how many files it has, and how many connection requests there are."""
    row = await owner.fetchrow(
        "SELECT state::text, (SELECT count(*) FROM client WHERE account_id = account.id), "
        "(SELECT count(*) FROM connection_request) FROM account WHERE id = $1",
        account_id,
    )
    return tuple(row)


async def test_a01_whoever_chose_a_practitioner_needs_no_other_approval(database, owner, passwords, ana) -> None:
    rita = await arrived(database, owner, passwords, practitioner=ana.public_id)
    assert await told(owner) == set(), "the staff has nothing to approve"
    newcomers = Newcomers(database)
    await newcomers.approve(rita)
    await newcomers.approve(rita)
    assert await account_state(owner, rita) == ("active", 1, 1)
    async with database.transaction(ana) as connection:
        asked = await connections.pending(connection, ana)
    assert [(one["name"], one["message"]) for one in asked] == [("Rita Roe", "I sleep badly.")]
    assert await told(owner) == set()


async def test_a01_a06_whom_the_organization_may_know_waits_for_the_staff(database, owner, passwords, ana) -> None:
    await owner.execute(
        "UPDATE client SET first_name = 'Rita', last_name = 'Roe', date_of_birth = '1988-02-29' "
        "WHERE first_name = 'Chloe'"
    )
    rita = await arrived(database, owner, passwords, practitioner=ana.public_id)
    await Newcomers(database).approve(rita)
    assert await account_state(owner, rita) == ("pending", 0, 0)
    assert "olivia" in await told(owner)


async def test_a01_a_practitioner_who_takes_nobody_any_more_leaves_it_to_the_staff(
    database, owner, passwords, ana
) -> None:
    rita = await arrived(database, owner, passwords, practitioner=ana.public_id)
    await owner.execute("UPDATE public_profile SET takes_connections = false WHERE account_id = $1", ana.account_id)
    await owner.execute(
        "INSERT INTO public_profile (account_id, organization_id, takes_connections) VALUES ($1, $2, false) "
        "ON CONFLICT (account_id) DO NOTHING",
        ana.account_id,
        ana.organization_id,
    )
    await Newcomers(database).approve(rita)
    assert await account_state(owner, rita) == ("pending", 0, 0), "nothing is half made"
    assert "olivia" in await told(owner)


async def test_a01_an_option_that_was_switched_off_meanwhile_approves_nobody(database, owner, passwords, ana) -> None:
    rita = await arrived(database, owner, passwords, practitioner=ana.public_id)
    await owner.execute("UPDATE organization SET registration = 'open'")
    await Newcomers(database).approve(rita)
    assert await account_state(owner, rita) == ("pending", 0, 0)


async def test_a01_whoever_chooses_nobody_waits_as_ever(database, owner, passwords, ana) -> None:
    rita = await arrived(database, owner, passwords)
    assert "olivia" in await told(owner)
    assert not await owner.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", registering.APPROVE)
    assert await account_state(owner, rita) == ("pending", 0, 0)


async def test_a01_only_who_is_offered_can_be_chosen(database, owner, passwords, ana) -> None:
    chloe = await actor(database, "chloe")
    for nobody in (chloe.public_id, "nonsense"):
        with pytest.raises(Unfit) as refused:
            await register(database, owner, passwords, practitioner=nobody)
        assert refused.value.field == "practitioner"
    await owner.execute("UPDATE organization SET registration = 'open'")
    with pytest.raises(Unfit):
        await register(database, owner, passwords, practitioner=ana.public_id)
