"""Asking, as clients and people without an account meet it, on a phone."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, Page, expect

from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.e2e.test_path import accept_first, enter, send, withdraw

NASTY = "<img src=x onerror=\"document.title='broken'\">"


def typed(days: int, hour: int) -> str:
    """As a field for date and time has it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime(f"%Y-%m-%dT{hour:02}:00")


async def letter(page: Page, server: Server, recipient: str, subject: str) -> str:
    """The text of the newest mail of that subject to somebody, as the demo's mailbox shows it."""
    letters = page.get_by_test_id("letter").filter(has_text=recipient).filter(has_text=subject)

    async def there() -> None:
        await page.goto(f"{server.url}/mailbox")
        await expect(letters.first).to_be_visible(timeout=500)

    for attempt in range(20):
        try:
            await there()
            break
        except AssertionError:
            assert attempt < 19, f"no mail to {recipient}"
    return await letters.first.locator("pre").inner_text()


async def test_r073_r074_r075_r076_a_client_asks_by_form_with_three_times_and_a_refusal_keeps_what_was_typed(
    browser: Browser, server: Server
) -> None:
    client = await arrive(browser, server, "chloe", viewport=PHONE)
    await client.get_by_role("link", name="Family clinic").click()
    await client.get_by_label("Follow-up").check()
    await client.get_by_label("With whom?").select_option(label="Ana Duarte")
    await client.get_by_label("At one of up to three times").check()
    for label, time in (("First", typed(2, 10)), ("Second", typed(3, 11)), ("Third", typed(2, 10))):
        await client.get_by_label(f"{label} choice").fill(time)
    await client.get_by_label("A phone number").fill("12 34")
    await client.get_by_label("Have you been here before?").select_option("Yes")
    await client.get_by_label("I would like an interpreter").check()
    await client.get_by_label("What should we know?").fill(NASTY)
    await assert_accessible(client)
    await client.get_by_role("button", name="Send the request").click()
    await expect(client.get_by_role("alert")).to_contain_text("the same time twice")
    await expect(client.get_by_label("First choice")).to_be_focused()
    await expect(client.get_by_label("Third choice")).to_have_value(typed(2, 10))
    await expect(client.get_by_label("A phone number")).to_have_value("12 34")
    await expect(client.get_by_label("What should we know?")).to_have_value(NASTY)
    await assert_accessible(client)
    await client.get_by_label("Third choice").fill(typed(4, 12))
    await client.get_by_role("button", name="Send the request").click()

    receipt = client.get_by_test_id("receipt")
    await expect(client.get_by_role("heading", level=1)).to_have_text("Request 1 was sent")
    await expect(receipt.locator("ol li")).to_have_count(3)
    for said in ("Follow-up", "Ana Duarte", "12 34", "Have you been here before?", NASTY, "waiting for an answer"):
        await expect(receipt).to_contain_text(said)
    await picture(client, "receipt")
    await assert_accessible(client)
    await client.get_by_role("link", name="To your dashboard").click()
    await assert_accessible(client)

    scheduler = await arrive(browser, server, "sam")
    await expect(scheduler.get_by_test_id("row")).to_contain_text(NASTY)
    await expect(scheduler).not_to_have_title("broken")
    await withdraw(client)
    await expect(client.get_by_test_id("asked")).to_contain_text("withdrawn by you")
    await expect(scheduler.get_by_test_id("row")).to_have_count(0)


