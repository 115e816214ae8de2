"""Two schedulers at their boards at once, and the wallboard beside them."""

import re
from typing import Any

from playwright.async_api import Browser, expect

from dispatch import requests
from records.database import Connection, Database
from tests.dispatch.factories import accept, pending_request, soon
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import arrive, picture
from tests.e2e.server import Server
from tests.e2e.test_path import accept_first
from tests.support import actor

SOON = 1_500
"""Milliseconds in which a board follows a commit; the goal is one second, and this machine is shared."""


async def test_r093_a_filter_hides_other_clinics_says_so_and_is_remembered(
    browser: Browser, server: Server, database: Database, owner: Connection
) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    chloe, david = [await actor(database, name) for name in ("chloe", "david")]
    await pending_request(database, chloe)
    for page in (sam, sofia):
        await expect(page.get_by_test_id("row")).to_have_count(1)
    await sam.locator("#filter summary").click()
    await sam.get_by_label("Family clinic").uncheck()
    await sam.get_by_role("button", name="Apply").click()
    await expect(sam.get_by_test_id("row")).to_have_count(0)
    await expect(sam.get_by_test_id("hidden")).to_contain_text(
        re.compile(r"1 of \d clinics is hidden: Family clinic\.")
    )
    await pending_request(database, david)
    await expect(sofia.get_by_test_id("row")).to_have_count(2)
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    await expect(sam.get_by_test_id("row")).to_have_count(0)
    await expect(sam).to_have_title("Requests · Scheduling · Anteroom")
    await sam.get_by_role("button", name="Show all clinics").click()
    await expect(sam.get_by_test_id("row")).to_have_count(2)
    await expect(sam.get_by_test_id("hidden")).to_have_count(0)
    await expect(sam.locator("#announcer")).to_be_empty()

    await owner.execute("DELETE FROM clinic_scheduler WHERE clinic_id <> (SELECT clinic_id FROM request LIMIT 1)")
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    await expect(sam.locator("#filter")).to_have_count(0)


async def test_r099_a27_what_is_near_a_time_follows_sessions_booked_elsewhere_on_rows_and_in_an_open_dialog(
    browser: Browser, server: Server, database: Database
) -> None:
    sam = await arrive(browser, server, "sam")
    chloe, david, scheduler, ana = [await actor(database, name) for name in ("chloe", "david", "sofia", "ana")]
    times = (soon(24), soon(30))
    await pending_request(database, chloe, "Ana Duarte", times)
    await pending_request(database, chloe, None, times)
    rows = sam.get_by_test_id("row")
    await expect(rows).to_have_count(2)
    one, group = (rows.nth(place).get_by_test_id("near") for place in (0, 1))
    await expect(one).to_have_text(["No session near", "No session near"])
    await expect(group).to_have_text(["2 of 2 free", "2 of 2 free"])
    await rows.nth(0).get_by_role("link", name="Assign request").click()
    dialog = sam.locator("dialog#assign")
    await dialog.get_by_label("Ben Okafor").check()
    await dialog.get_by_label("Response to Requester").fill("Soon.")
    provider = dialog.get_by_test_id("provider").filter(has_text="Ana Duarte")
    await expect(provider).not_to_contain_text("Possible Conflicting Sessions")
    booked = await pending_request(database, david, "Ana Duarte", (soon(30),))
    await expect(rows).to_have_count(3)
    await accept(database, scheduler, booked, ana, 1)
    await expect(one).to_have_text(["No session near", "1 session within 2 h"], timeout=SOON)
    await expect(group).to_have_text(["2 of 2 free", "1 of 2 free"], timeout=SOON)
    await expect(provider).to_contain_text("Possible Conflicting Sessions", timeout=SOON)
    await expect(dialog.get_by_label("Ben Okafor")).to_be_checked()
    await expect(dialog.get_by_label("Response to Requester")).to_have_value("Soon.")


