"""An administrator builds a clinic whole, by keyboard, on a phone, without scripts; then a client sees it."""

import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.support import PASSWORD


async def tab(page: Page, name: str) -> None:
    await page.get_by_role("navigation", name="Clinic").get_by_role("link", name=name).click()
    await expect(page.get_by_role("navigation", name="Clinic").locator("[aria-current]")).to_have_text(name)


async def add_question(page: Page, label: str, kind: str, choices: str = "") -> None:
    await page.get_by_label("Question", exact=True).fill(label)
    await page.get_by_label("Kind").select_option(label=kind)
    if choices:
        await page.get_by_label("Choices").fill(choices)
    await page.get_by_role("button", name="Add the question").click()


async def order(page: Page, *labels: str) -> None:
    questions = page.get_by_test_id("field")
    await expect(questions).to_have_count(len(labels))
    for place, label in enumerate(labels):
        await expect(questions.nth(place)).to_contain_text(label)


async def begin_by_keyboard(olivia: Page) -> None:
    """By keyboard, and wrong at first: the form comes back with all that was typed, the cursor at the trouble."""
    await olivia.get_by_label("Name").focus()
    for text in ("Skin clinic", None, "Everyone", "Skin doctors", None, "soon"):
        if text:
            await olivia.keyboard.type(text)
        await olivia.keyboard.press("Tab")
    await olivia.keyboard.press("Enter")
    limit = olivia.get_by_label("Red limit")
    await expect(limit).to_be_focused()
    await expect(limit).to_have_value("soon")
    await expect(olivia.get_by_role("alert")).to_have_text("Please give a whole number.")
    await expect(olivia.get_by_label("Host group")).to_have_value("Skin doctors")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_label("Department").select_option(label="Family medicine")
    await limit.fill("120")
    await olivia.keyboard.press("Enter")
    await expect(olivia.get_by_role("heading", name="Skin clinic")).to_be_visible()
    await expect(olivia.get_by_text("No services yet")).to_be_visible()


async def add_service(olivia: Page) -> None:
    """Its services."""
    await olivia.get_by_label("Name").fill("Look at a mole")
    await olivia.get_by_label("Price").fill("a lot")
    await olivia.get_by_role("button", name="Add the service").click()
    await expect(olivia.get_by_role("alert")).to_contain_text("Give a price like 40 or 12.50")
    await olivia.get_by_label("Price").fill("25")
    await olivia.get_by_role("button", name="Add the service").click()
    await expect(olivia.get_by_test_id("service")).to_contain_text("25.00 EUR")
    await assert_accessible(olivia, BRIEFLY)


async def add_people(olivia: Page) -> None:
    """Who serves it; what was removed comes back by Undo."""
    await tab(olivia, "Hosts")
    await olivia.get_by_label("Practitioner of Family medicine").select_option(label="Ana Duarte")
    await olivia.get_by_role("button", name="Add the host").click()
    await expect(olivia.get_by_test_id("host")).to_contain_text("Ana Duarte")
    await olivia.get_by_role("button", name="Remove Ana Duarte").click()
    await expect(olivia.get_by_text("No hosts yet")).to_be_visible()
    await olivia.get_by_role("button", name="Undo").click()
    await expect(olivia.get_by_test_id("host")).to_contain_text("Ana Duarte")
    await assert_accessible(olivia, BRIEFLY)

    await tab(olivia, "Schedulers")
    await expect(olivia.get_by_text("requests to the group reach nobody")).to_be_visible()
    await olivia.get_by_label("Scheduler", exact=True).select_option(label="Sam Reyes")
    await olivia.get_by_role("button", name="Add the scheduler").click()
    await expect(olivia.get_by_test_id("scheduler")).to_contain_text("Sam Reyes")


async def arrange_form(olivia: Page) -> None:
    """Its form, in an order by key and by drag."""
    await tab(olivia, "Form")
    await add_question(olivia, "Where is it?", "Short text")
    await add_question(olivia, "Since when?", "Choice", "Today")
    await expect(olivia.get_by_role("alert")).to_have_text("Give at least two choices, one on each line.")
    await olivia.get_by_label("Choices").fill("Today\nLonger")
    await olivia.get_by_role("button", name="Add the question").click()
    await add_question(olivia, "Does it hurt?", "Check")
    await order(olivia, "Where is it?", "Since when?", "Does it hurt?")
    await olivia.get_by_role("button", name="Move Does it hurt? up").press("Enter")
    await order(olivia, "Where is it?", "Does it hurt?", "Since when?")
    await olivia.get_by_test_id("field").nth(2).drag_to(olivia.get_by_test_id("field").nth(0))
    await expect(olivia.get_by_test_id("done")).to_have_text("Moved.")
    await order(olivia, "Since when?", "Where is it?", "Does it hurt?")
    preview = olivia.get_by_test_id("preview")
    await expect(preview.get_by_label("Since when?").locator("option")).to_have_text(["Choose", "Today", "Longer"])
    await assert_accessible(olivia)
    await picture(olivia, "clinic-form")


