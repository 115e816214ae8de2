"""The host's panel after a reload, and with somebody who was let in and is away."""

from typing import Any

from playwright.async_api import Browser, expect

from tests.e2e.booking import book_now
from tests.e2e.people import picture
from tests.e2e.server import Server
from tests.e2e.test_visit import come


async def test_r017_the_host_reads_their_message_again_and_puts_out_who_is_away(
    browser: Browser, server: Server, seeded: list[dict[str, Any]]
) -> None:
    session = await book_now(server, seeded)
    client = await come(browser, server, "chloe", session, "Chloe A.")
    host = await come(browser, server, "ana", session, "Dr Duarte")
    panel = host.get_by_test_id("panel")
    await panel.get_by_role("button", name="Message… Chloe A.").click()
    await panel.get_by_role("textbox", name="Message to read").fill("Five minutes, please.")
    await panel.get_by_role("button", name="Send", exact=True).click()
    await expect(panel).to_contain_text("They read: Five minutes, please.")
    await host.reload()
    await expect(panel).to_contain_text("They read: Five minutes, please.")
    await picture(host, "panel-message")
    await panel.get_by_test_id("admit").click()
    await expect(client.get_by_test_id("stage")).to_be_visible()
    await client.goto("/dashboard")
    await expect(panel.get_by_text("not connected right now")).to_be_visible()
    await picture(host, "panel-away")
    await panel.get_by_role("button", name="Remove… Chloe A.").click()
    await panel.get_by_role("button", name="Remove", exact=True).click()
    await expect(panel.get_by_text("not connected right now")).to_have_count(0)
    await client.goto(f"/sessions/{session}")
    await expect(client.get_by_test_id("stage")).to_be_hidden()
