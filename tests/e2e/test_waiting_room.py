"""Waiting: for long, on a network that carries pages alone, and until the end."""

import re
from typing import Any

from playwright.async_api import Browser, expect

from tests.e2e.accessibility import LOOKS, assert_accessible
from tests.e2e.booking import book_now, person_at
from tests.e2e.people import PHONE, arrive
from tests.e2e.server import Server
from tests.e2e.test_path import enter

# Every answer of the relay leads to a port at which nobody listens.
BARRED = """
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    async setRemoteDescription(told) {
      const sdp = told.sdp.replaceAll(/(a=candidate:\\S+ \\d+ \\S+ \\d+ \\S+) \\d+/g, '$1 65000');
      return super.setRemoteDescription({ ...told, sdp });
    }
  };
"""
LIT = """
  window.lit = 0;
  WakeLock.prototype.request = async () => {
    window.lit += 1;
    return { released: false, release: async () => { window.lit -= 1; } };
  };
"""


async def test_r178_whoever_waits_has_a_lit_screen_and_is_told_when_picture_and_sound_do_not_get_through(
    browser: Browser, server: Server, seeded: list[dict[str, Any]]
) -> None:
    session = await book_now(server, seeded)
    chloe = await arrive(browser, server, "chloe", viewport=PHONE)
    for script in (BARRED, LIT):
        await chloe.add_init_script(script)
    await chloe.goto(f"/sessions/{session}")
    await enter(chloe, "Chloe A.")
    waiting_room = chloe.get_by_test_id("waiting-room")
    await expect(waiting_room).to_be_visible()
    await expect(waiting_room).to_contain_text(re.compile(" · .*[0-9]:[0-9]{2}"))
    await chloe.wait_for_function("lit === 1")
    await expect(chloe.get_by_test_id("notices")).to_be_empty()
    await expect(chloe.get_by_text("Picture and sound do not get through.")).to_be_visible(timeout=15_000)
    await assert_accessible(chloe, LOOKS[3:])
    await chloe.get_by_test_id("leave").click()
    await expect(chloe.get_by_test_id("ended")).to_be_visible()
    await chloe.wait_for_function("lit === 0")


async def test_r180_whoever_is_there_when_the_visit_ends_is_led_to_the_session_and_not_back(
    browser: Browser, server: Server, seeded: list[dict[str, Any]]
) -> None:
    session = await book_now(server, seeded)
    chloe = await arrive(browser, server, "chloe", viewport=PHONE)
    await chloe.goto(f"/sessions/{session}")
    await enter(chloe, "Chloe A.")
    await expect(chloe.get_by_test_id("waiting-room")).to_be_visible()
    ana = await person_at(server, "ana")
    try:
        await ana.post(f"/sessions/{session}/end")
    finally:
        await ana.close()
    await expect(chloe.get_by_test_id("ended")).to_contain_text("The visit has ended.")
    await chloe.get_by_role("button", name="To the session").click()
    await expect(chloe.get_by_text("This visit has ended.")).to_be_visible()
