"""People at their browsers: each has a context of their own, signed in."""

from playwright.async_api import Browser, Page

from tests.e2e.media import WATCH
from tests.e2e.server import Server
from tests.support import PASSWORD


async def arrive(browser: Browser, server: Server, username: str, organization: str = "harbor") -> Page:
    """A new browser window in which this person has signed in by the form."""
    context = await browser.new_context(permissions=["camera", "microphone"], base_url=server.url)
    await context.add_init_script(WATCH)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"/at/{organization}/sign-in")
    await page.get_by_label("User name or email").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/dashboard" if username not in ("sam", "sofia") else "**/board")
    return page
