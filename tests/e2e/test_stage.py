"""In the visit: what people see and press, and what becomes of it when something breaks."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from records.provision import Place
from tests.e2e.accessibility import assert_accessible
from tests.e2e.booking import book_now
from tests.e2e.media import assert_sees_and_hears, measure_media
from tests.e2e.people import DESKTOP, PHONE, arrive
from tests.e2e.server import Server, free_port, serving
from tests.e2e.test_path import enter
from tests.support import eventually

LOST = "The connection was lost"

# The camera's or microphone's own track, as it is sent.
OWN = """(kind) => {
  const tracks = window.anteroomPeers.at(-1).getSenders().map((each) => each.track);
  return tracks.find((each) => each?.kind === kind);
}"""
INTERRUPT = f"""(kind) => {{
  const track = ({OWN})(kind);
  Object.defineProperty(track, 'muted', {{ value: true }});
  track.dispatchEvent(new Event('mute'));
}}"""
# A pulled plug: the track ends, and for a while there is no other.
PULL = f"""(kind) => {{
  const devices = navigator.mediaDevices;
  const track = ({OWN})(kind);
  window.plugIn = () => {{ delete devices.getUserMedia; }};
  devices.getUserMedia = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
  track.stop();
  track.dispatchEvent(new Event('ended'));
}}"""
KEEP_SCREEN = """(why) => {
  navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException(why, 'NotAllowedError'));
}"""
ENDINGS = """async () => {
  const { inWords } = await import('/static/visit/ending.js');
  return [600_000, 290_000, 30_000, -10_000, -400_000].map(inWords);
}"""
# Readings one after the other: nothing lost, 4 of 100, 10 of 100, and a slow round trip.
GRADES = """async () => {
  const { Meter } = await import('/static/visit/quality.js');
  const meter = new Meter();
  const report = (packetsReceived, packetsLost, currentRoundTripTime) => new Map([
    ['a', { id: 'a', type: 'inbound-rtp', kind: 'video', mid: '4', packetsReceived, packetsLost,
      frameWidth: 640, frameHeight: 360, framesPerSecond: 15.2 }],
    ['p', { id: 'p', type: 'candidate-pair', nominated: true, currentRoundTripTime }]]);
  const told = [[0, 0, 0.05], [100, 0, 0.05], [196, 4, 0.05], [286, 14, 0.05], [386, 14, 0.9]];
  return told.map((each) => meter.read(report(...each))).map(({ grade, loss, received }) => (
    [grade, loss, received.get('4').frames]));
}"""
# The clock jumps ahead as it does in a sleep; told is whether the connection's credentials become others.
SLEEP = """() => {
  const peer = window.anteroomPeers.at(-1);
  const credentials = () => /ice-ufrag:(\\S+)/.exec(peer.localDescription.sdp)[1];
  const before = credentials();
  const now = Date.now;
  Date.now = () => now() + 60_000;
  window.hasRestarted = () => credentials() !== before;
}"""
# A browser that plays no sound before a gesture.
WITHHOLD = """
  const play = HTMLMediaElement.prototype.play;
  addEventListener('click', () => { HTMLMediaElement.prototype.play = play; }, { capture: true });
  HTMLMediaElement.prototype.play = function () {
    if (this.muted) return play.call(this);
    this.autoplay = false;
    return Promise.reject(new DOMException('a gesture is needed', 'NotAllowedError'));
  };
"""
# The stage with so many others, without any: what is laid out is the module's own work.
LAY_OUT = """async ([count, layout, sharing]) => {
  const { Stage } = await import('/static/visit/stage.js');
  document.querySelector('#tiles').replaceChildren();
  const stage = new Stage();
  const muted = { microphone: false, camera: true, screen: true };
  const people = Array.from({ length: count }, (_, at) => (
    { id: `p${at}`, name: `Person ${at}`, role: 'client', relation: '', muted, quality: 'good' }));
  stage.show({ people, slots: sharing ? { 13: { person: 'p0', kind: 'screen' } } : {} }, () => null);
  stage.layout = layout;
  stage.speaks(count > 1 ? 'p1' : null);
  stage.speaks(null);
  const middle = document.querySelector('#tiles [data-middle] [data-name]');
  const boxes = [...document.querySelectorAll('#tiles .tile')].map((tile) => tile.getBoundingClientRect());
  const tiles = document.querySelector('#tiles').getBoundingClientRect();
  const within = boxes.every((box) => box.width > 40 && box.height > 40
    && box.left >= tiles.left - 1 && box.right <= tiles.right + 1
    && box.top >= tiles.top - 1 && box.bottom <= tiles.bottom + 1);
  const apart = boxes.every((a, at) => boxes.slice(at + 1).every((b) =>
    a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1));
  return { middle: middle?.textContent ?? null, within, apart };
}"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(place: Place, tmp_path: Path, port: int) -> Iterator[Server]:
    """At an address that a second server can take over."""
    with serving(place, tmp_path, port) as running:
        yield running


