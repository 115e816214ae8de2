"""T12: sixty payloads in whatever the portal lets people write; every page of it opened, and nothing runs."""

from collections.abc import Mapping
from itertools import cycle
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, Page
from yarl import URL

from portal import form_content
from records.database import Connection
from tests.dispatch.choosing import let_choose
from tests.e2e.payloads import INTRUSIONS, PAYLOADS, WATCH, packed
from tests.e2e.people import arrive
from tests.e2e.server import Server
from tests.web.crawler import route_of, walk

NAMES = (
    ("organization", "name", 190), ("department", "name", 190), ("account", "name", 190), ("client", "first_name", 100),
    ("client", "last_name", 100), ("clinic", "name", 190), ("clinic", "host_group", 190), ("service", "name", 190),
    ("service", "description", 3000), ("public_profile", "about", 2000), ("public_profile", "title", 100),
    ("intake_form", "name", 190), ("thread", "subject", 190), ("organization", "billing_text", 900),
)  # fmt: skip
"""What each page that is opened finds under another name: so all payloads come by, some in each place."""
PEOPLE = ("olivia", "ana", "chloe")
NEW = ("/forms", "/messages", "/documents", "/invoices", "/account/", "/clients/{client}", "/organization/portal",
       "/organization/settings", "/invitations", "/schedule", "/waitlist", "/my-clients", "/dashboard", "/first-steps",
       "/availability", "/sessions/{session}", "/help")  # fmt: skip
"""Below these the portal's pages lie."""
SURELY = {"/forms/{intake}", "/messages/{thread}", "/account/invoices", "/account/invoices/{invoice}", "/invoices",
          "/invoices/{invoice}", "/organization/portal/forms/{form}", "/clients/{client}/forms",
          "/schedule"}  # fmt: skip


async def plant(owner: Connection) -> None:
    """A form all of whose parts are payloads, answered with payloads; a thread of payloads; all features on."""
    await owner.execute(
        "UPDATE organization SET portal_forms = true, portal_payments = true, portal_messages = true, "
        "portal_scheduling = true"
    )
    await owner.execute(
        "INSERT INTO portal_seat (organization_id, account_id, subscribed, may_invite) "
        "SELECT organization_id, account_id, true, true FROM account_role WHERE role = 'practitioner' "
        "OR role = 'organization_administrator' ON CONFLICT DO NOTHING"
    )
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) SELECT "
        "client.organization_id, client.id, account.id, account_role.department_id FROM client "
        "JOIN account ON account.organization_id = client.organization_id AND account.username = 'ana' "
        "JOIN account_role ON account_role.account_id = account.id AND role = 'practitioner' ON CONFLICT DO NOTHING"
    )
    await let_choose(owner)
    await plant_form(owner)
    await plant_thread(owner)
    await plant_invoices(owner)


async def plant_form(owner: Connection) -> None:
    kinds = cycle(kind for kind in form_content.KINDS if kind != "signature")
    fields: list[dict[str, Any]] = []
    for number, (kind, payload) in enumerate(zip(kinds, PAYLOADS, strict=False)):
        more: dict[str, Any] = {"choices": [payload, f"{payload} {number}"]} if kind in ("choice", "choices") else {}
        if kind == "scale":
            more = {"least": 0, "most": 3, "least_label": payload, "most_label": payload}
        fields.append({"key": f"k{number}", "kind": kind, "label": payload, "hint": payload, **more})
    fields.append({"key": "sign", "kind": "signature", "label": PAYLOADS[0]})
    content = {"title": PAYLOADS[0], "fields": fields}
    answers = {one["key"]: said(one) for one in form_content.asked(content)}
    assert set(form_content.KINDS) == {one["kind"] for one in fields}
    await owner.execute(
        "WITH form AS (INSERT INTO intake_form (organization_id, name) SELECT id, 'Planted' FROM organization "
        "WHERE slug = 'harbor' RETURNING id, organization_id), version AS (INSERT INTO intake_form_version "
        "(organization_id, form_id, number, content, hash, published_at) SELECT organization_id, id, 1, $1::json, $2, "
        "clock_now() FROM form RETURNING id, form_id, organization_id), draft AS (INSERT INTO intake_form_version "
        "(organization_id, form_id, content) SELECT organization_id, id, $1::json FROM form) "
        "INSERT INTO intake (organization_id, client_id, form_id, version_id, sent_by, state, answers, revision) "
        "SELECT version.organization_id, client.id, form_id, version.id, client.account_id, 'started', $3::json, 1 "
        "FROM version JOIN client ON client.organization_id = version.organization_id AND client.email LIKE 'chloe%'",
        content,
        form_content.hash_of(content),
        answers,
    )


