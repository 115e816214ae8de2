"""The switches of the portal and its subscription, as verbs."""

import asyncio

import pytest

from people import client_portal, entitlements, seats
from people.entitlements import Features
from people.errors import Invalid, NotFound
from records.database import Connection, Database
from tests.support import actor

OTHERS = ("dora", "carl", "sam", "ana", "chloe")


async def id_of(owner: Connection, username: str) -> str:
    found = "SELECT account.public_id FROM account JOIN organization ON organization.id = organization_id"
    return str(await owner.fetchval(f"{found} WHERE username = $1 AND slug = 'harbor'", username))


async def test_r009_an_organization_administrator_switches_features_for_everybody(database: Database) -> None:
    """R-133, R-134."""
    olivia, ana = await actor(database, "olivia"), await actor(database, "ana")
    async with database.transaction(olivia) as connection:
        changed = await client_portal.switch_features(connection, olivia, {"forms": False, "messages": True})
        assert changed == ["forms", "messages"]
        assert await client_portal.switch_features(connection, olivia, {"forms": False}) == []
    async with database.transaction(ana) as connection:
        assert await entitlements.features(connection) == Features(payments=True, messages=True)
    meadow = await actor(database, "ana", "meadow")
    async with database.transaction(meadow) as connection:
        assert await entitlements.features(connection) == Features(forms=True, payments=True)


@pytest.mark.parametrize("who", OTHERS)
async def test_r009_nobody_else_switches_or_keeps_seats(database: Database, owner: Connection, who: str) -> None:
    other, ana = await actor(database, who), await id_of(owner, "ana")
    async with database.transaction(other) as connection:
        with pytest.raises(NotFound):
            await client_portal.switch_features(connection, other, {"forms": False})
        with pytest.raises(NotFound):
            await seats.subscription(connection, other)
        with pytest.raises(NotFound):
            await seats.change(connection, other, ana, True, True)


@pytest.mark.parametrize(("used", "billed"), [(0, 0), (1, 0), (2, 1), (40, 39)])
def test_r132_a18_one_seat_is_free(used: int, billed: int) -> None:
    """A solo provider pays nothing."""
    assert seats.billable(used) == billed


async def test_r131_a_seat_is_given_and_taken_back(database: Database, owner: Connection) -> None:
    olivia, ana = await actor(database, "olivia"), await id_of(owner, "ana")
    async with database.transaction(olivia) as connection:
        assert await seats.change(connection, olivia, ana, True, None) == {"subscribed": True, "may_invite": False}
        await seats.change(connection, olivia, await id_of(owner, "olivia"), True, None)
        found = await seats.subscription(connection, olivia)
        assert (found.seats, found.billable) == (2, 1)
        assert {row["name"] for row in found.people if row["subscribed"]} == {"Ana Duarte", "Olivia Marsh"}
        assert await seats.change(connection, olivia, ana, False, True) == {"subscribed": False, "may_invite": True}
        found = await seats.subscription(connection, olivia, "duarte")
        assert [(row["subscribed"], row["may_invite"]) for row in found.people] == [(False, True)]
        written = "SELECT details::json FROM audit_line WHERE noun = 'portal_seat' ORDER BY id"
        lines = [row[0] for row in await connection.fetch(written)]
    assert lines == [{"subscribed": True}, {"subscribed": True}, {"subscribed": False, "may_invite": True}]


@pytest.mark.parametrize(
    ("who", "subscribed", "may_invite"),
    [("sam", True, None), ("sam", None, True), ("olivia", None, True), ("carl", True, None)],
)
async def test_r007_seats_and_leave_are_for_those_to_whom_they_are_of_use(
    database: Database, owner: Connection, who: str, subscribed: bool | None, may_invite: bool | None
) -> None:
    olivia, person = await actor(database, "olivia"), await id_of(owner, who)
    async with database.transaction(olivia) as connection:
        with pytest.raises(Invalid):
            await seats.change(connection, olivia, person, subscribed, may_invite)


async def test_r131_clients_and_strangers_get_no_seat(database: Database, owner: Connection) -> None:
    olivia, chloe = await actor(database, "olivia"), await id_of(owner, "chloe")
    elsewhere = await actor(database, "ana", "meadow")
    async with database.transaction(olivia) as connection:
        for stranger in (chloe, elsewhere.public_id, "unknown"):
            with pytest.raises(NotFound):
                await seats.change(connection, olivia, stranger, True, None)


async def test_two_who_change_a_seat_at_once_both_have_their_way(database: Database, owner: Connection) -> None:
    olivia, ana = await actor(database, "olivia"), await id_of(owner, "ana")

    async def give(subscribed: bool | None, may_invite: bool | None) -> None:
        async with database.transaction(olivia) as connection:
            await seats.change(connection, olivia, ana, subscribed, may_invite)

    await asyncio.gather(give(True, None), give(None, True))
    async with database.transaction(olivia) as connection:
        assert await seats.change(connection, olivia, ana, None, None) == {"subscribed": True, "may_invite": True}


async def test_r043_the_login_link_goes_to_clients_who_have_set_up_the_portal(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        await client_portal.send_login_link_to(connection, olivia, " Chloe@harbor.example ")
        assert await connection.fetchval("SELECT recipient FROM mail WHERE kind = 'login_link'") == (
            "chloe@harbor.example"
        )
        for unknown in ("ana@harbor.example", "chloe@meadow.example", "nobody@harbor.example", "no address"):
            with pytest.raises(Invalid) as refused:
                await client_portal.send_login_link_to(connection, olivia, unknown)
            assert refused.value.field == "email"
        await connection.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
        with pytest.raises(Invalid, match="inactive"):
            await client_portal.send_login_link_to(connection, olivia, "chloe@harbor.example")


async def test_r043_whoever_does_not_see_a_client_learns_nothing_of_the_address(database: Database) -> None:
    carl, sam = await actor(database, "carl"), await actor(database, "sam")
    async with database.transaction(carl) as connection:
        with pytest.raises(Invalid, match="None of your clients"):
            await client_portal.send_login_link_to(connection, carl, "chloe@harbor.example")
        with pytest.raises(NotFound):
            await client_portal.send_login_link_to(connection, sam, "chloe@harbor.example")
