"""The sealed audit against its owner, who may do anything to the table; and what is purged."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from records import audit, chain, purge
from records.database import Connection, Database, House, connect
from records.provision import Place
from tests.support import actor

LINES = 30


@pytest.fixture
async def harbor(owner: Connection) -> House:
    return House(await owner.fetchval("SELECT id FROM organization WHERE slug = 'harbor'"))


@pytest.fixture
async def sealed(database: Database, harbor: House, owner: Connection) -> House:
    """Thirty sealed lines in Harbor's chain, a few in Meadow's."""
    await owner.execute("DELETE FROM audit_head; DELETE FROM audit_line")
    meadow = House(await owner.fetchval("SELECT id FROM organization WHERE slug = 'meadow'"))
    await write(database, harbor, LINES)
    await write(database, meadow, 3)
    await seal(database)
    return harbor


async def write(database: Database, who: House, count: int) -> None:
    async with database.transaction(who) as connection:
        for number in range(count):
            await audit.record(connection, who, "accept", "request", number, {"rank": number, "b": [1.5, "ü", None]})


async def seal(database: Database) -> None:
    async with database.system() as connection:
        await chain.seal(connection)


async def faults(place: Place, kept: dict[str, tuple[int, str]] | None = None) -> list[chain.Fault]:
    connection = await connect(place.urls.system)
    try:
        return [fault for report in await chain.verify(connection, kept) for fault in report.faults]
    finally:
        await connection.close()


async def test_lines_are_numbered_without_gaps_for_each_organization(
    database: Database, sealed: House, owner: Connection, place: Place
) -> None:
    numbers = [
        row["number"]
        for row in await owner.fetch(
            "SELECT number FROM audit_line WHERE organization_id = $1 ORDER BY id", sealed.organization_id
        )
    ]
    assert numbers == list(range(1, LINES + 1))
    await write(database, sealed, 2)
    assert await faults(place) == []
    connection = await connect(place.urls.system)
    try:
        (report,) = [each for each in await chain.verify(connection) if each.sealed == LINES]
    finally:
        await connection.close()
    assert report.unsealed == 2
    await seal(database)
    assert await faults(place) == []


async def test_more_lines_than_fit_one_batch_are_sealed_and_verified(
    database: Database, sealed: House, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "batch", 7)
    await write(database, sealed, 20)
    rounds = 0
    more = True
    while more:
        async with database.system() as connection:
            more = await chain.seal(connection)
        rounds += 1
    assert rounds == 3
    assert await faults(place) == []


async def test_one_process_at_a_time_seals(database: Database, sealed: House, owner: Connection, place: Place) -> None:
    await write(database, sealed, 2)
    async with database.system() as first, database.system() as second:
        assert await chain.queries.take_turn(first)
        assert not await chain.seal(second)
    assert await owner.fetchval("SELECT count(*) FROM audit_line WHERE seal IS NULL") == 2


CHANGES = {
    "verb": "UPDATE audit_line SET verb = 'decline' WHERE {line}",
    "noun": "UPDATE audit_line SET noun = 'session' WHERE {line}",
    "whose": "UPDATE audit_line SET noun_id = noun_id + 1 WHERE {line}",
    "who": "UPDATE audit_line SET account_id = 1 WHERE {line}",
    "when": "UPDATE audit_line SET at = at + interval '1 microsecond' WHERE {line}",
    "details": "UPDATE audit_line SET details = '{{}}' WHERE {line}",
    "seal": "UPDATE audit_line SET seal = sha256('x') WHERE {line}",
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", [1, 17, LINES])
async def test_a_changed_line_is_found_and_named(
    sealed: House, owner: Connection, place: Place, change: str, number: int
) -> None:
    line = f"organization_id = {sealed.organization_id} AND number = {number}"
    await owner.execute(CHANGES[change].format(line=line))
    found = await faults(place)
    assert found[0] == chain.Fault(number, "was changed, moved or put in between")


@pytest.mark.parametrize(
    ("removed", "expected"),
    [
        ("number = 1", [chain.Fault(1, "is missing")]),
        ("number = 17", [chain.Fault(17, "is missing")]),
        ("number IN (5, 6)", [chain.Fault(5, "is missing"), chain.Fault(6, "is missing")]),
        ("number = 30", [chain.Fault(30, "is missing at the end")]),
        ("number > 28", [chain.Fault(29, "is missing at the end"), chain.Fault(30, "is missing at the end")]),
        ("true", [chain.Fault(number, "is missing at the end") for number in range(1, LINES + 1)]),
    ],
)
async def test_a_removed_line_is_found_and_named_at_the_end_too(
    sealed: House, owner: Connection, place: Place, removed: str, expected: list[chain.Fault]
) -> None:
    await owner.execute(f"DELETE FROM audit_line WHERE organization_id = {sealed.organization_id} AND {removed}")
    assert await faults(place) == expected


REMOVE_AND_CLOSE_UP = """
    DELETE FROM audit_line WHERE organization_id = {org} AND number = 17;
    UPDATE audit_line SET number = -number WHERE organization_id = {org} AND number > 17;
    UPDATE audit_line SET number = -number - 1 WHERE organization_id = {org} AND number < 0;
    UPDATE audit_head SET number = 29 WHERE organization_id = {org}"""
INSERT_BETWEEN = """
    UPDATE audit_line SET number = -number WHERE organization_id = {org} AND number > 17;
    UPDATE audit_line SET number = -number + 1 WHERE organization_id = {org} AND number < 0;
    INSERT INTO audit_line (organization_id, verb, noun, noun_id, number, seal)
        VALUES ({org}, 'accept', 'request', 1, 18, sha256('x'));
    UPDATE audit_head SET number = 31 WHERE organization_id = {org}"""
SWAP = """
    UPDATE audit_line SET number = -17 WHERE organization_id = {org} AND number = 17;
    UPDATE audit_line SET number = 17 WHERE organization_id = {org} AND number = 18;
    UPDATE audit_line SET number = 18 WHERE organization_id = {org} AND number = -17"""
SWAP_WITH_SEALS = (
    SWAP
    + """;
    UPDATE audit_line SET seal = other.seal FROM audit_line AS other
    WHERE audit_line.organization_id = {org} AND other.organization_id = {org}
      AND (audit_line.number, other.number) IN ((17, 18), (18, 17))"""
)


@pytest.mark.parametrize(
    ("manipulation", "first"),
    [(REMOVE_AND_CLOSE_UP, 17), (INSERT_BETWEEN, 18), (SWAP, 17), (SWAP_WITH_SEALS, 17)],
    ids=["removed and closed up", "put in between", "swapped", "swapped with their seals"],
)
async def test_lines_put_in_between_or_moved_are_found_however_they_are_numbered(
    sealed: House, owner: Connection, place: Place, manipulation: str, first: int
) -> None:
    await owner.execute(manipulation.format(org=sealed.organization_id))
    found = await faults(place)
    assert found and min(fault.number for fault in found) == first


INSERT = (
    "INSERT INTO audit_line (organization_id, verb, noun, noun_id, number, seal) VALUES ({org}, 'x', 'x', 1, {n}, 'x')"
)


@pytest.mark.parametrize(
    ("number", "what"), [(LINES + 1, "was put after the end"), (0, "was put before the first line")]
)
async def test_a_line_put_at_an_end_is_found(
    sealed: House, owner: Connection, place: Place, number: int, what: str
) -> None:
    await owner.execute(INSERT.format(org=sealed.organization_id, n=number))
    assert chain.Fault(number, what) in await faults(place)


async def test_lines_that_are_unsealed_again_are_missed(sealed: House, owner: Connection, place: Place) -> None:
    await owner.execute(
        "UPDATE audit_line SET number = NULL, seal = NULL WHERE organization_id = $1 AND number = 30",
        sealed.organization_id,
    )
    assert await faults(place) == [chain.Fault(30, "is missing at the end")]


async def test_a_head_that_was_removed_or_changed_is_found(sealed: House, owner: Connection, place: Place) -> None:
    await owner.execute("UPDATE audit_head SET seal = sha256('x') WHERE organization_id = $1", sealed.organization_id)
    assert await faults(place) == [chain.Fault(30, "does not bear the seal of the chain's head")]
    await owner.execute("DELETE FROM audit_head WHERE organization_id = $1", sealed.organization_id)
    assert await faults(place) == [chain.Fault(30, "was sealed, but the chain's head is missing")]


async def test_a_chain_computed_anew_is_found_only_by_a_head_that_was_kept_elsewhere(
    database: Database, sealed: House, owner: Connection, place: Place
) -> None:
    connection = await connect(place.urls.system)
    kept = {row["organization"]: (row["number"], row["seal"]) for row in await chain.heads(connection)}
    await connection.close()
    await write(database, sealed, 5)
    await seal(database)
    assert await faults(place, kept) == []
    await owner.execute("UPDATE audit_line SET verb = 'decline' WHERE number = 17; DELETE FROM audit_head")
    await owner.execute("UPDATE audit_line SET number = NULL, seal = NULL")
    await seal(database)
    assert await faults(place) == []
    (fault,) = await faults(place, kept)
    assert fault == chain.Fault(30, "is not the line whose seal was kept")
    assert (await faults(place, kept | {"gone": (1, "00")}))[-1].what == "the whole organization is missing"


def verify_audit(place: Place, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "DATABASE_URL": place.urls.app,
        "DATABASE_OWNER_URL": place.owner,
        "DATABASE_SYSTEM_URL": place.urls.system,
    }
    command = [sys.executable, "-m", "web", "verify-audit", *options]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60)


async def test_the_command_says_which_line_and_ends_with_code_1(
    database: Database, sealed: House, owner: Connection, place: Place, tmp_path: Path
) -> None:
    await write(database, sealed, 1)
    whole = verify_audit(place)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "whole, 30 lines sealed, 1 newest not yet sealed" in whole.stdout
    heads = verify_audit(place, "--head")
    assert {head["number"] for head in json.loads(heads.stdout)} == {LINES, 3}
    kept = tmp_path / "heads.json"
    kept.write_text(heads.stdout)
    assert verify_audit(place, "--against", str(kept)).returncode == 0
    await owner.execute(
        "UPDATE audit_line SET verb = 'decline' WHERE organization_id = $1 AND number = 17", sealed.organization_id
    )
    broken = verify_audit(place)
    assert broken.returncode == 1
    assert "NOT WHOLE" in broken.stdout and "line 17 was changed, moved or put in between" in broken.stdout
    kept.write_text("[{}]")
    assert verify_audit(place, "--against", str(kept)).returncode == 2


# What is purged

OLD: dict[str, Callable[[int, str], str]] = {
    "sign_ins": lambda account, when: (
        "INSERT INTO sign_in (token_hash, organization_id, account_id, expires_at) "
        f"SELECT sha256(random()::text::bytea), organization_id, id, clock_now() - interval '{when}' "
        f"FROM account WHERE id = {account}"
    ),
    "answers": lambda account, when: (
        "INSERT INTO answered (account_id, organization_id, key, verb, answered_at) "
        f"SELECT id, organization_id, random_id(), 'x', clock_now() - interval '{when}' "
        f"FROM account WHERE id = {account}"
    ),
    "password_resets": lambda account, when: (
        "INSERT INTO password_reset (token_hash, organization_id, account_id, expires_at) "
        f"SELECT sha256(random()::text::bytea), organization_id, id, clock_now() - interval '{when}' "
        f"FROM account WHERE id = {account}"
    ),
    "email_changes": lambda account, when: (
        "INSERT INTO email_change (token_hash, organization_id, account_id, email, expires_at) "
        f"SELECT sha256(random()::text::bytea), organization_id, id, email, clock_now() - interval '{when}' "
        f"FROM account WHERE id = {account}"
    ),
    "passkey_challenges": lambda account, when: (
        "INSERT INTO passkey_challenge (challenge, organization_id, purpose, created_at) "
        f"SELECT sha256(random()::text::bytea), organization_id, 'sign_in', clock_now() - interval '{when}' "
        f"FROM account WHERE id = {account}"
    ),
    "setup_links": lambda account, when: (
        "INSERT INTO setup_link (token_hash, organization_id, account_id, expires_at) "
        f"SELECT sha256(random()::text::bytea), organization_id, id, clock_now() - interval '{when}' "
        f"FROM account WHERE id = {account}"
    ),
    "email_codes": lambda account, when: (
        "INSERT INTO email_code (organization_id, email, name, code_hash, expires_at) "
        f"SELECT organization_id, email, name, 'x', clock_now() - interval '{when}' FROM account WHERE id = {account}"
    ),
    "registrations": lambda account, when: (
        "INSERT INTO registration (organization_id, email, username, password_hash, token_hash, first_name, last_name, "
        f"date_of_birth, sent_at) SELECT organization_id, email, 'x', 'x', sha256(random()::text::bytea), 'A', 'B', "
        f"'1990-01-01', clock_now() - interval '{when}' FROM account WHERE id = {account}"
    ),
    "job_log": lambda account, when: (
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, created) "
        f"VALUES (1, 'successful', 0, 'send_mail', clock_now() - interval '{when}')"
    ),
}
LIMITS = {
    "sign_ins": ("1 second", "-1 minute"),
    "answers": ("7 days 1 minute", "6 days 23 hours"),
    "password_resets": ("25 hours", "23 hours"),
    "email_changes": ("25 hours", "23 hours"),
    "passkey_challenges": ("61 minutes", "59 minutes"),
    "setup_links": ("25 hours", "23 hours"),
    "email_codes": ("25 hours", "23 hours"),
    "registrations": ("7 days 1 minute", "6 days 23 hours"),
    "job_log": ("30 days 1 minute", "29 days"),
}


@pytest.mark.parametrize("kind", purge.KINDS)
async def test_what_has_ended_is_purged_and_nothing_else(
    database: Database, owner: Connection, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "batch", 2)
    account = (await actor(database, "chloe")).account_id
    old, young = LIMITS[kind]
    for when in (old, old, old, young):
        await owner.execute(OLD[kind](account, when))
    removed = []
    for _ in range(3):
        async with database.system() as connection:
            removed.append(await purge.purge(connection))
    nothing = dict.fromkeys(purge.KINDS, 0)
    assert removed == [nothing | {kind: 2}, nothing | {kind: 1}, nothing]


async def test_one_process_at_a_time_purges(database: Database) -> None:
    async with database.system() as first, database.system() as second:
        assert await purge.queries.take_turn(first)
        assert await purge.purge(second) == {}
