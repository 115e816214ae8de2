"""Approving accounts and giving them files, against the real database: rights, duplicates, merging, and races."""

import asyncio
from typing import Any

import pytest

from dispatch import requests
from people import approval, associations, client_list, clients
from people.access import Actor
from people.approval import Decision
from people.clients import Data
from people.errors import AlreadyHandled, Invalid, NotFound, ReplacesAccount, SessionsOverlap
from records.database import Connection, Database
from tests.dispatch.factories import accept, pending_request, soon
from tests.people.newcomers import BORN, department, file, file_of, prospect, public_id, registered, state
from tests.support import actor

RITA = Data("Rita", "Reed", "", str(BORN))


async def decide(database: Database, who: Actor, account: str, chosen: str = "new", **more: Any) -> str:
    async with database.transaction(who) as connection:
        return await approval.approve(connection, who, account, Decision(chosen, more.pop("data", RITA), **more))


async def waiting(database: Database, who: Actor, pending: bool = True) -> list[str]:
    async with database.transaction(who) as connection:
        return [row["name"] for row in (await client_list.without_file(connection, who, pending)).rows]


async def candidates(database: Database, who: Actor, account: str) -> tuple[list[Any], list[Any]]:
    async with database.transaction(who) as connection:
        return await approval.candidates(connection, who, await approval.find(connection, who, account))


async def holder(owner: Connection, client: str) -> str | None:
    """The account of a file."""
    query = "SELECT account.public_id FROM client LEFT JOIN account ON account.id = account_id"
    return await owner.fetchval(f"{query} WHERE client.public_id = $1", client)


async def department_id(owner: Connection, name: str) -> str:
    return str(await owner.fetchval("SELECT public_id FROM department WHERE id = $1", await department(owner, name)))


async def mailed(owner: Connection) -> list[tuple[str, str]]:
    return [tuple(row) for row in await owner.fetch("SELECT kind, recipient FROM mail ORDER BY id")]


