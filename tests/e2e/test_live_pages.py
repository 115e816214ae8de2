"""Live pages change under people's hands: what they hold stays theirs."""

import asyncio
import re
from collections.abc import Callable, Sized
from functools import partial
from typing import Any

from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from records.database import Connection
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.e2e.people import arrive
from tests.e2e.server import Server
from tests.e2e.test_path import accept_first, ask_now, send, withdraw
from tests.support import cut_feeds, eventually

FOCUSED = "document.activeElement.getAttribute('aria-label')"
CARET = "[document.activeElement.selectionStart, document.activeElement.selectionEnd]"
HOLD = "window.held = document.activeElement"
STILL_HELD = "window.held === document.activeElement"


async def ask_ana(client: Page, note: str) -> None:
    await client.get_by_role("link", name="Family clinic").click()
    await client.get_by_label("With whom?").select_option(label="Ana Duarte")
    await client.get_by_label("What should we know?").fill(note)
    await send(client)


async def snapshots_of(page: Page, place: Place, postgres: EmbeddedServer) -> None:
    """A resync, waited for until its snapshot is taken over."""
    before = await page.locator("#rows tr").first.get_attribute("data-read-at")
    await cut_feeds(postgres, place)
    await expect(page.locator("#rows tr").first).not_to_have_attribute("data-read-at", before or "", timeout=15_000)


async def test_keyboard_focus_on_the_board_outlives_an_arrival_and_a_resync(
    browser: Browser, server: Server, place: Place, postgres: EmbeddedServer
) -> None:
    sam, chloe = await arrive(browser, server, "sam"), await arrive(browser, server, "chloe")
    await ask_now(chloe, "first")
    await sam.get_by_role("link", name="Assign request").focus()
    await sam.evaluate(HOLD)
    await ask_now(await arrive(browser, server, "david"), "second")
    await expect(sam.get_by_test_id("row")).to_have_count(2)
    await expect(sam.locator("#announcer")).to_have_text("New request from David Mori")
    assert await sam.evaluate(STILL_HELD)
    await snapshots_of(sam, place, postgres)
    assert await sam.evaluate(STILL_HELD)
    assert "of Chloe Adams" in await sam.evaluate(FOCUSED)


async def test_a_row_that_is_read_again_keeps_its_focus_and_takes_the_new_age(
    browser: Browser, server: Server, place: Place, postgres: EmbeddedServer, owner: Connection
) -> None:
    sam = await arrive(browser, server, "sam")
    await ask_now(await arrive(browser, server, "chloe"))
    link = sam.get_by_role("link", name="Assign request")
    await link.focus()
    await sam.evaluate("document.querySelector('[data-testid=age]').dataset.ageMs = '600000'")
    await snapshots_of(sam, place, postgres)
    await expect(sam.get_by_test_id("age")).to_have_class("age age-green")
    assert int(await sam.get_by_test_id("age").get_attribute("data-age-ms") or "") < 300_000
    await owner.execute("UPDATE account SET name = 'Chloe Brook' WHERE username = 'chloe'")
    await snapshots_of(sam, place, postgres)
    await expect(sam.get_by_test_id("row")).to_contain_text("Chloe Brook")
    await expect(link).to_be_focused()


async def test_focus_goes_to_the_next_row_when_the_focused_one_leaves_and_to_the_page_after_the_last(
    browser: Browser, server: Server
) -> None:
    sam, chloe = await arrive(browser, server, "sam"), await arrive(browser, server, "chloe")
    david = await arrive(browser, server, "david")
    for number, client in enumerate((chloe, david)):
        await ask_now(client)
        await expect(sam.get_by_test_id("row")).to_have_count(number + 1)
    await sam.get_by_role("link", name="of Chloe Adams").focus()
    await withdraw(chloe)
    await expect(sam.get_by_role("link", name="of David Mori")).to_be_focused()
    await withdraw(david)
    await expect(sam.locator("#main")).to_be_focused()


