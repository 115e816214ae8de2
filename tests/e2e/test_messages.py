"""Secure messages in a browser: choose, write with a picture, see it arrive and be seen; by keyboard, on a phone, and
without scripts."""

import io

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from records.database import Connection
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.support import PASSWORD

OPEN = """
    UPDATE organization SET portal_messages = true;
    INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
    SELECT client.organization_id, client.id, account.id, account_role.department_id FROM client
    JOIN account USING (organization_id) JOIN account_role ON account_role.account_id = account.id
    WHERE account.username = 'ana' AND client.first_name = 'Chloe';
    INSERT INTO portal_seat (account_id, organization_id, subscribed)
    SELECT id, organization_id, true FROM account WHERE username IN ('ana', 'olivia');"""


def file(name: str, content: bytes, kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def scan() -> FilePayload:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), (40, 90, 120)).save(made, "PNG")
    return file("rash on my arm.png", made.getvalue())


async def write_first(chloe: Page) -> None:
    """What would be refused is told before it is sent; then a message with a picture."""
    await chloe.get_by_role("link", name="Messages", exact=True).click()
    await expect(chloe.get_by_text("No messages yet.")).to_be_visible()
    await chloe.get_by_role("link", name="Write a message").click()
    await assert_accessible(chloe, BRIEFLY)
    await chloe.get_by_role("link", name="Ana Duarte").click()
    await chloe.get_by_label("Subject").fill("A rash")
    await chloe.get_by_label("Message", exact=True).fill("Since yesterday.\nIt itches.")
    files = chloe.get_by_label("Files (optional)")
    await files.set_input_files([file(f"{number}.png", b"x") for number in range(6)])
    await expect(chloe.get_by_text("At most 5 files go with one message.")).to_be_visible()
    await files.set_input_files([scan()])
    await expect(chloe.get_by_text("At most 5 files go with one message.")).to_be_hidden()
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "write-message")
    await chloe.get_by_label("Message", exact=True).press("Control+Enter")
    await expect(chloe.get_by_test_id("message")).to_contain_text("It itches.")


async def hear_of_it(ana: Page) -> None:
    """The number is on the page that was open, and in its title; with the message on the screen it goes."""
    number = ana.locator("[data-unread-total]")
    await expect(number).to_have_text("1 unread")
    await expect(ana).to_have_title("(1) Availability · Anteroom")
    await ana.get_by_role("link", name="Messages").click()
    await ana.get_by_role("link", name="Chloe Adams: A rash").click()
    await expect(number).to_be_hidden()
    async with ana.expect_download() as download:
        await ana.get_by_role("link", name="rash on my arm.png").click()
    assert (await download.value).suggested_filename == "rash on my arm.png"


async def be_answered(ana: Page, chloe: Page) -> None:
    """Live in both directions; a refused file leaves what was typed."""
    await expect(chloe.get_by_test_id("seen")).to_contain_text("Seen")
    await ana.get_by_label("Your answer").fill("Please do not scratch.")
    await ana.get_by_label("Files (optional)").set_input_files([file("plan.pdf", b"MZ\x90\x00", "application/pdf")])
    await ana.get_by_role("button", name="Send").click()
    await expect(ana.get_by_text("plan.pdf: Only pictures")).to_be_visible()
    await expect(ana.get_by_label("Your answer")).to_have_value("Please do not scratch.")
    await assert_accessible(ana, BRIEFLY)
    await ana.get_by_role("button", name="Send").click()
    await expect(ana.get_by_test_id("message")).to_have_count(2)
    await chloe.get_by_label("Your answer").fill("Half an ans")
    await ana.get_by_label("Your answer").fill("Take this.")
    await ana.get_by_label("Files (optional)").set_input_files([file("plan.txt", b"Twice a day", "text/plain")])
    await ana.get_by_role("button", name="Send").click()
    await expect(chloe.get_by_test_id("message")).to_have_count(3)
    await expect(chloe.get_by_label("Your answer")).to_have_value("Half an ans")
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "thread")


