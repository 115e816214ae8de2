"""The Clients tab in a browser: create, approve, associate, close; by keyboard, and on a phone without scripts."""

import re

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, mailed_link, picture
from tests.e2e.server import Server
from tests.people.newcomers import file, prospect, registered
from tests.support import PASSWORD


async def set_up(browser: Browser, server: Server, recipient: str, username: str) -> Page:
    page = await (await browser.new_context(base_url=server.url)).new_page()
    page.set_default_timeout(15_000)
    await page.goto(await mailed_link(page, recipient, "/setup/"))
    await page.get_by_label("User name").fill(username)
    await page.get_by_label("Password", exact=True).fill("quite a long secret")
    await page.locator("main form button[type=submit]").click()
    await page.wait_for_url("**/dashboard")
    return page


async def create(olivia: Page) -> None:
    """Wrong at first: the form comes back with what was typed."""
    await olivia.get_by_role("link", name="Create New").click()
    await olivia.get_by_label("First name").fill("Chloe")
    await olivia.get_by_label("Last name").fill("Adams")
    await olivia.get_by_label("Email").fill("chloe2@example.org")
    await olivia.get_by_label("Date of birth").fill("1990-01-01")
    await olivia.get_by_label("Ana Duarte").check()
    await olivia.get_by_role("button", name="Create").click()
    await expect(olivia.get_by_test_id("duplicates")).to_contain_text("Adams, Chloe, born 1 January 1990")
    await expect(olivia.get_by_label("Ana Duarte")).to_be_checked()
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_label("First name").fill("Zoë")
    await olivia.get_by_label("Email").fill("zoe@example.org")
    await olivia.get_by_role("button", name="Create").click()
    await expect(olivia.get_by_role("heading", level=1)).to_contain_text("Adams, Zoë")
    await expect(olivia.get_by_test_id("practitioners")).to_contain_text("Ana Duarte Family medicine")
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "client-file")


async def find_by_keyboard(olivia: Page) -> None:
    """Found by keyboard, without her accents."""
    await olivia.goto("/clients")
    await olivia.keyboard.press("/")
    await olivia.keyboard.type("zoe")
    await expect(olivia.get_by_test_id("client")).to_have_count(1)
    await olivia.keyboard.press("ArrowDown")
    await olivia.keyboard.press("Enter")


async def close(olivia: Page, zoe: Page) -> None:
    """Whose file is closed is out, is told so, and stands in another list."""
    await olivia.get_by_role("link", name="Edit").click()
    await expect(olivia.get_by_label("Active")).to_be_checked()
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_label("Active").uncheck()
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("Saved.")
    await expect(zoe).not_to_have_url(re.compile("/dashboard$"))  # her open page leaves by itself
    await zoe.goto("/at/harbor/sign-in")
    await zoe.get_by_label("User name or email").fill("zoe")
    await zoe.get_by_label("Password").fill("quite a long secret")
    await zoe.get_by_role("button", name="Sign in").click()
    await expect(zoe.get_by_role("alert")).to_contain_text("not active")
    await olivia.goto("/clients")
    await expect(olivia.get_by_test_id("client")).to_have_count(2)
    await olivia.get_by_label("List").focus()
    await olivia.get_by_label("List").select_option(label="Inactive")
    await expect(olivia.get_by_test_id("client")).to_have_count(1)  # the choice alone shows them
    await expect(olivia.get_by_test_id("client")).to_contain_text("Adams, Zoë")
    await expect(olivia).to_have_title("Inactive clients · Anteroom")
    await expect(olivia.get_by_label("List")).to_be_focused()
    await olivia.get_by_label("List").select_option(label="Pending")
    await expect(olivia.get_by_text("Nobody waits for approval.")).to_be_visible()
    await expect(olivia.get_by_label("Order")).to_be_hidden()
    await olivia.get_by_label("List").select_option(label="Inactive")
    await expect(olivia.get_by_label("Order")).to_be_visible()
    await olivia.reload()
    await expect(olivia.get_by_test_id("client")).to_contain_text("Adams, Zoë")
    await assert_accessible(olivia, BRIEFLY)


async def test_r027_r029_r033_r034_r035_r052_a_client_is_created_signs_in_and_is_closed(
    browser: Browser, server: Server, owner: Connection
) -> None:
    olivia = await arrive(browser, server, "olivia")
    await olivia.get_by_role("navigation", name="Main").get_by_role("link", name="Clients").click()
    await expect(olivia.get_by_test_id("client")).to_have_count(2)
    await expect(olivia.get_by_label("List")).to_have_value("active")
    await assert_accessible(olivia, BRIEFLY)
    await create(olivia)
    zoe = await set_up(browser, server, "zoe@example.org", "zoe")
    await find_by_keyboard(olivia)
    await close(olivia, zoe)


async def test_r037_r045_a06_somebody_who_registered_is_approved_on_a_phone_without_scripts(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await registered(owner, "Rita Reed", "Family medicine")
    twin = await file(owner, "Rita Reed", "old@example.org", "Family medicine")
    await prospect(owner)
    context = await browser.new_context(base_url=server.url, viewport=PHONE, java_script_enabled=False)
    dora = await context.new_page()
    dora.set_default_timeout(15_000)
    await dora.goto("/at/harbor/sign-in?then=/clients%3Flist%3Dpending")
    await dora.get_by_label("User name or email").fill("dora")
    await dora.get_by_label("Password").fill(PASSWORD)
    await dora.get_by_role("button", name="Sign in").click()
    await expect(dora.get_by_test_id("waiting")).to_have_count(1)
    await expect(dora.get_by_test_id("known")).to_have_text("Possible duplicate")
    await dora.get_by_role("link", name="Reed, Rita").click()
    await expect(dora.get_by_test_id("duplicates")).to_contain_text("Possible duplicate of Reed, Rita")
    await expect(dora.get_by_text("Sleeps badly")).to_be_visible()
    await dora.get_by_role("button", name="Approve this Account").click()
    await expect(dora.get_by_role("alert")).to_contain_text("Choose a new file")
    await dora.get_by_label("Reed, Rita").check()
    await dora.get_by_label("Ben Okafor").check()
    await dora.get_by_role("button", name="Approve this Account").click()
    await expect(dora.get_by_test_id("done")).to_contain_text("The account is approved")
    await expect(dora.get_by_test_id("practitioners")).to_contain_text("Ben Okafor")
    assert dora.url.split("?")[0].endswith(twin)

    olivia = await arrive(browser, server, "olivia")
    await olivia.goto("/clients/prospects")
    await expect(olivia.get_by_test_id("waiting")).to_have_count(1)
    await assert_accessible(olivia, BRIEFLY)
    await expect(olivia.get_by_test_id("known")).to_have_count(0)
    await olivia.get_by_role("link", name="Nina New").click()
    await expect(olivia.get_by_label("A new file")).to_be_checked()
    await olivia.get_by_label("Date of birth").fill("1999-09-09")
    await olivia.get_by_label("Ben Okafor").check()
    await olivia.get_by_label("Find another file").fill("adams")
    await olivia.get_by_role("button", name="Find", exact=True).click()
    await expect(olivia.get_by_test_id("file")).to_contain_text("Adams, Chloe")
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "prospect")
    await expect(olivia.get_by_label("Date of birth")).to_have_value("1999-09-09")
    await expect(olivia.get_by_label("Ben Okafor")).to_be_checked()
    await olivia.get_by_role("button", name="Approve this Account").click()
    await expect(olivia.get_by_role("heading", level=1)).to_contain_text("New, Nina")
    assert await mailed_link(olivia, "nina-new@example.org", "/setup/")
