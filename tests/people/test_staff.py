"""Accounts of the staff: who may make and change them, what stands in the way, and the last administrator."""

import asyncio
from typing import Any

import pytest

from people import accounts, departments, public_profiles, staff
from people.access import Actor
from people.errors import EditedMeanwhile, EmailTaken, InUse, Invalid, LastAdministrator, NotFound
from people.staff_roles import Wanted
from records.database import Connection, Database, Row
from tests.people.test_associations import associate, department, file_of
from tests.support import actor


async def keys(database: Database, who: Actor) -> dict[str, str]:
    """Departments by name: public ids."""
    async with database.transaction(who) as connection:
        return {row["name"]: row["public_id"] for row in await departments.of_organization(connection)}


async def create(database: Database, who: Actor, wanted: Wanted, email: str = "Nadia@Harbor.example") -> Row:
    async with database.transaction(who) as connection:
        return await staff.create(connection, who, "Nadia  Noor", email, True, wanted)


async def find(database: Database, who: Actor, public_id: str) -> Row:
    async with database.transaction(who) as connection:
        return await staff.find(connection, who, public_id)


async def change(database: Database, who: Actor, public_id: str, wanted: Wanted, **given: Any) -> None:
    async with database.transaction(who) as connection:
        person = await staff.find(connection, who, public_id)
        values = {"name": person["name"], "email": person["email"], "notified": person["notified"], "version": None}
        await staff.change(connection, who, public_id, wanted=wanted, **values | given)


async def switch(database: Database, who: Actor, public_id: str, active: bool) -> None:
    async with database.transaction(who) as connection:
        await staff.switch(connection, who, public_id, active)