async def meet(browser: Browser, server: Server, seeded: list[dict[str, Any]]) -> tuple[Page, Page]:
    """The host at a desk and the client at a phone, together in a visit."""
    session = await book_now(server, seeded)
    client = await arrive(browser, server, "chloe", viewport=PHONE)
    host = await arrive(browser, server, "ana", viewport=DESKTOP)
    for page, name in ((client, "Chloe A."), (host, "Dr Duarte")):
        await page.goto(f"/sessions/{session}")
        await enter(page, name)
    await host.get_by_test_id("admit").click()
    for page, other in ((client, "Dr Duarte"), (host, "Chloe A.")):
        await assert_sees_and_hears(page, other)
    return host, client


async def moves(page: Page) -> bool:
    """Whether new pictures are decoded just now."""
    before = (await measure_media(page)).frames
    await page.wait_for_timeout(150)
    return (await measure_media(page)).frames > before


async def assert_moves(page: Page, seconds: float, what: str) -> None:
    await eventually(lambda: moves(page), seconds, what)


async def is_lost(page: Page) -> bool:
    return await page.locator("#visit").get_attribute("data-line") == "lost"


async def assert_no_second_knock(host: Page, client: Page) -> None:
    await expect(host.get_by_test_id("panel").get_by_test_id("admit")).to_have_count(0)
    await expect(client.get_by_test_id("stage")).to_be_visible()
    await expect(host.get_by_test_id("tile")).to_have_count(1)


async def assert_gives_sound(page: Page) -> None:
    """Sound of somebody else arrives and is played."""
    before = (await measure_media(page)).energy

    async def heard() -> bool:
        return (await measure_media(page)).energy > before

    await eventually(heard, 5, "no sound")


async def test_r180_silence_is_noticed_within_a_second_or_so_and_mended_without_a_second_knock(
    browser: Browser, server: Server, seeded: list[dict[str, Any]], place: Place, tmp_path: Path, port: int
) -> None:
    host, client = await meet(browser, server, seeded)

    server.process.send_signal(signal.SIGSTOP)  # neither TCP nor UDP says a word any more
    cut = time.monotonic()
    try:
        await eventually(lambda: is_lost(client), 3, "the silence is not noticed")
        noticed = time.monotonic() - cut
        await expect(client.get_by_text(LOST)).to_be_visible()
    finally:
        server.process.send_signal(signal.SIGCONT)
    for page in (client, host):
        await assert_moves(page, 3, "no picture after the silence")
    await expect(client.get_by_text(LOST)).to_be_hidden()
    await assert_no_second_knock(host, client)
    assert noticed < 2

    server.kill()
    with serving(place, tmp_path, port):
        for page, other in ((client, "Dr Duarte"), (host, "Chloe A.")):
            await assert_moves(page, 5, "no picture after the restart")
            await assert_sees_and_hears(page, other)
        await assert_no_second_knock(host, client)


async def test_r181_r182_r183_r184_r185_r186_all_in_the_visit_has_a_key_and_a_name_and_what_stops_comes_back(
    browser: Browser, server: Server, seeded: list[dict[str, Any]]
) -> None:
    host, client = await meet(browser, server, seeded)
    await client_actions(host, client)
    await write(host, client)
    await configure(client)
    await interrupt(host, client)
    newer = await second_tab(host, client)
    await lay_out(host)
    await leave(newer)


