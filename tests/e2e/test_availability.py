"""A host's hours as they draw and type them; the free times that the public sees; the on-demand toggle."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, FloatRect, Locator, Page, expect

from records.database import Connection
from tests.e2e.accessibility import LOOKS, assert_accessible
from tests.e2e.people import arrive, picture
from tests.e2e.server import Server
from tests.support import eventually


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


async def at_rest(entry: Locator) -> FloatRect:
    """Where it is, once the calendar has drawn what it fetched and moves it no more."""
    seen: list[FloatRect | None] = [None]

    async def still() -> bool:
        seen.append(await entry.bounding_box())
        await entry.page.wait_for_timeout(100)
        return len(seen) > 4 and seen[-1] is not None and seen[-1] == seen[-2] == seen[-3] == seen[-4]

    await eventually(still)
    assert seen[-1] is not None
    return seen[-1]


async def pull(page: Page, entry: Locator, right: float, down: float, from_end: bool = False) -> None:
    """Take an entry by its middle, or by its lower edge, and pull it so many pixels."""
    box = await at_rest(entry)
    x = box["x"] + box["width"] / 2
    y = box["y"] + (box["height"] - 3 if from_end else box["height"] / 2)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + right / 2, y + down / 2, steps=4)
    await page.mouse.move(x + right, y + down, steps=4)
    await page.mouse.up()


async def draw(ana: Page, weekly: Locator) -> None:
    """Drawn, pulled to another day and back, and stretched."""
    await drag(ana, 1, 10, 12)
    await expect(weekly).to_contain_text("Tuesday")
    await expect(weekly).to_contain_text("10:00")
    drawn = ana.locator(".slot-weekly")
    await expect(drawn).to_have_count(1)
    column = await ana.locator("#calendar .ec-body .ec-day").first.bounding_box()
    assert column is not None
    await pull(ana, drawn, column["width"], 0)
    await expect(weekly).to_contain_text("Wednesday")
    await pull(ana, drawn, -column["width"], 0)
    await expect(weekly).to_contain_text("Tuesday")
    await pull(ana, drawn, 0, column["height"] / 24, from_end=True)
    await expect(weekly).to_contain_text("13:00")


async def type_hours(ana: Page, weekly: Locator) -> None:
    """Typed: hours that touch are one, and a day off."""
    await ana.get_by_label("Day of the week").select_option("Tuesday")
    await ana.locator("#weekly-starts").fill("12:00")
    await ana.locator("#weekly-ends").fill("15:30")
    await ana.get_by_role("button", name="Add weekly hours").click()
    await expect(weekly.get_by_role("listitem")).to_have_count(1)
    await expect(weekly).to_contain_text("15:30")

    soon = await ana.locator("#drawing").get_attribute("data-today") or ""
    off = (date.fromisoformat(soon) + timedelta(days=2)).isoformat()
    await ana.get_by_label("Day", exact=True).fill(off)
    await ana.get_by_role("button", name="Add the day").click()
    await expect(ana.get_by_test_id("exceptions")).to_contain_text("Closed all day")
    await ana.get_by_role("button", name="Later").click()
    await expect(ana.locator(".slot-weekly")).to_have_count(1)
    await assert_accessible(ana)


async def change_and_remove(ana: Page, weekly: Locator) -> None:
    """Changed in a dialog, removed, and brought back."""
    await ana.locator(".slot-weekly").click()
    dialog = ana.get_by_role("dialog")
    await expect(dialog).to_contain_text("Tuesday")
    await dialog.get_by_label("To").fill("09:00")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("The end must be after the beginning")
    await dialog.get_by_label("To").fill("11:00")
    await assert_accessible(ana, [LOOKS[0], LOOKS[3]])
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    await expect(weekly).to_contain_text("11:00")

    await ana.locator(".slot-weekly").click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(weekly).to_contain_text("No weekly hours yet")
    await ana.get_by_role("button", name="Undo").click()
    await expect(weekly).to_contain_text("Tuesday")
    await picture(ana, "availability")


async def test_r098_a_host_draws_types_stretches_and_removes_hours(browser: Browser, server: Server) -> None:
    ana = await arrive(browser, server, "ana")
    await ana.set_viewport_size({"width": 1280, "height": 1000})
    await ana.get_by_role("navigation").get_by_role("link", name="Availability").click()
    weekly = ana.get_by_test_id("weekly")
    await expect(weekly).to_contain_text("No weekly hours yet")
    await draw(ana, weekly)
    await type_hours(ana, weekly)
    await change_and_remove(ana, weekly)


async def test_r070_the_public_page_shows_free_times_in_the_visitors_zone(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await owner.execute("UPDATE clinic SET availability = 'calendar' WHERE name = 'Talking clinic'")
    tomorrow = date.today() + timedelta(days=2)
    await owner.execute(
        "INSERT INTO special_hours (organization_id, host_id, day, open, starts_minute, ends_minute) "
        "SELECT host.organization_id, account_id, $1, true, 540, 660 FROM host JOIN account ON account.id = account_id "
        "WHERE username = 'mia'",
        tomorrow,
    )
    context = await browser.new_context(base_url=server.url, timezone_id="Asia/Tokyo", locale="en-GB")
    visitor = await context.new_page()
    await visitor.goto("/at/harbor")
    await visitor.get_by_role("link", name="Talking clinic").click()
    free = visitor.get_by_test_id("free")
    await expect(free).to_contain_text("Times are in Asia/Tokyo")
    starts = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 9, tzinfo=ZoneInfo("Europe/Lisbon"))
    in_tokyo = starts.astimezone(ZoneInfo("Asia/Tokyo"))
    first = free.get_by_role("listitem").first
    await expect(first).to_have_text(f"{in_tokyo:%H:%M}")
    await expect(free.get_by_role("heading", level=3).first).to_contain_text(f"{in_tokyo:%A}")
    link = await first.get_by_role("link").get_attribute("href") or ""
    assert quote(f"{starts.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}") in link
    await assert_accessible(visitor)


async def test_a10_the_toggle_on_the_dashboard_makes_now_appear_for_the_public(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await owner.execute("UPDATE clinic_host SET on_demand = false")
    visitor = await (await browser.new_context(base_url=server.url)).new_page()
    await visitor.goto("/at/harbor")
    await visitor.get_by_role("link", name="Family clinic").click()
    now = visitor.get_by_test_id("now")
    await expect(now).to_contain_text("Nobody is available")

    ana = await arrive(browser, server, "ana")
    toggle = ana.get_by_test_id("toggle")
    await expect(toggle).to_contain_text("You are not available")
    await toggle.get_by_role("button", name="Switch on").click()
    await expect(toggle).to_contain_text("You are available")
    await assert_accessible(ana, [LOOKS[0], LOOKS[3]])
    await visitor.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(now).to_contain_text("Available at once: Ana Duarte")
    await assert_accessible(visitor, [LOOKS[0], LOOKS[3]])

    await toggle.get_by_role("button", name="Switch off").click()
    await expect(toggle).to_contain_text("You are not available")
    await owner.execute("UPDATE clinic_host SET switched_off_at = now()")
    await expect(toggle).to_contain_text("because all your pages were closed")
