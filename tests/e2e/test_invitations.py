"""Inviting in a browser: the warning, the mail, the account, the forms; and switches that reach open pages at once."""

from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.dispatch.choosing import let_choose
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, mailed_link, picture
from tests.e2e.server import Server
from tests.support import PASSWORD


async def invite(olivia: Page) -> None:
    """A name and a date of birth that a file has already: the form comes back, with its ticks."""
    await olivia.get_by_role("link", name="Invitations").click()
    await olivia.get_by_role("link", name="Invite somebody").click()
    await olivia.get_by_label("First name").fill("Chloe")
    await olivia.get_by_label("Last name").fill("Adams")
    await olivia.get_by_label("Email").fill("iris@example.org")
    await olivia.get_by_label("Date of birth").fill("1990-01-01")
    await olivia.get_by_label("Mia Torres").check()
    await olivia.get_by_label("Notice of Privacy Practices").check()
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_role("button", name="Send the invitation").click()
    await expect(olivia.get_by_test_id("duplicates").get_by_role("link", name="Adams, Chloe")).to_be_visible()
    await expect(olivia.get_by_label("Notice of Privacy Practices")).to_be_checked()
    await assert_accessible(olivia, BRIEFLY)
    await olivia.get_by_label("First name").fill("Iris")
    await olivia.get_by_role("button", name="Send the invitation").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("The invitation is on its way.")
    await expect(olivia.get_by_role("heading", name="Invited", exact=True)).to_be_visible()
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "invitation")


async def accept(browser: Browser, server: Server) -> Page:
    """On a phone."""
    iris = await (await browser.new_context(base_url=server.url, viewport=PHONE)).new_page()
    iris.set_default_timeout(15_000)
    await iris.goto(await mailed_link(iris, "iris@example.org", "/setup/"))
    await iris.get_by_label("User name").fill("iris")
    await iris.get_by_label("Password", exact=True).fill("a kettle sings at dawn")
    await iris.locator("main form button[type=submit]").click()
    await iris.wait_for_url("**/forms*")
    await expect(iris.get_by_role("main")).to_contain_text("Notice of Privacy Practices")
    return iris


async def test_r140_r141_r210_an_invitation_leads_from_the_mail_to_the_forms(
    browser: Browser, server: Server, owner: Connection
) -> None:
    olivia = await arrive(browser, server, "olivia")
    await olivia.get_by_role("navigation", name="Main").get_by_role("link", name="Clients").click()
    await invite(olivia)
    await accept(browser, server)
    await olivia.get_by_role("link", name="Invitations").click()
    await expect(olivia.get_by_test_id("invitation")).to_contain_text("Accepted")
    await expect(olivia.get_by_test_id("invitation")).to_contain_text("0 of 1 form completed")
    await assert_accessible(olivia, BRIEFLY)


async def test_r007_a_therapist_invites_on_a_phone_without_scripts(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await owner.execute(
        "INSERT INTO portal_seat (account_id, organization_id, may_invite) "
        "SELECT id, organization_id, true FROM account WHERE username = 'ana'"
    )
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, account.id, account_role.department_id FROM client "
        "JOIN account ON account.organization_id = client.organization_id AND username = 'ana' "
        "JOIN account_role ON account_role.account_id = account.id WHERE client.email = 'chloe@harbor.example'"
    )
    context = await browser.new_context(base_url=server.url, viewport=PHONE, java_script_enabled=False)
    ana = await context.new_page()
    ana.set_default_timeout(15_000)
    await ana.goto("/at/harbor/sign-in?then=/my-clients")
    await ana.get_by_label("User name or email").fill("ana")
    await ana.get_by_label("Password").fill(PASSWORD)
    await ana.get_by_role("button", name="Sign in").click()
    await ana.get_by_role("link", name="Chloe Adams").click()
    await ana.get_by_role("link", name="Invitation").click()
    await expect(ana.get_by_role("heading", name="Uses the portal")).to_be_visible()
    await ana.get_by_role("button", name="Send the forms").click()
    await expect(ana.get_by_role("alert")).to_contain_text("Choose the forms")
    await ana.get_by_label("Informed Consent").check()
    await ana.get_by_role("button", name="Send the forms").click()
    await expect(ana.get_by_test_id("done")).to_contain_text("We sent them the forms")


async def test_r009_r134_a_feature_that_is_switched_off_is_gone_from_open_pages_at_once(
    browser: Browser, server: Server, owner: Connection
) -> None:
    await let_choose(owner)
    await owner.execute("UPDATE organization SET portal_scheduling = false")
    chloe = await arrive(browser, server, "chloe")
    ways = chloe.get_by_role("navigation", name="Main")
    await expect(ways.get_by_role("link", name="Forms")).to_be_visible()
    await expect(chloe.locator("#state")).to_have_text("Live")
    olivia = await arrive(browser, server, "olivia")
    await olivia.goto("/organization/portal/settings")
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "portal-settings")
    await olivia.get_by_label("Intake forms").uncheck()
    await olivia.get_by_role("button", name="Save").click()
    await expect(olivia.get_by_test_id("done")).to_have_text("Saved.")
    await expect(ways.get_by_role("link", name="Forms")).to_have_count(0, timeout=3000)
    await chloe.goto("/forms")
    await expect(chloe.get_by_role("main")).to_contain_text("the clinic has switched this off")
    dashboard = await chloe.context.new_page()
    await dashboard.goto("/dashboard")
    await expect(dashboard.locator("#state")).to_have_text("Live")
    schedule = dashboard.get_by_role("link", name="Schedule a visit")
    await expect(schedule).to_have_count(0)
    await olivia.get_by_label("Intake forms").check()
    await olivia.get_by_label("Self-scheduling").check()
    await olivia.get_by_role("button", name="Save").click()
    await expect(chloe.get_by_role("heading", name="To do")).to_be_visible()
    await expect(ways.get_by_role("link", name="Forms")).to_be_visible()
    await expect(schedule).to_be_visible()
    await olivia.get_by_label("Self-scheduling").uncheck()
    await olivia.get_by_role("button", name="Save").click()
    await expect(schedule).to_have_count(0)
    await olivia.goto("/organization/portal/subscription")
    await olivia.get_by_role("button", name="Give a seat to Ana Duarte").click()
    await olivia.get_by_role("button", name="Give a seat to Mia Torres").click()
    await expect(olivia.get_by_test_id("billable")).to_have_text("2 billed")  # Nora has one already
    await assert_accessible(olivia, BRIEFLY)
