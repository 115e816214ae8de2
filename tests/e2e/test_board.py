"""The board as a scheduler watches it."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from dispatch import requests
from records.database import Connection, Database
from records.provision import Place
from tests.dispatch.factories import accept, pending_request, soon
from tests.e2e.accessibility import LOOKS, assert_accessible
from tests.e2e.people import arrive, picture
from tests.e2e.server import Server, serving
from tests.e2e.test_path import accept_first, ask_now
from tests.support import actor, eventually

TITLE = "Requests · Scheduling · Anteroom"

LISTEN = """
  window.said = [];
  const line = document.getElementById('announcer');
  new MutationObserver(() => line.textContent && window.said.push(line.textContent)).observe(line, { childList: true });
"""

# The clock on the wall three hours ahead; the monotonic one stands still for as long as `window.slept` says.
WRONG_CLOCKS = """
  const wall = Date.now;
  Date.now = () => wall() + 3 * 3600 * 1000;
  const steady = performance.now.bind(performance);
  performance.now = () => steady() - (window.slept ?? 0);
"""


async def test_r110_a09_pending_time_turns_red_at_five_minutes_by_the_servers_time_also_right_after_sleep(
    browser: Browser, server: Server, database: Database, owner: Connection
) -> None:
    scheduler = await arrive(browser, server, "sam")
    await scheduler.add_init_script(WRONG_CLOCKS)
    await scheduler.reload()
    await expect(scheduler.get_by_test_id("state")).to_have_text("Live")
    await scheduler.evaluate(LISTEN)
    await pending_request(database, await actor(database, "chloe"), note="A rash since Monday")
    await expect(scheduler).to_have_title(f"(1) {TITLE}")
    age = scheduler.get_by_test_id("age")
    await owner.execute("UPDATE request SET submitted_at = now() - interval '297 seconds'")
    await expect(age).to_contain_text("4:5")
    await expect(age).to_have_class("age age-green")
    place = await scheduler.locator("[data-assign]").bounding_box()
    await expect(age).to_have_class("age age-red", timeout=8_000)
    moved = await scheduler.locator("[data-assign]").bounding_box()
    assert place and moved and place["x"] == moved["x"], "nothing slides away from under the mouse"
    await expect(age).to_contain_text("5:0")
    await expect(age).to_contain_text("overdue")
    await expect(scheduler).to_have_title(f"(1 · 1 red) {TITLE}")
    await pending_request(database, await actor(database, "david"), note="Headache, worse in the evening")
    await expect(scheduler.get_by_test_id("row")).to_have_count(2)
    await scheduler.set_viewport_size({"width": 1280, "height": 400})
    await picture(scheduler, "board")
    async with scheduler.expect_response("**/board/rows") as asleep:
        await scheduler.evaluate("window.slept = 200_000")
    assert (await asleep.value).ok
    await expect(scheduler.get_by_test_id("state")).to_have_text("Live")
    await expect(age.first).to_have_class("age age-red")
    told = ["New request from Chloe Adams", "Request 1 from Chloe Adams is overdue", "New request from David Mori"]
    assert await scheduler.evaluate("window.said") == told, "each is said once, also after the board was read again"


async def test_the_board_and_its_dialogs_have_no_serious_finding(
    browser: Browser, server: Server, database: Database
) -> None:
    chloe, david, sam = [await actor(database, name) for name in ("chloe", "david", "sam")]
    page = await arrive(browser, server, "sam")
    await assert_accessible(page)
    booked = await pending_request(database, david, "Ana Duarte", (soon(26),))
    await accept(database, sam, booked, await actor(database, "ana"), 1)
    await pending_request(database, chloe, "Ana Duarte", (soon(25), soon(48)), "Since Monday")
    await pending_request(database, david, note="A headache")
    await expect(page.get_by_test_id("row")).to_have_count(2)
    await expect(page.get_by_test_id("near").first).to_have_text("1 session within 2 h")
    for heading in ("Decided in the last 24 hours", "Today"):
        await page.get_by_role("heading", name=heading).click()
    await expect(page.locator("#plot canvas")).to_be_visible()
    await page.locator("#filter summary").click()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    for name in ("Keys", "Alerts"):
        await page.get_by_role("button", name=name).click()
        await assert_accessible(page, LOOKS[::3])
        await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Assign request").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await assert_accessible(page)


async def test_r092_rows_that_arrive_and_leave_live_stay_oldest_first(
    browser: Browser, server: Server, database: Database
) -> None:
    scheduler = await arrive(browser, server, "sam")
    clients = [await actor(database, name) for name in ("chloe", "david")]
    rows = scheduler.get_by_test_id("row")
    for number in range(4):
        await pending_request(
            database, clients[number % 2], (None, "Ana Duarte")[number // 2], note=f"number {number + 1}"
        )
        await expect(rows).to_have_count(number + 1)
    await accept_first(scheduler, "Ben Okafor")
    await expect(rows).to_have_count(3)
    for place, number in enumerate((2, 3, 4)):
        await expect(rows.nth(place)).to_contain_text(f"number {number}")
    await expect(scheduler).to_have_title("(3) Requests · Scheduling · Anteroom")


async def test_a_board_says_when_it_is_cut_off_decides_nothing_then_and_is_right_again_after_a_killed_server(
    browser: Browser, place: Place, tmp_path: Path, database: Database
) -> None:
    chloe, david = [await actor(database, name) for name in ("chloe", "david")]
    request = await pending_request(database, chloe)
    with serving(place, tmp_path) as first:
        scheduler = await arrive(browser, first, "sam")
        link = scheduler.get_by_role("link", name="Assign request")
        await link.click()
        dialog = scheduler.get_by_role("dialog")
        await dialog.get_by_label("Response to Requester").fill("See you soon.")
        first.kill()
        await expect(dialog.get_by_text("The board is reconnecting.")).to_be_visible()
        for name in ("Accept now", "Decline"):
            await expect(dialog.get_by_role("button", name=name)).to_be_disabled()
        await expect(scheduler.get_by_test_id("state")).to_have_text(re.compile(r"Reconnecting since \d+:\d\d"))
        await expect(scheduler.locator("a[data-assign]")).to_have_attribute("aria-disabled", "true")
    await pending_request(database, david)
    with serving(place, tmp_path, int(first.url.rpartition(":")[2])):
        await expect(scheduler.get_by_test_id("state")).to_have_text("Live")
        await expect(scheduler.locator("#rows tr")).to_have_count(2)
        await expect(dialog.get_by_role("button", name="Decline")).to_be_enabled()
        await expect(dialog.get_by_text("The board is reconnecting.")).to_be_hidden()
        await expect(dialog.get_by_label("Response to Requester")).to_have_value("See you soon.")
        async with database.transaction(chloe) as connection:
            await requests.withdraw(connection, chloe, request)
        await expect(dialog.get_by_role("alert")).to_have_text("Chloe Adams withdrew this request.")
        await scheduler.keyboard.press("Escape")
        await expect(scheduler.get_by_test_id("row")).to_have_count(1)


async def test_r096_keys_move_assign_and_get_ready_to_decline_and_can_be_turned_off(
    browser: Browser, server: Server, database: Database
) -> None:
    for name in ("chloe", "david"):
        await pending_request(database, await actor(database, name))
    sam = await arrive(browser, server, "sam")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    posts: list[str] = []
    decides = re.compile("/(accept|decline)$")
    sam.on("request", lambda request: posts.append(request.url) if decides.search(request.url) else None)
    first, second = sam.get_by_role("link", name="of Chloe Adams"), sam.get_by_role("link", name="of David Mori")
    for key, focused in (("j", first), ("j", second), ("j", second), ("k", first)):
        await sam.keyboard.press(key)
        await expect(focused).to_be_focused()
    dialog = sam.locator("dialog#assign")
    await sam.keyboard.press("Enter")
    await expect(dialog.get_by_label("Ana Duarte")).to_be_focused()
    response = dialog.get_by_label("Response to Requester")
    await response.press_sequentially("jk?df")
    await expect(response).to_have_value("jk?df")
    await sam.keyboard.press("Escape")
    await expect(first).to_be_focused()
    await sam.keyboard.press("d")
    await expect(dialog.get_by_role("button", name="Decline")).to_be_focused()
    await sam.keyboard.press("Escape")
    assert posts == [], "no key decides"

    await sam.keyboard.press("f")
    await expect(sam.get_by_label("Family clinic")).to_be_focused()
    await sam.keyboard.press("Escape")
    await expect(sam.locator("#filter summary")).to_be_focused()
    await sam.keyboard.press("?")
    await sam.get_by_label("Use single keys").uncheck()
    await sam.keyboard.press("Escape")
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    await sam.keyboard.press("j")
    await sam.keyboard.press("?")
    await expect(first).not_to_be_focused()
    await expect(sam.locator("dialog#keys")).to_be_hidden()
    await sam.get_by_role("button", name="Keys").click()
    await expect(sam.get_by_label("Use single keys")).not_to_be_checked()


EARS = """
  window.tones = 0;
  window.shown = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...rest) { window.tones++; start.apply(this, rest); };
  window.Notification = class extends EventTarget {
    static permission = 'default';
    static async requestPermission() { return this.permission = 'granted'; }
    constructor(title, options) { super(); window.shown.push([title, options.body]); }
  };
  document.hasFocus = () => false;
