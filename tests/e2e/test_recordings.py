"""The stories that the help pages show as recordings; each is true, for it is a browser test (`make recordings`)."""

import re

from playwright.async_api import Browser, Page, expect

from people.access import Actor
from records.database import Connection, Database
from tests.dispatch.choosing import ids, let_choose, office
from tests.e2e.people import arrive, mailed_link
from tests.e2e.recording import FRAME, POINTER, Scene, recorded
from tests.e2e.server import Server
from tests.portal.intake_people import published
from tests.support import actor

FORM = (
    {"kind": "paragraph", "label": "We never record a visit unless you have agreed."},
    {"kind": "choice", "label": "May we record our visits?", "choices": ["Yes", "No"], "required": True},
    {"kind": "long_text", "label": "Anything else?"},
    {"kind": "signature", "label": "Your signature"},
)
ASSOCIATED = """
    INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
    SELECT client.organization_id, client.id, account.id, account_role.department_id FROM client
    JOIN account USING (organization_id) JOIN account_role ON account_role.account_id = account.id
    WHERE account.username = 'ana' AND client.first_name = 'Chloe' ON CONFLICT DO NOTHING"""


async def come(browser: Browser, server: Server, username: str) -> Page:
    page = await arrive(browser, server, username, viewport=FRAME)
    await page.add_init_script(POINTER)
    await page.reload()
    return page


async def test_r190_r191_the_stories_that_help_shows(
    browser: Browser, server: Server, owner: Connection, database: Database
) -> None:
    chloe, sam, olivia, ana = [await come(browser, server, name) for name in ("chloe", "sam", "olivia", "ana")]
    await requests(chloe, sam)
    await features(olivia)
    await invitation(olivia, browser, server)
    await forms(olivia, chloe, database, await actor(database, "olivia"))
    await owner.execute(ASSOCIATED)
    await messages(chloe, ana)
    await scheduling(chloe, owner)
    await invoices(olivia, chloe)


async def requests(client: Page, scheduler: Page) -> None:
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


async def features(olivia: Page) -> None:
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


async def invitation(olivia: Page, browser: Browser, server: Server) -> None:
    iris = await (await browser.new_context(base_url=server.url, viewport=FRAME)).new_page()
    iris.set_default_timeout(15_000)
    await iris.add_init_script(POINTER)
    async with recorded("invitation", "Inviting a client, with forms") as scene:
        await olivia.goto("/invitations")
        await scene.on(olivia)
        await scene.say("Under Clients, Olivia opens Invitations. For somebody new she chooses Invite somebody.")
        await olivia.get_by_role("link", name="Invite somebody").click()
        for label, value in (("First name", "Iris"), ("Last name", "Berg"), ("Email", "iris@example.org")):
            await olivia.get_by_label(label).fill(value)
        await olivia.get_by_label("Date of birth").fill("1991-05-04")
        await olivia.get_by_label("Ana Duarte").check()
        await scene.say("She fills in who it is, and ticks the practitioners whom the client needs.")
        await olivia.get_by_label("Notice of Privacy Practices").check()
        await scene.say("The forms that she ticks go along with the invitation.")
        await olivia.get_by_role("button", name="Send the invitation").click()
        await expect(olivia.get_by_test_id("done")).to_be_visible()
        await iris.goto(await mailed_link(iris, "iris@example.org", "/setup/"))
        await scene.on(iris)
        await scene.say("Iris opens the link in her mail, and chooses a user name and a password.")
        await iris.get_by_label("User name").fill("iris")
        await iris.get_by_label("Password", exact=True).fill("a kettle sings at dawn")
        await iris.locator("main form button[type=submit]").click()
        await iris.wait_for_url("**/forms*")
        await scene.say("She is in her portal, and the form waits for her.")


async def forms(olivia: Page, chloe: Page, database: Database, by: Actor) -> None:
    async with database.transaction(by) as connection:
        await published(connection, by, "Recording of visits", FORM)
    async with recorded("forms", "A form: sent, filled in, signed, and received") as scene:
        await olivia.goto("/clients?search=adams")
        await olivia.get_by_role("link", name="Adams, Chloe").click()
        await scene.on(olivia)
        await olivia.get_by_role("link", name="Forms", exact=True).click()
        await olivia.get_by_label("Recording of visits").check()
        await scene.say("On a client's page, under Forms, Olivia ticks the form and sends it.")
        await olivia.get_by_role("button", name="Send", exact=True).click()
        await fill_in_and_sign(chloe, scene)
        await scene.on(olivia)
        await olivia.get_by_role("link", name="General Documents").click()
        await expect(olivia.get_by_role("main")).to_contain_text("Recording of visits")
        await scene.say("The signed form is a sealed PDF under General Documents.")