async def test_r037_a24_approving_opens_the_account_and_makes_the_file_in_one_step(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    rita = await registered(owner)
    assert await waiting(database, olivia) == ["Rita Reed"]
    ana = (await associations_of(database, olivia))["Ana Duarte"]
    client = await decide(database, olivia, rita, practitioners=[ana])
    assert (await state(owner, rita), await holder(owner, client)) == ("active", rita)
    assert await waiting(database, olivia) == await waiting(database, olivia, pending=False) == []
    assert await mailed(owner) == [("approved", "rita-reed@example.org")]
    lines = [tuple(row) for row in await owner.fetch("SELECT verb, noun FROM audit_line ORDER BY id")]
    assert lines == [("create", "client"), ("associate", "client"), ("approve", "account")]
    host = await actor(database, "ana")
    key = await owner.fetchval("SELECT id FROM account WHERE public_id = $1", rita)
    assert await owner.fetchval("SELECT is_cleared($1, $2)", key, host.account_id)


async def associations_of(database: Database, who: Actor) -> dict[str, str]:
    """Each practitioner's value in a form."""
    async with database.transaction(who) as connection:
        rows = await associations.choices(connection, who)
    return {row["name"]: f"{row['public_id']}:{row['departments'][0]['public_id']}" for row in rows}


async def test_r005_r026_who_is_unsure_is_approved_by_organization_administrators_only(
    database: Database, owner: Connection
) -> None:
    olivia, dora, carl = [await actor(database, name) for name in ("olivia", "dora", "carl")]
    unsure = await registered(owner)
    ours = await registered(owner, "Fay Family", "Family medicine")
    theirs = await registered(owner, "Mel Mental", "Mental health")
    code = await prospect(owner)
    assert await waiting(database, olivia) == ["Rita Reed", "Fay Family", "Mel Mental"]
    assert await waiting(database, olivia, pending=False) == ["Rita Reed", "Fay Family", "Mel Mental", "Nina New"]
    for who in (dora, carl):
        assert await waiting(database, who) == ["Fay Family"]
        for account in (unsure, theirs, code):
            with pytest.raises(NotFound):
                await decide(database, who, account)
            with pytest.raises(NotFound):
                await candidates(database, who, account)
    for name in ("sam", "ana", "chloe"):
        with pytest.raises(NotFound):
            await decide(database, await actor(database, name), ours)
    with pytest.raises(NotFound):
        await decide(database, await actor(database, "olivia", "meadow"), ours)
    with pytest.raises(Invalid) as refused:
        await decide(database, carl, ours, data=Data("Fay", "Family", "", str(BORN)))
    assert refused.value.field == "department"
    where = await department_id(owner, "Family medicine")
    await decide(database, carl, ours, data=Data("Fay", "Family", "", str(BORN), where))
    assert await state(owner, ours) == "active"
    await decide(database, olivia, unsure)


async def test_a06_possible_duplicates_are_shown_to_whom_they_may_be(database: Database, owner: Connection) -> None:
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    rita = await registered(owner, "Rita Reed", "Family medicine")
    by_mail = await file(owner, "Someone Else", "rita-reed@example.org")
    by_name = await file(owner, "rita reed", "other@example.org", "Family medicine")
    twin = await prospect(owner, "Ann Other", "known")
    await owner.execute(
        "INSERT INTO registration (organization_id, account_id, email, unsure, first_name, last_name, date_of_birth, "
        "confirmed_at) SELECT organization_id, id, email, true, 'Rita', 'Reed', $2, clock_now() FROM account "
        "WHERE public_id = $1",
        twin,
        BORN,
    )
    files, others = await candidates(database, olivia, rita)
    assert [(one["public_id"], one["seen"]) for one in files] == [(by_mail, True), (by_name, True)]
    assert [(one["public_id"], one["seen"]) for one in others] == [(twin, True)]
    files, others = await candidates(database, dora, rita)
    assert {one["public_id"]: one["seen"] for one in files} == {by_mail: False, by_name: True}
    assert [one["seen"] for one in others] == [False], "who is unsure of the department is not hers to read (R-005)"
    with pytest.raises(Invalid):
        await decide(database, dora, rita, by_mail)
    with pytest.raises(Invalid):
        await decide(database, dora, rita, "")
    assert await decide(database, dora, rita, by_name) == by_name
    assert (await holder(owner, by_name), await state(owner, rita)) == (rita, "active")


async def test_r045_a_prospect_gets_a_file_their_sessions_and_the_link_to_set_up(
    database: Database, owner: Connection
) -> None:
    olivia, sam, ana = [await actor(database, name) for name in ("olivia", "sam", "ana")]
    await prospect(owner)
    nina = await actor(database, "nina-new")
    request = await pending_request(database, nina, times=(soon(),))
    await accept(database, sam, request, ana, 1)
    async with database.transaction(olivia) as connection:
        account = await approval.find(connection, olivia, nina.public_id)
    assert (account["hosts"], account["sessions"]) == ([ana.account_id], 1)
    client = await decide(database, olivia, nina.public_id, data=Data("Nina", "New", "", "1999-09-09"))
    session = await owner.fetchrow("SELECT client.public_id FROM session JOIN client ON client.id = client_id")
    assert session["public_id"] == client
    kinds = [kind for kind, _ in await mailed(owner)]
    assert kinds[-1] == "setup" and "approved" not in kinds


async def test_merging_closes_the_former_account_only_as_it_was_seen(database: Database, owner: Connection) -> None:
    olivia, sam, ana = [await actor(database, name) for name in ("olivia", "sam", "ana")]
    rita = await registered(owner)
    chloe_account, chloe = await actor(database, "chloe"), await file_of(owner, "chloe")
    await accept(database, sam, await pending_request(database, chloe_account, times=(soon(),)), ana, 1)
    for wrong in ((), ("",), (rita,), (await public_id(owner, "david"),)):
        with pytest.raises(ReplacesAccount):
            await decide(database, olivia, rita, chloe, replace=wrong)
    assert (await state(owner, chloe_account.public_id), await state(owner, rita)) == ("active", "pending")
    await decide(database, olivia, rita, chloe, replace=(chloe_account.public_id,))
    assert (await state(owner, chloe_account.public_id), await state(owner, rita)) == ("inactive", "active")
    assert await holder(owner, chloe) == rita
    assert await owner.fetchval("SELECT active FROM client WHERE public_id = $1", chloe)
    assert not await owner.fetchval("SELECT count(*) FROM sign_in WHERE account_id = $1", chloe_account.account_id)
    visitor = "SELECT account.public_id FROM session JOIN account ON account.id = visitor_id"
    assert await owner.fetchval(visitor) == rita
    # An account that nobody ever set up is closed without a word.
    async with database.transaction(olivia) as connection:
        jane = await clients.create(connection, olivia, Data("Jane", "Ode", "jane@example.org", "1980-01-01"), [])
    former = await holder(owner, jane["public_id"])
    other = await registered(owner, "Jane Ode")
    await decide(database, olivia, other, jane["public_id"])
    assert (await state(owner, str(former)), await holder(owner, jane["public_id"])) == ("inactive", other)


async def test_merging_takes_along_what_the_former_account_asks_for(database: Database, owner: Connection) -> None:
    olivia, sam, ana = [await actor(database, name) for name in ("olivia", "sam", "ana")]
    rita = await registered(owner)
    rita_account, chloe = await actor(database, "rita-reed"), await actor(database, "chloe")
    twice = (soon(30),)
    waits = await pending_request(database, chloe, times=(soon(),))
    alike = await pending_request(database, chloe, times=twice)
    own = await pending_request(database, rita_account, times=twice)
    declined = await pending_request(database, chloe, times=(soon(50),))
    async with database.transaction(sam) as connection:
        await requests.decline(connection, sam, declined, "")
    await decide(database, olivia, rita, await file_of(owner, "chloe"), replace=(chloe.public_id,))
    rows = await owner.fetch("SELECT public_id, requester_id, state::text FROM request")
    assert {row["public_id"]: (row["requester_id"], row["state"]) for row in rows} == {
        waits: (rita_account.account_id, "pending"),
        own: (rita_account.account_id, "pending"),
        alike: (chloe.account_id, "withdrawn"),
        declined: (chloe.account_id, "declined"),
    }
    await accept(database, sam, waits, ana, 1)
    visitor = "SELECT account.public_id FROM session JOIN account ON account.id = visitor_id"
    assert await owner.fetchval(visitor) == rita, "and it can be accepted"


async def test_two_people_with_sessions_at_one_time_do_not_become_one(database: Database, owner: Connection) -> None:
    olivia, sam, ana, ben = [await actor(database, name) for name in ("olivia", "sam", "ana", "ben")]
    rita = await registered(owner)
    rita_account, chloe = await actor(database, "rita-reed"), await actor(database, "chloe")
    for client, host in ((rita_account, ana), (chloe, ben)):
        await accept(database, sam, await pending_request(database, client, times=(soon(),)), host, 1)
    with pytest.raises(SessionsOverlap):
        await decide(database, olivia, rita, await file_of(owner, "chloe"), replace=(chloe.public_id,))
    assert (await state(owner, rita), await state(owner, chloe.public_id)) == ("pending", "active")


async def race(*deciders: Any) -> list[Any]:
    return await asyncio.gather(*deciders, return_exceptions=True)


async def test_r037_of_two_who_approve_at_once_one_wins_and_the_other_is_told(
    database: Database, owner: Connection
) -> None:
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    where = await department_id(owner, "Family medicine")
    data = Data("Rita", "Reed", "", str(BORN), where)
    for number in range(5):
        rita = await registered(owner, f"Rita Reed{number}", "Family medicine")
        outcomes = await race(*(decide(database, who, rita, data=data) for who in (olivia, dora)))
        lost = [one for one in outcomes if isinstance(one, AlreadyHandled)]
        assert len(lost) == 1, outcomes
        assert ("Olivia" in lost[0].message) != ("Dora" in lost[0].message)
        assert await owner.fetchval("SELECT count(*) FROM mail WHERE recipient LIKE $1", f"rita-reed{number}@%") == 1


async def test_a24_of_two_accounts_given_to_one_file_at_once_the_second_closes_nobodys(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    for number in range(5):
        one, two = [await registered(owner, f"{name} Reed{number}") for name in ("Rita", "Rosa")]
        chosen = await file(owner, f"Rita Reed{number}")
        outcomes = await race(*(decide(database, olivia, account, chosen) for account in (one, two)))
        assert sorted(type(one).__name__ for one in outcomes) == ["ReplacesAccount", "str"]
        states = sorted([await state(owner, one), await state(owner, two)])
        assert states == ["active", "pending"]


async def test_approving_and_turning_away_at_once_leave_one_outcome(database: Database, owner: Connection) -> None:
    olivia = await actor(database, "olivia")

    async def close(account: str) -> None:
        async with database.transaction(olivia) as connection:
            await approval.close(connection, olivia, account)

    for number in range(4):
        rita = await registered(owner, f"Rita Reed{number}")
        outcomes = await race(decide(database, olivia, rita), close(rita))
        assert sum(isinstance(one, AlreadyHandled) for one in outcomes) == 1, outcomes
        query = "SELECT count(*) FROM client JOIN account ON account.id = account_id WHERE account.public_id = $1"
        has_file = await owner.fetchval(query, rita)
        assert (await state(owner, rita)) == ("active" if has_file else "inactive")