"""


async def test_sound_and_notifications_are_off_until_switched_on_and_name_nobody(
    browser: Browser, server: Server, database: Database
) -> None:
    sam = await arrive(browser, server, "sam")
    await sam.add_init_script(EARS)
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    await pending_request(database, await actor(database, "chloe"))
    await expect(sam.get_by_test_id("row")).to_have_count(1)
    assert await sam.evaluate("[window.tones, window.shown]") == [0, []]
    await sam.get_by_role("button", name="Alerts").click()
    await sam.get_by_label("Sound").check()
    await eventually(lambda: sam.evaluate("window.tones === 5"), what="switching it on is heard")
    await sam.get_by_label("Desktop notifications").check()
    await sam.keyboard.press("Escape")
    await expect(sam.get_by_role("button", name="Alerts (sound on, desktop on)")).to_be_visible()
    await pending_request(database, await actor(database, "david"))
    await eventually(lambda: sam.evaluate("window.shown.length"), what="a notification")
    assert await sam.evaluate("[window.tones, window.shown]") == [7, [["New request 2", "Family doctors"]]]


async def test_enter_on_a_provider_decides_nothing(browser: Browser, server: Server) -> None:
    sam, client = await arrive(browser, server, "sam"), await arrive(browser, server, "chloe")
    await ask_now(client)
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.get_by_role("dialog")
    posts: list[str] = []
    decides = re.compile("/(accept|decline)$")
    sam.on("request", lambda request: posts.append(request.url) if decides.search(request.url) else None)
    await dialog.get_by_label("Ben Okafor").check()
    await sam.keyboard.press("Enter")
    await dialog.get_by_role("link", name="Cancel").press("Enter")
    await expect(dialog).to_be_hidden()
    assert posts == []
    await expect(sam.get_by_test_id("row")).to_have_count(1)

    await sam.goto(await sam.get_by_role("link", name="Assign request").get_attribute("href") or "")
    await sam.get_by_label("Ben Okafor").check()
    await sam.keyboard.press("Enter")
    await expect(sam.get_by_label("Ben Okafor")).not_to_be_checked()
    assert posts == []


async def test_r100_what_was_typed_stays_when_the_host_turns_out_busy(browser: Browser, server: Server) -> None:
    sam = await arrive(browser, server, "sam")
    for name in ("chloe", "david"):
        await ask_now(await arrive(browser, server, name))
    await accept_first(sam, "Ana Duarte")
    await expect(sam.get_by_test_id("row")).to_have_count(1)
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.get_by_role("dialog")
    await dialog.get_by_label("Ana Duarte").check()
    await dialog.get_by_label("Response to Requester").fill("Please come in.")
    await dialog.get_by_role("button", name="Accept now").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("This host has a session at that time")
    await expect(dialog.get_by_label("Response to Requester")).to_have_value("Please come in.")
    await dialog.get_by_label("Ben Okafor").check()
    await dialog.get_by_role("button", name="Accept now").click()
    await expect(dialog).to_be_hidden()
    await expect(sam.get_by_text("No requests are pending.")).to_be_visible()
