"""One's own account in a real browser: a setup link, profile and zone, passkeys of a device that the browser plays."""

import re

from playwright.async_api import Browser, Page, expect

from people import setup
from records.database import Connection, Database
from tests.e2e.accessibility import LOOKS, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.support import PASSWORD, actor, eventually

GOOD = "a quiet harbour at dawn"
TWO_LOOKS = (LOOKS[0], LOOKS[-1])
"""Wide and light, narrow and dark."""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def give_device(page: Page) -> None:
    """A phone's own authenticator, which always recognizes its owner."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


async def test_r029_whom_the_staff_made_an_account_for_sets_it_up_by_the_mailed_link(
    browser: Browser, server: Server, database: Database, owner: Connection
) -> None:
    olivia = await actor(database, "olivia")
    async with database.transaction(olivia) as connection:
        account_id = await connection.fetchval(
            "INSERT INTO account (organization_id, username, email, name, state) "
            "VALUES ($1, 'new-1', 'nell@example.org', 'Nell New', 'unverified') RETURNING id",
            olivia.organization_id,
        )
        await setup.post_link(connection, olivia, account_id)

    async def written() -> str | None:
        return await owner.fetchval("SELECT body_text FROM mail WHERE kind = 'setup'")

    path = re.findall(r"(/at/harbor/setup/\S+)", await eventually(written))[0]
    context = await browser.new_context(base_url=server.url, viewport=PHONE)
    page = await context.new_page()
    await page.goto(path)
    await expect(page.get_by_label("User name")).to_have_value("nell")
    await page.get_by_label("User name").fill("chloe")
    await page.get_by_label("Password").fill(GOOD)
    await picture(page, "set-up")
    await page.get_by_role("button", name="Set up my account").click()
    await expect(page.get_by_role("alert")).to_contain_text("Somebody has this user name already")
    await expect(page.get_by_label("User name")).to_have_value("chloe")
    await assert_accessible(page, TWO_LOOKS)
    await page.get_by_label("User name").fill("nell")
    await page.get_by_label("Password").fill(GOOD)
    await page.get_by_role("button", name="Set up my account").click()
    await page.wait_for_url("**/dashboard")
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(path)
    await expect(page.get_by_text("This link was used already")).to_be_visible()
    await page.get_by_role("link", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="Forgotten password")).to_be_visible()


async def test_a_passkey_signs_in_and_is_the_second_step_after_a_password(browser: Browser, server: Server) -> None:
    page = await arrive(browser, server, "chloe", viewport=PHONE)
    await give_device(page)
    await page.goto("/account/security")
    form = page.locator("form[data-passkey]")
    await form.get_by_label("Name").fill("My phone")
    await form.get_by_label("Password").fill("wrong")
    await form.get_by_role("button", name="Add a passkey").click()
    await expect(form.get_by_role("alert")).to_contain_text("This is not your password")
    await form.get_by_label("Password").fill(PASSWORD)
    await form.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_test_id("codes").locator("li")).to_have_count(10)
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_test_id("passkeys")).to_contain_text("My phone")
    await picture(page, "security")
    await assert_accessible(page, TWO_LOOKS)
    await form.get_by_label("Name").fill("Again")
    await form.get_by_label("Password").fill(PASSWORD)
    await form.get_by_role("button", name="Add a passkey").click()
    await expect(form.get_by_role("alert")).to_contain_text("This device has a passkey here already")

    await page.get_by_role("button", name="Sign out", exact=True).first.click()
    await page.goto("/account/profile")
    await assert_accessible(page, TWO_LOOKS)
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url("**/account/profile")

    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/at/harbor/sign-in")
    await page.get_by_label("User name or email").fill("chloe")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    await picture(page, "passkey-step")
    await assert_accessible(page, TWO_LOOKS)
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url("**/dashboard")


async def test_times_are_told_in_the_zone_of_the_profile_and_mails_are_chosen(browser: Browser, server: Server) -> None:
    page = await arrive(browser, server, "olivia", viewport=PHONE)
    await page.get_by_role("link", name="Olivia").click()
    await page.get_by_role("link", name="Profile", exact=True).click()
    await page.get_by_label("Time zone").select_option("Pacific/Kiritimati")
    await picture(page, "profile")
    await assert_accessible(page, TWO_LOOKS)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    await page.get_by_role("link", name="Security").click()
    await expect(page.get_by_test_id("sign-ins").locator("time").first).not_to_contain_text("UTC")
    expected = await page.evaluate("""() => {
        const time = document.querySelector("[data-testid=sign-ins] time");
        const options = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
        const inZone = (timeZone) => new Intl.DateTimeFormat(undefined, { ...options, timeZone });
        const shown = (timeZone) => inZone(timeZone).format(new Date(time.dateTime));
        return [time.textContent, shown("Pacific/Kiritimati"), shown("UTC")];
    }""")
    assert expected[0] == expected[1] != expected[2]
    await page.get_by_role("link", name="Notifications").click()
    await page.get_by_label("New clients").uncheck()
    await picture(page, "notifications")
    await assert_accessible(page, TWO_LOOKS)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    await expect(page.get_by_label("New clients")).not_to_be_checked()
