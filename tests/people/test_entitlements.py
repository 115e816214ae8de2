"""What the portal has: the switches of the organization, and the seats of its staff."""

import pytest

from people import entitlements
from people.access import Actor, has_feature, may_invite
from people.entitlements import FEATURES, SEATED, Features, Seat
from people.errors import FeatureOff, NoSeat
from records.database import Connection, Database
from tests.support import actor

ALL = Features(True, True, True, True)


async def switch(connection: Connection, **on: bool) -> None:
    for feature, state in on.items():
        await connection.execute(f"UPDATE organization SET portal_{feature} = $1", state)


async def give_seat(connection: Connection, to: Actor, subscribed: bool = True) -> None:
    await connection.execute(
        "INSERT INTO portal_seat (account_id, organization_id, subscribed) VALUES ($1, $2, $3) "
        "ON CONFLICT (account_id) DO UPDATE SET subscribed = $3",
        to.account_id,
        to.organization_id,
        subscribed,
    )


async def test_r130_forms_and_payments_are_on_from_the_beginning_and_the_add_ons_are_not(database: Database) -> None:
    ana = await actor(database, "ana")
    async with database.transaction(ana) as connection:
        assert await entitlements.features(connection) == Features(forms=True, payments=True)
        assert await entitlements.seat(connection, ana.account_id) == Seat()


@pytest.mark.parametrize("feature", FEATURES)
async def test_a03_a_seat_gates_messages_and_scheduling_and_nothing_else(
    database: Database, owner: Connection, feature: str
) -> None:
    """R-130, R-131, R-135, both ways."""
    ana = await actor(database, "ana")
    await switch(owner, **{feature: True})
    async with database.transaction(ana) as connection:
        offered = "SELECT portal_offers($1, $2)"
        if feature in SEATED:
            with pytest.raises(NoSeat):
                await entitlements.require_seat(connection, feature, ana.account_id)
        else:
            await entitlements.require_seat(connection, feature, ana.account_id)
        assert await connection.fetchval(offered, feature, ana.account_id) is (feature not in SEATED)
        assert entitlements.is_entitled(ALL, Seat(), feature) is (feature not in SEATED)
        await give_seat(connection, ana)
        await entitlements.require_seat(connection, feature, ana.account_id)
        assert await connection.fetchval(offered, feature, ana.account_id) is True
        assert entitlements.is_entitled(ALL, Seat(subscribed=True), feature)


@pytest.mark.parametrize("feature", FEATURES)
async def test_r135_without_the_switch_a_seat_gives_nothing(
    database: Database, owner: Connection, feature: str
) -> None:
    ana = await actor(database, "ana")
    await switch(owner, **{feature: False})
    await give_seat(owner, ana)
    async with database.transaction(ana) as connection:
        with pytest.raises(FeatureOff):
            await entitlements.require_seat(connection, feature, ana.account_id)
        assert await connection.fetchval("SELECT portal_offers($1, $2)", feature, ana.account_id) is False
    assert not entitlements.is_entitled(Features(), Seat(subscribed=True), feature)


async def test_r131_somebody_whose_account_is_closed_or_who_works_here_no_more_uses_no_seat(
    database: Database, owner: Connection
) -> None:
    ana, ben = await actor(database, "ana"), await actor(database, "ben")
    for one in (ana, ben):
        await give_seat(owner, one)
    await owner.execute("UPDATE account SET state = 'inactive' WHERE id = $1", ana.account_id)
    await owner.execute("DELETE FROM account_role WHERE account_id = $1", ben.account_id)
    async with database.transaction(ana) as connection:
        assert not (await entitlements.seat(connection, ana.account_id)).subscribed
        assert not (await entitlements.seat(connection, ben.account_id)).subscribed


async def test_r135_pages_show_what_the_actor_is_entitled_to(database: Database, owner: Connection) -> None:
    await switch(owner, messages=True, forms=False)
    ana, chloe = await actor(database, "ana"), await actor(database, "chloe")
    assert [has_feature(one, "messages") for one in (ana, chloe)] == [False, True]
    assert [has_feature(one, "forms") for one in (ana, chloe)] == [False, False]
    await give_seat(owner, ana)
    assert has_feature(await actor(database, "ana"), "messages")
    assert not has_feature(await actor(database, "ana", "meadow"), "messages")


async def test_a02_therapists_invite_by_grant_and_their_own_clients_only(database: Database) -> None:
    """R-006, R-007."""
    olivia, dora, ana = [await actor(database, name) for name in ("olivia", "dora", "ana")]
    own, other = {"associated": True}, {"associated": False}
    assert may_invite(olivia, other, granted=False)
    assert not may_invite(dora, own, granted=False)
    assert not may_invite(dora, own, granted=True), "no practitioner"
    assert [may_invite(ana, file, granted) for file in (own, other) for granted in (True, False)] == [
        True,
        False,
        False,
        False,
    ]
