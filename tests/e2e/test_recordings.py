"""The stories that the help pages show as recordings; each is true, for it is a browser test (`make recordings`)."""

from playwright.async_api import Browser, Page, expect

from tests.e2e.people import arrive
from tests.e2e.recording import FRAME, POINTER, Scene, recorded
from tests.e2e.server import Server


async def come(browser: Browser, server: Server, username: str) -> Page:
    page = await arrive(browser, server, username, viewport=FRAME)
    await page.add_init_script(POINTER)
    await page.reload()
    return page


async def test_r191_the_overview_of_requests(browser: Browser, server: Server) -> None:
    client, scheduler = [await come(browser, server, name) for name in ("chloe", "sam")]
    await expect(scheduler.get_by_test_id("state")).to_have_text("Live")
    async with recorded("requests", "A request, from asking to the visit") as scene:
        await ask(client, scene)
        await decide(scheduler, scene)
        await scene.on(client)
        await expect(client.get_by_test_id("asked")).to_contain_text("See you in a minute.")
        await scene.say("Chloe sees the answer on her dashboard at once, and Join beside the session.")


async def ask(client: Page, scene: Scene) -> None:
    await scene.on(client)
    await scene.say("Chloe is a client. On her dashboard she opens the clinic that she wants to ask.")
    await client.get_by_role("link", name="Family clinic").click()
    await scene.say("She chooses a service, a person or anyone, and now or up to three times.")
    await client.get_by_label("What should we know?").fill("A rash since Monday")
    await scene.say("Her note is read by the clinic alone. Then she sends the request.")
    await client.get_by_role("button", name="Send the request").click()
    await client.get_by_test_id("receipt").wait_for()
    await client.get_by_role("link", name="To your dashboard").click()
    await expect(client.get_by_test_id("asked")).to_contain_text("waiting for an answer")


async def decide(scheduler: Page, scene: Scene) -> None:
    await scene.on(scheduler)
    await scene.say("Sam is a scheduler. The request is on the board: green at first, red after five minutes.")
    await scheduler.get_by_role("link", name="Assign request").first.click()
    dialog = scheduler.get_by_role("dialog")
    await dialog.get_by_label("Ana Duarte").check()
    await scene.say("Assign shows who is available, and what lies near the requested times.")
    await dialog.get_by_label("Response to Requester").fill("See you in a minute.")
    await scene.say("Sam chooses a provider, writes a response, and accepts.")
    await dialog.get_by_role("button", name="Accept now").click()
    await expect(dialog).to_be_hidden()


async def test_r190_features_and_seats(browser: Browser, server: Server) -> None:
    olivia = await come(browser, server, "olivia")
    async with recorded("features", "Switching features on, and giving seats") as scene:
        await scene.on(olivia)
        await scene.say("Olivia is an organization administrator. She opens Organization, then Client Portal.")
        await olivia.get_by_role("navigation", name="Main").get_by_role("link", name="Organization").click()
        await olivia.get_by_role("link", name="Client Portal").click()
        await scene.say("Here is the address where clients sign in, to copy or to send by mail.")
        tabs = olivia.get_by_role("navigation", name="Client Portal")
        await tabs.get_by_role("link", name="Settings").click()
        await scene.say("Intake forms and payments are included for every practitioner.")
        await olivia.get_by_label("Secure messages").check()
        await olivia.get_by_label("Self-scheduling").check()
        await scene.say("Secure messages and self-scheduling are for everybody who has a seat.")
        await olivia.get_by_role("button", name="Save").click()
        await expect(olivia.get_by_test_id("done")).to_be_visible()
        await tabs.get_by_role("link", name="Subscription").click()
        await olivia.get_by_role("button", name="Give a seat to Ana Duarte").click()
        await expect(olivia.get_by_test_id("billable")).to_have_text("0 billed")
        await scene.say("The first seat is free. Each further seat is billed.")
        await olivia.get_by_role("button", name="Allow invitations by Ana Duarte").click()
        await scene.say("A practitioner who may invite sends invitations and forms to their own clients.")