async def test_r070_free_times_are_picked_by_day_in_the_order_of_liking(browser: Browser, server: Server) -> None:
    client = await arrive(browser, server, "chloe", viewport=PHONE)
    await client.get_by_role("link", name="Planned care").click()
    days, times = client.get_by_role("group", name="Day"), client.get_by_role("group", name="Time")
    chosen = client.get_by_role("list", name="Your choices").get_by_role("listitem")
    await days.get_by_role("button").nth(1).click()
    for place in (8, 2):
        await times.get_by_role("button").nth(place).click()
    await days.get_by_role("button").nth(2).click()
    await times.get_by_role("button").nth(4).click()
    await expect(chosen).to_have_count(3)
    await times.get_by_role("button").nth(6).click()
    await expect(chosen).to_have_count(3)
    await picture(client, "picker")
    last = (await chosen.nth(2).locator("span").inner_text()).strip()
    await chosen.nth(2).locator("[data-up]").click()
    await expect(chosen.nth(1)).to_contain_text(last)
    await assert_accessible(client)
    await client.get_by_label("Results").check()
    await expect(chosen).to_have_count(3)
    await client.get_by_role("button", name="Later").click()
    await expect(client.locator("#free-span")).to_be_focused()
    await expect(chosen.nth(1)).to_contain_text(last)
    await chosen.nth(0).get_by_role("button", name="Remove").click()
    await expect(chosen.nth(0)).to_contain_text(last)
    await client.get_by_role("button", name="Send the request").click()
    await expect(client.get_by_test_id("receipt").locator("ol li")).to_have_count(2)
    await expect(client.get_by_test_id("receipt").locator("ol li").first).to_contain_text(last[-5:])
    await expect(client.get_by_test_id("receipt")).to_contain_text("Results")


async def test_a15_a23_a_prospect_asks_by_a_mailed_code_and_visits_by_the_direct_link_and_sees_nothing_else(
    browser: Browser, server: Server
) -> None:
    context = await browser.new_context(base_url=server.url, viewport=PHONE)
    prospect, mailbox = await context.new_page(), await (await browser.new_context()).new_page()
    await prospect.goto("/at/harbor")
    await prospect.get_by_role("link", name="Ask for a visit").first.click()
    await prospect.get_by_label("Your name").fill("Nina New")
    await prospect.get_by_label("Your email address").fill("nina@example.org")
    await assert_accessible(prospect)
    await prospect.get_by_role("button", name="Send me a code").click()
    await prospect.get_by_label("Code").fill("nonsense")
    await prospect.get_by_role("button", name="Go on").click()
    await expect(prospect.get_by_role("alert")).to_contain_text("This code is not right")
    await assert_accessible(prospect)
    found = re.search(r"\b\d{6}\b", await letter(mailbox, server, "nina@example.org", "Your code"))
    assert found is not None
    await prospect.get_by_label("Code").fill(found[0])
    await prospect.get_by_role("button", name="Go on").click()
    await prospect.get_by_label("What should we know?").fill("A rash")
    await send(prospect)
    await expect(prospect.get_by_test_id("asked")).to_contain_text("waiting for an answer")

    scheduler = await arrive(browser, server, "sam")
    await expect(scheduler.get_by_test_id("row")).to_contain_text("Nina New")
    await accept_first(scheduler, "Ana Duarte")
    await expect(prospect.get_by_test_id("asked")).to_contain_text("accepted")
    await expect(prospect.get_by_test_id("session")).to_contain_text("by the link that we mailed you")
    await assert_accessible(prospect)

    invitation = await letter(mailbox, server, "nina@example.org", "Your video session is booked")
    link = re.search(r"https?://\S+/join/\S+", invitation)
    assert link is not None
    fresh = await browser.new_context(permissions=["camera", "microphone"], viewport=PHONE)
    visitor = await fresh.new_page()
    await visitor.goto(link[0])
    await assert_accessible(visitor)
    await visitor.get_by_role("button", name="Join the visit").click()
    await enter(visitor, "Nina")
    await expect(visitor.get_by_test_id("waiting-room")).to_be_visible()
    host = await arrive(browser, server, "ana")
    await expect(host.get_by_test_id("knock")).to_contain_text("Nina")
    for path in ("/dashboard", "/board", "/mailbox/none"):
        answer = await visitor.goto(f"{server.url}{path}")
        assert answer is not None and answer.status == 404, path
        await expect(visitor.get_by_text("Nina New")).to_have_count(0)
