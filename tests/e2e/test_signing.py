"""A form signed in a real browser: drawn by mouse and by finger, and the sealed copy read back."""

import io
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect
from pypdf import PdfReader

from people.access import Actor
from portal import sealing
from records.database import Connection, Database
from tests.e2e.accessibility import BRIEFLY, assert_accessible
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server
from tests.portal.intake_people import published, send
from tests.support import actor, eventually, file_of

TWO_HANDS = (
    {"kind": "paragraph", "label": "Please read this."},
    {"kind": "short_text", "label": "Your name", "required": True},
    {"kind": "consent", "label": "I agree to be treated."},
    {"kind": "signature", "label": "Signature of the client"},
    {"kind": "signature", "label": "Signature of a guardian"},
)


async def sent(database: Database, olivia: Actor, name: str) -> str:
    async with database.transaction(olivia) as connection:
        form = await published(connection, olivia, name, TWO_HANDS)
        (intake,) = await send(connection, olivia, await actor(database, "chloe"), form)
    return intake


async def fill_in(page: Page, intake: str) -> None:
    await page.goto(f"/forms/{intake}")
    await page.get_by_label("Your name").fill("Chloe Adams")
    await page.get_by_label("I agree to be treated.").check()
    await page.get_by_role("button", name="Read over").click()
    await page.wait_for_url("**/review")


async def draw(page: Page, pad: Locator) -> None:
    """A stroke with the mouse."""
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 20, box["y"] + 80)
    await page.mouse.down()
    for step in range(1, 12):
        await page.mouse.move(box["x"] + 20 + 15 * step, box["y"] + 80 - 40 * (step % 2))
    await page.mouse.up()


async def drawn(page: Page, number: int) -> int:
    """How much of a picture goes along with this signature."""
    return len(await page.locator('input[name^="drawing-"]').nth(number).input_value())


async def read_copy(page: Page, folder: Path) -> bytes:
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Your copy of").first.click()
    download = await downloading.value
    assert download.suggested_filename.endswith(".pdf")
    await download.save_as(folder / "copy.pdf")
    return (folder / "copy.pdf").read_bytes()


async def test_r142_a_client_signs_with_the_mouse_and_the_clinic_reads_the_sealed_copy(
    browser: Browser, server: Server, database: Database, owner: Connection, tmp_path: Path
) -> None:
    administrator = await actor(database, "olivia")
    intake = await sent(database, administrator, "Consent to treatment")
    chloe = await arrive(browser, server, "chloe")
    await fill_in(chloe, intake)
    await draw_anew(chloe)
    await sign_all_but_one(chloe)
    await sign_what_is_missing(chloe)
    pdf = await read_copy(chloe, tmp_path)
    assert_says(pdf, "Consent to treatment", "Please read this.", "Agreed")
    assert_says(pdf, "Chloe Adams", "Robin Adams", "typed and drawn")
    async with database.transaction(administrator) as connection:
        assert await sealing.verify(pdf, await sealing.certificate_of(connection)) is None

    olivia = await arrive(browser, server, "olivia")
    await olivia.goto(f"/clients/{await file_of(owner, 'chloe')}")
    await olivia.get_by_role("link", name="General Documents").click()
    await expect(olivia.get_by_role("listitem").filter(has_text="Consent to treatment")).to_contain_text("Robin Adams")
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "general-documents")
    await export_the_organization(olivia)


async def draw_anew(chloe: Page) -> None:
    pad = chloe.locator("canvas").first
    await draw(chloe, pad)
    assert await drawn(chloe, 0) > 500
    await chloe.get_by_role("button", name="Clear the drawing").first.click()
    assert await drawn(chloe, 0) == 0
    await draw(chloe, pad)


async def sign_all_but_one(chloe: Page) -> None:
    """A name is missing: the page comes again, with the other name and the drawing."""
    names = chloe.get_by_label("Your full name")
    await names.first.fill("Chloe Adams")
    await names.last.fill("   ")
    await chloe.get_by_label("I have read this form").check()
    await assert_accessible(chloe, BRIEFLY)
    await chloe.get_by_role("button", name="Sign and send").click()
    await expect(chloe.get_by_role("alert")).to_contain_text("Please type your full name")
    await expect(names.last).to_be_focused()
    await expect(names.first).to_have_value("Chloe Adams")
    assert await drawn(chloe, 0) > 500


async def sign_what_is_missing(chloe: Page) -> None:
    await chloe.get_by_label("Your full name").last.fill("Robin Adams")
    await chloe.get_by_label("I have read this form").check()
    await picture(chloe, "signing")
    await chloe.get_by_role("button", name="Sign and send").click()
    await expect(chloe.get_by_test_id("done")).to_contain_text("Your form is signed")


def assert_says(pdf: bytes, *parts: str) -> None:
    said = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    for part in parts:
        assert part in said, part


async def export_the_organization(olivia: Page) -> None:
    await olivia.goto("/organization/export")
    await olivia.get_by_role("button", name="Put it together").click()
    await expect(olivia.get_by_role("link", name="Download (zip)")).to_be_visible(timeout=20_000)
    await assert_accessible(olivia, BRIEFLY)
    await picture(olivia, "organization-export")


async def test_a_client_signs_on_a_phone_with_a_finger_and_takes_the_data_along(
    browser: Browser, server: Server, database: Database, tmp_path: Path
) -> None:
    intake = await sent(database, await actor(database, "olivia"), "On the phone")
    chloe = await arrive(browser, server, "chloe", viewport=PHONE)
    await fill_in(chloe, intake)
    await chloe.locator("canvas").first.evaluate(FINGER)
    await eventually(lambda: drawn(chloe, 0))
    await chloe.get_by_label("Your full name").last.fill("Chloe Adams")  # the first is drawn alone
    await chloe.get_by_label("I have read this form").check()
    await chloe.get_by_role("button", name="Sign and send").click()
    await expect(chloe.get_by_test_id("done")).to_contain_text("Your form is signed")
    assert (await read_copy(chloe, tmp_path))[:5] == b"%PDF-"

    await chloe.goto("/account/documents")
    await chloe.get_by_role("button", name="Put my data together").click()
    async with chloe.expect_download() as downloading:
        await chloe.get_by_role("link", name="Download (zip)").click(timeout=20_000)
    assert (await downloading.value).suggested_filename.startswith("my-data")
    await assert_accessible(chloe, BRIEFLY)
    await picture(chloe, "own-documents")


FINGER = """(pad) => {
    const box = pad.getBoundingClientRect();
    const touch = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, {
        pointerId: 7, pointerType: "touch", isPrimary: true, pressure: 0.5, bubbles: true, cancelable: true,
        button: 0, buttons: kind === "pointerup" ? 0 : 1, clientX: box.left + x, clientY: box.top + y }));
    touch("pointerdown", 20, 60);
    for (let step = 1; step < 12; step++) touch("pointermove", 20 + 20 * step, 60 + 30 * (step % 2));
    touch("pointerup", 260, 60);
}"""
"""One stroke of a finger, as the browser tells a page of it."""
