"""The pages before and around a visit: knocks on every page of the host, the device check, waiting room and panel."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from records.database import Connection
from tests.dispatch.agenda import associate, put_session
from tests.dispatch.factories import soon
from tests.e2e.accessibility import LOOKS, assert_accessible
from tests.e2e.media import assert_sees_and_hears
from tests.e2e.people import PHONE, arrive, picture
from tests.e2e.server import Server

PLAYED = """
  window.played = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...rest) { window.played += 1; return start.apply(this, rest); };
"""
# Tracks are said to come from a camera that looks away from its owner.
AWAY = """() => {
  const { prototype } = MediaStreamTrack, { getSettings } = prototype;
  prototype.getSettings = function () { return { ...getSettings.call(this), facingMode: "environment" }; };
}"""


@pytest.fixture
async def session(owner: Connection) -> str:
    """Ana's visit with Chloe, in its join window."""
    session = await put_session(owner, soon(0), soon(1), client="chloe")
    await associate(owner, session)
    return session


async def at_the_door(browser: Browser, server: Server, username: str, session: str, **options: object) -> Page:
    page = await arrive(browser, server, username, **options)  # type: ignore[arg-type]
    await page.goto(f"/sessions/{session}")
    await expect(page.get_by_test_id("door")).to_be_visible()
    return page


async def go_in(page: Page, name: str) -> None:
    await page.get_by_label("Your name in this visit").fill(name)
    await page.get_by_test_id("accept").click()


async def test_r016_r017_knocks_are_seen_and_heard_on_every_page_of_the_host_and_lead_to_the_visit(
    browser: Browser, server: Server, session: str
) -> None:
    ana = await arrive(browser, server, "ana")
    await ana.add_init_script(PLAYED)
    await ana.goto("/help")
    await ana.get_by_role("heading", level=1).click()
    second = await ana.context.new_page()
    await second.add_init_script(PLAYED)
    await second.goto("/availability")
    await second.get_by_role("heading", level=1).click()
    title = await ana.title()

    chloe = await at_the_door(browser, server, "chloe", session, viewport=PHONE)
    await expect(chloe.get_by_test_id("knocks")).to_have_count(0)
    await go_in(chloe, "Chloe A.")
    for page in (ana, second):
        await expect(page.get_by_test_id("knocks")).to_contain_text("Chloe A. is waiting for you")
    await expect(ana).to_have_title(f"Knock (1) · {title}")
    await expect(ana.locator("#knocks-said")).to_contain_text("Chloe A. is waiting for you")
    assert await ana.evaluate("played") + await second.evaluate("played") == 2, "two notes, in one of the tabs only"
    await assert_accessible(ana)
    await picture(ana, "knock")

    await ana.reload()
    await expect(ana.get_by_test_id("knocks")).to_be_visible()
    assert await ana.evaluate("played") == 0, "what was told already is no news"
    await ana.get_by_role("button", name="Alerts when somebody waits").click()
    dialog = ana.get_by_role("dialog")
    await expect(dialog.get_by_label("Sound")).to_be_checked()
    await expect(dialog.get_by_label("Desktop notifications")).not_to_be_checked()
    await assert_accessible(ana)
    await dialog.get_by_role("button", name="Close").click()

    await ana.get_by_role("link", name="Go to the visit").click()
    await ana.wait_for_url(f"**/sessions/{session}")
    await expect(ana.get_by_test_id("knocks")).to_be_hidden()
    await chloe.get_by_test_id("leave").click()
    await expect(second.get_by_test_id("knocks")).to_be_hidden()
    await expect(second).not_to_have_title(re.compile("Knock"))

    await go_in(ana, "Dr Duarte")
    await ana.get_by_test_id("no-show").click()
    await ana.wait_for_url(f"**/sessions/{session}/manage?done=no_show")
    await expect(ana.get_by_test_id("state")).to_have_text("no show")


