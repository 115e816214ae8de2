"""One visit, two kinds of browsers: what each decodes and plays is the proof."""

from functools import partial
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.e2e.booking import book_now
from tests.e2e.launching import FIREFOX_TONE_HZ
from tests.e2e.media import assert_hears_pitch, assert_sees_and_hears, measure_media
from tests.e2e.people import arrive
from tests.e2e.server import Server
from tests.e2e.test_path import enter
from tests.support import eventually

# What the page asks for: a browser short of processor sends less all the same.
GROWN = """window.anteroomPeers.some((peer) => peer.connectionState === 'connected' && peer.getSenders().some(
    (sender) => sender.track?.kind === 'video'
    && sender.getParameters().encodings.some((one) => one.active && (one.scaleResolutionDownBy ?? 1) === 1)))"""


async def come(browser: Browser, server: Server, who: str, session: str, name: str) -> Page:
    """Sign in, open the visit's page and press Accept."""
    page = await arrive(browser, server, who)
    await page.goto(f"/sessions/{session}")
    await enter(page, name)
    return page


async def test_r179_r180_chromium_and_firefox_in_one_visit_see_moving_pictures_and_hear_each_others_tone(
    browser: Browser, firefox: Browser, server: Server, seeded: list[dict[str, Any]]
) -> None:
    session = await book_now(server, seeded)
    client = await come(firefox, server, "chloe", session, "Chloe A.")
    host = await come(browser, server, "ana", session, "Dr Duarte")
    await expect(host.get_by_test_id("panel")).to_contain_text("Chloe A.")
    before = await measure_media(client)
    assert before.packets_received == 0 and before.packets_sent == 0, "a waiting person gets and sends nothing"
    await host.get_by_test_id("admit").click()
    await assert_sees_and_hears(client, "Dr Duarte")
    await assert_sees_and_hears(host, "Chloe A.")
    await assert_hears_pitch(host, FIREFOX_TONE_HZ)
    for page in (client, host):
        await eventually(partial(page.evaluate, GROWN), 20, what=f"{page.url}: a small picture is to grow")

    server.stop()
    server.start()
    await assert_sees_and_hears(client, "Dr Duarte")
    await assert_sees_and_hears(host, "Chloe A.")
