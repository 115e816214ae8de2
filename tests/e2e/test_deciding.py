"""Deciding as people do it: two schedulers over one request, conflicts in the dialog, and a session's later changes."""

from datetime import datetime

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.dispatch.factories import soon
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import arrive, picture
from tests.e2e.server import Server
from tests.e2e.test_path import send

TYPED = "%Y-%m-%dT%H:%M"


async def ask_at(client: Page, times: list[datetime], note: str = "") -> None:
    """Ask the Family clinic for these times, typed in the browser's zone, which is UTC in tests."""
    await client.goto("/dashboard")
    await client.get_by_role("link", name="Family clinic").click()
    await client.get_by_label("At one of up to three times").check()
    for number, time in enumerate(times):
        await client.locator(f"#time-{number}").fill(time.strftime(TYPED))
    await client.get_by_label("What should we know?").fill(note)
    await send(client)


async def letters(page: Page, recipient: str) -> str:
    """What the demo's mailbox holds for somebody."""
    await page.goto("/mailbox")
    found = page.get_by_test_id("letter").filter(has_text=f"{recipient}@harbor.example")
    return "\n".join(await found.all_inner_texts())


async def test_r094_to_r102_a20_conflicts_in_the_dialog_and_two_schedulers_over_one_request(
    browser: Browser, server: Server, owner: Connection
) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    chloe, david = await arrive(browser, server, "chloe"), await arrive(browser, server, "david")
    await ask_at(chloe, [soon(48)])
    await sam.get_by_role("link", name="of Chloe Adams").click()
    dialog = sam.get_by_role("dialog")
    await dialog.get_by_label("Ana Duarte").check()
    await expect(dialog.get_by_text("Accepting associates Chloe Adams with Ana Duarte")).to_be_visible()
    await dialog.get_by_test_id("accept-menu").click()
    await dialog.get_by_test_id("accept").click()
    await expect(dialog).to_be_hidden()

    await ask_at(david, [soon(48, minutes=10), soon(49)], "Only in the morning")
    for page in (sam, sofia):
        await page.get_by_role("link", name="of David Mori").click()
    ana = dialog.get_by_test_id("provider").filter(has_text="Ana Duarte")
    await expect(ana).to_contain_text("Possible Conflicting Sessions")
    await expect(ana).to_contain_text("overlaps")
    await expect(ana).to_contain_text("in a session then")
    await expect(dialog.get_by_test_id("provider").filter(has_text="Ben Okafor")).to_contain_text("Suggested")
    await ana.get_by_role("radio").check()
    await dialog.get_by_test_id("accept-menu").click()
    times = dialog.get_by_test_id("accept")
    await expect(times.nth(0)).to_contain_text("(busy)")
    await expect(times.nth(1)).not_to_contain_text("(busy)", use_inner_text=True)
    await picture(sam, "assign")
    await assert_accessible(sam)
    await times.nth(0).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("has a session at that time")

    await owner.execute("UPDATE clinic SET allow_override = true")
    await expect(dialog.get_by_label("Book anyway (overlap)")).to_be_visible()
    await expect(ana.get_by_role("radio")).to_be_checked()

    theirs = sofia.get_by_role("dialog")
    await theirs.get_by_label("Response to Requester").fill("We cannot, sorry.")
    await theirs.get_by_role("button", name="Decline").click()
    await expect(theirs).to_be_hidden()
    await expect(dialog.get_by_role("alert")).to_contain_text("Sofia Lind")
    await expect(david.get_by_test_id("asked")).to_contain_text("We cannot, sorry.")


