"""The Clients tab over HTTP: lists, a file, its form, approval and prospects."""

import html
import re
from typing import Any

from records.database import Connection
from tests.people.newcomers import file, registered
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.organization import public_id
from tests.web.test_prospects import come_in

JANE: dict[str, Any] = {
    "first_name": "Jane",
    "last_name": "Ödman",
    "email": "jane@example.org",
    "date_of_birth": "1988-02-03",
}


async def pair(owner: Connection, practitioner: str, department: str) -> str:
    return f"{await public_id(owner, 'account', practitioner)}:{await public_id(owner, 'department', department)}"


async def fields(visitor: Visitor, client: str) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    page = await (await visitor.get(f"/clients/{client}/edit")).text()
    form = page.split("<main")[1]
    names = dict(re.findall(r'<input[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"', form))
    chosen = re.search(r'<option value="(\w*)" selected', form)
    assert chosen is not None
    return names | {"department": chosen[1], "practitioners": "", "active": "true"}


async def test_r033_r034_lists_and_search_over_http(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    for number in range(55):
        await file(owner, f"Given{number} Family{number:02}")
    await registered(owner, "Rita Reed", "Family medicine")
    first = await (await olivia.get("/clients")).text()
    assert '<option value="active" selected>' in first and first.count('data-testid="client"') == 50
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = await (await olivia.get(html.unescape(following[1]))).text()
    assert second.count('data-testid="client"') == 7 and "First page" in second and 'rel="next"' not in second
    rows = await (await olivia.get("/clients/rows?search=FAMILY1")).text()
    assert rows.count('data-testid="client"') == 10 and "<html" not in rows
    pending = await (await olivia.get("/clients?list=pending")).text()
    assert "Reed, Rita" in pending and "Given1" not in pending
    for search in ("reed, ri", "rita", "reed"):
        assert "Reed, Rita" in await (await olivia.get(f"/clients/rows?list=pending&search={search}")).text()
    elsewhere = await (await olivia.get("/clients/rows?search=reed+rita")).text()
    assert 'href="/clients?list=pending&amp;search=reed+rita">the pending</a>' in elsewhere
    assert "list=active" not in elsewhere
    assert "No client is inactive" in await (await olivia.get("/clients?list=inactive")).text()
    assert "begins with \u201c&lt;b&gt;\u201d" in await (await olivia.get("/clients?search=<b>")).text()
    assert (await olivia.get("/clients?list=x&sort=y&after=%00")).status == 404
    dora = await site.visitor("dora")
    assert "No clients yet" in await (await dora.get("/clients")).text()
    assert "Reed, Rita" in await (await dora.get("/clients?list=pending")).text()
    for name in ("sam", "ana", "chloe"):
        stranger = await site.visitor(name)
        assert 'href="/clients"' not in await (await stranger.get("/dashboard")).text()
        for path in ("/clients", "/clients/rows", "/clients/new", "/clients/prospects"):
            assert (await stranger.get(path)).status == 404


async def test_the_tabs_of_a_client_have_one_head_and_the_documents_too(site: Site, owner: Connection) -> None:
    olivia, ana = await site.visitor("olivia"), await site.visitor("ana")
    await owner.execute("UPDATE organization SET portal_forms = true, portal_payments = true WHERE slug = 'harbor'")
    chloe = await owner.fetchval("SELECT public_id FROM client WHERE email = 'chloe@harbor.example'")
    heads = set()
    for tab in ("", "/forms", "/documents", "/invitation", "/invoices"):
        page = await (await olivia.get(f"/clients/{chloe}{tab}")).text()
        heads.add(re.sub(r"\s+", " ", page.split('<div class="page-head">')[1].split("</h1>")[0]))
        assert "Adams, Chloe" in page.split("</title>")[0]
    (head,) = heads
    assert "Adams, Chloe <span" in head and ">Active</span>" in head and head.count("<a ") == 1
    practitioner = await pair(owner, "ana", "Family medicine")
    saved = await olivia.post(f"/clients/{chloe}", **await fields(olivia, chloe) | {"practitioners": practitioner})
    assert saved.status == 200
    profile = await (await ana.get(f"/my-clients/{chloe}")).text()
    assert "Adams, Chloe</h1>" in profile and f'href="/my-clients/{chloe}" aria-current="page">Profile' in profile
    assert "Adams, Chloe <span" in await (await ana.get(f"/clients/{chloe}/documents")).text()


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


async def test_r036_a_refused_form_keeps_what_was_typed_and_shows_what_another_saved(
    site: Site, owner: Connection
) -> None:
    olivia, dora = await site.visitor("olivia"), await site.visitor("dora")
    client = await file(owner, "Finn Field", in_department="Family medicine")
    typed = await fields(olivia, client)
    wrong = await olivia.post(
        f"/clients/{client}", {"Origin": site.url}, **typed | {"email": "finn@", "last_name": "New"}
    )
    text = await wrong.text()
    assert wrong.status == 422 and 'id="email-error"' in text and 'value="New"' in text and 'value="finn@"' in text
    assert (await dora.post(f"/clients/{client}", **await fields(dora, client) | {"last_name": "Doras"})).status == 200
    late = await olivia.post(f"/clients/{client}", {"Origin": site.url}, **typed | {"last_name": "Olivias"})
    text = await late.text()
    assert 'href="">keep what is saved</a>' in text, "a reload would send the form again"
    assert late.status == 409 and "Dora Kent changed this" in text and "Doras" in text and "Olivias" in text
    version = re.search(r'name="version" value="(\w+)"', text)
    assert version is not None and version[1] != typed["version"]
    again = await olivia.post(f"/clients/{client}", **typed | {"last_name": "Olivias", "version": version[1]})
    assert again.status == 200
    # What a program leaves out stays as it is.
    left_out = {name: typed[name] for name in ("first_name", "email", "date_of_birth", "department")}
    assert (await olivia.post(f"/clients/{client}", **left_out, last_name="Field")).status == 200
    assert await owner.fetchval("SELECT active FROM client WHERE public_id = $1", client)


async def test_r032_r037_a_pending_client_is_approved_and_the_open_dashboard_learns_it(
    site: Site, owner: Connection
) -> None:
    olivia = await site.visitor("olivia")
    account = await registered(owner)
    await owner.execute(
        "UPDATE account SET password_hash = (SELECT password_hash FROM account WHERE username = 'chloe' LIMIT 1) "
        "WHERE public_id = $1",
        account,
    )
    rita = await site.visitor("rita-reed")
    page = await (await olivia.get(f"/clients/prospects/{account}")).text()
    assert "Approve this Account" in page and "Sleeps badly" in page
    assert "They were not sure: choose the one that fits." in page, "R-005: whoever approves finds the department"
    said: dict[str, Any] = {"file": "new", "first_name": "Rita", "last_name": "Reed", "date_of_birth": "1991-04-05"}
    approved = await olivia.post(f"/clients/prospects/{account}/approve", **said)
    assert approved.status == 200, await approved.text()
    opened = await (await olivia.get(f"/clients/{(await approved.json())['client']}")).text()
    assert "Olivia Marsh approved the account" in opened and "Olivia Marsh created the file" in opened
    query = "SELECT subject, body_text FROM mail WHERE kind = 'approved' AND recipient = 'rita-reed@example.org'"
    letter = await eventually(lambda: owner.fetchrow(f"{query} AND body_text IS NOT NULL"), 20)
    assert letter["subject"] == "Your account is open" and "/at/harbor/sign-in" in letter["body_text"]
    assert (await rita.get("/dashboard")).status == 200
    second = await olivia.post(f"/clients/prospects/{account}/approve", **said)
    told = await second.json()
    assert (second.status, told["error"]) == (409, "already_handled") and "Olivia Marsh" in told["message"]
    handled = await (await olivia.get(f"/clients/prospects/{account}")).text()
    assert "Olivia Marsh has dealt with this account already" in handled


async def test_r045_a_prospect_by_code_is_turned_away_or_filed(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    nina = await come_in(site, owner)
    listed = await (await olivia.get("/clients/prospects")).text()
    found = re.search(r"/clients/prospects/(\w{32})", listed)
    assert found is not None and "Nina New" in listed
    assert "has not asked for a visit yet, did not register" in listed
    assert "Your practitioners" not in await (await nina.get("/dashboard")).text()
    assert "Nina New" not in await (await olivia.get("/clients?list=pending")).text()
    closed = await (await olivia.submit(f"/clients/prospects/{found[1]}/close")).text()
    assert "The account was turned away" in closed and "Open the account again" in closed, "undone where it was done"
    assert (await nina.get("/dashboard", allow_redirects=False)).status == 303
    inactive = await (await olivia.get("/clients?list=inactive")).text()
    assert f"/clients/prospects/{found[1]}" in inactive
    for search, there in (("ni", True), ("nina new", True), ("zz", False)):
        rows = await (await olivia.get(f"/clients/rows?list=inactive&search={search}")).text()
        assert (f"/clients/prospects/{found[1]}" in rows) == there, search
    assert "Open the account again" in await (await olivia.get(f"/clients/prospects/{found[1]}")).text()
    assert (await olivia.post(f"/clients/prospects/{found[1]}/reopen")).status == 200
    assert "Nina New" in await (await olivia.get("/clients/prospects")).text()