async def test_r023_a_new_account_waits_for_its_owner_and_is_told_of_new_clients(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    family = (await keys(database, olivia))["Family medicine"]
    wanted = Wanted((f"care_coordinator:{family}", f"scheduler:{family}"), True, (family,))
    made = await create(database, olivia, wanted)
    person = await find(database, olivia, made["public_id"])
    assert (person["name"], person["email"], person["state"]) == ("Nadia Noor", "nadia@harbor.example", "unverified")
    assert (person["has_password"], person["notified"]) == (False, True)
    assert sorted(role for role, _ in person["held"]) == ["care_coordinator", "practitioner", "scheduler"]
    letters = await owner.fetch("SELECT kind, recipient FROM mail WHERE recipient = 'nadia@harbor.example'")
    assert [tuple(row) for row in letters] == [("setup", "nadia@harbor.example")]
    with pytest.raises(EmailTaken):
        await create(database, olivia, wanted)
    with pytest.raises(EmailTaken):
        await create(database, olivia, wanted, "chloe@harbor.example")


async def test_r024_the_check_switches_new_client_mail_off_and_on(database: Database, owner: Connection) -> None:
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    family = (await keys(database, olivia))["Family medicine"]
    wanted = Wanted((f"department_administrator:{family}",))
    unwanted = "SELECT unwanted_mail FROM account WHERE id = $1"
    for notified, kept in ((False, ["new_client"]), (False, ["new_client"]), (True, [])):
        await change(database, olivia, dora.public_id, wanted, notified=notified)
        assert await owner.fetchval(unwanted, dora.account_id) == kept
        assert (await find(database, olivia, dora.public_id))["notified"] == notified


async def test_r003_department_administrators_give_roles_in_their_own_departments(
    database: Database, owner: Connection
) -> None:
    olivia, dora, carl, mia, ana = [await actor(database, name) for name in ("olivia", "dora", "carl", "mia", "ana")]
    named = await keys(database, olivia)
    family, mental = named["Family medicine"], named["Mental health"]
    for wanted in (
        Wanted(("organization_administrator",)),
        Wanted((f"scheduler:{mental}",)),
        Wanted((), True, (mental,)),
        Wanted((f"scheduler:{family}",), False, (family,)),
        Wanted(("client",)),
        Wanted((f"practitioner:{family}",)),
        Wanted((f"scheduler:{'0' * 32}",)),
        Wanted(("scheduler:*",)),
        Wanted(),
    ):
        with pytest.raises(Invalid):
            await create(database, dora, wanted)
    assert await owner.fetchval("SELECT count(*) FROM account WHERE email LIKE 'nadia%'") == 0
    made = await create(database, dora, Wanted((), True))
    assert [role for role, _ in (await find(database, dora, made["public_id"]))["held"]] == ["practitioner"]
    for who, stranger in ((dora, mia), (dora, olivia), (carl, mia)):
        with pytest.raises(NotFound):
            await find(database, who, stranger.public_id)
    for who in (carl, ana):
        with pytest.raises(NotFound):
            await create(database, who, Wanted((), True, (family,)), "other@harbor.example")
    with pytest.raises(NotFound):
        await change(database, carl, ana.public_id, Wanted((), True, (family,)))


async def test_who_works_elsewhere_too_keeps_name_address_and_other_roles(
    database: Database, owner: Connection
) -> None:
    """Else a department administrator could take over an organization administrator's account by its address."""
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    family = (await keys(database, olivia))["Family medicine"]
    await change(database, olivia, olivia.public_id, Wanted(("organization_administrator",), True, (family,)))
    with pytest.raises(Invalid, match="Only an organization administrator"):
        await change(database, dora, olivia.public_id, Wanted((), True, (family,)), email="dora2@harbor.example")
    with pytest.raises(NotFound):
        await switch(database, dora, olivia.public_id, False)
    await change(database, dora, olivia.public_id, Wanted((f"scheduler:{family}",)))
    held = (await find(database, olivia, olivia.public_id))["held"]
    assert sorted(role for role, _ in held) == ["organization_administrator", "scheduler"]


async def test_a22_a_practitioner_with_clients_or_clinics_in_a_department_stays_one_there(
    database: Database, owner: Connection
) -> None:
    olivia, nora, mia = [await actor(database, name) for name in ("olivia", "nora", "mia")]
    named = await keys(database, olivia)
    family, mental = named["Family medicine"], named["Mental health"]
    await owner.execute("DELETE FROM clinic_host WHERE account_id = $1", nora.account_id)
    chloe = await file_of(owner, "chloe")
    both = [await department(database, olivia, name) for name in ("Family medicine", "Mental health")]
    await associate(database, olivia, chloe, nora, both[0])
    with pytest.raises(InUse, match="1 client there"):
        await change(database, olivia, nora.public_id, Wanted((), True, (mental,)))
    await change(database, olivia, nora.public_id, Wanted((), True, (family, mental)))
    await associate(database, olivia, chloe, nora, both[1])
    await change(database, olivia, nora.public_id, Wanted((), True, (mental,)))
    with pytest.raises(InUse, match="host of Talking clinic"):
        await change(database, olivia, mia.public_id, Wanted((f"scheduler:{mental}",)))


async def test_a22_a_department_taken_away_and_an_association_made_at_once_do_not_both_happen(
    database: Database, owner: Connection
) -> None:
    olivia, dora, nora = [await actor(database, name) for name in ("olivia", "dora", "nora")]
    named = await keys(database, olivia)
    await owner.execute("DELETE FROM clinic_host WHERE account_id = $1", nora.account_id)
    chloe, family = await file_of(owner, "chloe"), await department(database, olivia, "Family medicine")
    await asyncio.gather(
        change(database, olivia, nora.public_id, Wanted((), True, (named["Mental health"],))),
        associate(database, dora, chloe, nora, family),
        return_exceptions=True,
    )
    orphans = await owner.fetchval(
        "SELECT count(*) FROM association WHERE NOT EXISTS (SELECT FROM account_role WHERE role = 'practitioner' "
        "AND account_role.account_id = practitioner_id AND account_role.department_id = association.department_id)"
    )
    assert orphans == 0


async def test_the_last_active_organization_administrator_stays_one_also_against_two_at_once(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    family = (await keys(database, olivia))["Family medicine"]
    scheduler = Wanted((f"scheduler:{family}",))
    with pytest.raises(LastAdministrator):
        await change(database, olivia, olivia.public_id, scheduler)
    with pytest.raises(Invalid, match="your own account"):
        await switch(database, olivia, olivia.public_id, False)
    dora = await actor(database, "dora")
    await change(database, olivia, dora.public_id, Wanted(("organization_administrator",)))
    dora = await actor(database, "dora")
    outcomes = await asyncio.gather(
        switch(database, dora, olivia.public_id, False),
        switch(database, olivia, dora.public_id, False),
        change(database, dora, olivia.public_id, scheduler),
        return_exceptions=True,
    )
    assert any(isinstance(one, LastAdministrator) for one in outcomes)
    assert not [one for one in outcomes if one is not None and not isinstance(one, LastAdministrator)]
    left = await owner.fetchval(
        "SELECT count(*) FROM account_role JOIN account ON account.id = account_id "
        "WHERE role = 'organization_administrator' AND state = 'active' AND account.organization_id = $1",
        olivia.organization_id,
    )
    assert left == 1


async def test_a_closed_account_is_signed_out_for_good_and_opens_again(database: Database, owner: Connection) -> None:
    olivia, ana = await actor(database, "olivia"), await actor(database, "ana")
    async with database.system() as connection:
        token = await accounts.sign_in(connection, ana.account_id)
        assert await accounts.actor_of(connection, token) is not None
    await switch(database, olivia, ana.public_id, False)
    await switch(database, olivia, ana.public_id, False)
    assert await owner.fetchval("SELECT count(*) FROM sign_in WHERE account_id = $1", ana.account_id) == 0
    await switch(database, olivia, ana.public_id, True)
    async with database.system() as connection:
        assert await accounts.actor_of(connection, token) is None
    assert (await find(database, olivia, ana.public_id))["state"] == "active"
    verbs = await owner.fetch("SELECT verb FROM audit_line WHERE noun = 'account' ORDER BY id")
    assert [row["verb"] for row in verbs] == ["deactivate", "activate"]


async def test_somebody_who_never_set_up_their_account_gets_a_new_link_when_it_is_opened_again(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    made = await create(database, olivia, Wanted(("organization_administrator",)))
    for active in (False, True):
        await switch(database, olivia, made["public_id"], active)
    assert (await find(database, olivia, made["public_id"]))["state"] == "unverified"
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'setup'") == 2
    async with database.transaction(olivia) as connection:
        await staff.send_link(connection, olivia, made["public_id"])
        with pytest.raises(Invalid, match="needs no setup link"):
            await staff.send_link(connection, olivia, olivia.public_id)
    assert await owner.fetchval("SELECT count(*) FROM setup_link WHERE used_at IS NULL") == 1


async def test_whoever_schedules_no_more_serves_no_clinic(database: Database, owner: Connection) -> None:
    olivia, sofia = await actor(database, "olivia"), await actor(database, "sofia")
    family = (await keys(database, olivia))["Family medicine"]
    serves = "SELECT count(*) FROM clinic_scheduler WHERE account_id = $1"
    assert await owner.fetchval(serves, sofia.account_id) == 1
    await change(database, olivia, sofia.public_id, Wanted((f"care_coordinator:{family}",)))
    assert await owner.fetchval(serves, sofia.account_id) == 0


async def test_r003_whoever_schedules_in_a_department_no_more_leaves_its_clinics_and_no_others(
    database: Database, owner: Connection
) -> None:
    olivia, sam = await actor(database, "olivia"), await actor(database, "sam")
    named = await keys(database, olivia)
    family, mental = [f"scheduler:{named[name]}" for name in ("Family medicine", "Mental health")]
    await change(database, olivia, sam.public_id, Wanted((family, mental)))
    await owner.execute(
        "INSERT INTO clinic_scheduler (organization_id, clinic_id, account_id) "
        "SELECT organization_id, id, $1 FROM clinic WHERE organization_id = $2 ON CONFLICT DO NOTHING",
        sam.account_id,
        sam.organization_id,
    )
    departments_served = (
        "SELECT DISTINCT department.name FROM clinic_scheduler JOIN clinic ON clinic.id = clinic_id "
        "JOIN department ON department.id = clinic.department_id WHERE account_id = $1"
    )
    assert len(await owner.fetch(departments_served, sam.account_id)) == 2
    await change(database, olivia, sam.public_id, Wanted((mental,)))
    assert [row["name"] for row in await owner.fetch(departments_served, sam.account_id)] == ["Mental health"]


async def test_two_who_edit_one_account_do_not_overwrite_each_other(database: Database) -> None:
    olivia, ana = await actor(database, "olivia"), await actor(database, "ana")
    family = (await keys(database, olivia))["Family medicine"]
    seen = (await find(database, olivia, ana.public_id))["version"]
    wanted = Wanted((), True, (family,))
    await change(database, olivia, ana.public_id, wanted, name="Ana D.", version=seen)
    with pytest.raises(EditedMeanwhile, match="Olivia Marsh"):
        await change(database, olivia, ana.public_id, wanted, name="Ana E.", version=seen)


async def test_a_new_address_is_told_to_both_and_must_be_free(database: Database, owner: Connection) -> None:
    olivia, ana = await actor(database, "olivia"), await actor(database, "ana")
    family = (await keys(database, olivia))["Family medicine"]
    wanted = Wanted((), True, (family,))
    with pytest.raises(EmailTaken):
        await change(database, olivia, ana.public_id, wanted, email="chloe@harbor.example")
    await change(database, olivia, ana.public_id, wanted, email="ana.duarte@harbor.example")
    told = await owner.fetch("SELECT recipient FROM mail WHERE kind = 'account_notice' ORDER BY recipient")
    assert [row["recipient"] for row in told] == ["ana.duarte@harbor.example", "ana@harbor.example"]


async def test_a_guest_who_joins_the_staff_keeps_their_account(database: Database, owner: Connection) -> None:
    olivia = await actor(database, "olivia")
    guest = await owner.fetchval(
        "INSERT INTO account (organization_id, username, email, name, state) "
        "VALUES ($1, 'guest-1', 'nadia@harbor.example', 'N', 'pending') RETURNING public_id",
        olivia.organization_id,
    )
    made = await create(database, olivia, Wanted(("organization_administrator",)))
    person = await find(database, olivia, made["public_id"])
    assert (made["public_id"], person["state"], person["name"]) == (guest, "active", "Nadia Noor")


async def test_staff_are_found_by_name_role_and_state(database: Database) -> None:
    olivia, dora, sam = [await actor(database, name) for name in ("olivia", "dora", "sam")]

    async def names(who: Actor, *narrowed: str) -> list[str]:
        async with database.transaction(who) as connection:
            return [row["name"] for row in await staff.listed(connection, who, *narrowed)]

    assert len(await names(olivia)) == 10
    assert await names(olivia, "DUAR") == ["Ana Duarte"]
    assert await names(olivia, "mia@") == ["Mia Torres"]
    assert "Mia Torres" not in await names(dora)
    assert "Olivia Marsh" not in await names(dora)
    assert await names(olivia, "", "scheduler") == ["Sam Reyes", "Sofia Lind"]
    mental = (await keys(database, olivia))["Mental health"]
    assert await names(olivia, "", "", "active", mental) == ["Mia Torres"]
    assert await names(olivia, "", "scheduler", "active", mental) == []
    await switch(database, olivia, sam.public_id, False)
    assert await names(olivia, "", "scheduler") == ["Sofia Lind"]
    assert await names(olivia, "", "", "inactive") == ["Sam Reyes"]
    with pytest.raises(NotFound):
        await names(await actor(database, "ana"))


async def test_a_profile_is_written_by_its_owner_and_their_administrators(database: Database) -> None:
    olivia, dora, ana, mia, carl = [await actor(database, name) for name in ("olivia", "dora", "ana", "mia", "carl")]
    async with database.transaction(ana) as connection:
        person = await public_profiles.own(connection, ana)
        assert (await public_profiles.find(connection, ana.account_id))["takes_connections"]
        await public_profiles.change(connection, ana, person, " Family  doctor ", "For all ages.", False)
    async with database.transaction(dora) as connection:
        person = await public_profiles.of_staff(connection, dora, ana.public_id)
        assert (await public_profiles.find(connection, person["id"]))["title"] == "Family doctor"
        with pytest.raises(NotFound):
            await public_profiles.of_staff(connection, dora, mia.public_id)
    for who, whose in ((carl, ana), (olivia, carl)):
        async with database.transaction(who) as connection:
            with pytest.raises(NotFound):
                await public_profiles.of_staff(connection, who, whose.public_id)
    async with database.transaction(olivia) as connection:
        with pytest.raises(NotFound):
            await public_profiles.own(connection, olivia)
