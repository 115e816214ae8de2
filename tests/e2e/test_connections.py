"""A client asks for a connection, the practitioner reads and decides: by pointer, keyboard and finger, pages open."""

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.support import PASSWORD

WHY = "We have moved here. Would you be our doctor?"


async def ask(page: Page, practitioner: str, message: str = "") -> None:
    await page.get_by_role("link", name="Find a practitioner").click()
    await page.get_by_role("link", name=practitioner).click()
    if message:
        await page.get_by_label("Your message").fill(message)
    await page.get_by_role("button", name="Ask to connect").click()
    await expect(page.get_by_test_id("done")).to_be_visible()


async def find_and_ask(chloe: Page, david: Page) -> None:
    """Two clients ask, one with a message."""
    await chloe.get_by_role("link", name="Find a practitioner").click()
    await chloe.get_by_label("Search").fill("family")
    await chloe.keyboard.press("Enter")
    await expect(chloe.get_by_test_id("practitioner")).not_to_have_count(0)
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "practitioners")
    await chloe.goto("/dashboard")
    await ask(chloe, "Ana Duarte", WHY)
    await assert_accessible(chloe, BRIEFLY)
    await chloe.goto("/dashboard")
    await expect(chloe.get_by_test_id("relation")).to_contain_text("Your request waits")
    await ask(david, "Ana Duarte")


async def read_message_and_profile(ana: Page) -> None:
    """Without a reload the tasks are there, each with the link of R-057."""
    tasks = ana.get_by_test_id("tasks")
    task = tasks.get_by_role("link", name="connection requires action", exact=True)
    await expect(task).to_have_count(2)
    await expect(tasks.get_by_test_id("unread")).to_have_count(2)
    await assert_accessible(ana, BRIEFLY)
    await picture(ana, "pending-tasks")
    await task.first.click()
    await expect(ana.get_by_role("heading", name="My Clients")).to_be_visible()
    face, said = ana.get_by_role("link", name="Profile of Chloe Adams"), ana.get_by_text(WHY)
    await expect(said).to_be_hidden()
    await face.hover()
    await expect(said).to_be_visible()
    await said.hover()
    await expect(said).to_be_visible()
    await ana.keyboard.press("Escape")
    await expect(said).to_be_hidden()
    await ana.mouse.move(0, 0)
    await face.focus()
    await expect(said).to_be_visible()
    await picture(ana, "manage-actions")
    await assert_accessible(ana, BRIEFLY)
    await ana.keyboard.press("Enter")  # the profile, before deciding
    await expect(ana.get_by_test_id("asks")).to_contain_text(WHY)
    await expect(ana.get_by_role("heading", name="Clinical intake")).to_be_visible()
    await assert_accessible(ana, BRIEFLY)


async def answer_privately(ana: Page, chloe: Page) -> None:
    """An answer decides nothing."""
    await ana.get_by_role("link", name="Private message").click()
    await expect(ana.get_by_test_id("message")).to_contain_text(WHY)
    await expect(ana.get_by_text("New", exact=True)).to_have_count(0)  # read, as it is on the screen
    await ana.get_by_label("Your answer").fill("How many are you?")
    await ana.get_by_role("button", name="Send").click()
    await expect(ana.get_by_test_id("message")).to_have_count(2)
    await assert_accessible(ana, BRIEFLY)
    await expect(chloe.get_by_test_id("unread")).to_contain_text("1 unread message")
    await chloe.get_by_test_id("unread").get_by_role("link").click()
    await expect(chloe.get_by_test_id("message").last).to_contain_text("How many are you?")


async def decide_both(ana: Page) -> None:
    """By keyboard: tick, cross, and one Update."""
    await ana.get_by_test_id("asked").get_by_role("link", name="connection requires action").click()
    requests = ana.get_by_test_id("asked-connection")
    await expect(requests).to_have_count(2)
    await ana.goto("/dashboard")  # the other way
    await ana.get_by_role("navigation", name="Main").get_by_role("link", name="My Clients").click()
    await ana.get_by_role("link", name="Manage Actions").click()
    first = requests.filter(has_text="Chloe Adams")
    await first.get_by_role("radio", name="Not yet").focus()
    for key in ("ArrowUp", "ArrowUp"):
        await ana.keyboard.press(key)
    await expect(first.get_by_role("radio", name="Accept")).to_be_checked()
    second = requests.filter(has_text="David Mori")
    await expect(second.get_by_label("Reason")).to_be_hidden()
    await second.get_by_text("Reject").click()
    await expect(second.get_by_text("Please tell the client why.")).to_be_visible()
    await second.get_by_label("Reason").fill("I look after nobody new who lives so far away.")
    await expect(second.get_by_text("Please tell the client why.")).to_be_hidden()
    await assert_accessible(ana, BRIEFLY)
    await ana.get_by_role("button", name="Update").click()
    outcomes = ana.get_by_test_id("outcome")
    await expect(outcomes.nth(0)).to_contain_text("Chloe Adams: accepted.")
    await expect(outcomes.nth(1)).to_contain_text("David Mori: rejected.")
    await expect(ana.get_by_text("No connection requests wait for you.")).to_be_visible()
    await ana.get_by_role("navigation", name="My Clients").get_by_role("link", name="Clients", exact=True).click()
    await expect(ana.get_by_test_id("client")).to_contain_text("Chloe Adams")


