"""Registering: who gets which mail, what confirming makes, and what nobody learns."""

import asyncio
import dataclasses
from typing import Any

import pytest

from people import accounts, prospects, registering, registrations
from people.access import Actor, may_approve
from people.errors import (
    AccountInactive,
    NotFound,
    RegistrationClosed,
    SignInRefused,
    Unconfirmed,
    Unfit,
    UsernameTaken,
)
from people.passwords import Passwords
from records import purge
from records.database import Connection, Database
from tests.people.registrants import PASSWORD, RITA, confirm, department, home, letters, link, register, told
from tests.support import actor


async def signed_in(database: Database, token: str) -> Actor:
    async with database.system() as connection:
        known = await accounts.actor_of(connection, token)
    assert known is not None
    return known


async def registered(database: Database, owner: Connection, passwords: Passwords, **changed: Any) -> Actor:
    """Registered and confirmed."""
    await register(database, owner, passwords, **changed)
    email = changed.get("email", RITA["email"])
    return await signed_in(database, await confirm(database, owner, passwords, await link(owner, email)))


async def test_r021_a01_there_is_no_account_until_the_address_is_confirmed_and_then_it_is_pending(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    before = await owner.fetchval("SELECT count(*) FROM account")
    await register(database, owner, passwords, phone=" 555 ", email="Rita@Example.org")
    assert await letters(owner) == ["confirm_registration"]
    assert await owner.fetchval("SELECT count(*) FROM account") == before
    assert await told(owner) == set()
    rita = await signed_in(database, await confirm(database, owner, passwords, await link(owner)))
    assert (rita.name, rita.state, rita.roles) == ("Rita Roe", "pending", frozenset({"client"}))
    async with database.transaction(rita) as connection:
        said = await registrations.of_account(connection, rita.account_id)
    assert said is not None
    assert (said["first_name"], said["phone"], said["reason"], said["unsure"], said["department_id"]) == (
        "Rita", "555", "I sleep badly.", True, None,
    )  # fmt: skip
    assert await owner.fetchval("SELECT count(*) FROM client WHERE account_id = $1", rita.account_id) == 0
    kept = await owner.fetchrow("SELECT username, password_hash, token_hash FROM registration")
    assert tuple(kept) == (None, None, None)
    verbs = await owner.fetch("SELECT verb FROM audit_line WHERE account_id = $1", rita.account_id)
    assert [row["verb"] for row in verbs] == ["register"]
    proved = await accounts.check_password(database, passwords, "harbor", "rita", PASSWORD)
    assert proved.account_id == rita.account_id


async def test_a_link_works_once_even_when_it_comes_five_times_at_once(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await register(database, owner, passwords)
    token, harbor = await link(owner), await home(owner)
    tries = [registering.confirm(database, passwords, harbor, token, PASSWORD) for _ in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert len([outcome for outcome in outcomes if isinstance(outcome, str)]) == 1
    assert all(isinstance(outcome, str | NotFound) for outcome in outcomes)
    assert await told(owner) == {"olivia"}


async def test_of_two_registrations_of_one_address_confirmed_at_once_one_wins(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    harbor, tokens = await home(owner), []
    for username in ("rita", "rita.2"):
        await register(database, owner, passwords, username=username)
        tokens.append(await link(owner))
    tries = [registering.confirm(database, passwords, harbor, token, PASSWORD) for token in tokens]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, str)] == [NotFound]
    assert await owner.fetchval("SELECT count(*) FROM registration") == 1
    assert await told(owner) == {"olivia"}


async def test_a_link_is_good_for_a_day_in_its_own_organization_and_with_the_password_only(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    public_id = await register(database, owner, passwords)
    token, harbor = await link(owner), await home(owner)
    with pytest.raises(Unfit) as wrong:
        await registering.confirm(database, passwords, harbor, token, "not the password")
    assert wrong.value.field == "password"
    with pytest.raises(NotFound):
        await confirm(database, owner, passwords, token, "meadow")
    await owner.execute("UPDATE registration SET sent_at = now() - interval '25 hours'")
    with pytest.raises(NotFound):
        await confirm(database, owner, passwords, token)
    await registering.send_again(database, harbor, public_id)
    with pytest.raises(NotFound):
        await confirm(database, owner, passwords, token)
    assert await confirm(database, owner, passwords, await link(owner))
    with pytest.raises(NotFound):
        await registering.send_again(database, harbor, public_id)


async def test_whoever_registers_with_a_strangers_address_gets_no_account_by_the_strangers_click(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await register(database, owner, passwords, username="mallory", password="mallory waits here")
    theirs = await link(owner)
    await register(database, owner, passwords)
    with pytest.raises(Unfit):
        await confirm(database, owner, passwords, theirs)
    rita = await signed_in(database, await confirm(database, owner, passwords, await link(owner)))
    assert rita.name == "Rita Roe"
    with pytest.raises(NotFound):
        await registering.confirm(database, passwords, await home(owner), theirs, "mallory waits here")
    with pytest.raises(SignInRefused):
        await accounts.check_password(database, passwords, "harbor", RITA["email"], "mallory waits here")


KNOWN = {
    "a client": ("chloe", "", "known_registration"),
    "staff": ("ana", "", "known_registration"),
    "closed": ("chloe", "UPDATE account SET state = 'inactive' WHERE username = 'chloe'", "known_registration"),
    "made by staff": (
        "chloe",
        "UPDATE account SET state = 'unverified', password_hash = NULL WHERE username = 'chloe'",
        "setup",
    ),
    "staff not set up yet": (
        "ana",
        "UPDATE account SET state = 'unverified', password_hash = NULL WHERE username = 'ana'",
        "setup",
    ),
}


@pytest.mark.parametrize(("username", "change", "kind"), KNOWN.values(), ids=KNOWN)
async def test_a06_whose_address_is_known_is_told_so_by_mail_alone_and_nothing_changes(
    database: Database, owner: Connection, passwords: Passwords, username: str, change: str, kind: str
) -> None:
    if change:
        await owner.execute(change)
    email, every = f"{username}@harbor.example", "SELECT * FROM account ORDER BY id"
    before = await owner.fetch(every)
    public_id = await register(database, owner, passwords, email=email)
    await registering.send_again(database, await home(owner), public_id)
    assert await letters(owner, email) == [kind, kind]
    assert await owner.fetch(every) == before
    assert await link(owner, email) == "None"
    with pytest.raises(Unconfirmed):
        await accounts.check_password(database, passwords, "harbor", email, PASSWORD)


async def test_a_user_name_of_an_unconfirmed_registration_is_free_so_two_tries_tell_nothing_of_an_address(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await register(database, owner, passwords, email="chloe@harbor.example")
    await register(database, owner, passwords, email="nobody@example.org")
    await register(database, owner, passwords)
    rita = await signed_in(database, await confirm(database, owner, passwords, await link(owner)))
    with pytest.raises(UsernameTaken):
        await register(database, owner, passwords, email="other@example.org")
    late = await link(owner, "nobody@example.org")
    with pytest.raises(UsernameTaken) as taken:
        await confirm(database, owner, passwords, late)
    assert taken.value.field == "username"
    token = await registering.confirm(database, passwords, await home(owner), late, PASSWORD, "rita.2")
    assert (await signed_in(database, token)).account_id != rita.account_id


async def test_a23_a_prospects_account_is_kept_and_gets_user_name_password_and_registration(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    harbor = await home(owner)
    public_id = await prospects.send_code(database, harbor, prospects.introduce("R", RITA["email"]))
    code = await owner.fetchval("SELECT details ->> 'code' FROM mail WHERE kind = 'code'")
    before = await signed_in(database, await prospects.confirm(database, harbor, public_id, code))
    rita = await registered(database, owner, passwords)
    assert (rita.account_id, rita.name, rita.state) == (before.account_id, "Rita Roe", "pending")
    assert await owner.fetchval("SELECT username FROM account WHERE id = $1", rita.account_id) == "rita"
    again = await prospects.send_code(database, harbor, prospects.introduce("R", RITA["email"]))
    assert again and (await letters(owner))[-1] == "known_account", "a code does not open it any more"


async def test_a_guest_whom_the_staff_approved_keeps_name_and_state_and_nobody_is_told(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await owner.execute(
        "UPDATE account SET password_hash = NULL, username = 'guest-1' WHERE email = 'chloe@harbor.example'"
    )
    chloe = await registered(database, owner, passwords, email="chloe@harbor.example")
    assert (chloe.name, chloe.state) == ("Chloe Adams", "active")
    assert await told(owner) == set()


async def test_an_address_that_got_a_password_meanwhile_is_not_taken_over(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await register(database, owner, passwords, email="late@example.org")
    await owner.execute("UPDATE account SET email = 'late@example.org' WHERE username = 'david'")
    with pytest.raises(NotFound):
        await confirm(database, owner, passwords, await link(owner, "late@example.org"))
    assert await owner.fetchval("SELECT count(*) FROM account WHERE username = 'rita'") == 0


async def test_r022_r201_the_organizations_administrators_and_the_departments_people_are_told_and_nobody_else(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await registered(database, owner, passwords, department=await department(owner))
    assert await told(owner) == {"olivia", "dora", "carl"}
    assert not await owner.fetchval("SELECT bool_or(recipient LIKE '%@meadow%') FROM mail WHERE kind = 'new_client'")


async def test_r026_r202_of_somebody_unsure_only_organization_administrators_are_told(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await registered(database, owner, passwords, department="unsure")
    assert await told(owner) == {"olivia"}


async def test_r201_of_another_department_its_administrators_are_not_told(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await registered(database, owner, passwords, department=await department(owner, "Mental health"))
    assert await told(owner) == {"olivia"}


async def test_r023_r024_who_opted_out_or_is_not_active_is_not_told(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await owner.execute("UPDATE account SET unwanted_mail = '{new_client}' WHERE username = 'dora'")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'carl'")
    await registered(database, owner, passwords, department=await department(owner))
    assert await told(owner) == {"olivia"}


async def test_r022_with_one_department_nobody_is_asked_and_its_people_are_told(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    one = f"(SELECT id FROM department WHERE name = 'Family medicine' AND organization_id = {await home(owner)})"
    other = f"(SELECT id FROM department WHERE name = 'Mental health' AND organization_id = {await home(owner)})"
    for table in ("clinic", "account_role", "association"):
        await owner.execute(f"UPDATE {table} SET department_id = {one} WHERE department_id = {other}")
    await owner.execute(f"DELETE FROM department WHERE id = {other}")
    await registered(database, owner, passwords, department="")
    assert await told(owner) == {"olivia", "dora", "carl"}
    assert await owner.fetchval("SELECT unsure FROM registration") is False


async def test_a06_where_people_come_by_invitation_nobody_registers(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await owner.execute("UPDATE organization SET registration = 'invite_only' WHERE slug = 'harbor'")
    with pytest.raises(RegistrationClosed):
        await register(database, owner, passwords)
    assert await register(database, owner, passwords, "meadow")


UNFIT = {
    "first_name": " ",
    "last_name": "x" * 101,
    "date_of_birth": "2999-01-01",
    "email": "rita@",
    "department": "nowhere",
    "phone": "1" * 41,
    "reason": "x" * 2001,
    "username": "rita@example.org",
    "password": "short",
}


@pytest.mark.parametrize(("field", "typed"), [*UNFIT.items(), ("date_of_birth", "1788-01-01"), ("department", "")])
async def test_what_cannot_be_is_refused_by_its_field(
    database: Database, owner: Connection, passwords: Passwords, field: str, typed: str
) -> None:
    with pytest.raises(Unfit) as refused:
        await register(database, owner, passwords, **{field: typed})
    assert refused.value.field == field
    assert await owner.fetchval("SELECT count(*) FROM registration") == 0


async def test_a01_r031_states_that_may_not_sign_in_are_told_to_whoever_knows_the_password_alone(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    await register(database, owner, passwords)
    for login in ("rita", "Rita@Example.org"):
        with pytest.raises(Unconfirmed):
            await accounts.check_password(database, passwords, "harbor", login, PASSWORD)
        with pytest.raises(SignInRefused):
            await accounts.check_password(database, passwords, "harbor", login, "something else")
        with pytest.raises(SignInRefused):
            await accounts.check_password(database, passwords, "meadow", login, PASSWORD)
    for state, error in (("inactive", AccountInactive), ("unverified", Unconfirmed)):
        await owner.execute("UPDATE account SET state = $1 WHERE username = 'chloe'", state)
        with pytest.raises(error):
            await accounts.check_password(database, passwords, "harbor", "chloe", "anteroom-demo")
        with pytest.raises(SignInRefused):
            await accounts.check_password(database, passwords, "harbor", "chloe", "something else")


async def test_what_nobody_confirmed_is_removed_after_a_week_and_hidden_from_the_staff(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    rita = await registered(database, owner, passwords)
    await register(database, owner, passwords, email="other@example.org", username="other")
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        assert await connection.fetchval("SELECT count(*) FROM registration") == 1
    await owner.execute("UPDATE registration SET sent_at = now() - interval '8 days'")
    async with database.system() as connection:
        assert (await purge.purge(connection))["registrations"] == 1
    assert await owner.fetchval("SELECT account_id FROM registration") == rita.account_id


async def test_r005_r026_who_may_approve_is_also_who_finds_it_in_the_list(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    family = await department(owner)
    for number, chosen in enumerate(("unsure", family, await department(owner, "Mental health"))):
        await registered(
            database, owner, passwords, email=f"{number}@example.org", username=f"n-{number}", department=chosen
        )
    finds = {"olivia": {0, 1, 2}, "dora": {1}, "carl": {1}, "ana": set(), "sam": set(), "chloe": set()}
    everything = await rows_of(database, await actor(database, "olivia"))
    for username, expected in finds.items():
        who = await actor(database, username)
        listed = await rows_of(database, who)
        assert {int(row["email"][0]) for row in listed} == expected
        assert {int(row["email"][0]) for row in everything if may_approve(who, row)} == expected
    assert await rows_of(database, await actor(database, "olivia", "meadow")) == []
    inactive = dataclasses.replace(await actor(database, "olivia"), state="inactive")
    assert not any(may_approve(inactive, row) for row in everything)


async def rows_of(database: Database, who: Actor) -> list[Any]:
    async with database.transaction(who) as connection:
        rows = await registrations.pending_of(connection, who)
        assert await registrations.count_pending(connection, who) == len(rows)
    return rows


async def test_a06_possible_duplicates_are_files_and_registrations_of_the_same_address_or_name_and_birthday(
    database: Database, owner: Connection, passwords: Passwords
) -> None:
    insert = (
        "INSERT INTO client (organization_id, first_name, last_name, email, date_of_birth) "
        "VALUES ($1, $2, $3, $4, $5::text::date)"
    )
    for slug, first, last, email, born in (
        ("harbor", "Other", "Name", "rita@example.org", "1970-01-01"),
        ("harbor", "RITA", "Roé", "old@example.org", "1988-02-29"),
        ("harbor", "Rita", "Roe", "twin@example.org", "1988-03-01"),
        ("meadow", "Rita", "Roe", "rita@example.org", "1988-02-29"),
    ):
        await owner.execute(insert, await home(owner, slug), first, last, email, born)
    await registered(database, owner, passwords, email="second@example.org", username="second", first_name=" rita ")
    rita = await registered(database, owner, passwords)
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        said = await registrations.of_account(connection, rita.account_id)
        assert said is not None
        found = await registrations.duplicates(connection, said)
    assert [(row["kind"], row["email"], row["same_email"]) for row in found] == [
        ("file", "rita@example.org", True),
        ("file", "old@example.org", False),
        ("registration", "second@example.org", False),
    ]
