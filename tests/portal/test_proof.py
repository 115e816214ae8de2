"""Any changed byte of what was signed is found, also when it was changed by whoever owns database and files (T25)."""

import asyncio
import hashlib
import os
import random
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from people.access import Actor
from portal import proof, sealing
from portal.signatures import Given
from records.database import Connection, Database
from records.files import Files
from records.provision import Place
from tests.portal.intake_people import published, send
from tests.portal.test_signatures import drawing, form_before
from tests.records.test_files import lying_in, nobody_writes
from tests.support import actor, eventually

SEED = int(os.environ.get("ANTEROOM_SEED", "6"))
draws = 400 if "ANTEROOM_CAMPAIGN" in os.environ else 40
kills = 6 if "ANTEROOM_CAMPAIGN" in os.environ else 1


@dataclass
class Signed:
    """One signed form of Harbor's, committed; `path` is its PDF."""

    database: Database
    who: Actor
    files: Files
    path: Path

    async def faults(self) -> list[str]:
        async with self.database.transaction(self.who) as connection:
            return [f"{fault.where}: {fault.what}" for fault in (await proof.verify(connection, self.files)).faults]

    async def certificate(self) -> bytes:
        async with self.database.transaction(self.who) as connection:
            return await sealing.certificate_of(connection)


@pytest.fixture
async def signed(database: Database, tmp_path: Path) -> AsyncIterator[Signed]:
    files, chloe, olivia = Files(tmp_path / "files"), await actor(database, "chloe"), await actor(database, "olivia")
    async with database.transaction(chloe) as connection:
        form = await form_before(connection, olivia, chloe, files)
        await form.sign(given={form.key: Given("Chloe Chen", drawing())})
    (path,) = lying_in(tmp_path)
    yield Signed(database, chloe, files, path)


async def test_t25_a_changed_byte_anywhere_in_the_file_is_found_also_if_its_row_says_it_was_so(
    signed: Signed, owner: Connection
) -> None:
    whole, certificate, random_ = signed.path.read_bytes(), await signed.certificate(), random.Random(SEED)
    assert await signed.faults() == []
    covered = byte_range(whole)
    _, begins, ends, rest = (int(number) for number in covered[1].split())
    assert ends + rest == len(whole)
    await owner.execute("ALTER TABLE stored_file DISABLE TRIGGER signed_forever")
    regions = [0, len(whole) // 2, len(whole) - 1, begins + 40, ends - 40, *range(*covered.span(), 5)]
    for place in [*regions, *(random_.randrange(len(whole)) for _ in range(draws))]:
        changed = bytearray(whole)
        changed[place] ^= 1 << random_.randrange(8)
        signed.path.write_bytes(changed)
        assert any("not the one that was stored" in fault for fault in await signed.faults()), place
        if not begins <= place < ends:
            assert await sealing.verify(bytes(changed), certificate) is not None, place
        # Whoever owns the database, too, makes the row say so. The audit still knows.
        await owner.execute("UPDATE stored_file SET sha256 = $1", hashlib.sha256(changed).digest())
        assert any("of which the audit tells" in fault for fault in await signed.faults()), place
        await owner.execute("UPDATE stored_file SET sha256 = $1", hashlib.sha256(whole).digest())
    signed.path.write_bytes(whole)
    assert await signed.faults() == []


def byte_range(pdf: bytes) -> "re.Match[bytes]":
    """Where the seal says which bytes it covers."""
    found = re.search(rb"/ByteRange ?\[([^\]]*)\]", pdf)
    assert found is not None
    return found


CHANGES = {
    "signature": (
        "name = name || '.'",
        "drawing = set_byte(drawing, 60, get_byte(drawing, 60) # 1)",
        "signed_at = signed_at + interval '1 microsecond'",
        "address = '203.0.113.78'",
        "browser = ''",
        "version_hash = sha256(version_hash)",
        "answers_hash = sha256(answers_hash)",
        "field_key = 'other'",
        "account_id = account_id + 1",
    ),
    "document": ("title = 'Another'", "created_at = created_at + interval '1 second'", "public_id = random_id()"),
    "intake": (
        "answers = replace(answers::text, 'Chlo', 'Cleo')::json",
        "ended_at = ended_at + interval '1 day'",
        "revision = revision + 1",
    ),
    "intake_form_version": (
        "content = replace(content::text, 'I agree.', 'I agreed.')::json",
        "hash = sha256(hash)",
        "number = 7",
    ),
    "sealing_key": ("certificate = set_byte(certificate, 100, get_byte(certificate, 100) # 1)",),
}


async def test_t25_a_change_of_any_row_that_belongs_to_a_signature_is_found(signed: Signed, owner: Connection) -> None:
    for table in CHANGES:
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for table, changes in CHANGES.items():
        for change in changes:
            await owner.execute(f"CREATE TABLE before AS SELECT * FROM {table}")
            which = "WHERE hash IN (SELECT version_hash FROM signature)" if table == "intake_form_version" else ""
            await owner.execute(f"UPDATE {table} SET {change} {which}")
            assert await signed.faults() != [], change
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            await restore(owner, table)
    assert await signed.faults() == []


async def restore(owner: Connection, table: str) -> None:
    """Every column as it was in `before`, by the row's place."""
    columns = [
        row["attname"]
        for row in await owner.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attidentity = '' "
            "AND attgenerated = '' AND NOT attisdropped",
            table,
        )
    ]
    if table == "signature":
        await owner.execute("DELETE FROM signature")
        await owner.execute("INSERT INTO signature SELECT * FROM before")
    else:
        key = "organization_id" if table == "sealing_key" else "id"
        sets = ", ".join(f"{name} = before.{name}" for name in columns)
        await owner.execute(f"UPDATE {table} SET {sets} FROM before WHERE before.{key} = {table}.{key}")
    await owner.execute("DROP TABLE before")


