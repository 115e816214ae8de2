"""Passwords, sign-ins and codes, without the web."""

from datetime import timedelta

import pyotp
import pytest

from people import accounts, resets, second_factor, tokens
from people.access import Actor, may_have_second_factor
from people.errors import SignInRefused, Unfit
from people.passwords import COMMON, NOBODYS, Passwords, check_new, hasher, shortest
from records.database import Connection, Database
from tests.support import PASSWORD, actor


@pytest.mark.parametrize("good", ["correct horse", "Ünïcödé-pass", " with spaces around ", "chloe and the sea"])
def test_a_password_may_be_anything_long_and_unusual(good: str) -> None:
    check_new(good, "chloe", "chloe@harbor.example")


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("123456789", "at least 10"),
        ("x" * 201, "at most 200"),
        ("Chloe.Adams", "own name"),
        ("chloe@harbor.example", "own name"),
        ("Password123", "easily guessed"),
        (" password123 ", "easily guessed"),
        ("abababababab", "easily guessed"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(weak: str, why: str) -> None:
    with pytest.raises(Unfit, match=why) as refused:
        check_new(weak, "chloe.adams", "chloe@harbor.example")
    assert refused.value.field == "password"


def test_the_common_passwords_are_those_that_the_length_does_not_refuse_anyway() -> None:
    assert all(len(word) >= shortest and word == word.lower() for word in COMMON)


async def test_r038_the_right_password_names_the_account_in_its_own_organization_only(database: Database) -> None:
    passwords = Passwords()
    ana = await actor(database, "ana")
    assert (await accounts.check_password(database, passwords, "harbor", "ana", PASSWORD)).account_id == ana.account_id
    other = await accounts.check_password(database, passwords, "meadow", "ana", PASSWORD)
    assert other.account_id == (await actor(database, "ana", "meadow")).account_id != ana.account_id


async def test_an_account_without_a_password_is_not_opened_by_an_empty_one(
    database: Database, owner: Connection
) -> None:
    await owner.execute("UPDATE account SET password_hash = NULL")
    for password in ("", "nobody's password", PASSWORD):
        with pytest.raises(SignInRefused):
            await accounts.check_password(database, Passwords(), "harbor", "ana", password)


async def test_a_new_password_is_an_argon2id_hash_and_the_old_one_is_void(
    database: Database, owner: Connection
) -> None:
    ana, passwords = await actor(database, "ana"), Passwords()
    person = accounts.Person(ana.account_id, ana.organization_id)
    token = await resets.change(database, passwords, person, PASSWORD, "a quiet harbour at dawn", "Firefox on Linux")
    stored = await owner.fetchval("SELECT password_hash FROM account WHERE id = $1", ana.account_id)
    assert stored.startswith("$argon2id$")
    with pytest.raises(SignInRefused):
        await accounts.check_password(database, passwords, "harbor", "ana", PASSWORD)
    async with database.system() as connection:
        known = await accounts.sign_ins(connection, ana.account_id, token)
    assert [(row["browser"], row["current"]) for row in known] == [("Firefox on Linux", True)]


async def test_a_code_is_refused_in_an_older_step_than_the_last_one_used(database: Database) -> None:
    ana = await actor(database, "ana")
    secret = second_factor.new_secret()
    async with database.system() as connection:
        now = (await second_factor.queries.factor(connection, account_id=ana.account_id))["step"]
        await second_factor.turn_on(connection, ana, secret, pyotp.HOTP(secret).at(now))
        half = await second_factor.begin(connection, ana.account_id)
        for step in (now - 1, now):
            with pytest.raises(SignInRefused):
                await second_factor.finish(connection, half, pyotp.HOTP(secret).at(step))
        assert await second_factor.finish(connection, half, pyotp.HOTP(secret).at(now + 1)) == ana.account_id
        with pytest.raises(SignInRefused):
            await second_factor.waiting(connection, half)


def test_a_second_step_is_for_everybody_but_visitors_by_link() -> None:
    def somebody(*roles: str, session_id: int | None = None) -> Actor:
        return Actor(1, 1, "a", "A", "active", frozenset(roles), session_id)

    assert may_have_second_factor(somebody("scheduler"))
    assert may_have_second_factor(somebody("client"))
    assert not may_have_second_factor(somebody("client", session_id=1))


async def test_a_token_lives_at_most_a_year_and_says_its_scopes(database: Database, owner: Connection) -> None:
    ana = await actor(database, "ana")
    async with database.system() as connection:
        for days in (0, 366):
            with pytest.raises(Unfit):
                await tokens.create(connection, ana, "wall", ["board:read"], days)
        _, token = await tokens.create(connection, ana, "wall", ["board:read", "board:read"], 365)
        bearer = await tokens.actor_of(connection, token)
    assert bearer is not None
    assert (bearer.account_id, bearer.token_scopes) == (ana.account_id, frozenset({"board:read"}))
    life = await owner.fetchval("SELECT expires_at - created_at FROM api_token")
    assert timedelta(days=364) < life <= timedelta(days=366)


async def test_checking_nobodys_password_is_the_same_work_as_checking_anybodys() -> None:
    assert not hasher.check_needs_rehash(NOBODYS)
    assert not await Passwords().fits("nobody's password", None)