async def fill_in_and_sign(chloe: Page, scene: Scene) -> None:
    await chloe.goto("/forms")
    await scene.on(chloe)
    await scene.say("Chloe finds it under Forms.")
    await chloe.get_by_role("link", name="Fill in Recording of visits").click()
    await chloe.get_by_label("No", exact=True).check()
    await chloe.get_by_label("Anything else?").fill("Thank you for asking.")
    await expect(chloe.get_by_test_id("saved")).to_contain_text("Saved ")
    await scene.say("What she fills in is saved by itself. She can go on later, on any device.")
    await chloe.get_by_role("button", name="Read over and sign").click()
    await scene.say("She reads everything once more.")
    await chloe.get_by_label("Your full name").fill("Chloe Adams")
    await chloe.get_by_role("checkbox").check()
    await scene.say("She signs by typing her name, or by drawing. After that nobody can change the form.")
    await chloe.get_by_role("button", name="Sign and send").click()
    await expect(chloe.get_by_test_id("done")).to_be_visible()


async def messages(chloe: Page, ana: Page) -> None:
    async with recorded("messages", "Secure messages") as scene:
        await chloe.goto("/messages")
        await scene.on(chloe)
        await scene.say("Under Messages, Chloe writes to a practitioner of hers.")
        await chloe.get_by_role("link", name="Write a message").click()
        await chloe.get_by_role("link", name="Ana Duarte").click()
        await chloe.get_by_label("Subject").fill("A rash")
        await chloe.get_by_label("Message", exact=True).fill("It itches since yesterday. Should I come?")
        await scene.say("Files can go along: pictures, PDFs and plain text.")
        await chloe.get_by_role("button", name="Send").click()
        await expect(chloe.get_by_test_id("message")).to_contain_text("It itches")
        await ana.goto("/dashboard")
        await scene.on(ana)
        await expect(ana.locator("[data-unread-total]")).to_have_text("1 unread")
        await scene.say("Ana sees at once that there is something to read. The mail that she gets does not say what.")
        await ana.get_by_role("navigation", name="Main").get_by_role("link", name="Messages").click()
        await ana.get_by_role("link", name="Chloe Adams: A rash").click()
        await ana.get_by_label("Your answer").fill("Please do not scratch. I have a time tomorrow.")
        await scene.say("She answers.")
        await ana.get_by_role("button", name="Send").click()
        await expect(ana.get_by_test_id("message")).to_have_count(2)
        await scene.on(chloe)
        await expect(chloe.get_by_test_id("message")).to_have_count(2)
        await scene.say("The answer is on Chloe's page, and nobody else can read it.")


async def scheduling(chloe: Page, owner: Connection) -> None:
    await let_choose(owner)
    await owner.execute("UPDATE account SET time_zone = 'Europe/Lisbon' WHERE username = 'chloe'")
    known, day = await ids(owner), office(10).date().isoformat()
    async with recorded("scheduling", "Choosing a time yourself") as scene:
        await chloe.goto("/dashboard")
        await scene.on(chloe)
        await scene.say("Chloe chooses a time by herself: Schedule a visit, on her dashboard.")
        await chloe.goto(f"/schedule?host={known['host']}&service={known['service']}&from={day}")
        await scene.say("She sees the free times of her practitioner, in her own time zone.")
        await chloe.get_by_role("link", name=re.compile("10:00")).first.click()
        await expect(chloe.get_by_role("heading", name="Book this time?")).to_be_visible()
        await scene.say("She looks at her choice once more, and books it.")
        await chloe.get_by_role("button", name="Book it").click()
        await expect(chloe.get_by_text("It is booked.")).to_be_visible()
        await scene.say("The session is hers. She can move or cancel it here for as long as the clinic allows.")


async def invoices(olivia: Page, chloe: Page) -> None:
    async with recorded("invoices", "An invoice: written, sent, and paid at the desk") as scene:
        await olivia.goto("/invoices/new?search=adams")
        await olivia.get_by_role("link", name="Adams, Chloe").click()
        await scene.on(olivia)
        await olivia.get_by_label("What, line 1").fill("A certificate")
        await olivia.get_by_label("Price, line 1").fill("25")
        await scene.say("Under Invoices, Olivia writes an invoice. Sessions with a price have theirs by themselves.")
        await olivia.get_by_role("button", name="Save and issue").click()
        await expect(olivia.get_by_test_id("done")).to_be_visible()
        await scene.say("Once it is issued it has its number, and does not change any more.")
        await chloe.goto("/account/invoices")
        await scene.on(chloe)
        await expect(chloe.get_by_role("main")).to_contain_text("25.00")
        await scene.say("Chloe sees what is open, what she paid, and each invoice to print.")
        await scene.on(olivia)
        await olivia.get_by_label("How").select_option(label="Cash")
        await scene.say("She pays at the desk, and Olivia notes it.")
        await olivia.get_by_role("button", name="Note the payment").click()
        await expect(olivia.get_by_test_id("done")).to_be_visible()
        await scene.say("The invoice is paid. Where cards are taken, clients pay on their own page.")