async def test_what_a_host_types_keeps_its_focus_and_caret_when_another_request_comes_and_one_goes(
    browser: Browser, server: Server
) -> None:
    ana, chloe = await arrive(browser, server, "ana"), await arrive(browser, server, "chloe")
    david = await arrive(browser, server, "david")
    await ask_ana(chloe, "first")
    notes = ana.get_by_test_id("request-to-host").filter(has_text="Chloe Adams").get_by_label("Notes to the requester")
    await notes.fill("See you in a minute.")
    await notes.evaluate("(field) => field.setSelectionRange(4, 7)")
    await ana.evaluate(HOLD)
    await ask_ana(david, "second")
    await expect(ana.get_by_test_id("request-to-host")).to_have_count(2)
    await withdraw(david)
    await expect(ana.get_by_test_id("request-to-host")).to_have_count(1)
    await expect(notes).to_have_value("See you in a minute.")
    assert await ana.evaluate(STILL_HELD)
    assert await ana.evaluate(CARET) == [4, 7]


async def test_a_refusal_on_a_hosts_dashboard_stays_while_other_things_change(browser: Browser, server: Server) -> None:
    ana, chloe = await arrive(browser, server, "ana"), await arrive(browser, server, "chloe")
    david = await arrive(browser, server, "david")
    await ask_ana(chloe, "first")
    await ask_ana(david, "second")
    asked = ana.get_by_test_id("request-to-host")
    await asked.filter(has_text="Chloe Adams").get_by_role("button", name="Accept now").click()
    await expect(asked).to_have_count(1)
    await expect(ana.locator("#main")).to_be_focused()
    await asked.get_by_label("Notes to the requester").fill("Soon.")
    await asked.get_by_role("button", name="Accept now").click()
    await expect(asked.get_by_role("alert")).to_contain_text("a session at that time")
    join = ana.get_by_test_id("session").get_by_test_id("join")
    await join.focus()
    await chloe.get_by_test_id("join").click()
    await chloe.get_by_label("name").fill("Chloe A.")
    await chloe.get_by_test_id("accept").click()
    await expect(ana.get_by_test_id("knock")).to_contain_text("Chloe A.")
    await expect(asked.get_by_role("alert")).to_contain_text("a session at that time")
    await expect(asked.get_by_label("Notes to the requester")).to_have_value("Soon.")
    await expect(join).to_be_focused()


ROW = """async ({ html, known, changes }) => {
  const rows = await import('/static/rows.js');
  const fresh = document.createElement('template');
  fresh.innerHTML = html ?? '';
  const told = html === null ? null : rows.takeOver(fresh.content, known);
  const applied = changes.map((change) => rows.apply(change));
  const shown = Array.from(document.querySelectorAll('#rows tr'), (row) => row.dataset.id);
  return { told, applied, shown, newest: rows.newest() };
}"""


def snapshot(read_at: int, *ids: str) -> str:
    return (
        f'<table><tbody id="rows" data-read-at="{read_at}">{"".join(row(id_, read_at) for id_ in ids)}</tbody></table>'
    )


def row(id_: str, read_at: int) -> str:
    return f'<tr id="request-{id_}" data-id="{id_}" data-read-at="{read_at}" data-order="1" data-number="1"></tr>'


async def test_a_snapshot_from_a_clock_set_back_counts_alone_and_a_late_one_does_not(
    browser: Browser, server: Server
) -> None:
    sam = await arrive(browser, server, "sam")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")

    async def run(html: str | None = None, known: int = 0, *changes: dict[str, Any]) -> Any:
        return await sam.evaluate(ROW, {"html": html, "known": known, "changes": list(changes)})

    now = (await run())["newest"]
    first = await run(snapshot(now + 10, "a", "b"), now, {"id": "c", "read_at": now + 20, "html": row("c", now + 20)})
    assert (first["told"], first["applied"], first["shown"]) == (True, ["new"], ["a", "b", "c"])
    late = await run(snapshot(now + 5, "z"), now)
    assert (late["told"], late["shown"]) == (True, ["a", "b", "c"])
    newer = await run(snapshot(now + 15, "a"), now + 10)
    assert (newer["told"], newer["shown"]) == (True, ["a", "c"]), "c was read after the snapshot"
    back = await run(snapshot(now - 1000, "b"), first["newest"])
    assert (back["told"], back["shown"], back["newest"]) == (False, ["b"], now - 1000)
    after = await run(None, 0, {"id": "b", "read_at": now - 990, "html": None})
    assert (after["applied"], after["shown"]) == (["gone"], [])


