"""A code proves an address, once, for ten minutes; and opens no account that has another lock."""

import asyncio

import pytest

from dispatch import sessions
from people import accounts, prospects
from people.access import Actor
from people.errors import AwaitingApproval, Unfit
from records.database import Connection, Database
from tests.dispatch.factories import accept, pending_request
from tests.support import actor

NINA = prospects.introduce("Nina New", "Nina@Example.org ")


async def home(owner: Connection, slug: str = "harbor") -> int:
    return await owner.fetchval("SELECT id FROM organization WHERE slug = $1", slug)


async def code_in_mail(owner: Connection, email: str = NINA.email) -> str:
    """The newest code that was mailed there."""
    return await owner.fetchval(
        "SELECT details ->> 'code' FROM mail WHERE kind = 'code' AND recipient = $1 ORDER BY id DESC LIMIT 1", email
    )


async def confirm(database: Database, organization_id: int, public_id: str, code: str) -> Actor:
    token = await prospects.confirm(database, organization_id, public_id, code)
    async with database.system() as connection:
        known = await accounts.actor_of(connection, token)
    assert known is not None
    return known


async def test_a23_a_code_makes_a_pending_client_without_password_and_without_a_file(
    database: Database, owner: Connection
) -> None:
    organization_id = await home(owner)
    public_id = await prospects.send_code(database, organization_id, NINA)
    who = await confirm(database, organization_id, public_id, await code_in_mail(owner))
    assert (who.name, who.state, who.roles, who.organization_id) == (
        "Nina New", "pending", frozenset({"client"}), organization_id,
    )  # fmt: skip
    row = await owner.fetchrow("SELECT password_hash, email FROM account WHERE id = $1", who.account_id)
    assert tuple(row) == (None, "nina@example.org")
    assert await owner.fetchval("SELECT count(*) FROM client WHERE account_id = $1", who.account_id) == 0


async def test_a23_coming_back_is_the_same_account_under_the_name_given_last(
    database: Database, owner: Connection
) -> None:
    organization_id = await home(owner)
    seen = []
    for name in ("Nina New", "Nina Newer"):
        public_id = await prospects.send_code(database, organization_id, prospects.introduce(name, NINA.email))
        seen.append(await confirm(database, organization_id, public_id, await code_in_mail(owner)))
    assert seen[0].account_id == seen[1].account_id
    assert [who.name for who in seen] == ["Nina New", "Nina Newer"]