async def test_who_is_deciding_shows_on_the_others_row_and_goes_with_the_dialog_or_the_page(
    browser: Browser, server: Server, database: Database
) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    await pending_request(database, await actor(database, "chloe"))
    seen, own = (page.get_by_test_id("deciding") for page in (sofia, sam))
    await expect(seen).to_be_hidden()
    await sam.get_by_role("link", name="Assign request").click()
    await expect(seen).to_have_text("Sam Reyes is deciding")
    await expect(own).to_be_hidden()
    await sofia.reload()
    await expect(seen).to_have_text("Sam Reyes is deciding")
    await sofia.get_by_role("link", name="Assign request").click()
    await expect(sofia.locator("[data-news]")).to_have_text("Sam Reyes is deciding this request, too.")
    await expect(sam.locator("[data-news]")).to_have_text("Sofia Lind is deciding this request, too.")
    await sofia.keyboard.press("Escape")
    await expect(sam.locator("[data-news]")).to_be_hidden()
    await sam.keyboard.press("Escape")
    await expect(seen).to_be_hidden()
    await sam.get_by_role("link", name="Assign request").click()
    await expect(seen).to_be_visible()
    await sam.goto("/help")
    await expect(seen).to_be_hidden()


async def test_a20_decisions_land_in_the_lane_of_the_last_day_and_an_open_dialog_says_who_was_first(
    browser: Browser, server: Server, database: Database, owner: Connection
) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    chloe, david, scheduler = [await actor(database, name) for name in ("chloe", "david", "sofia")]
    await pending_request(database, chloe)
    await sam.get_by_role("heading", name="Decided in the last 24 hours").click()
    await expect(sam.get_by_text("Nothing was decided in the last 24 hours.")).to_be_visible()
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.locator("dialog#assign")
    await dialog.get_by_label("Ben Okafor").check()
    await accept_first(sofia, "Ana Duarte")
    await expect(dialog.get_by_role("alert")).to_have_text(
        "This request was decided by somebody else: Sofia Lind accepted it for Ana Duarte."
    )
    await expect(dialog.get_by_role("button", name="Accept now")).to_be_disabled()
    await sam.keyboard.press("Escape")
    lane = sam.get_by_test_id("decided")
    await expect(lane).to_have_count(1)
    for told in ("1", "Chloe Adams", "Accepted for Ana Duarte", "Sofia Lind", "0:0", "See you in a minute."):
        await expect(lane).to_contain_text(told)
    declined = await pending_request(database, david)
    async with database.transaction(scheduler) as connection:
        await requests.decline(connection, scheduler, declined, "Please call us.")
    await expect(lane).to_have_count(2)
    await expect(lane.first).to_contain_text("Declined")
    await expect(sam.get_by_test_id("decided-count")).to_have_text("2")
    await owner.execute(
        "UPDATE request SET decided_at = now() - interval '24 hours' + interval '1 second' WHERE number = 1"
    )
    await expect(lane).to_have_count(1)
    await sam.reload()
    await expect(sam.get_by_test_id("decided-count")).to_have_text("1")


async def test_the_wallboard_is_live_and_names_nobody(browser: Browser, server: Server, database: Database) -> None:
    sam = await arrive(browser, server, "sam")
    heard: list[str] = []
    sam.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(_text(frame))))
    chloe, david = [await actor(database, name) for name in ("chloe", "david")]
    await pending_request(database, chloe, "Ana Duarte", (soon(25),), "Rash since Monday")
    await sam.get_by_role("link", name="Wallboard").click()
    row = sam.get_by_test_id("wall-row")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    await expect(row).to_have_count(1)
    await sam.evaluate("window.rowsSeen = document.body.innerText")
    heard.clear()
    await pending_request(database, david, None, (), "Headache")
    await expect(row).to_have_count(2, timeout=SOON)
    await expect(row.nth(1)).to_contain_text("2 of 2 free")
    await expect(sam).to_have_title("(2) Wallboard · Requests · Anteroom")
    await expect(sam.locator("#plot-words")).to_contain_text("2 requests waiting now")
    shown = await sam.content() + "".join(heard)
    for name in ("Chloe", "David", "Ana Duarte", "Rash", "Headache", "Video consultation"):
        assert name not in shown, name
    await assert_accessible(sam)
    await sam.set_viewport_size({"width": 1920, "height": 1080})
    await picture(sam, "wallboard")
    async with database.transaction(david) as connection:
        (request,) = await connection.fetch("SELECT public_id FROM request WHERE number = 2")
        await requests.withdraw(connection, david, request["public_id"])
    await expect(row).to_have_count(1, timeout=SOON)


def _text(frame: Any) -> str:
    return frame if isinstance(frame, str) else frame.decode(errors="replace")
