"""A host's hours as they draw and type them; the free times that the public sees; the on-demand toggle."""

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.people import arrive
from tests.e2e.server import Server


async def drag(page: Page, day: int, starts: float, ends: float) -> None:
    """Draw on the calendar's column `day` (0 is the first) from one hour to another."""
    column = page.locator("#calendar .ec-body .ec-day").nth(day)
    await column.scroll_into_view_if_needed()
    await page.locator("#calendar .ec-main").evaluate("(body) => { body.scrollTop = 9 * 40 }")
    box = await column.bounding_box()
    assert box is not None
    per_hour = box["height"] / 24
    middle = box["x"] + box["width"] / 2
    await page.mouse.move(middle, box["y"] + starts * per_hour + 2)
    await page.mouse.down()
    await page.mouse.move(middle, box["y"] + (starts + ends) / 2 * per_hour, steps=3)
    await page.mouse.move(middle, box["y"] + ends * per_hour - 4, steps=5)
    await page.mouse.up()


async def test_r098_a_host_draws_types_moves_and_removes_hours(
    browser: Browser, server: Server, owner: Connection
) -> None:
    ana = await arrive(browser, server, "ana")
    await ana.set_viewport_size({"width": 1280, "height": 1000})
    await ana.get_by_role("link", name="Availability").click()
    weekly = ana.get_by_test_id("weekly")
    await expect(weekly).to_contain_text("No weekly hours yet")
    await drag(ana, 1, 10, 12)
    await expect(weekly).to_contain_text("Tuesday")
    await expect(weekly).to_contain_text("10:00")
