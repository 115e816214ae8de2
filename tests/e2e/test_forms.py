"""Intake forms in a browser: built and sent, filled in on two devices, read over, signed, and read by the staff."""

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.accessibility import BRIEFLY, LOOKS, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server

FORMS = "/organization/portal/forms"
ONCE = LOOKS[-1:]
"""Narrow and dark: for pages that look like others."""


async def add(olivia: Page, kind: str, label: str, choices: str = "") -> None:
    part = olivia.locator("#add")
    await part.get_by_label("What it is").select_option(label=kind)
    await part.get_by_label("What it says").fill(label)
    await expect(part.get_by_label("Choices")).to_be_visible(visible=bool(choices))
    if choices:
        await part.get_by_label("Choices").fill(choices)
        await part.get_by_label("Must be answered").check()
    await part.get_by_role("button", name="Add", exact=True).click()
    await expect(olivia.get_by_test_id("field").last).to_contain_text(label)


async def build(olivia: Page) -> None:
    """By the builder, moving one part by keyboard; what clients see is looked at, then it is published."""
    await olivia.get_by_role("navigation", name="Client Portal").get_by_role("link", name="Intake Forms").click()
    await expect(olivia.get_by_test_id("form")).to_have_count(3)
    await expect(olivia.get_by_test_id("examples")).to_contain_text("have them reviewed")
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "intake-forms")
    await olivia.get_by_label("Name").fill("Recording of visits")
    await olivia.get_by_role("button", name="Create").click()
    await add(olivia, "Text to read", "We never record a visit unless you have agreed.")
    await add(olivia, "Consent", "You may record our visits.")
    await add(olivia, "Choice of one", "May students watch?", "Yes\nNo")
    await add(olivia, "Long text", "Anything else?")
    await add(olivia, "Signature", "Your signature")
    up = olivia.get_by_role("button", name="Move up: May students watch?")
    await up.focus()
    await olivia.keyboard.press("Enter")
    await expect(olivia.get_by_test_id("field").nth(1)).to_contain_text("May students watch?")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.evaluate("scrollTo(0, 0)")
    await picture(olivia, "form-builder")
    await olivia.get_by_role("link", name="Preview").click()
    await expect(olivia.get_by_test_id("preview")).to_contain_text("You sign at the end")
    await assert_accessible(olivia, ONCE)
    await olivia.get_by_role("link", name="Recording of visits").click()
    await olivia.get_by_role("button", name="Publish").click()
    await expect(olivia.get_by_test_id("done")).to_contain_text("Published")


async def send(olivia: Page) -> None:
    await olivia.get_by_role("link", name="Send", exact=True).click()
    await expect(olivia.get_by_label("Recording of visits")).to_be_checked()
    await olivia.get_by_label("Search").fill("ada")
    await olivia.keyboard.press("Enter")
    await expect(olivia.get_by_test_id("clients").get_by_role("checkbox")).to_have_count(1)
    await olivia.get_by_label("Chloe Adams").check()
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("button", name="Send", exact=True).click()
    await expect(olivia.get_by_test_id("sent-done")).to_contain_text("Sent to 1 client,")
    await expect(olivia.get_by_test_id("intake")).to_contain_text("Not begun")
    await assert_accessible(olivia, ONCE)


async def fill_in(chloe: Page, phone: Page) -> None:
    """Typed and saved by itself; the phone goes on, and the other window notices instead of overwriting."""
    await expect(chloe.get_by_test_id("forms")).to_contain_text("Recording of visits")
    await chloe.get_by_role("link", name="Fill in Recording of visits").click()
    await chloe.get_by_label("Anything else?").fill("On Tuesdays only.")
    await expect(chloe.get_by_test_id("saved")).to_contain_text("Saved ")
    await phone.goto(chloe.url)
    await expect(phone.get_by_label("Anything else?")).to_have_value("On Tuesdays only.")
    await phone.get_by_label("Yes").check()
    await expect(phone.get_by_text("1 of 2 required answers")).to_be_visible()
    await assert_accessible(phone, BRIEFLY)
    await picture(phone, "form-on-a-phone")
    await chloe.get_by_label("Anything else?").fill("On Fridays.")
    await expect(chloe.get_by_test_id("saved")).to_contain_text("somewhere else")
    await expect(chloe.get_by_test_id("stopped")).to_be_in_viewport()
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "form-saved-elsewhere")
    await chloe.get_by_role("button", name="Compare now").click()
    await expect(chloe.get_by_test_id("error")).to_contain_text("Nothing of that was overwritten")
    await expect(chloe.get_by_label("Anything else?")).to_have_value("On Fridays.")
    await expect(chloe.get_by_text("Saved somewhere else: Yes")).to_be_visible()
    await assert_accessible(chloe, BRIEFLY)
    await chloe.get_by_label("Yes").check()
    await chloe.get_by_role("button", name="Read over and sign").click()
    await expect(chloe.get_by_test_id("problems")).to_contain_text("You may record our visits.")
    await chloe.get_by_test_id("problems").get_by_role("link").click()
    consent = chloe.get_by_role("checkbox", name="You may record our visits.")
    await expect(consent).to_be_focused()
    await assert_accessible(chloe, ONCE)
    await chloe.keyboard.press("Space")
    await chloe.get_by_role("button", name="Read over and sign").click()
    await expect(chloe.get_by_role("heading", level=1)).to_have_text("Read over: Recording of visits")
    await assert_accessible(chloe, ONCE)


async def sign(chloe: Page) -> None:
    await chloe.get_by_label("Your full name").fill("Chloe Adams")
    await chloe.get_by_role("checkbox").check()
    await chloe.get_by_role("button", name="Sign and send").click()
    await chloe.goto("/forms")
    await expect(chloe.get_by_test_id("form")).to_contain_text("Completed")
    await assert_accessible(chloe, ONCE)


async def test_r143_r144_r145_r146_a_form_is_built_sent_filled_in_signed_and_read(
    browser: Browser, server: Server, owner: Connection
) -> None:
    olivia = await arrive(browser, server, "olivia")
    chloe = await arrive(browser, server, "chloe")
    phone = await arrive(browser, server, "chloe", viewport=PHONE)
    await olivia.goto("/organization/portal")
    await build(olivia)
    await send(olivia)
    await fill_in(chloe, phone)
    await sign(chloe)
    await olivia.goto(f"{FORMS}/sent?list=completed")
    await olivia.get_by_role("link", name="Answers of Chloe Adams").click()
    await expect(olivia.get_by_test_id("answers")).to_contain_text("On Fridays.")
    await expect(olivia.get_by_test_id("answers")).to_contain_text("Agreed")
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("link", name="Forms", exact=True).first.click()
    await assert_accessible(olivia, ONCE)