async def fill_form(chloe: Page) -> None:
    """A client sees all of it."""
    await chloe.get_by_role("link", name="Skin clinic").click()
    await expect(chloe.get_by_text("Look at a mole")).to_be_visible()
    await expect(chloe.get_by_label("With whom?").locator("option")).to_have_text(
        ["Anyone of Skin doctors", "Ana Duarte"]
    )
    await chloe.get_by_label("Since when?").select_option(label="Longer")
    await chloe.get_by_label("Where is it?").fill("Left arm")
    await chloe.get_by_label("Does it hurt?").check()


async def switch_off(olivia: Page, chloe: Page) -> None:
    """Switched off, it is on nobody's dashboard."""
    await olivia.get_by_role("link", name="Session requests").click()
    await olivia.get_by_role("button", name="Switch session requests of the organization off").click()
    await expect(olivia.get_by_test_id("organization-switch")).to_contain_text("Off")
    await assert_accessible(olivia, BRIEFLY)
    await chloe.goto("/dashboard")
    await expect(chloe.get_by_text("Takes no requests now")).to_have_count(4)
    await expect(chloe.get_by_role("link", name="Skin clinic")).to_have_count(0)


async def test_r015_r072_r076_r077_an_administrator_builds_a_clinic_and_a_client_sees_its_form(
    browser: Browser, server: Server
) -> None:
    olivia = await arrive(browser, server, "olivia")
    await expect(olivia.get_by_role("heading", name="Your clinics now")).to_be_visible()
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("link", name="Organization").click()
    await olivia.get_by_role("link", name="New clinic").click()
    await begin_by_keyboard(olivia)
    await add_service(olivia)
    await add_people(olivia)
    await arrange_form(olivia)
    chloe = await arrive(browser, server, "chloe")
    await fill_form(chloe)
    await switch_off(olivia, chloe)


async def sign_in_without_scripts(browser: Browser, server: Server, username: str) -> Page:
    context = await browser.new_context(base_url=server.url, viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto("/at/harbor/sign-in?then=/organization/clinics")
    await page.get_by_label("User name or email").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/organization/clinics")
    return page


async def test_a_department_administrator_arranges_the_form_on_a_phone_without_scripts_and_meets_another_editor(
    browser: Browser, server: Server
) -> None:
    dora, olivia = await sign_in_without_scripts(browser, server, "dora"), await arrive(browser, server, "olivia")
    await expect(dora.get_by_test_id("clinic")).to_have_count(2)
    await dora.get_by_role("link", name="Family clinic").click()
    await olivia.goto(dora.url)

    await tab(dora, "Form")
    phone, before, interpreter = "A phone number", "Have you been here before?", "I would like an interpreter"
    await order(dora, phone, before, interpreter)
    await dora.get_by_role("button", name="Move I would like an interpreter up").click()
    await order(dora, phone, interpreter, before)
    await dora.get_by_role("button", name=re.compile("Move A phone number.* down")).click()
    await order(dora, interpreter, phone, before)
    await dora.get_by_role("link", name="Edit Have you been here before?").click()
    await dora.get_by_label("Must be answered").check()
    await dora.get_by_role("button", name="Save").click()
    await expect(dora.get_by_test_id("field").nth(2)).to_contain_text("Must be answered")
    await dora.get_by_role("link", name="Edit A phone number, should the picture fail").click()
    await dora.get_by_text("Remove this question…").click()
    await dora.get_by_role("button", name="Remove the question").click()
    await order(dora, interpreter, before)

    await tab(dora, "Settings")
    await dora.get_by_label("Red limit").fill("240")
    await dora.get_by_role("button", name="Save").click()
    await expect(dora.get_by_test_id("done")).to_have_text("Saved.")
    await olivia.get_by_label("Red limit").fill("600")
    await olivia.get_by_role("button", name="Save").click()
    conflict = olivia.get_by_test_id("conflict")
    await expect(conflict).to_contain_text("Dora Kent changed this while you were editing it.")
    await expect(conflict.get_by_role("row", name="Red limit")).to_contain_text("240")
    await expect(conflict.get_by_role("row", name="Red limit")).to_contain_text("600")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("Saved.")
    await expect(olivia.get_by_label("Red limit")).to_have_value("600")

    await olivia.get_by_role("complementary", name="Related help").get_by_role("link", name="Virtual clinics").click()
    await olivia.get_by_role("link", name="The form before a visit").click()
    await expect(olivia.get_by_role("heading", name="The form before a visit")).to_be_in_viewport()
    await assert_accessible(olivia, BRIEFLY)
