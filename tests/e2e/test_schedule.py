"""Clients choose their own times in a browser: by keyboard, on a phone, live; pages for everybody's eyes."""

import re
from datetime import datetime

from playwright.async_api import Browser, Page, expect

from records.database import Connection, Database
from tests.dispatch.choosing import LISBON, ids, let_choose, office
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server


async def book(chloe: Page, query: str) -> None:
    """From the dashboard to a booked session, the time chosen by keyboard."""
    await chloe.get_by_role("link", name="Schedule a visit").click()
    await expect(chloe.get_by_role("heading", name="Nora Weiss")).to_be_visible()
    await chloe.goto(f"/schedule?{query}")
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "schedule")
    await chloe.get_by_role("link", name=re.compile("10:00")).first.focus()
    await chloe.keyboard.press("Tab")
    await chloe.keyboard.press("Enter")
    await expect(chloe.get_by_role("heading", name="Book this time?")).to_be_visible()
    await expect(chloe.get_by_test_id("choice")).to_contain_text("10:15")
    await assert_accessible(chloe, BRIEFLY)
    await chloe.get_by_role("button", name="Book it").click()
    await expect(chloe.get_by_text("It is booked.")).to_be_visible()
    await assert_accessible(chloe, BRIEFLY)


async def move(chloe: Page, day: str) -> None:
    await chloe.get_by_role("link", name="Move the session with Nora Weiss").click()
    await expect(chloe.get_by_role("heading", name="Choose the new time")).to_be_visible()
    await chloe.goto(f"{chloe.url}?from={day}")
    await assert_accessible(chloe, BRIEFLY)
    await chloe.get_by_role("link", name=re.compile("11:00")).first.click()
    await chloe.get_by_role("button", name="Move it").click()
    await expect(chloe.get_by_text("Your session has its new time.")).to_be_visible()


async def wait(david: Page, query: str) -> None:
    """On a phone: no time suits, so he joins the waitlist; the first try lacks a day."""
    await david.goto(f"/schedule?{query}")
    await david.get_by_role("link", name="Join the waitlist").click()
    for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        await david.get_by_label(name).uncheck()
    await david.get_by_role("button", name="Join the waitlist").click()
    await expect(david.get_by_text("Choose at least one day.")).to_be_visible()
    await assert_accessible(david, BRIEFLY)
    for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        await david.get_by_label(name).check()
    await david.get_by_role("button", name="Join the waitlist").click()
    await expect(david.get_by_test_id("place")).to_contain_text("08:00 to 20:00 (Europe/Lisbon)")


async def cancel_and_take(chloe: Page, david: Page) -> None:
    """What she cancels stands on his open dashboard at once, and is his by one press."""
    await david.goto("/dashboard")
    await expect(david.get_by_test_id("place")).to_be_visible()
    await expect(david.locator("body")).to_have_attribute("data-state", "live")
    await chloe.get_by_label("Cancel the session with Nora Weiss").click()
    await chloe.get_by_role("button", name="Cancel the session").click()
    await expect(david.get_by_test_id("offer")).to_contain_text("Held for you until")
    await assert_accessible(david, BRIEFLY)
    await picture(david, "offer-phone")
    await david.get_by_test_id("offer").get_by_role("button", name="Book").click()
    await expect(david.get_by_text("It is booked.")).to_be_visible()


async def expect_no_button(nora: Page) -> None:
    """What is booked stands in the drawn week, however short, and is nothing to press."""
    if office(10).isocalendar()[:2] != datetime.now(LISBON).isocalendar()[:2]:
        await nora.get_by_role("button", name="Later").click()
    await expect(nora.locator(".slot-busy").first).to_be_visible()
    await expect(nora.locator(".slot-busy:is([role], [tabindex])")).to_have_count(0)


async def switch(nora: Page) -> None:
    """The practitioner's own switches: an error beside its field, then saved."""
    await nora.goto("/availability")
    await expect_no_button(nora)
    await expect(nora.get_by_test_id("waiting-for-me")).to_contain_text("Nobody is on your waitlist.")
    part = nora.get_by_test_id("choosing")
    for name in ("Health check", "Results"):
        await part.get_by_label(name).uncheck()
    await part.get_by_role("button", name="Save").click()
    await expect(nora.get_by_text("Choose at least one service.")).to_be_visible()
    await assert_accessible(nora, BRIEFLY)
    await part.get_by_label("Results").check()
    await part.get_by_label("I accept each one first").check()
    await part.get_by_role("button", name="Save").click()
    await expect(nora.get_by_text("Saved.")).to_be_visible()
    await expect(nora.get_by_test_id("choosing").get_by_label("I accept each one first")).to_be_checked()


async def test_r078_r122_clients_book_move_wait_and_take_what_becomes_free(
    browser: Browser, server: Server, owner: Connection, database: Database
) -> None:
    await let_choose(owner)
    await owner.execute("UPDATE account SET time_zone = 'Europe/Lisbon' WHERE username IN ('chloe', 'david')")
    known = await ids(owner)
    day = office(10).date().isoformat()
    query = f"host={known['host']}&service={known['service']}&from={day}"
    chloe = await arrive(browser, server, "chloe")
    await book(chloe, query)
    await move(chloe, day)
    david = await arrive(browser, server, "david", viewport=PHONE)
    await wait(david, query)
    await cancel_and_take(chloe, david)
    await switch(await arrive(browser, server, "nora"))