async def test_t25_what_was_removed_or_added_is_missed_or_noticed(signed: Signed, owner: Connection) -> None:
    for table in ("signature", "document", "intake", "stored_file"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await owner.execute("CREATE TABLE gone AS SELECT * FROM signature; DELETE FROM signature")
    assert await signed.faults() != []
    await owner.execute("INSERT INTO signature SELECT * FROM gone")
    await owner.execute(
        "INSERT INTO signature SELECT intake_id, organization_id, 'second', account_id, 'Mallory', drawing, signed_at, "
        "address, browser, version_hash, answers_hash FROM gone"
    )
    assert await signed.faults() != []
    await owner.execute("DELETE FROM signature")
    await owner.execute("DELETE FROM intake; DELETE FROM document; DELETE FROM stored_file")
    assert any("was signed, and is not there" in fault for fault in await signed.faults())


async def test_the_command_says_what_is_not_as_it_was_signed(signed: Signed, place: Place) -> None:
    environment = os.environ | {
        "DATABASE_URL": place.urls.app,
        "DATABASE_OWNER_URL": place.owner,
        "DATABASE_SYSTEM_URL": place.urls.system,
        "FILES_DIR": str(signed.path.parent.parent),
    }

    def run() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "web", "verify-documents"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    good = run()
    assert good.returncode == 0, good.stderr
    assert re.search(r"Harbor Health \(\w+\): as signed, 1 documents, \d+ form versions, sealed by \w{64}", good.stdout)
    signed.path.write_bytes(signed.path.read_bytes() + b" ")
    bad = run()
    assert bad.returncode == 1
    assert re.search(r"  document \w+: its file is gone, or not the one that was stored", bad.stdout)


SIGNER = """
import asyncio, sys
from pathlib import Path
from portal import signatures
from portal.papers import Papers
from records.database import Database, DatabaseUrls
from records.files import Files
from tests.portal.test_signatures import WHERE
from tests.support import actor

async def main():
    database, files, papers = Database(DatabaseUrls(*sys.argv[1:4])), Files(Path(sys.argv[4])), Papers()
    await database.open()
    chloe = await actor(database, "chloe")
    print(flush=True)
    for intake in sys.argv[5:]:
        async with database.transaction(chloe) as connection:
            await signatures.sign(connection, chloe, intake, 0, {}, True, WHERE, files, papers)
        print(flush=True)

asyncio.run(main())
"""


async def test_after_kill_9_a_form_is_signed_or_it_is_not(
    database: Database, owner: Connection, place: Place, tmp_path: Path
) -> None:
    files, chloe, olivia = Files(tmp_path), await actor(database, "chloe"), await actor(database, "olivia")
    fields: tuple[dict[str, Any], ...] = ({"kind": "short_text", "label": "Anything else?"},)
    async with database.transaction(olivia) as connection:
        forms = [await published(connection, olivia, f"Form {number}", fields) for number in range(4)]
        intakes = await send(connection, olivia, chloe, *forms)
    signed, random_ = Signed(database, chloe, files, tmp_path), random.Random(SEED)
    for kill in range(kills + 1):
        waiting = await owner.fetch("SELECT public_id FROM intake WHERE state <> 'completed' ORDER BY id")
        command = [sys.executable, "-c", SIGNER, place.urls.app, place.urls.system, place.urls.listener, str(tmp_path)]
        signer = subprocess.Popen([*command, *(row[0] for row in waiting)], stdout=subprocess.PIPE)  # noqa: ASYNC220
        assert signer.stdout is not None
        if kill < kills:
            await asyncio.to_thread(signer.stdout.read, 2)
            await asyncio.sleep(random_.random() * 0.1)
            signer.kill()
        await asyncio.to_thread(signer.wait)
        await eventually(lambda: nobody_writes(database))
        counts = await owner.fetchrow(
            "SELECT (SELECT count(*) FROM intake WHERE state = 'completed') AS completed, "
            "(SELECT count(*) FROM document) AS documents, (SELECT count(*) FROM stored_file) AS files, "
            "(SELECT count(*) FROM audit_line WHERE verb = 'sign') AS lines"
        )
        assert len(set(counts.values())) == 1, dict(counts)
        assert await signed.faults() == []
    assert counts["completed"] == len(intakes)
