"""People at their browsers: each has a context of their own, signed in."""

import os
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize

from tests.e2e.media import WATCH
from tests.e2e.server import Server
from tests.support import PASSWORD, eventually

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


async def arrive(
    browser: Browser, server: Server, username: str, organization: str = "harbor", viewport: ViewportSize = DESKTOP
) -> Page:
    """A new browser window in which this person has signed in by the form."""
    # Firefox has these from its preferences, and knows no permissions by such names.
    permissions = ["camera", "microphone"] if browser.browser_type.name == "chromium" else []
    context = await browser.new_context(permissions=permissions, base_url=server.url, viewport=viewport)
    await context.add_init_script(WATCH)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"/at/{organization}/sign-in")
    await page.get_by_label("User name or email").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/board" if username in ("sam", "sofia") else "**/dashboard")
    return page


async def picture(page: Page, name: str) -> None:
    """Save what the person sees for README; only `make pictures` asks for it."""
    if folder := os.environ.get("PICTURES"):
        # A look that was just changed has begun its transitions by the second frame; a picture ends them.
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        await page.screenshot(path=Path(folder, f"{name}.png"), animations="disabled")


async def mailed_link(page: Page, recipient: str, part: str) -> str:
    """The link with this part in the newest such mail to somebody, from the demo's mailbox, where the page stays."""
    letters = page.get_by_test_id("letter").filter(has_text=f"To {recipient}")
    link = letters.locator("a", has_text=part).first

    async def has_arrived() -> int:
        await page.goto("/mailbox")
        return await link.count()

    await eventually(has_arrived, 20)
    return await link.inner_text()
