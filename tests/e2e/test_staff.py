"""An administrator makes a practitioner by keyboard, who sets up the account from the mail, and gets a client."""

import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import DESKTOP, PHONE, arrive, mailed_link, picture
from tests.e2e.server import Server


async def create(olivia: Page) -> None:
    """By keyboard, and without a role at first: the form comes back with what was typed, and says what is missing."""
    await olivia.get_by_label("Name", exact=True).focus()
    await olivia.keyboard.type("Nadia Noor")
    await olivia.keyboard.press("Tab")
    await olivia.keyboard.type("nadia@harbor.example")
    await olivia.keyboard.press("Enter")
    await expect(olivia.get_by_role("alert")).to_contain_text("Choose at least one role.")
    await expect(olivia.get_by_label("Name", exact=True)).to_have_value("Nadia Noor")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("group", name="Family medicine").get_by_label("Scheduler").check()
    await olivia.get_by_role("button", name="Create").click()
    await expect(olivia.get_by_test_id("done")).to_contain_text("a mail with a link")


async def become_practitioner(olivia: Page) -> None:
    """R-051: the Practitioner tick first."""
    await olivia.get_by_role("link", name="Edit", exact=True).click()
    await olivia.get_by_role("link", name="Client associations").click()
    await expect(olivia.get_by_test_id("not-practitioner")).to_contain_text("save that first")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_test_id("not-practitioner").get_by_role("link", name="Account").click()
    await expect(olivia.get_by_role("switch", name="Receive New Client Notifications")).to_be_checked()
    await olivia.get_by_role("switch", name="Practitioner").focus()
    await olivia.keyboard.press("Space")
    practises = olivia.get_by_role("group", name="Practises in")
    await practises.get_by_label("Family medicine").check()
    await practises.get_by_label("Mental health").check()
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("Saved.")


async def associate(olivia: Page) -> None:
    """Of several departments, one is chosen."""
    await olivia.get_by_role("link", name="Edit client associations").click()
    await olivia.get_by_label("Find a client to add").fill("ada")
    await olivia.keyboard.press("Enter")
    await olivia.get_by_label("Chloe Adams").check()
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_role("alert")).to_contain_text("share only one")
    await expect(olivia.get_by_label("Chloe Adams")).to_be_checked()
    await olivia.get_by_label("In which department?").select_option(label="Mental health")
    await assert_accessible(olivia)
    await picture(olivia, "staff-clients")
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_test_id("client")).to_contain_text("Mental health")


async def keep_departments_with_clients(olivia: Page, record: str) -> None:
    """A department with clients is not taken away unasked."""
    await olivia.goto(f"{record}/edit")
    await olivia.get_by_role("group", name="Practises in").get_by_label("Mental health").uncheck()
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_role("alert")).to_contain_text("1 client there")
    await olivia.goto(f"{record}/clients")
    await olivia.get_by_label("All associations in").select_option(label="Mental health")
    await olivia.get_by_label("become associations in").select_option(label="Family medicine")
    await olivia.get_by_role("button", name="Move").click()
    await expect(olivia.get_by_test_id("client")).to_contain_text("Family medicine")


async def set_up_on_a_phone(nadia: Page) -> None:
    """The link in the mail leads to a user name and a password, on a phone."""
    await nadia.goto(await mailed_link(nadia, "nadia@harbor.example", "/setup/"))
    await nadia.get_by_label("User name").fill("nadia")
    await nadia.get_by_label("Password").fill("a kettle sings at dawn")
    await nadia.get_by_role("button", name="Set up my account").click()
    await nadia.wait_for_url(re.compile("/(board|dashboard)"))
    await nadia.goto("/account/public-profile")
    await nadia.get_by_label("About").fill("Sleep, and what keeps people from it.")
    await nadia.get_by_role("button", name="Save").click()
    await expect(nadia.get_by_test_id("done")).to_have_text("Saved.")
    await assert_accessible(nadia, BRIEFLY)


async def close(olivia: Page, nadia: Page, record: str) -> None:
    """Closing shows what it affects, and ends the sign-in on open pages at once."""
    await olivia.goto(record)
    await expect(olivia.get_by_test_id("effects")).to_contain_text("1 client is associated")
    await assert_accessible(olivia)
    await olivia.set_viewport_size(DESKTOP)
    await picture(olivia, "staff-record")
    await olivia.get_by_role("button", name="Deactivate the account").click()
    await expect(olivia.get_by_role("button", name="Activate the account")).to_be_visible()
    await nadia.reload()
    await expect(nadia.get_by_role("button", name="Sign out")).to_have_count(0)


async def test_r004_r050_r051_an_administrator_makes_a_practitioner_and_associates_a_client(
    browser: Browser, server: Server
) -> None:
    olivia = await arrive(browser, server, "olivia")
    await olivia.get_by_role("link", name="Staff", exact=True).click()
    await expect(olivia.get_by_test_id("person")).to_have_count(10)
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "staff")
    await olivia.get_by_role("link", name="Create new").click()
    await create(olivia)
    record = olivia.url.partition("?")[0]
    await become_practitioner(olivia)
    await associate(olivia)
    await keep_departments_with_clients(olivia, record)
    nadia = await (await browser.new_context(base_url=server.url, viewport=PHONE)).new_page()
    await set_up_on_a_phone(nadia)
    await close(olivia, nadia, record)


async def test_departments_and_the_clients_address(browser: Browser, server: Server) -> None:
    olivia = await arrive(browser, server, "olivia", viewport=PHONE)
    await olivia.goto("/organization/departments")
    await olivia.get_by_label("Name", exact=True).fill("Sleep")
    await olivia.get_by_role("button", name="Add the department").click()
    await expect(olivia.get_by_test_id("department")).to_have_count(3)
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "departments-phone")
    await olivia.get_by_role("link", name="Client Portal", exact=True).click()
    await expect(olivia.get_by_label("Clients sign in and register here")).to_have_value(f"{server.url}/at/harbor")
    await olivia.get_by_label("By invitation only").check()
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("Saved.")
    await expect(olivia.get_by_label("By invitation only")).to_be_checked()
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "portal-phone")
