"""Signing over HTTP, as pages and programs meet it: what is missing is said beside it, and the copy is to be saved."""

import re
from typing import Any

import pytest

from people.access import Actor
from portal import filling, form_content
from records.database import Connection, Database
from tests.portal.intake_people import answer, published, send
from tests.portal.test_papers import text_of
from tests.portal.test_signatures import drawing
from tests.support import actor
from tests.web.conftest import Site
from web.keys import SETTINGS

PLAIN = re.compile(r'<input class="form-control [^"]*" id="(name-\w+)"[^>]*value="([^"]*)"')


class Before:
    """A form before Chloe, ready to be signed."""

    def __init__(self, intake: str, revision: int, key: str, client: str) -> None:
        self.intake, self.revision, self.key, self.client = intake, revision, key, client
        self.path = f"/forms/{intake}/sign"

    def typed(self, **changed: Any) -> dict[str, Any]:
        return {"revision": str(self.revision), "agree": "true", f"name-{self.key}": "Chloe Chen"} | changed


@pytest.fixture
async def before(database: Database) -> Before:
    olivia, chloe = await actor(database, "olivia"), await actor(database, "chloe")
    async with database.transaction(olivia) as connection:
        (intake,) = await send(connection, olivia, chloe, await published(connection, olivia))
    return await answered(database, chloe, intake)


async def answered(database: Database, chloe: Actor, intake: str) -> Before:
    async with database.transaction(chloe) as connection:
        revision = await answer(connection, chloe, intake, **{"Your name": "Chloé", "I agree.": True})
        content = (await filling.find(connection, chloe, intake))["content"]
        client = await connection.fetchval("SELECT public_id FROM client WHERE account_id = $1", chloe.account_id)
    (field,) = form_content.signatures(content)
    return Before(intake, revision, field["key"], client)


async def test_r142_a_form_is_signed_with_a_typed_name_and_no_script(
    site: Site, before: Before, owner: Connection
) -> None:
    chloe = await site.visitor("chloe")
    page = await (await chloe.get(f"/forms/{before.intake}/review")).text()
    assert PLAIN.findall(page) == [(f"name-{before.key}", "")] and "I sign it electronically" in page

    unsure = await chloe.submit(before.path, before.typed(agree="false"))
    said = await unsure.text()
    assert unsure.status == 422 and "without it nothing is signed" in said
    assert PLAIN.findall(said) == [(f"name-{before.key}", "Chloe Chen")]
    nameless = await chloe.submit(before.path, before.typed(**{f"name-{before.key}": " "}))
    assert nameless.status == 422 and f'id="error-name-{before.key}"' in await nameless.text()
    scribble = await chloe.submit(before.path, before.typed(**{f"drawing-{before.key}": "data:text/html,x"}))
    assert scribble.status == 422 and f'id="error-drawing-{before.key}"' in await scribble.text()
    stale = await chloe.submit(before.path, before.typed(revision=str(before.revision - 1)))
    assert stale.status == 409 and "Nothing was signed" in await stale.text()

    signed = await chloe.submit(before.path, before.typed())
    assert (signed.status, signed.url.path_qs) == (200, "/forms?done=signed")
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, account.id, account_role.department_id FROM client "
        "JOIN account ON account.organization_id = client.organization_id AND username = 'ana' "
        "JOIN account_role ON account_role.account_id = account.id WHERE client.public_id = $1",
        before.client,
    )
    profile = await (await (await site.visitor("ana")).get(f"/my-clients/{before.client}")).text()
    completed = profile.split('data-testid="completed"')[1].split("</ul>")[0]
    assert f'href="/clients/{before.client}/forms/{before.intake}">About you</a>' in completed
    (document,) = re.findall(r'href="(/documents/\w+)"', await signed.text())
    copy = await chloe.get(document)
    assert copy.headers["Content-Type"] == "application/pdf"
    assert copy.headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(
        r'attachment; filename="About you \d{4}-\d\d-\d\d.pdf"; filename\*=.*', copy.headers["Content-Disposition"]
    )
    assert "Chloe Chen" in text_of(await copy.read())
    again = await chloe.post(before.path, **before.typed())
    assert (again.status, (await again.json())["error"]) == (409, "already_signed")
    completed = await (await chloe.get(f"/forms/{before.intake}")).text()
    assert f'href="{document}"' in completed


async def test_r146_the_staff_finds_it_under_general_documents(
    site: Site, before: Before, owner: Connection, database: Database
) -> None:
    chloe, olivia, david = [await site.visitor(name) for name in ("chloe", "olivia", "david")]
    empty = await (await olivia.get(f"/clients/{before.client}/documents")).text()
    assert "Nothing yet" in empty
    signed = await chloe.post(before.path, **before.typed(**{f"drawing-{before.key}": drawing()}))
    document = (await signed.json())["document"]
    listed = await (await olivia.get(f"/clients/{before.client}/documents")).text()
    assert f'href="/documents/{document}"' in listed and "signed by Chloe Chen" in listed
    assert (await olivia.get(f"/documents/{document}")).status == 200
    assert f'href="/documents/{document}"' in await (await chloe.get("/account/documents")).text()
    for path in (f"/documents/{document}", f"/clients/{before.client}/documents"):
        assert (await david.get(path)).status == 404
    assert (await (await site.visitor("chloe", "meadow")).get(f"/documents/{document}")).status == 404
    looks = await owner.fetch("SELECT details FROM audit_line WHERE verb = 'read' AND noun = 'document'")
    assert len(looks) == 1


async def test_signing_twice_with_one_key_is_signing_once(site: Site, before: Before, owner: Connection) -> None:
    chloe = await site.visitor("chloe")
    answers = [await (await chloe.post(before.path, **before.typed(key="pressed-twice"))).json() for _ in range(2)]
    assert answers[0] == answers[1] and "document" in answers[0]
    assert await owner.fetchval("SELECT count(*) FROM signature") == 1
    assert await owner.fetchval("SELECT count(*) FROM stored_file") == 1


async def test_a_document_that_was_changed_on_the_disk_is_not_shown(site: Site, before: Before) -> None:
    chloe = await site.visitor("chloe")
    document = (await (await chloe.post(before.path, **before.typed())).json())["document"]
    folder = site.app[SETTINGS].files_folder
    (path,) = [one for one in folder.rglob("*") if one.is_file()]
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    refused = await chloe.get(f"/documents/{document}", headers={"Accept": "application/json"})
    assert (refused.status, (await refused.json())["error"]) == (409, "document_damaged")