async def search(ana: Page) -> None:
    await ana.goto("/messages")
    await ana.get_by_label("Search your messages").fill("ITCH")
    await ana.keyboard.press("Enter")
    await expect(ana.get_by_test_id("found")).to_have_count(1)
    await assert_accessible(ana, BRIEFLY)
    await ana.get_by_role("link", name="Chloe Adams: A rash").click()
    await expect(ana.locator("[data-found]")).to_contain_text("It itches.")
    await expect(ana.get_by_role("link", name="The newest messages")).to_be_visible()


async def write_among_the_team(ana: Page, olivia: Page) -> None:
    """From the client's page, by keyboard."""
    await ana.goto("/my-clients")
    await ana.get_by_role("link", name="Chloe Adams", exact=True).click()
    await ana.get_by_role("link", name="Message the care team").click()
    await ana.get_by_label("Olivia Marsh").focus()
    await ana.keyboard.press("Space")
    await ana.get_by_label("Subject").fill("A rash")
    await ana.get_by_label("Message", exact=True).fill("Could somebody call her?")
    await assert_accessible(ana, BRIEFLY)
    await picture(ana, "care-team")
    await ana.get_by_role("button", name="Send").click()
    await expect(ana.get_by_text("who never sees this")).to_be_visible()
    await expect(olivia.locator("[data-unread-total]")).to_have_text("1 unread")
    await olivia.get_by_role("link", name="Messages").click()
    await expect(olivia.get_by_test_id("thread")).to_contain_text("Care team of Chloe Adams")
    await assert_accessible(olivia, BRIEFLY)


async def part(chloe: Page, ana: Page, owner: Connection) -> None:
    """The relation ends while both look: each reads on, and is told what they may know."""
    await owner.execute("DELETE FROM association")
    await ana.goto("/messages")
    await ana.get_by_role("link", name="Chloe Adams: A rash").click()
    await expect(ana.get_by_test_id("refusal")).to_contain_text("You are not connected with Chloe Adams now")
    await chloe.reload()
    await expect(chloe.get_by_test_id("refusal")).to_contain_text("takes no messages from you here now")
    await expect(chloe.get_by_test_id("message")).to_have_count(3)
    await expect(chloe.get_by_label("Your answer")).to_have_count(0)
    await assert_accessible(chloe, BRIEFLY)


async def test_r010_r150_r151_messages_from_the_first_to_the_end(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await owner.execute(OPEN)
    ana = await arrive(browser, server, "ana")
    await ana.goto("/availability")
    chloe = await arrive(browser, server, "chloe", viewport=PHONE)
    olivia = await arrive(browser, server, "olivia")
    await write_first(chloe)
    await hear_of_it(ana)
    await be_answered(ana, chloe)
    await search(ana)
    await write_among_the_team(ana, olivia)
    await part(chloe, ana, owner)


async def test_messages_are_written_and_read_without_scripts(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await owner.execute(OPEN)
    context = await browser.new_context(base_url=server.url, java_script_enabled=False)
    chloe = await context.new_page()
    await chloe.goto("/at/harbor/sign-in?then=/messages/new")
    await chloe.get_by_label("User name or email").fill("chloe")
    await chloe.get_by_label("Password").fill(PASSWORD)
    await chloe.get_by_role("button", name="Sign in", exact=True).click()
    await chloe.get_by_role("link", name="Ana Duarte").click()
    await chloe.get_by_label("Subject").fill("A rash")
    await chloe.get_by_label("Message", exact=True).fill("Since yesterday.")
    await chloe.get_by_label("Files (optional)").set_input_files([file("a.png", b"no picture")] * 6)
    await chloe.get_by_role("button", name="Send").click()
    await expect(chloe.get_by_text("At most 5 files go with one message.")).to_be_visible()
    await expect(chloe.get_by_label("Subject")).to_have_value("A rash")
    await chloe.get_by_label("Files (optional)").set_input_files([scan()])
    await chloe.get_by_role("button", name="Send").click()
    await expect(chloe.get_by_test_id("message")).to_contain_text("Since yesterday.")
    await expect(chloe.get_by_test_id("attachment")).to_have_text("rash on my arm.png")