async def are_told(chloe: Page, david: Page) -> None:
    """Both are told."""
    await expect(chloe.get_by_test_id("asked")).to_contain_text("are connected")  # on the page that was open
    await david.goto("/dashboard")
    await expect(david.get_by_test_id("relation")).to_contain_text("Not accepted")
    await david.get_by_test_id("unread").get_by_role("link").click()
    await expect(david.get_by_test_id("message").last).to_contain_text("so far away")
    await david.goto("/mailbox")
    await expect(david.get_by_text("Your connection request was answered").first).to_be_visible()


async def lose_the_role(ana: Page, owner: Connection) -> None:
    """Who practises no more has the page no more, also where it is open."""
    await ana.goto("/my-clients/actions")
    await expect(ana.locator("body")).to_have_attribute("data-state", "live")
    await owner.execute(
        "DELETE FROM account_role WHERE role = 'practitioner' AND account_id IN "
        "(SELECT id FROM account WHERE username = 'ana')"
    )
    await expect(ana.get_by_text("not yours to see")).to_be_visible()


async def test_r054_r057_r058_r059_r060_r061_r062_r064_from_asking_to_being_connected(
    browser: Browser, server: Server, owner: Connection
) -> None:
    ana = await arrive(browser, server, "ana")
    tasks = ana.get_by_test_id("tasks")
    await expect(tasks).to_contain_text("Nothing waits for you.")
    beside = await ana.get_by_role("heading", name="Requests to you").bounding_box()
    left = await tasks.bounding_box()
    assert left and beside and left["x"] + left["width"] <= beside["x"]  # on the left

    chloe, david = await arrive(browser, server, "chloe"), await arrive(browser, server, "david")
    await find_and_ask(chloe, david)
    await read_message_and_profile(ana)
    await answer_privately(ana, chloe)
    await decide_both(ana)
    await are_told(chloe, david)
    await lose_the_role(ana, owner)


async def test_r060_a_finger_reads_the_message_first_and_opens_the_profile_second(
    browser: Browser, server: Server
) -> None:
    chloe = await arrive(browser, server, "chloe", viewport=PHONE)
    await ask(chloe, "Ben Okafor", WHY)
    context = await browser.new_context(base_url=server.url, viewport=PHONE, has_touch=True)
    ben = await context.new_page()
    await ben.goto("/at/harbor/sign-in?then=/my-clients/actions")
    await ben.get_by_label("User name or email").fill("ben")
    await ben.get_by_label("Password").fill(PASSWORD)
    await ben.get_by_role("button", name="Sign in", exact=True).tap()
    await expect(ben.locator("body")).to_have_attribute("data-state", "live")  # a tap before would open the link
    face = ben.get_by_role("link", name="Profile of Chloe Adams")
    await face.tap()
    await expect(ben.get_by_text(WHY)).to_be_visible()
    await picture(ben, "manage-actions-phone")
    # A request that is withdrawn meanwhile goes; what is marked beside it stays.
    david = await arrive(browser, server, "david")
    await ask(david, "Ben Okafor")
    mark = ben.get_by_test_id("asked-connection").filter(has_text="David Mori")
    await mark.get_by_text("Reject").tap()
    await mark.get_by_label("Reason").fill("Not my field")
    await chloe.get_by_role("button", name="Withdraw the request").click()
    await expect(face).to_have_count(0)
    await expect(mark.get_by_role("radio", name="Reject")).to_be_checked()
    await expect(mark.get_by_label("Reason")).to_have_value("Not my field")
    face = ben.get_by_role("link", name="Profile of David Mori")
    await face.tap()
    await expect(ben.get_by_text("No message was sent")).to_be_visible()
    await face.tap()
    await expect(ben.get_by_role("heading", name="Mori, David")).to_be_visible()