def said(field: Mapping[str, Any]) -> Any:
    if field["kind"] in ("choice", "choices"):
        return field["choices"][0] if field["kind"] == "choice" else field["choices"]
    return {"consent": True, "scale": 1, "date": "1990-05-04"}.get(field["kind"], field["label"])


async def plant_thread(owner: Connection) -> None:
    await owner.execute(
        "WITH thread AS (INSERT INTO thread (organization_id, subject) SELECT id, 'Planted' FROM organization "
        "WHERE slug = 'harbor' RETURNING id, organization_id), member AS (INSERT INTO thread_member "
        "(organization_id, thread_id, account_id) SELECT thread.organization_id, thread.id, account.id FROM thread "
        "JOIN account USING (organization_id) WHERE username IN ('ana', 'chloe', 'olivia')) "
        "INSERT INTO message (organization_id, thread_id, author_id, body) SELECT thread.organization_id, thread.id, "
        "account.id, body FROM thread JOIN account USING (organization_id), unnest($1::text[]) AS body "
        "WHERE username = 'ana'",
        list(PAYLOADS),
    )


async def plant_invoices(owner: Connection) -> None:
    """One that is issued and partly paid, and a draft, with payloads in all of their texts."""
    await owner.execute(
        "WITH made AS (INSERT INTO invoice (organization_id, client_id, currency, note) SELECT organization_id, id, "
        "'EUR', $1 FROM client, generate_series(1, 2) WHERE email LIKE 'chloe@harbor%' RETURNING id, organization_id) "
        "INSERT INTO invoice_line (organization_id, invoice_id, description, unit_price) "
        "SELECT organization_id, made.id, said, 2 FROM made, unnest($2::text[]) AS said",
        packed(990)[0],
        packed(290),
    )
    await owner.execute("SELECT issue_invoice(min(id)) FROM invoice")
    await owner.execute(
        "INSERT INTO payment (organization_id, invoice_id, method, amount, state, note, made_by, settled_at) "
        "SELECT invoice.organization_id, invoice.id, 'cash', 1, 'succeeded', $1, account.id, clock_now() FROM invoice "
        "JOIN account USING (organization_id) WHERE number IS NOT NULL AND username = 'olivia'",
        packed(290)[1],
    )


async def rename(owner: Connection, turn: int) -> None:
    """Every name another payload; some of those that must differ get a number."""
    for table, column, most in NAMES:
        texts = packed(most - 12)
        await owner.execute(f"UPDATE {table} SET {column} = $1 || ' ' || ctid", texts[turn % len(texts)])


async def pages_of(page: Page, server: Server) -> list[str]:
    """One address of each route of the portal that this person's pages lead to."""
    jar = CookieJar(unsafe=True)
    jar.update_cookies({one["name"]: one["value"] for one in await page.context.cookies()}, URL(server.url))
    async with ClientSession(server.url, cookie_jar=jar) as session:
        found = await walk(SimpleNamespace(session=session), ["/dashboard"])  # type: ignore[arg-type]
    by_route: dict[str, str] = {}
    for path, text in found.pages.items():
        route = route_of("GET", path) or ""
        if route.startswith(NEW) and "<html" in text:
            by_route.setdefault(route, path)
    return list(by_route.values())


def heard(page: Page) -> list[str]:
    """The addresses that this window asks for, from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


async def assert_they_are_seen(browser: Browser) -> None:
    """A page that writes them as they are gives itself away."""
    page = await browser.new_page()
    await page.add_init_script(WATCH)
    seen = 0
    for payload in PAYLOADS:
        await page.set_content(f"<p>{payload}</p><p title=\"{payload}\"></p><p title='{payload}'></p>")
        seen += bool(await page.evaluate(INTRUSIONS))
    assert seen >= 45, seen
    await page.close()


async def test_t12_sixty_payloads_on_every_page_of_the_portal_run_nothing(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await plant(owner)
    await assert_they_are_seen(browser)
    opened, routes = 0, set[str | None]()
    for username in PEOPLE:
        page = await arrive(browser, server, username)
        await page.add_init_script(WATCH)
        asked = heard(page)
        for path in await pages_of(page, server):
            await rename(owner, opened)
            await page.goto(path)
            found = await page.evaluate(INTRUSIONS)
            foreign = [url for url in asked if not url.startswith((server.url, "data:", "blob:"))]
            assert not found and not foreign, (username, path, found, foreign)
            opened += 1
            routes.add(route_of("GET", path))
        await page.context.close()
    assert opened >= len(packed(88)) and routes >= SURELY, SURELY - routes