async def client_actions(host: Page, client: Page) -> None:
    tile = host.get_by_test_id("tile")
    await expect(tile.get_by_test_id("quality")).to_have_attribute("data-quality", "good", timeout=10_000)
    await expect(host.locator("[data-speaking]")).to_have_count(1)
    await tile.get_by_test_id("quality").click()
    await expect(tile.get_by_test_id("figures")).to_contain_text("0.0 % lost")
    await expect(tile.get_by_test_id("figures")).to_contain_text("ms from here")
    await client.keyboard.press("m")
    await expect(client.get_by_role("button", name="Microphone")).to_have_attribute("aria-pressed", "false")
    await expect(tile.get_by_text("muted", exact=True)).to_be_visible()
    await expect(host.locator("[data-speaking]")).to_have_count(0)
    await client.keyboard.press("v")
    await expect(client.get_by_role("button", name="Camera")).to_have_attribute("aria-pressed", "false")
    await expect(tile.locator("video")).to_be_hidden()
    await client.keyboard.press("i")
    await expect(client.get_by_test_id("self-view")).to_be_hidden()
    await client.keyboard.press("i")
    await client.keyboard.press("m")
    await client.keyboard.press("v")
    await expect(tile.get_by_text("muted", exact=True)).to_be_hidden()
    await assert_moves(host, 5, "the camera does not come back")
    await host.evaluate(KEEP_SCREEN, "Permission denied by system")
    await host.keyboard.press("s")
    await expect(host.get_by_test_id("notices")).to_contain_text("keeps its screen from the browser")
    await host.evaluate(KEEP_SCREEN, "Permission denied")  # the person cancelled
    await host.keyboard.press("s")
    await expect(host.get_by_test_id("notices")).to_be_empty()
    await host.evaluate("delete navigator.mediaDevices.getDisplayMedia")
    await host.keyboard.press("s")
    await expect(client.get_by_test_id("screen-tile")).to_contain_text("Dr Duarte's screen")
    await expect(client.locator("#tiles")).to_have_attribute("data-layout", "speaker")
    await host.keyboard.press("s")
    await expect(client.get_by_test_id("screen-tile")).to_have_count(0)
    assert await host.evaluate(ENDINGS) == [
        "",
        "The scheduled end is in 5 minutes.",
        "The scheduled end is in a minute.",
        "This is the scheduled end.",
        "The scheduled end was 6 minutes ago. You can go on.",
    ]
    assert await host.evaluate(GRADES) == [
        ["good", None, 15],
        ["good", 0, 15],
        ["fair", 0.04, 15],
        ["poor", 0.1, 15],
        ["poor", 0, 15],
    ]


async def write(host: Page, client: Page) -> None:
    await client.keyboard.press("t")
    await expect(client.get_by_test_id("chat-panel")).to_contain_text("It is not kept")
    await client.keyboard.type("Is this <b>right</b>? m")
    await client.keyboard.press("Enter")
    await expect(client.get_by_role("button", name="Microphone")).to_have_attribute("aria-pressed", "true")
    await expect(host.get_by_role("button", name="Chat, 1 not read")).to_be_visible()
    await expect(host.get_by_test_id("notices")).to_contain_text("Chloe A. writes: Is this <b>right</b>? m")
    await host.keyboard.press("t")
    await expect(host.get_by_role("button", name="Chat", exact=True)).to_have_attribute("aria-pressed", "true")
    await host.keyboard.type("It is.")
    await host.keyboard.press("Enter")
    await expect(client.get_by_role("listitem")).to_contain_text(["Is this <b>right</b>?", "It is."])
    await expect(client.get_by_role("listitem").first).to_contain_text("You")
    for page in (host, client):
        await assert_accessible(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("chat-panel")).to_be_hidden()
    await client.reload()
    await expect(client.locator("#chat li")).to_have_count(2)
    await expect(client.get_by_role("button", name="Chat", exact=True)).to_be_visible()
    await expect(client.get_by_test_id("notices")).to_be_empty()
    await assert_moves(client, 5, "no picture after a reload")