REFUSED = """
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Permission denied', 'NotAllowedError'); };
"""
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = {
    "chrome": (f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", 0),
    "edge": (f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", 10),
    "firefox": (f"{WINDOWS[:-1]}; rv:143.0) Gecko/20100101 Firefox/143.0", 0),
    "safari-mac": (f"{MAC} Version/18.1 Safari/605.1.15", 0),
    "safari-ios": (f"{MAC} Version/18.1 Safari/605.1.15", 5),  # an iPad
    "ios-other": (f"{IPHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", 5),
    "chrome-android": (f"{PIXEL} Chrome/140.0.0.0 Mobile Safari/537.36", 5),
    "firefox-android": ("Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", 5),
    "samsung": (f"{PIXEL} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", 5),
    "in-app": (f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/480.0]", 5),
    "other": ("Mozilla/5.0 (X11; Linux) Something/1.0", 0),
}
NAMED = """async (all) => {
  const { browserOf } = await import('/static/visit/browser.js');
  return all.map(([userAgent, maxTouchPoints]) => browserOf({ userAgent, maxTouchPoints }));
}"""
WOULD_ASK = """
  navigator.permissions.query = async () => ({ state: 'prompt', addEventListener() {} });
"""
SILENT_RELAY = """
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    async setRemoteDescription(told) {
      const isProbe = told.sdp.split('m=').length === 2;
      const deaf = { ...told, sdp: told.sdp.replaceAll(/a=candidate:.*\\r\\n/g, '') };
      return super.setRemoteDescription(isProbe ? deaf : told);
    }
  };
"""


async def test_r175_r176_r177_the_door_shows_and_tries_camera_microphone_speaker_and_relay(
    browser: Browser, server: Server, session: str
) -> None:
    chloe = await arrive(browser, server, "chloe")
    await chloe.add_init_script(WOULD_ASK)
    await chloe.goto(f"/sessions/{session}")
    check, door = chloe.locator("[data-check]"), chloe.get_by_test_id("door")
    await expect(door.get_by_role("heading", name="Turn on camera and microphone")).to_be_visible()
    await expect(check.nth(0)).to_have_attribute("data-state", "off")
    await door.get_by_role("button", name="Use camera and microphone").click()
    await expect(door.get_by_role("heading", name="Turn on camera and microphone")).to_be_hidden()
    await expect(check.nth(0)).to_have_text(re.compile("Camera: on"))
    await expect(check.nth(1)).to_contain_text("Microphone: we hear it")
    await expect(check.nth(3)).to_contain_text("picture and sound can reach the visit")
    await expect(door.get_by_label("Camera", exact=True)).to_contain_text("fake_device")
    before = await chloe.get_by_test_id("preview").evaluate("(video) => video.videoWidth")
    assert before > 0
    other = await door.get_by_label("Microphone", exact=True).evaluate("(field) => field.options[1].value")
    await door.get_by_label("Microphone", exact=True).select_option(other)
    await expect(check.nth(1)).to_contain_text("Microphone: we hear it")
    await expect(door.get_by_label("Microphone", exact=True)).to_have_value(other)

    preview = chloe.get_by_test_id("preview")
    await expect(preview).to_have_class("mirrored")
    await chloe.evaluate(AWAY)  # as a phone's camera on its back
    for at, device in enumerate(("camera", "microphone")):
        await door.get_by_role("button", name=f"Turn the {device} off").click()
        await expect(check.nth(at)).to_have_attribute("data-state", "off")
        await door.get_by_role("button", name=f"Turn the {device} on").click()
        await expect(check.nth(at)).to_have_attribute("data-state", "good")
    await expect(preview).to_have_class("")

    await chloe.get_by_role("button", name="Play a tone").click()
    await chloe.get_by_role("button", name="I heard nothing").click()
    await expect(check.nth(2)).to_contain_text("turn the volume up")
    await chloe.get_by_role("button", name="Play a tone").click()
    await chloe.get_by_role("button", name="I heard it").click()
    await expect(check.nth(2)).to_have_attribute("data-state", "good")
    await assert_accessible(chloe)
    await picture(chloe, "door")


async def test_r176_whoever_refuses_both_is_helped_and_may_go_in_to_watch_and_listen(
    browser: Browser, server: Server, session: str
) -> None:
    chloe = await arrive(browser, server, "chloe", viewport=PHONE)
    for script in (REFUSED, SILENT_RELAY, WOULD_ASK):
        await chloe.add_init_script(script)
    await chloe.goto(f"/sessions/{session}")
    await expect(chloe.get_by_role("heading", name="Turn on camera and microphone")).to_be_visible()
    await go_in(chloe, "Chloe A.")
    help = chloe.get_by_test_id("permission-help")
    await expect(help.get_by_role("heading", name="Chrome on a computer")).to_be_visible()
    await expect(help.get_by_role("heading", name="Safari on a Mac")).to_be_hidden()
    await expect(chloe.get_by_text("You can go on without")).to_be_visible()
    await expect(chloe.get_by_text("this network keeps picture and sound back")).to_be_visible(timeout=12_000)
    await assert_accessible(chloe, LOOKS[2:])
    await picture(chloe, "door-refused")
    told = await chloe.evaluate(NAMED, [list(each) for each in BROWSERS.values()])
    assert told == list(BROWSERS)
    await go_in(chloe, "Chloe A.")
    await expect(chloe.get_by_test_id("waiting-room")).to_be_visible()

    ana = await at_the_door(browser, server, "ana", session)
    await go_in(ana, "Dr Duarte")
    row = ana.get_by_test_id("panel").get_by_role("listitem")
    await expect(row).to_contain_text("no camera, no microphone")
    await row.get_by_test_id("admit").click()
    await assert_sees_and_hears(chloe, "Dr Duarte")
    notices = chloe.get_by_test_id("notices")
    await expect(notices).to_be_empty(timeout=12_000)
    await chloe.get_by_test_id("camera").click()
    await expect(notices).to_have_text("Camera: your browser keeps it from this page. Others will not see you.")


async def write_to_who_waits(ana: Page, chloe: Page, panel: Locator) -> None:
    """Who waits, with what, and a message to them."""
    row = panel.get_by_role("listitem")
    await expect(row).to_contain_text(re.compile("Chloe A. waits 0:[0-9]{2}"))
    await expect(row).to_contain_text("by account")
    await chloe.get_by_test_id("camera").click()
    await expect(row).to_contain_text("no camera")
    await expect(panel.get_by_test_id("no-show")).to_be_hidden()
    await row.get_by_role("button", name="Message… Chloe A.").click()
    await row.get_by_label("Message to read").fill("Two minutes, please.")
    await assert_accessible(ana, (LOOKS[0], LOOKS[3]))
    await picture(ana, "panel")
    await row.get_by_role("button", name="Send").click()
    await expect(chloe.get_by_test_id("host-message")).to_have_text("Ana Duarte: Two minutes, please.")
    await expect(row).to_contain_text("They read: Two minutes, please.")
    await assert_accessible(chloe, (LOOKS[0], LOOKS[2]))
    await picture(chloe, "waiting-room-message")


async def deny_and_lock(chloe: Page, panel: Locator) -> None:
    """Denied with a sentence; a locked door takes no knock."""
    row = panel.get_by_role("listitem")
    await row.get_by_role("button", name="Deny… Chloe A.").click()
    await row.get_by_label("Why, if you like").fill("Please come at three.")
    await row.get_by_role("button", name="Deny", exact=True).click()
    await expect(chloe.get_by_test_id("ended")).to_contain_text("Please come at three.")
    await panel.get_by_test_id("lock").click()
    await expect(panel.get_by_text("The door is locked")).to_be_visible()
    await chloe.get_by_role("button", name="Knock again").click()
    await expect(chloe.get_by_test_id("ended").get_by_role("alert")).to_contain_text("locked")
    await panel.get_by_test_id("lock").click()
    await expect(panel.get_by_text("The door is locked")).to_be_hidden()
    await chloe.get_by_role("button", name="Knock again").click()


async def let_in_and_put_out(ana: Page, chloe: Page, panel: Locator) -> None:
    """Admitted, sent back, admitted and removed."""
    row = panel.get_by_role("listitem")
    await row.get_by_role("button", name="Admit Chloe A.").click()
    await expect(chloe.get_by_test_id("stage")).to_be_visible()
    await expect(panel.get_by_role("heading", name="In the visit")).to_be_visible()
    await picture(ana, "panel-inside")
    await row.get_by_role("button", name="Send back Chloe A.").click()
    await expect(chloe.get_by_test_id("waiting-room")).to_be_visible()
    await row.get_by_role("button", name="Admit Chloe A.").click()
    await row.get_by_role("button", name="Remove… Chloe A.").click()
    await row.get_by_label("Why, if you like").fill("Until next week.")
    await row.get_by_role("button", name="Remove", exact=True).click()
    await expect(chloe.get_by_test_id("ended")).to_contain_text("Until next week.")
    await expect(panel.get_by_test_id("no-show")).to_be_hidden()


async def test_r016_r017_r178_r179_r187_the_panel_and_the_waiting_room_talk_to_each_other(
    browser: Browser, server: Server, session: str
) -> None:
    ana = await at_the_door(browser, server, "ana", session)
    chloe = await at_the_door(browser, server, "chloe", session, viewport=PHONE)
    await go_in(chloe, "Chloe A.")
    await expect(chloe.get_by_test_id("host-line")).to_have_text("Ana Duarte is not here yet")
    await expect(ana.get_by_text("Chloe A. is in the waiting room.")).to_be_visible()
    await go_in(ana, "Dr Duarte")
    await expect(chloe.get_by_test_id("host-line")).to_have_text("Ana Duarte is here")

    panel = ana.get_by_test_id("panel")
    await write_to_who_waits(ana, chloe, panel)
    await deny_and_lock(chloe, panel)
    await let_in_and_put_out(ana, chloe, panel)