async def test_a_board_is_right_after_a_resync_though_the_databases_clock_was_set_back(
    browser: Browser, server: Server, place: Place, postgres: EmbeddedServer
) -> None:
    sam, chloe = await arrive(browser, server, "sam"), await arrive(browser, server, "chloe")
    await ask_now(chloe)
    await expect(sam.get_by_test_id("row")).to_have_count(1)
    hour_ahead = """async () => {
      const rows = await import('/static/rows.js');
      const row = document.querySelector('#rows tr');
      const later = Number(row.dataset.readAt) + 3.6e9;
      const html = row.outerHTML.replace(row.dataset.readAt, String(later));
      rows.apply({ id: row.dataset.id, read_at: later, html });
    }"""
    await sam.evaluate(hour_ahead)
    await withdraw(chloe)
    await ask_now(await arrive(browser, server, "david"))
    await expect(sam.get_by_test_id("row")).to_have_count(2)
    await cut_feeds(postgres, place)
    await expect(sam.get_by_test_id("row")).to_have_count(1, timeout=15_000)
    await expect(sam.get_by_test_id("row")).to_contain_text("David Mori")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")


async def test_a_retry_after_a_lost_answer_is_the_same_action_and_with_another_provider_a_new_one(
    browser: Browser, server: Server
) -> None:
    sam = await arrive(browser, server, "sam")
    await ask_now(await arrive(browser, server, "chloe"))
    keys: list[str] = []

    async def lose(route: Route) -> None:
        keys.append(re.findall("key=(\\w+)", route.request.post_data or "")[0])
        await route.abort()

    await sam.route("**/accept", lose)
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.get_by_role("dialog")
    for number, provider in enumerate(("Ana Duarte", "Ana Duarte", "Ben Okafor")):
        await dialog.get_by_label(provider).check()
        await dialog.get_by_role("button", name="Accept now").click()
        await eventually(partial(_more_than, keys, number), what="it was not sent")
        await expect(dialog.locator("form")).not_to_have_attribute("aria-busy", "true")
        await expect(dialog.get_by_role("alert")).to_contain_text("please try again")
    assert keys[0] == keys[1] != keys[2]


async def test_coming_back_to_a_sent_form_asks_for_something_new(browser: Browser, server: Server) -> None:
    chloe = await arrive(browser, server, "chloe")
    await chloe.get_by_role("link", name="Family clinic").click()
    key = chloe.locator("input[name=key]")
    await expect(chloe.locator("#times")).to_be_hidden()  # the page's script has run
    first = await key.input_value()
    show = "(persisted) => dispatchEvent(new PageTransitionEvent('pageshow', { persisted }))"
    await chloe.evaluate(show, False)
    await expect(key).to_have_value(first)
    await chloe.evaluate(show, True)
    await expect(key).to_have_value(re.compile("^[0-9a-f]{32}$"))


def refusing(message: str, times: int) -> tuple[list[WebSocketRoute], Callable[[WebSocketRoute], None]]:
    """A server's side that refuses the namespace so many times and is then the real one."""
    seen: list[WebSocketRoute] = []

    def handle(socket: WebSocketRoute) -> None:
        seen.append(socket)
        if len(seen) > times:
            socket.connect_to_server()
            return
        socket.on_message(lambda _: socket.send(f'44/board,{{"message":"{message}"}}'))
        socket.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}')

    return seen, handle


async def test_a_board_that_the_server_refused_comes_back_by_itself(browser: Browser, server: Server) -> None:
    sam = await arrive(browser, server, "sam")
    seen, handle = refusing("not now", 2)
    await sam.route_web_socket(re.compile("/socket.io/"), handle)
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_contain_text("Reconnecting")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    assert len(seen) == 3


async def test_a_socket_that_says_signed_out_reloads_the_page_once_not_for_ever(
    browser: Browser, server: Server
) -> None:
    sam = await arrive(browser, server, "sam")
    seen, handle = refusing("signed out", 4)
    await sam.route_web_socket(re.compile("/socket.io/"), handle)
    loads: list[str] = []
    sam.on("domcontentloaded", lambda page: loads.append(page.url))
    await sam.reload()
    await eventually(lambda: len(seen) > 4, 15, "it gave up")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    assert len(loads) == 2