async def configure(client: Page) -> None:
    await client.keyboard.press("c")
    dialog = client.get_by_role("dialog", name="Configurations")
    await expect(dialog.get_by_label("Camera")).to_contain_text("fake")
    await dialog.get_by_label("Picture that you send").select_option("low")

    async def is_small() -> bool:
        return bool(await client.evaluate(f"({OWN})('video').getSettings().height <= 360"))

    await eventually(is_small, 5, "the picture is not smaller")
    await expect(dialog).to_contain_text("Your connection is good")
    await assert_accessible(client)
    await dialog.get_by_label("Single keys work").uncheck()
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_be_hidden()
    await client.keyboard.press("m")
    await expect(client.get_by_role("button", name="Microphone")).to_have_attribute("aria-pressed", "true")
    await client.get_by_role("button", name="Configurations").click()
    await dialog.get_by_label("Single keys work").check()
    await client.keyboard.press("Escape")


async def interrupt(host: Page, client: Page) -> None:
    """A call takes the microphone, a pulled plug the camera."""
    notices, microphone, camera = (
        client.get_by_test_id("notices"),
        client.get_by_role("button", name="Microphone"),
        client.get_by_role("button", name="Camera"),
    )
    await client.evaluate(INTERRUPT, "audio")
    await expect(notices).to_contain_text("Your microphone is interrupted")
    await expect(notices).to_contain_text("press Microphone")
    await microphone.click()
    await expect(notices).to_be_empty()
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    await assert_gives_sound(host)

    await client.evaluate(PULL, "video")
    await expect(notices).to_contain_text(
        "Your camera was taken away. When it is plugged in or free again, press Camera"
    )
    await expect(camera).to_have_attribute("aria-pressed", "false")
    await client.evaluate("window.plugIn()")
    await camera.click()
    await expect(notices).to_be_empty()
    await assert_moves(host, 5, "the camera does not come back")

    await client.evaluate(PULL, "audio")
    await expect(notices).to_contain_text("press Microphone")
    await client.evaluate("window.plugIn(); navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    await expect(notices).to_be_empty()
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    await assert_gives_sound(host)

    await client.evaluate(SLEEP)
    await eventually(lambda: client.evaluate("window.hasRestarted()"), 5, "the connection is not renewed after a sleep")
    await assert_moves(client, 5, "no picture after a sleep")


async def second_tab(host: Page, client: Page) -> Page:
    """The newest has the media; the older says so and sends nothing."""
    newer = await client.context.new_page()
    await newer.add_init_script(WITHHOLD)
    await newer.goto(client.url)
    await expect(client.get_by_role("heading", name="The visit is open in another window")).to_be_visible()
    await newer.get_by_role("button", name="Turn the sound on").click()
    await expect(newer.get_by_role("button", name="Turn the sound on")).to_be_hidden()
    await assert_sees_and_hears(newer, "Dr Duarte")
    await assert_moves(host, 5, "the newer window's picture does not come")
    assert (await measure_media(client)).packets_sent == 0
    assert await newer.evaluate("window.anteroomPeers.length") == 1, "the older window's end is not the newer's"
    await assert_no_second_knock(host, newer)
    return newer


async def leave(client: Page) -> None:
    """R-186. One key by mistake puts nobody out."""
    await client.keyboard.press("l")
    dialog = client.get_by_role("dialog", name="Leave the visit?")
    await expect(dialog.get_by_role("button", name="Stay")).to_be_focused()
    await client.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(client.get_by_test_id("stage")).to_be_visible()
    await client.keyboard.press("l")
    await dialog.get_by_role("button", name="Leave").click()
    await expect(client.get_by_role("heading", name="You have left")).to_be_visible()


async def lay_out(host: Page) -> None:
    """Every tile is seen whole, beside the others, at each width and in each layout."""
    for width, height in ((1280, 800), (390, 844), (844, 390), (667, 375)):
        await host.set_viewport_size({"width": width, "height": height})
        for count in (1, 2, 3, 5):
            for layout, sharing in (("grid", False), ("speaker", False), ("grid", True)):
                told = await host.evaluate(LAY_OUT, [count, layout, sharing])
                where = f"{count} others, {layout}, sharing {sharing}, {width} by {height}"
                assert told["within"] and told["apart"], where
                middle = "Person 0's screen" if sharing else "Person 1" if layout == "speaker" and count > 1 else None
                assert told["middle"] == middle or count == 1, where
