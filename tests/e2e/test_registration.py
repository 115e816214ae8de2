"""Somebody new signs up on a phone, confirms the mail, waits, and is let in while they look on."""

import re

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import PHONE, picture
from tests.e2e.server import Server
from tests.people.registrants import PASSWORD


async def fill(page: Page) -> None:
    """The form by its labels, as somebody would."""
    for label, typed in (
        ("First name", "Rita"),
        ("Last name", "Roe"),
        ("Date of birth", "1988-02-29"),
        ("Email address", "rita@example.org"),
        ("State or region", "Algarve"),
        ("What would you like help with?", "I sleep badly."),
        ("User name", "rita"),
        ("Password", PASSWORD),
    ):
        await page.get_by_label(label).fill(typed)


async def mailed_link(page: Page) -> None:
    """Follow the confirmation mail's link from the mailbox."""
    link = page.locator("a", has_text=re.compile("/confirm/")).first
    for _ in range(50):
        await page.goto("/mailbox")
        if await link.count():
            break
    await page.goto(await link.inner_text())


async def test_r020_r021_r032_somebody_signs_up_confirms_waits_and_sees_the_account_open(
    browser: Browser, server: Server, owner: Connection
) -> None:
    context = await browser.new_context(base_url=server.url, viewport=PHONE)
    page = await context.new_page()
    await page.goto("/at/harbor")
    await page.get_by_role("link", name="Sign Up").click()
    await fill(page)
    await assert_accessible(page)
    await picture(page, "sign-up")
    await page.get_by_label("Department").select_option(label="I am not sure")
    await page.get_by_label("User name").fill("chloe")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_label("User name")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("has this user name already")
    await expect(page.get_by_label("What would you like help with?")).to_have_value("I sleep badly.")
    await assert_accessible(page)
    await page.get_by_label("User name").fill("rita")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await assert_accessible(page)
    await mailed_link(page)
    await assert_accessible(page)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await page.wait_for_url("**/dashboard")
    status = page.get_by_test_id("waiting-for-approval")
    await expect(status).to_contain_text("Your account waits for approval")
    await assert_accessible(page)
    await picture(page, "waiting-for-approval")
    await owner.execute("UPDATE account SET state = 'active' WHERE username = 'rita'")
    await expect(status).to_be_hidden()
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'rita'")
    await expect(page.get_by_role("status").filter(has_text=re.compile("sign", re.I)).first).to_be_visible()