async def test_only_the_newest_load_says_whether_the_board_is_live(browser: Browser, server: Server) -> None:
    sam = await arrive(browser, server, "sam")
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    held: list[Route] = []
    await sam.route("**/board/rows", lambda route: held.append(route))
    wake = "dispatchEvent(new Event('online'))"
    for number in range(2):
        await sam.evaluate(wake)
        await eventually(partial(_more_than, held, number), what="nothing was asked for")
    await held[1].abort()
    await expect(sam.get_by_test_id("state")).to_contain_text("Reconnecting")
    await sam.evaluate(
        "new MutationObserver(() => { window.toldLive = true; })"
        ".observe(document.getElementById('state'), { childList: true })"
    )
    await held[0].continue_()
    await eventually(lambda: len(held) > 2, what="a failed load is tried again")
    assert not await sam.evaluate("window.toldLive")
    await held[2].continue_()
    await expect(sam.get_by_test_id("state")).to_have_text("Live")


async def test_a_dialog_whose_request_somebody_else_decided_can_only_be_cancelled(
    browser: Browser, server: Server
) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    await ask_now(await arrive(browser, server, "chloe"))
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.get_by_role("dialog")
    await dialog.get_by_label("Ben Okafor").check()
    await dialog.get_by_role("button", name="Accept now").focus()
    await accept_first(sofia, "Ana Duarte")
    await expect(dialog.get_by_role("alert")).to_contain_text("decided by somebody else")
    await expect(dialog.get_by_role("button", name="Accept now")).to_be_disabled()
    await expect(dialog.get_by_role("button", name="Decline")).to_be_disabled()
    await expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    await sam.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(sam.locator("#main")).to_be_focused()


async def test_a_decision_that_loses_the_race_says_who_won_and_leaves_only_cancel(
    browser: Browser, server: Server
) -> None:
    sam, sofia = await arrive(browser, server, "sam"), await arrive(browser, server, "sofia")
    await ask_now(await arrive(browser, server, "chloe"))
    held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
    await sam.route("**/accept", lambda route: held.set_result(route))
    await sam.get_by_role("link", name="Assign request").click()
    dialog = sam.get_by_role("dialog")
    await dialog.get_by_label("Ben Okafor").check()
    await dialog.get_by_role("button", name="Accept now").click()
    await accept_first(sofia, "Ana Duarte")
    await expect(sam.get_by_test_id("row")).to_have_count(0)
    await expect(dialog.get_by_role("alert")).to_be_hidden()
    await (await held).continue_()
    await expect(dialog.get_by_role("alert")).to_contain_text("already accepted by Sofia Lind")
    await expect(dialog.get_by_role("button", name="Accept now")).to_be_disabled()


async def test_assigning_after_the_sign_in_ended_leads_to_the_sign_in_page(browser: Browser, server: Server) -> None:
    sam = await arrive(browser, server, "sam")
    await ask_now(await arrive(browser, server, "chloe"))
    link = sam.get_by_role("link", name="Assign request")
    await expect(link).to_be_visible()
    await sam.context.clear_cookies()
    await link.click()
    await sam.wait_for_url("**/?then=/board")


async def test_the_same_sentence_is_announced_again(browser: Browser, server: Server) -> None:
    sam, chloe = await arrive(browser, server, "sam"), await arrive(browser, server, "chloe")
    await sam.evaluate(
        "window.said = []; const line = document.getElementById('announcer');"
        "new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true })"
    )
    for number, ask in enumerate((ask_now, ask_ana)):
        await ask(chloe, "A rash")
        await expect(sam.get_by_test_id("row")).to_have_count(number + 1)
        await expect(sam.locator("#announcer")).to_have_text("New request from Chloe Adams")
    sentence = "New request from Chloe Adams"
    await eventually(lambda: _said(sam, [sentence, "", sentence]), what="it was said once")


def _more_than(things: Sized, number: int) -> bool:
    return len(things) > number


async def _said(page: Page, expected: list[str]) -> bool:
    return bool(await page.evaluate("window.said") == expected)


async def test_a_page_whose_script_did_not_arrive_loads_again_once_not_for_ever(
    browser: Browser, server: Server
) -> None:
    sam = await arrive(browser, server, "sam")
    asked: list[str] = []
    broken = 1

    async def abort(route: Route) -> None:
        asked.append(route.request.url)
        await (route.abort() if len(asked) <= broken else route.continue_())

    await sam.route("**/static/rows.js", abort)
    await sam.reload()
    await expect(sam.get_by_test_id("state")).to_have_text("Live")
    assert len(asked) == 2
    asked.clear()
    broken = 100
    await sam.evaluate("sessionStorage.removeItem('loaded-again')")
    await sam.reload()
    await eventually(lambda: len(asked) == 2)
    await sam.wait_for_load_state("networkidle")
    assert len(asked) == 2
