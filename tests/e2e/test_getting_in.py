"""The ways into a visit, in a browser: Join that turns by itself, direct links, guests."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Request, expect

from records.database import Connection, connect
from records.provision import Place
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server

BOOK = """
    WITH people AS (
        SELECT organization.id AS organization_id, clinic.id AS clinic_id, clinic.department_id, host.id AS host_id,
               client.id AS client_id, client.account_id AS visitor_id
        FROM organization
        JOIN clinic ON clinic.organization_id = organization.id AND clinic.name = 'Family clinic'
        JOIN account AS host ON host.organization_id = organization.id AND host.username = 'ana'
        JOIN client ON client.organization_id = organization.id AND client.email = 'chloe@harbor.example'
        WHERE organization.slug = 'harbor'
    ), associated AS (
        INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
        SELECT organization_id, client_id, host_id, department_id FROM people ON CONFLICT DO NOTHING
    )
    INSERT INTO session (organization_id, clinic_id, host_id, client_id, visitor_id, service_name, starts_at, ends_at)
    SELECT organization_id, clinic_id, host_id, client_id, visitor_id, 'Follow-up', clock_now() + $1::text::interval,
           clock_now() + $1::text::interval + interval '20 minutes'
    FROM people RETURNING public_id"""


@pytest.fixture
async def owner(place: Place) -> AsyncIterator[Connection]:
    connection = await connect(place.owner)
    yield connection
    await connection.close()


async def book(owner: Connection, starts_in: str) -> str:
    """A session of Chloe's with Ana; returns its public id."""
    return str(await owner.fetchval(BOOK, starts_in))


async def test_r124_r125_r173_a14_join_turns_active_and_inactive_on_open_pages_without_a_reload(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await book(owner, "2 days")
    session = await book(owner, "30 minutes 18 seconds")
    client = await arrive(browser, server, "chloe", viewport=PHONE)
    dashboard = await client.context.new_page()
    await dashboard.goto("/dashboard")
    await client.get_by_role("link", name="Chloe Adams, your account").click()
    await client.wait_for_url("**/account/sessions")
    early = await client.context.new_page()
    await early.goto(f"/sessions/{session}")
    await expect(early.get_by_test_id("join-later")).to_be_disabled()
    first = client.get_by_test_id("session").first
    await expect(first).to_contain_text("Next: Follow-up with Ana Duarte")
    await expect(first.get_by_test_id("join-later")).to_be_disabled()
    await expect(client.get_by_test_id("join")).to_have_count(0)
    for page in (client, dashboard):
        join = page.get_by_test_id("join")
        await expect(join).to_have_attribute("href", f"/sessions/{session}", timeout=25_000)
        await expect(page.get_by_test_id("join-later")).to_have_count(1)
    await expect(early.get_by_test_id("door")).to_be_visible()
    await early.close()
    await assert_accessible(client)
    await picture(client, "own-sessions")
    await owner.execute(
        "UPDATE session SET starts_at = clock_now() - interval '1 hour', "
        "ends_at = clock_now() - interval '29 minutes 54 seconds' WHERE public_id = $1",
        session,
    )
    for page in (client, dashboard):
        await expect(page.get_by_test_id("join")).to_have_count(0, timeout=25_000)
        await expect(page.get_by_test_id("session")).to_have_count(2)


async def test_a15_a30_staff_hand_a_link_on_and_its_secret_stays_nowhere(
    browser: Browser, server: Server, owner: Connection
) -> None:
    session = await book(owner, "10 minutes")
    host = await arrive(browser, server, "ana")
    await host.goto(f"/sessions/{session}/manage")
    await host.get_by_role("button", name="Show a new link: Chloe Adams").click()
    address = await host.get_by_test_id("link-address").input_value()
    secret = address.rpartition("/")[2]
    await expect(host.get_by_alt_text("QR code of this link")).to_be_visible()
    await host.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    await host.get_by_role("button", name="Copy").click()
    await expect(host.get_by_text("Copied.")).to_be_visible()
    assert await host.evaluate("navigator.clipboard.readText()") == address
    await assert_accessible(host)
    await picture(host, "manage-links")

    visitor, requests = await follow(browser, address)
    assert not [one for one in requests if secret in one.headers.get("referer", "")]
    assert [one.url for one in requests if secret in one.url] == [address], "asked for once"
    await visitor.go_back()
    assert secret not in visitor.url
    assert visitor.url.endswith("/join") or visitor.url == "about:blank"
    assert secret not in server.log.read_text()
    assert secret not in await visitor.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    )

    elsewhere = await (await browser.new_context()).new_page()
    await elsewhere.goto(address)
    await assert_accessible(elsewhere)
    await elsewhere.get_by_role("button", name="Join the visit").click()
    await elsewhere.wait_for_url(f"**/sessions/{session}")
    await host.goto(f"/sessions/{session}/manage")
    await expect(host.get_by_test_id("link-person")).to_contain_text("on another device, too")


async def follow(browser: Browser, address: str) -> tuple[Page, list[Request]]:
    """Somebody opens the link on a phone and comes to the door; also what their browser asked for meanwhile."""
    context = await browser.new_context(permissions=["camera", "microphone"], viewport=PHONE)
    page, requests = await context.new_page(), list[Request]()
    page.on("request", lambda request: requests.append(request))
    await page.goto(address)
    assert page.url.endswith("/join")
    await page.get_by_role("button", name="Join the visit").click()
    await expect(page.get_by_test_id("door")).to_be_visible()
    return page, requests


async def test_a_guest_is_invited_on_the_sessions_page_and_comes_by_the_mailed_link(
    browser: Browser, server: Server, owner: Connection
) -> None:
    session = await book(owner, "10 minutes")
    host = await arrive(browser, server, "ana", viewport=PHONE)
    await host.goto(f"/sessions/{session}/manage")
    form = host.get_by_role("form", name="Invite somebody")
    await form.get_by_label("Name").fill("Iris Berg")
    await form.get_by_label("Email").fill("chloe@harbor.example")
    await form.get_by_label("Who they are").select_option("Interpreter")
    await form.get_by_role("button", name="Invite").click()
    await expect(form.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    await expect(form.get_by_label("Email")).to_be_focused()
    await form.get_by_label("Email").fill("iris@words.example")
    await form.get_by_role("button", name="Invite").click()
    await expect(host.get_by_test_id("done")).to_contain_text("The invitation is on its way")
    await expect(host.get_by_test_id("link-person")).to_have_count(2)
    await assert_accessible(host)

    mailbox = await (await browser.new_context()).new_page()
    await mailbox.goto(f"{server.url}/mailbox")
    letter = mailbox.get_by_text(re.compile(r"/join/")).first
    link = re.search(r"https?://\S+/join/[\w-]{43}", await letter.inner_text())
    assert link is not None
    guest, _ = await follow(browser, link[0])
    await expect(guest.get_by_label("name")).to_have_value("Iris Berg")
    await guest.goto("about:blank")
    await guest.goto(link[0])
    await expect(guest.get_by_test_id("door")).to_be_visible()
    await host.get_by_role("button", name="Withdraw the invitation of Iris Berg").click()
    await expect(host.get_by_test_id("done")).to_contain_text("withdrawn")
    await guest.goto(link[0])
    await expect(guest.get_by_test_id("no-link")).to_be_visible()
    await assert_accessible(guest)
