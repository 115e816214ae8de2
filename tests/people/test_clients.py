"""The files of clients, against the real database: who keeps them, create, change, open and close."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from people import accounts, associations, client_list, clients, setup
from people.access import Actor
from people.clients import Data
from people.errors import (
    AccountInactive,
    EditedMeanwhile,
    EmailTaken,
    Invalid,
    NotFound,
    PossibleDuplicate,
    SignInRefused,
)
from people.passwords import Passwords
from records.database import Connection, Database, Row
from tests.people.newcomers import BORN, department, file, file_of, public_id
from tests.support import PASSWORD, actor

JANE = Data("Jane", "Ödman", "Jane@Example.org", "1988-02-03")


async def create(database: Database, who: Actor, data: Data = JANE, *names: str, anyway: bool = False) -> Row:
    async with database.transaction(who) as connection:
        return await clients.create(connection, who, data, names, anyway)


async def read(database: Database, who: Actor, client: str) -> Row:
    async with database.transaction(who) as connection:
        return await clients.find(connection, who, client)


async def change(database: Database, who: Actor, client: str, **changed: Any) -> None:
    """Save the form of Edit as it stands, with these changes."""
    async with database.transaction(who) as connection:
        stands = await clients.find(connection, who, client)
        names = ("first_name", "last_name", "email")
        data = Data(**{name: stands[name] for name in names}, date_of_birth=str(stands["date_of_birth"]))
        data = replace(data, department=stands["department"] or "")
        data = replace(data, **{name: changed.pop(name) for name in list(changed) if name in Data.__dataclass_fields__})
        values = {"practitioners": None, "active": None, "version": stands["version"]} | changed
        await clients.change(connection, who, client, data, **values)


async def pair(owner: Connection, practitioner: str, department_name: str) -> str:
    where = await owner.fetchval(
        "SELECT public_id FROM department WHERE id = $1", await department(owner, department_name)
    )
    return f"{await public_id(owner, practitioner)}:{where}"


async def also_in(owner: Connection, username: str, department_name: str) -> None:
    """Let somebody practise in one more department."""
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role, department_id) "
        "SELECT organization_id, id, 'practitioner', $2 FROM account WHERE public_id = $1",
        await public_id(owner, username),
        await department(owner, department_name),
    )


async def practitioners_of(database: Database, who: Actor, client: str) -> list[tuple[str, str]]:
    async with database.transaction(who) as connection:
        found = await clients.find(connection, who, client)
        rows = await associations.of_client(connection, found["id"])
    return [(row["name"], row["department_name"]) for row in rows]


async def listed(database: Database, who: Actor, active: bool = True, **asked: Any) -> list[str]:
    async with database.transaction(who) as connection:
        page = await client_list.files(connection, who, active, **asked)
    return [f"{row['first_name']} {row['last_name']}" for row in page.rows]


# Creating


async def test_r027_r028_a_client_is_created_with_practitioners_and_an_account_to_set_up(
    database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    chosen = [await pair(owner, "ana", "Family medicine"), await pair(owner, "mia", "Mental health")]
    made = await create(database, olivia, JANE, *chosen)
    stored = await read(database, olivia, made["public_id"])
    assert (stored["email"], stored["account_state"], stored["has_password"]) == (
        "jane@example.org",
        "unverified",
        False,
    )
    assert await practitioners_of(database, olivia, made["public_id"]) == [
        ("Ana Duarte", "Family medicine"),
        ("Mia Torres", "Mental health"),
    ]
    mails = await owner.fetch("SELECT kind, recipient FROM mail")
    assert [tuple(row) for row in mails] == [("setup", "jane@example.org")]
    lines = await owner.fetch("SELECT verb, noun FROM audit_line ORDER BY id")
    assert [tuple(row) for row in lines] == [
        ("create", "client"),
        ("associate", "client"),
        ("associate", "client"),
        ("send_setup_link", "account"),
    ]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("first_name", "  "),
        ("last_name", "x" * 101),
        ("email", "jane@"),
        ("date_of_birth", "3 May"),
        ("date_of_birth", "1700-01-01"),
        ("date_of_birth", "2999-01-01"),
        ("department", "unknown"),
    ],
)
async def test_r027_the_four_are_required_and_sound(database: Database, field: str, typed: str) -> None:
    olivia = await actor(database, "olivia")
    with pytest.raises(Invalid) as refused:
        await create(database, olivia, replace(JANE, **{field: typed}))
    assert refused.value.field == field


async def test_r042_one_address_is_one_account(database: Database, owner: Connection) -> None:
    olivia = await actor(database, "olivia")
    for email in ("chloe@harbor.example", "ana@harbor.example"):
        with pytest.raises(EmailTaken):
            await create(database, olivia, replace(JANE, email=email), anyway=True)
    outcomes = await asyncio.gather(*(create(database, olivia, anyway=True) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["EmailTaken", "Record"]
    assert await owner.fetchval("SELECT count(*) FROM client WHERE email = 'jane@example.org'") == 1


async def test_a06_a_possible_duplicate_is_told_and_made_only_on_purpose(database: Database, owner: Connection) -> None:
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    await file(owner, "Jane Odman", "other@file.example", "Mental health")
    twin = replace(JANE, date_of_birth=str(BORN), department=await _public(owner, "Family medicine"))
    for who, seen in ((olivia, True), (dora, False)):
        with pytest.raises(PossibleDuplicate):
            await create(database, who, twin)
        async with database.transaction(who) as connection:
            checked = await clients.check(connection, who, twin)
            known = await clients.known_files(connection, who, checked)
        assert [one["seen"] for one in known] == [seen]
    assert (await create(database, dora, twin, anyway=True))["public_id"]


async def _public(owner: Connection, name: str) -> str:
    return str(await owner.fetchval("SELECT public_id FROM department WHERE id = $1", await department(owner, name)))


# Who


async def test_r001_r002_r003_departments_reach_their_own_files_only(database: Database, owner: Connection) -> None:
    olivia, dora, carl = [await actor(database, name) for name in ("olivia", "dora", "carl")]
    ours = await file(owner, "Finn Field", in_department="Family medicine")
    theirs = await file(owner, "Mona Mind", in_department="Mental health")
    nobodys = await file_of(owner, "chloe")
    for who in (dora, carl):
        assert await listed(database, who) == ["Finn Field"]
        await read(database, who, ours)
        for other in (theirs, nobodys):
            with pytest.raises(NotFound):
                await read(database, who, other)
            with pytest.raises(NotFound):
                await change(database, who, other)
    assert await listed(database, olivia) == ["Chloe Adams", "Finn Field", "Mona Mind", "David Mori"]
    # With an association in the department the file is theirs to see, and only that association to change.
    ana, mia = await pair(owner, "ana", "Family medicine"), await pair(owner, "mia", "Mental health")
    await change(database, olivia, nobodys, practitioners=[ana, mia])
    assert await listed(database, dora) == ["Chloe Adams", "Finn Field"]
    await change(database, dora, nobodys, practitioners=[])
    assert await practitioners_of(database, olivia, nobodys) == [("Mia Torres", "Mental health")]
    assert await listed(database, dora) == ["Finn Field"]
    with pytest.raises(Invalid):
        await change(database, dora, ours, practitioners=[mia])
    with pytest.raises(Invalid):
        await change(database, dora, ours, department=await _public(owner, "Mental health"))
    for name in ("sam", "ana", "chloe"):
        stranger = await actor(database, name)
        for verb in (read(database, stranger, ours), create(database, stranger), listed(database, stranger)):
            with pytest.raises(NotFound):
                await verb
    elsewhere = await actor(database, "olivia", "meadow")
    with pytest.raises(NotFound):
        await read(database, elsewhere, ours)


# Practitioners


async def test_r052_r053_a22_a_client_has_one_department_with_a_practitioner(
    database: Database, owner: Connection
) -> None:
    olivia, chloe = await actor(database, "olivia"), await file_of(owner, "chloe")
    await also_in(owner, "ana", "Mental health")
    family, mental = await pair(owner, "ana", "Family medicine"), await pair(owner, "ana", "Mental health")
    with pytest.raises(Invalid):
        await change(database, olivia, chloe, practitioners=[family, mental])
    await change(database, olivia, chloe, practitioners=[family])
    with pytest.raises(Invalid):
        await change(database, olivia, chloe, practitioners=[family, mental])
    await change(database, olivia, chloe, practitioners=[mental, ""])
    assert await practitioners_of(database, olivia, chloe) == [("Ana Duarte", "Mental health")]
    with pytest.raises(Invalid):
        await change(database, olivia, chloe, practitioners=[await pair(owner, "sam", "Family medicine")])


async def test_two_editors_of_one_file_do_not_overwrite_each_other(database: Database, owner: Connection) -> None:
    olivia, chloe = await actor(database, "olivia"), await file_of(owner, "chloe")
    seen = (await read(database, olivia, chloe))["version"]
    await change(database, olivia, chloe, practitioners=[await pair(owner, "ana", "Family medicine")])
    with pytest.raises(EditedMeanwhile, match="Olivia Marsh"):
        await change(database, olivia, chloe, last_name="Other", version=seen)
    await change(database, olivia, chloe, last_name="Other", version=None)
    assert (
        await owner.fetchval("SELECT name FROM account WHERE username = 'chloe' ORDER BY id LIMIT 1") == "Chloe Other"
    )


# Active and inactive


async def test_r031_r035_r036_an_inactive_client_is_signed_out_and_comes_back_anew(
    database: Database, owner: Connection
) -> None:
    olivia, chloe = await actor(database, "olivia"), await file_of(owner, "chloe")
    async with database.system() as connection:
        key = await connection.fetchval("SELECT account_id FROM client WHERE id = (SELECT min(id) FROM client)")
        token = await accounts.sign_in(connection, key)
    await change(database, olivia, chloe, active=False)
    assert (await listed(database, olivia), await listed(database, olivia, False)) == (["David Mori"], ["Chloe Adams"])
    passwords = Passwords()
    with pytest.raises(AccountInactive):
        await accounts.check_password(database, passwords, "harbor", "chloe", PASSWORD)
    with pytest.raises(SignInRefused):
        await accounts.check_password(database, passwords, "harbor", "chloe", "wrong")
    await change(database, olivia, chloe, active=True)
    assert (await read(database, olivia, chloe))["account_state"] == "active"
    async with database.system() as connection:
        assert await accounts.actor_of(connection, token) is None
    await accounts.check_password(database, passwords, "harbor", "chloe", PASSWORD)


async def test_somebody_who_never_set_up_the_account_gets_the_link_again(database: Database, owner: Connection) -> None:
    olivia = await actor(database, "olivia")
    jane = (await create(database, olivia))["public_id"]
    await change(database, olivia, jane, active=False)
    with pytest.raises(Invalid):
        async with database.transaction(olivia) as connection:
            await clients.send_setup_link(connection, olivia, jane)
    await change(database, olivia, jane, active=True)
    assert (await read(database, olivia, jane))["account_state"] == "unverified"
    await change(database, olivia, jane, email="right@example.org")
    recipients = [row["recipient"] for row in await owner.fetch("SELECT recipient FROM mail ORDER BY id")]
    assert recipients == ["jane@example.org", "jane@example.org", "right@example.org"]
    assert await owner.fetchval("SELECT count(*) FROM setup_link WHERE used_at IS NULL") == 1
    with pytest.raises(EmailTaken):
        await change(database, olivia, jane, email="chloe@harbor.example")
    # Once set up, the address to sign in with is its owner's: the file's changes alone.
    chloe = await file_of(owner, "chloe")
    await change(database, olivia, chloe, email="new@example.org")
    row = await read(database, olivia, chloe)
    assert (row["email"], row["account_email"]) == ("new@example.org", "chloe@harbor.example")
    assert setup.lifetime.days == 7


async def test_a_file_of_somebody_on_the_staff_closes_no_staff_account(database: Database, owner: Connection) -> None:
    dora = await actor(database, "dora")
    own = await file(owner, "Olivia Marsh", in_department="Family medicine", account=await public_id(owner, "olivia"))
    with pytest.raises(NotFound):
        await change(database, dora, own, active=False)
    await change(database, dora, own, email="taken@over.example", first_name="Else")
    row = await read(database, dora, own)
    assert (row["account_email"], row["account_state"]) == ("olivia@harbor.example", "active")
    assert await owner.fetchval("SELECT name FROM account WHERE email = 'olivia@harbor.example'") == "Olivia Marsh"


# Lists


async def test_lists_page_by_keys_and_search_by_prefix(database: Database, owner: Connection) -> None:
    olivia = await actor(database, "olivia")
    names = [f"Ann{number % 7} Müller{number:03}" for number in range(120)]
    for name in names:
        await file(owner, name, f"{name.split(' ')[1].lower().replace('ü', 'ue')}@list.example")
    for asked, wanted in (
        ({"sort": "name"}, 122),
        ({"sort": "created"}, 122),
        ({"search": "MULLER"}, 120),
        ({"search": "ann3"}, 17),
        ({"search": "ann"}, 120),
        ({"search": "mueller"}, 120),
        ({"search": "müller00, ann"}, 0),
        ({"search": "muller007, a"}, 1),
        ({"search": "ann3 müller"}, 17),
        ({"search": "m"}, 121),
        ({"search": "%"}, 0),
        ({"search": "nobody"}, 0),
    ):
        seen = await _all(database, olivia, asked)
        assert (len(seen), len(set(seen))) == (wanted, wanted), asked
    assert (await listed(database, olivia, search="adams"))[0] == "Chloe Adams"
    assert (await listed(database, olivia, sort="created"))[0] == names[-1]
    by_name = await _all(database, olivia, {"sort": "name"})
    assert by_name == sorted(by_name, key=lambda name: name.replace("ü", "u").lower().split(" ")[::-1])
    for made_up in ("x", "W10", "WyJuYW1lIl0", "é", "bnVsbA"):
        assert len(await listed(database, olivia, after=made_up)) == client_list.page_length


async def _all(database: Database, who: Actor, asked: dict[str, str]) -> list[str]:
    """The names of every page."""
    names: list[str] = []
    after: str | None = ""
    while after is not None:
        async with database.transaction(who) as connection:
            page = await client_list.files(connection, who, True, after=after, **asked)
        names += [f"{row['first_name']} {row['last_name']}" for row in page.rows]
        after = page.next
    return names


async def test_of_two_who_associate_at_once_one_wins_and_the_other_is_told(
    database: Database, owner: Connection
) -> None:
    olivia, dora = await actor(database, "olivia"), await actor(database, "dora")
    finn = await file(owner, "Finn Field", in_department="Family medicine")
    ana, ben = await pair(owner, "ana", "Family medicine"), await pair(owner, "ben", "Family medicine")
    for _ in range(5):
        seen = (await read(database, olivia, finn))["version"]
        stands = await practitioners_of(database, olivia, finn)
        one, other = (ana, ben) if stands != [("Ana Duarte", "Family medicine")] else (ben, ana)
        saved = [
            change(database, who, finn, practitioners=[chosen], version=seen)
            for who, chosen in ((olivia, one), (dora, other if not stands else ""))
        ]
        outcomes = await asyncio.gather(*saved, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes if outcome] == [EditedMeanwhile], outcomes
