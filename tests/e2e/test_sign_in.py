"""Signing in on a phone: a forgotten password, a second step, and coming back to where one was."""

import re
import time

import pyotp
from playwright.async_api import Browser, Page, expect

from records.database import Connection
from tests.e2e.accessibility import assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.support import PASSWORD

NEW = "a quiet harbour at dawn"


def code_of(key: str, steps: int = 0) -> str:
    return pyotp.HOTP(key.replace(" ", "")).at(int(time.time()) // 30 + steps)


async def sign_in(page: Page, username: str, password: str) -> None:
    await page.goto("/at/harbor/sign-in")
    await page.get_by_label("User name or email").fill(username)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_r038_a_forgotten_password_is_set_anew_by_the_link_in_the_mail(browser: Browser, server: Server) -> None:
    context = await browser.new_context(base_url=server.url, viewport=PHONE)
    page = await context.new_page()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.headers.get("referer", "")))
    await page.goto("/at/harbor/sign-in")
    await page.get_by_role("link", name="Forgot your password?").click()
    await page.get_by_label("User name or email").fill("ana@harbor.example")
    await picture(page, "forgotten-password")
    await assert_accessible(page)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_role("status").filter(has_text="a mail with a link is on its way")).to_be_visible()

    mailbox = await context.new_page()
    link = mailbox.locator("a", has_text=re.compile("/reset/")).first
    for _ in range(50):
        await mailbox.goto("/mailbox")
        if await link.count():
            break
    await link.click()
    opened = mailbox if "/reset/" in mailbox.url else context.pages[-1]
    await opened.get_by_label("New password").fill("harbor1234")
    await opened.get_by_label("New password").fill("password123")
    await opened.get_by_role("button", name="Set the new password").click()
    await expect(opened.get_by_role("alert")).to_contain_text("easily guessed")
    await assert_accessible(opened)
    opened.on("request", lambda request: addresses.append(request.headers.get("referer", "")))
    await opened.get_by_label("New password").fill(NEW)
    await opened.get_by_role("button", name="Set the new password").click()
    await expect(opened.get_by_role("heading", name="Your password was changed")).to_be_visible()
    await opened.get_by_role("link", name="Sign in").click()
    assert not [address for address in addresses if "/reset/" in address], "no address of a secret leaves as Referer"

    await sign_in(opened, "ana", PASSWORD)
    await expect(opened.get_by_role("alert")).to_contain_text("not right")
    await sign_in(opened, "ana", NEW)
    await opened.wait_for_url("**/dashboard")


async def set_up_second_step(page: Page) -> tuple[str, list[str]]:
    """Returns the key of the app, and the recovery codes."""
    await page.get_by_role("link", name="Ana Duarte").click()
    await assert_accessible(page)
    await page.get_by_role("link", name="Set up the second step").click()
    await picture(page, "second-step")
    await assert_accessible(page)
    key = await page.get_by_test_id("key").inner_text()
    assert await page.evaluate("document.querySelector('.qr').naturalWidth") > 0, "the policy lets the picture be seen"
    await page.get_by_label("Type the code").fill("000000")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Turn it on").click()
    await expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    assert await page.get_by_test_id("key").inner_text() == key
    await page.get_by_label("Type the code").fill(code_of(key, -1))
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Turn it on").click()
    codes = await page.get_by_test_id("codes").locator("li").all_inner_texts()
    assert len(codes) == 10
    await picture(page, "recovery-codes")
    await assert_accessible(page)
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_text("10 recovery codes are left")).to_be_visible()
    await assert_accessible(page)
    return key, codes


async def sign_in_with_app(page: Page, key: str) -> None:
    """Password, then the code; a wrong one is told."""
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/dashboard")
    await page.get_by_label("User name or email").fill("ana")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    await picture(page, "enter-code")
    await assert_accessible(page)
    await page.get_by_label("Code from your authenticator app").fill("123")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    await page.get_by_label("Code from your authenticator app").fill(code_of(key))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/dashboard")


async def sign_in_with_recovery_code(another: Page, page: Page, code: str) -> None:
    """In another browser a recovery code does, once; from there the first is signed out."""
    await sign_in(another, "ana", PASSWORD)
    await another.get_by_label("Code from your authenticator app").fill(code)
    await another.get_by_role("button", name="Sign in", exact=True).click()
    await another.wait_for_url("**/dashboard")
    await another.goto("/account/security")
    await expect(another.get_by_text("9 recovery codes are left")).to_be_visible()
    await expect(another.get_by_test_id("sign-ins").locator("li")).to_have_count(2)
    await another.get_by_role("button", name="Sign out everywhere else").click()
    await expect(another.get_by_role("status").filter(has_text="Every other browser is signed out")).to_be_visible()
    await page.goto("/dashboard")
    await expect(page.get_by_role("status").filter(has_text="Your sign-in has ended")).to_be_visible()
    await picture(page, "sign-in-ended")
    await assert_accessible(page)


async def test_a_host_sets_up_a_second_step_signs_in_with_it_and_with_a_recovery_code(
    browser: Browser, server: Server, owner: Connection
) -> None:
    page = await arrive(browser, server, "ana", viewport=PHONE)
    key, codes = await set_up_second_step(page)
    await sign_in_with_app(page, key)
    another = await (await browser.new_context(base_url=server.url, viewport=PHONE)).new_page()
    await sign_in_with_recovery_code(another, page, codes[0])


async def test_a_token_is_made_shown_once_and_revoked(browser: Browser, server: Server) -> None:
    page = await arrive(browser, server, "sam")
    await page.get_by_role("link", name="Sam Reyes").click()
    await page.get_by_role("link", name="API tokens").click()
    await page.get_by_label("Name").fill("Wall display")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Make the token").click()
    await expect(page.get_by_role("alert")).to_contain_text("Choose at least one scope")
    await expect(page.get_by_label("Name")).to_have_value("Wall display")
    await page.get_by_label("board:read").check()
    await page.get_by_label("Your password").fill(PASSWORD)
    await assert_accessible(page)
    await page.get_by_role("button", name="Make the token").click()
    await expect(page.get_by_test_id("token")).to_contain_text("anteroom_")
    await picture(page, "tokens")
    await assert_accessible(page)
    await page.goto("/account/tokens")
    await expect(page.get_by_test_id("token")).to_have_count(0)
    await page.get_by_role("link", name="What each scope opens").click()
    await page.get_by_text("POST /requests/{request}/accept").click()
    await expect(page.locator("details[open] pre")).to_be_visible()
    await picture(page, "api")
    await assert_accessible(page)
    await page.go_back()
    await page.get_by_role("button", name="Revoke Wall display").click()
    await expect(page.get_by_text("No tokens.")).to_be_visible()


async def test_what_was_typed_outlives_a_sign_in_that_ended(
    browser: Browser, server: Server, owner: Connection
) -> None:
    page = await arrive(browser, server, "chloe", viewport=PHONE)
    await page.get_by_role("link", name="Family clinic").first.click()
    asking = page.url
    note = page.locator("textarea").first
    await note.fill("A rash since Monday")
    await owner.execute("DELETE FROM sign_in")
    await page.get_by_role("button", name="Send the request").click()
    await expect(page.get_by_role("status").filter(has_text="Your sign-in has ended")).to_be_visible()
    await page.get_by_label("User name or email").fill("chloe")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url(asking)
    await expect(note).to_have_value("A rash since Monday")
    assert await owner.fetchval("SELECT count(*) FROM request") == 0
    await page.reload()
    await expect(note).to_have_value("")
