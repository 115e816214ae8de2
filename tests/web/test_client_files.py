"""The Clients tab over HTTP: lists, a file, its form, approval and prospects."""

import re
from typing import Any

from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.organization import public_id

JANE: dict[str, Any] = {
    "first_name": "Jane",
    "last_name": "Ödman",
    "email": "jane@example.org",
    "date_of_birth": "1988-02-03",
}


async def file_of(owner: Connection, email: str) -> str:
    found = await owner.fetchval("SELECT public_id FROM client WHERE email = $1", email)
    assert found is not None
    return str(found)


async def pair(owner: Connection, practitioner: str, department: str) -> str:
    return f"{await public_id(owner, 'account', practitioner)}:{await public_id(owner, 'department', department)}"


async def fields(visitor: Visitor, client: str) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    page = await (await visitor.get(f"/clients/{client}/edit")).text()
    names = re.findall(r'<input[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"', page.split("<main")[1])
    return dict(names) | {"active": "true"}


async def test_r027_r028_r029_r203_staff_create_a_client_who_sets_up_the_account(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    assert "Create New" in await (await olivia.get("/clients")).text()
    assert (await olivia.get("/clients/new")).status == 200
    ana = await pair(owner, "ana", "Family medicine")
    made = await olivia.post("/clients", **JANE, practitioners=ana)
    assert made.status == 200, await made.text()
    client = (await made.json())["client"]
    page = await (await olivia.get(f"/clients/{client}")).text()
    assert "Ödman, Jane" in page and "Ana Duarte" in page and "Not set up yet" in page
    query = "SELECT body_text FROM mail WHERE kind = 'setup' AND recipient = 'jane@example.org'"
    text = await eventually(lambda: owner.fetchval(query), 20)
    link = re.search(r"/at/harbor/setup/\S+", text)
    assert link is not None
    jane = await site.visitor()
    chosen = await jane.post(link[0], username="jane", password="a long enough secret")
    assert chosen.status in (200, 303), await chosen.text()
    assert (await jane.get("/dashboard")).status == 200
    states = await owner.fetchrow("SELECT state::text, has_password FROM account WHERE username = 'jane'")
    assert tuple(states) == ("active", True)
