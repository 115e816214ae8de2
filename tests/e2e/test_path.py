"""The thinnest whole path, three people at once: ask, board, accept, knock, admit, see and hear, leave."""

from playwright.async_api import Browser, Page, expect

from tests.e2e.media import assert_sees_and_hears, measure_media
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server


async def ask_now(client: Page, note: str = "A rash since Monday") -> None:
    await client.get_by_role("link", name="Family clinic").click()
    await client.get_by_label("What should we know?").fill(note)
    await send(client)


async def send(client: Page) -> None:
    """Press the form's button, see the receipt, and go on to the dashboard."""
    await client.get_by_role("button", name="Send the request").click()
    await client.get_by_test_id("receipt").wait_for()
    await client.get_by_role("link", name="To your dashboard").click()
    await client.wait_for_url("**/dashboard")


async def withdraw(client: Page) -> None:
    """The first request on the dashboard."""
    await client.get_by_text("Withdraw…").first.click()
    await client.get_by_role("button", name="Withdraw the request").click()


async def accept_first(scheduler: Page, provider: str) -> None:
    await scheduler.get_by_role("link", name="Assign request").first.click()
    dialog = scheduler.get_by_role("dialog")
    await dialog.get_by_label(provider).check()
    await dialog.get_by_label("Response to Requester").fill("See you in a minute.")
    await picture(scheduler, "assign")
    await dialog.get_by_role("button", name="Accept now").click()
    await expect(dialog).to_be_hidden()


async def enter(page: Page, name: str) -> None:
    await expect(page.get_by_test_id("door")).to_be_visible(timeout=15_000)
    await page.get_by_label("name").fill(name)
    await page.get_by_test_id("accept").click()


async def ask_and_accept(client: Page, scheduler: Page) -> None:
    """The board and the client's dashboard follow each other without a reload."""
    await expect(scheduler.get_by_test_id("state")).to_have_text("Live")
    await ask_now(client)
    row = scheduler.get_by_test_id("row")
    await expect(row).to_contain_text("Chloe Adams")
    await expect(row).to_contain_text("A rash since Monday")
    await expect(client.get_by_test_id("asked")).to_contain_text("waiting for an answer")

    await accept_first(scheduler, "Ana Duarte")
    await expect(row).to_have_count(0)
    await expect(client.get_by_test_id("asked")).to_contain_text("accepted")
    await expect(client.get_by_test_id("asked")).to_contain_text("See you in a minute.")


async def knock(client: Page, host: Page) -> None:
    """She waits, seen by the host, and neither gets nor sends anything."""
    await client.get_by_test_id("join").click()
    await enter(client, "Chloe A.")
    await expect(client.get_by_test_id("waiting-room")).to_be_visible()
    await picture(client, "waiting-room")
    await expect(host.get_by_test_id("knock")).to_contain_text("Chloe A.")

    await host.get_by_test_id("join").click()
    await enter(host, "Dr Duarte")
    await expect(host.get_by_test_id("panel")).to_contain_text("Chloe A.")
    await expect(client.get_by_test_id("panel")).to_have_count(0)
    before = await measure_media(client)
    assert before.packets_received == 0 and before.packets_sent == 0, "a waiting person gets and sends nothing"


async def meet(client: Page, host: Page) -> None:
    """Both see and hear each other, and do again after a reload, without a second knock."""
    await host.get_by_test_id("admit").click()
    await assert_sees_and_hears(client, "Dr Duarte")
    await assert_sees_and_hears(host, "Chloe A.")
    await picture(host, "visit-host")
    await picture(client, "visit-client")

    for page, other in ((client, "Dr Duarte"), (host, "Chloe A.")):
        await page.reload()
        await assert_sees_and_hears(page, other)
    await expect(host.get_by_test_id("panel").get_by_test_id("admit")).to_have_count(0)


async def leave(client: Page, host: Page) -> None:
    """The host ends it; a client who comes back then is told that it is over."""
    await client.get_by_test_id("leave").click()
    await expect(host.get_by_test_id("tile").filter(has_text="Chloe A.")).to_have_count(0)
    await host.get_by_test_id("leave").click()
    await host.get_by_test_id("end").click()
    await host.wait_for_url("**/dashboard")
    await expect(host.get_by_test_id("session")).to_contain_text("ended")
    await client.get_by_role("button", name="Return to the visit").click()
    await expect(client.get_by_text("This visit has ended.")).to_be_visible()


async def test_r017_r102_r174_r176_r178_r179_r180_r186_ask_board_accept_knock_admit_see_hear_and_leave(
    browser: Browser, server: Server
) -> None:
    scheduler = await arrive(browser, server, "sam")
    client = await arrive(browser, server, "chloe", viewport=PHONE)
    host = await arrive(browser, server, "ana")
    await ask_and_accept(client, scheduler)
    await knock(client, host)
    await meet(client, host)
    await leave(client, host)