async def ask_and_accept(chloe: Page, ana: Page) -> None:
    """The client asks for two times, and the host takes the second."""
    await chloe.goto("/dashboard")
    await chloe.get_by_role("link", name="Family clinic").click()
    await chloe.get_by_label("With whom?").select_option("Ana Duarte")
    await chloe.get_by_label("At one of up to three times").check()
    for number, time in enumerate((soon(48), soon(50))):
        await chloe.locator(f"#time-{number}").fill(time.strftime(TYPED))
    await send(chloe)
    asked = ana.get_by_test_id("request-to-host")
    await expect(asked.get_by_role("button", name="Accept")).to_have_count(2)
    await expect(asked).to_contain_text("Available")
    await picture(ana, "host-requests")
    await assert_accessible(ana)
    await asked.get_by_label("Notes to the requester").fill("Until then.")
    await asked.get_by_role("button", name="Accept").nth(1).click()
    await expect(ana.get_by_test_id("session")).to_contain_text("Chloe Adams")
    await expect(chloe.get_by_test_id("session")).to_contain_text("Ana Duarte")
    assert "A video session was assigned" not in await letters(await ana.context.new_page(), "ana")


async def move(ana: Page, chloe: Page) -> None:
    """The host moves it; a time that is past is refused."""
    await ana.get_by_role("link", name="Manage the session with Chloe Adams").click()
    await ana.get_by_label("New time").fill("2020-01-01T10:00")
    await ana.get_by_label("Reason").first.fill("A burst pipe.")
    await ana.get_by_role("button", name="Reschedule").click()
    await expect(ana.get_by_role("alert")).to_contain_text("still to come")
    await ana.get_by_label("New time").fill(soon(52).strftime(TYPED))
    await ana.get_by_role("button", name="Reschedule").click()
    await expect(ana.get_by_test_id("done")).to_contain_text("has its new time")
    await expect(ana.get_by_test_id("history")).to_contain_text("Ana Duarte moved it from")
    await expect(chloe.get_by_test_id("session")).to_contain_text("A burst pipe.")
    await picture(ana, "manage")
    await assert_accessible(ana)


async def give(sam: Page, ana: Page, chloe: Page) -> None:
    """A scheduler gives it to another host."""
    await sam.get_by_role("navigation", name="Scheduling").get_by_role("link", name="Sessions").click()
    await picture(sam, "sessions")
    await assert_accessible(sam)
    await sam.get_by_label("Provider").select_option("Ana Duarte")
    await sam.get_by_role("button", name="Show").click()
    await sam.get_by_role("link", name="Manage the session of Chloe Adams").click()
    await sam.get_by_label("Another provider").select_option("Ben Okafor")
    await sam.get_by_label("Reason").nth(1).fill("Ana is ill.")
    await sam.get_by_role("button", name="Reassign").click()
    await expect(sam.get_by_test_id("history")).to_contain_text("gave it from Ana Duarte to Ben Okafor")
    await expect(chloe.get_by_test_id("session")).to_contain_text("Ben Okafor")
    await ana.goto("/dashboard")
    await expect(ana.get_by_test_id("session")).to_have_count(0)


async def cancel(chloe: Page, sam: Page) -> None:
    """The client cancels it, and all were told of each step."""
    await chloe.get_by_test_id("session").get_by_text("Cancel", exact=True).click()
    await chloe.get_by_label("Reason (optional)").fill("I feel better.")
    await chloe.get_by_role("button", name="Cancel the session").click()
    await expect(chloe.get_by_test_id("session")).to_contain_text("cancelled")
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_have_text("cancelled")
    for name, told in (
        ("chloe", ["booked", "new time", "another host", "is cancelled", "Until then."]),
        ("ana", ["Video Session Request", "new time", "no longer yours"]),
        ("ben", ["assigned to you", "is cancelled", "I feel better."]),
    ):
        text = await letters(await chloe.context.new_page(), name)
        assert not [each for each in told if each not in text], (name, text)


async def test_r082_a_host_accepts_one_of_the_times_and_the_session_is_moved_given_and_cancelled(
    browser: Browser, server: Server
) -> None:
    chloe, ana = await arrive(browser, server, "chloe"), await arrive(browser, server, "ana")
    await ask_and_accept(chloe, ana)
    await move(ana, chloe)
    sam = await arrive(browser, server, "sam")
    await give(sam, ana, chloe)
    await cancel(chloe, sam)
