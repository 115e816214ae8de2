"""The board as a scheduler watches it."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from records.database import Connection, Database
from records.provision import Place
from tests.dispatch.factories import pending_request
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import arrive, picture
from tests.e2e.server import Server, serving
from tests.e2e.test_path import accept_first, ask_now, withdraw
from tests.support import actor


async def test_r110_pending_time_turns_red_at_five_minutes_while_it_is_watched(
    browser: Browser, server: Server, owner: Connection
) -> None:
    scheduler, client = await arrive(browser, server, "sam"), await arrive(browser, server, "chloe")
    await ask_now(client)
    age = scheduler.get_by_test_id("age")
    await owner.execute("UPDATE request SET submitted_at = now() - interval '297 seconds'")
    await expect(age).to_contain_text("4:5")
    await expect(age).to_have_class("age age-green")
    await expect(age).to_have_class("age age-red", timeout=8_000)
    await expect(age).to_contain_text("5:0")
    await expect(age).to_contain_text("overdue")
    await ask_now(await arrive(browser, server, "david"), "Headache, worse in the evening")
    await expect(scheduler.get_by_test_id("row")).to_have_count(2)
    await scheduler.set_viewport_size({"width": 1280, "height": 380})
    await picture(scheduler, "board")


async def test_the_board_and_its_dialog_have_no_serious_finding(browser: Browser, server: Server) -> None:
    scheduler = await arrive(browser, server, "sam")
    await assert_accessible(scheduler)
    await ask_now(await arrive(browser, server, "chloe"))
    await scheduler.get_by_role("link", name="Assign request").click()
    await expect(scheduler.get_by_role("dialog")).to_be_visible()
    await assert_accessible(scheduler)


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


async def test_a_board_says_when_it_is_cut_off_and_is_right_again_after_a_killed_server(
    browser: Browser, place: Place, tmp_path: Path
) -> None:
    with serving(place, tmp_path) as first:
        scheduler, client = await arrive(browser, first, "sam"), await arrive(browser, first, "chloe")
        await ask_now(client)
        await expect(scheduler.get_by_test_id("row")).to_have_count(1)
        first.kill()
        await expect(scheduler.get_by_test_id("state")).to_contain_text("Reconnecting since")
    port = int(first.url.rpartition(":")[2])
    with serving(place, tmp_path, port):
        await withdraw(client)
        await expect(scheduler.get_by_test_id("state")).to_have_text("Live")
        await expect(scheduler.get_by_test_id("row")).to_have_count(0)


async def test_a20_an_open_dialog_is_told_that_somebody_else_decided(browser: Browser, server: Server) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    client = await arrive(browser, server, "chloe")
    await ask_now(client)
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.get_by_role("dialog")
    await dialog.get_by_label("Ben Okafor").check()
    await accept_first(sofia, "Ana Duarte")
    await expect(dialog.get_by_role("alert")).to_contain_text("decided by somebody else")
    await expect(dialog.get_by_role("button", name="Accept now")).to_be_disabled()


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
