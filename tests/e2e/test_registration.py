"""The whole way of somebody new, with the mails: sign up on a phone, confirm, wait, be approved, connect."""

import re

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import PHONE, arrive, mailed_link, picture
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


async def approve(olivia: Page) -> None:
    """From the mail's link to the account's approval, with a file of its own."""
    await olivia.goto(await mailed_link(olivia, "olivia@harbor.example", "/clients"))
    await olivia.wait_for_url("**/clients?list=pending")
    await olivia.get_by_role("link", name="Roe, Rita").click()
    await expect(olivia.get_by_role("main")).to_contain_text("I sleep badly.")
    await olivia.get_by_role("button", name="Approve this Account").click()
    await expect(olivia.get_by_test_id("done")).to_contain_text("The account is approved")


async def connect(rita: Page, ana: Page) -> None:
    """Rita asks, Ana accepts (R-054 to R-059)."""
    await rita.goto("/mailbox")
    await expect(rita.get_by_text("has approved your account").first).to_be_visible()
    await rita.goto("/dashboard")
    await rita.get_by_role("link", name="Find a practitioner").click()
    await rita.get_by_role("link", name="Ana Duarte").click()
    await rita.get_by_role("button", name="Ask to connect").click()
    await ana.get_by_role("link", name="connection requires action", exact=True).first.click()
    await ana.get_by_test_id("asked-connection").get_by_text("Accept").click()
    await ana.get_by_role("button", name="Update").click()
    await expect(ana.get_by_test_id("outcome")).to_contain_text("Rita Roe: accepted.")
    await rita.goto("/dashboard")
    await expect(rita.get_by_test_id("relation")).to_contain_text("Ana Duarte")


async def test_r020_r021_r032_somebody_signs_up_confirms_waits_is_approved_and_connected(
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
    await page.goto(await mailed_link(page, "rita@example.org", "/confirm/"))
    await assert_accessible(page)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await page.wait_for_url("**/dashboard")
    status = page.get_by_test_id("waiting-for-approval")
    await expect(status).to_contain_text("Your account waits for approval")
    await assert_accessible(page)
    await picture(page, "waiting-for-approval")
    await page.goto("/practitioners")
    await expect(page.get_by_role("main")).to_contain_text("waits for approval by the clinic")
    await page.goto("/dashboard")
    await approve(await arrive(browser, server, "olivia"))
    await expect(status).to_be_hidden()
    await connect(page, await arrive(browser, server, "ana"))
    cleared = "SELECT is_cleared(rita.id, ana.id) FROM account AS rita, account AS ana WHERE rita.username = 'rita' "
    assert await owner.fetchval(cleared + "AND ana.email = 'ana@harbor.example'")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'rita'")
    await expect(page.get_by_role("status").filter(has_text=re.compile("sign", re.I)).first).to_be_visible()