async def test_a_code_works_once_even_when_it_comes_ten_times_at_once(database: Database, owner: Connection) -> None:
    organization_id = await home(owner)
    public_id = await prospects.send_code(database, organization_id, NINA)
    code = await code_in_mail(owner)
    tries = [prospects.confirm(database, organization_id, public_id, code) for _ in range(10)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert len([outcome for outcome in outcomes if isinstance(outcome, str)]) == 1
    assert all(isinstance(outcome, str | Unfit) for outcome in outcomes)
    assert await owner.fetchval("SELECT count(*) FROM account WHERE email = $1", NINA.email) == 1


async def test_five_wrong_tries_use_a_code_up(database: Database, owner: Connection) -> None:
    organization_id = await home(owner)
    public_id = await prospects.send_code(database, organization_id, NINA)
    code = await code_in_mail(owner)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(Unfit):
            await prospects.confirm(database, organization_id, public_id, wrong)
    with pytest.raises(Unfit) as refused:
        await prospects.confirm(database, organization_id, public_id, code)
    assert refused.value.field == "code"
    assert await owner.fetchval("SELECT count(*) FROM account WHERE email = $1", NINA.email) == 0


async def test_the_fifth_try_may_still_be_right(database: Database, owner: Connection) -> None:
    organization_id = await home(owner)
    public_id = await prospects.send_code(database, organization_id, NINA)
    code = await code_in_mail(owner)
    for _ in range(4):
        with pytest.raises(Unfit):
            await prospects.confirm(database, organization_id, public_id, "nonsense")
    assert await confirm(database, organization_id, public_id, f" {code[:3]} {code[3:]} ")


@pytest.mark.parametrize("change", ["expires_at = now()", "used_at = now()"])
async def test_an_old_or_used_code_is_refused(database: Database, owner: Connection, change: str) -> None:
    organization_id = await home(owner)
    public_id = await prospects.send_code(database, organization_id, NINA)
    await owner.execute(f"UPDATE email_code SET {change}")
    with pytest.raises(Unfit):
        await prospects.confirm(database, organization_id, public_id, await code_in_mail(owner))


async def test_a23_somebody_else_who_asks_with_ones_address_does_not_void_ones_code(
    database: Database, owner: Connection
) -> None:
    organization_id = await home(owner)
    mine = await prospects.send_code(database, organization_id, NINA)
    code = await code_in_mail(owner)
    await prospects.send_code(database, organization_id, prospects.introduce("Stranger", NINA.email))
    assert await confirm(database, organization_id, mine, code)


async def test_a_code_that_was_used_ends_the_others_of_its_address(database: Database, owner: Connection) -> None:
    organization_id = await home(owner)
    old = await prospects.send_code(database, organization_id, NINA)
    old_code = await code_in_mail(owner)
    new = await prospects.send_code(database, organization_id, NINA)
    assert await confirm(database, organization_id, new, await code_in_mail(owner))
    with pytest.raises(Unfit):
        await prospects.confirm(database, organization_id, old, old_code)


async def test_a_code_is_good_in_its_own_organization_only(database: Database, owner: Connection) -> None:
    public_id = await prospects.send_code(database, await home(owner), NINA)
    with pytest.raises(Unfit):
        await prospects.confirm(database, await home(owner, "meadow"), public_id, await code_in_mail(owner))


@pytest.mark.parametrize(
    ("email", "change"),
    [
        ("chloe@harbor.example", ""),
        ("ana@harbor.example", ""),
        ("ana@harbor.example", "UPDATE account SET password_hash = NULL"),
        ("chloe@harbor.example", "UPDATE account SET password_hash = NULL, state = 'inactive'"),
    ],
    ids=["a client with a password", "staff", "staff without a password", "an inactive client"],
)
async def test_a23_a_code_never_opens_an_account_with_a_password_a_staff_role_or_closed(
    database: Database, owner: Connection, email: str, change: str
) -> None:
    organization_id = await home(owner)
    if change:
        await owner.execute(change)
    before = await owner.fetchval("SELECT count(*) FROM account")
    public_id = await prospects.send_code(database, organization_id, prospects.introduce("Somebody", email))
    assert await code_in_mail(owner, email) is None
    assert await owner.fetch("SELECT kind FROM mail WHERE recipient = $1", email) == [("known_account",)]
    for code in ("000000", ""):
        with pytest.raises(Unfit):
            await prospects.confirm(database, organization_id, public_id, code)
    assert await owner.fetchval("SELECT count(*) FROM account") == before
    assert await owner.fetchval("SELECT count(*) FROM account WHERE name = 'Somebody'") == 0


async def test_a_password_that_was_set_meanwhile_keeps_a_code_out(database: Database, owner: Connection) -> None:
    organization_id = await home(owner)
    first = await prospects.send_code(database, organization_id, NINA)
    await confirm(database, organization_id, first, await code_in_mail(owner))
    second = await prospects.send_code(database, organization_id, NINA)
    await owner.execute("UPDATE account SET password_hash = 'set' WHERE email = $1", NINA.email)
    with pytest.raises(Unfit):
        await prospects.confirm(database, organization_id, second, await code_in_mail(owner))


async def test_only_the_codes_hash_is_stored(database: Database, owner: Connection) -> None:
    await prospects.send_code(database, await home(owner), NINA)
    code = await code_in_mail(owner)
    assert len(code) == 6 and code.isdigit()
    stored = await owner.fetchval("SELECT row_to_json(email_code)::text FROM email_code")
    assert code.encode().hex() not in stored
    assert await owner.fetchval("SELECT count(*) FROM email_code WHERE code_hash = sha256($1)", code.encode()) == 0


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [
        ("", "a@b.example", "name"),
        ("x" * 81, "a@b.example", "name"),
        ("A", "", "email"),
        ("A", "a@b", "email"),
        ("A", "a b@c.example", "email"),
        ("A", "a@c.example\r\nBcc: all@c.example", "email"),
        ("A", f"{'x' * 250}@c.example", "email"),
        ("A", "Ann <a@c.example>", "email"),
    ],
)
def test_a_name_or_an_address_that_cannot_be_is_refused_by_its_field(name: str, email: str, field: str) -> None:
    with pytest.raises(Unfit) as refused:
        prospects.introduce(name, email)
    assert refused.value.field == field


async def test_a23_a_prospect_may_not_join_from_the_portal(database: Database, owner: Connection) -> None:
    organization_id = await home(owner)
    public_id = await prospects.send_code(database, organization_id, NINA)
    nina = await confirm(database, organization_id, public_id, await code_in_mail(owner))
    ana, sam = await actor(database, "ana"), await actor(database, "sam")
    session = await accept(database, sam, await pending_request(database, nina), ana)
    async with database.transaction(nina) as connection:
        assert [row["client_name"] for row in await sessions.of_account(connection, nina)] == ["Nina New"]
        with pytest.raises(AwaitingApproval):
            await sessions.open_door(connection, nina, session["public_id"])
    letter = await owner.fetchrow("SELECT recipient, details FROM mail WHERE kind = 'invitation'")
    assert letter["recipient"] == NINA.email and letter["details"]["token"]
