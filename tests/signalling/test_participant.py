"""What a browser may say when: each message in a wrong state, a wrong order, a wrong shape or too often is
refused.
"""

import asyncio
from typing import Any

import pytest

from media.errors import OfferError, UnknownConnection
from signalling.messages import COMMANDS, longest_sdp
from signalling.participant import ALLOWED, INBOX_SIZE, PACE
from signalling.rooms import Rooms
from tests.signalling.visit import Page, RecordingRelay, Visit, settled
from tests.support import eventually

WELL_FORMED: dict[str, dict[str, Any]] = {
    "probe": {"sdp": "offer"},
    "offer": {"sdp": "offer"},
    "restart": {"sdp": "offer"},
    "mute": {"kind": "microphone", "muted": True},
    "devices": {"camera": True, "microphone": False},
    "chat": {"text": "Hello"},
}
NOT_INSIDE = ["arriving", "left", "denied", "removed"]


def in_state(visit: Visit, state: str) -> Page:
    page = visit.join("ada")
    if state != "arriving":
        visit.row("ada", state)
    return page


def test_every_command_has_its_states_its_pace_and_an_example():
    assert set(ALLOWED) == set(COMMANDS.values())
    assert set(PACE) == set(COMMANDS) == set(WELL_FORMED)


@pytest.mark.parametrize("state", NOT_INSIDE)
@pytest.mark.parametrize("name", [name for name in WELL_FORMED if name != "probe"])
async def test_nobody_says_anything_before_the_knock_or_after_the_end(visit, relay, name, state):
    page = in_state(visit, state)
    assert (await page.say(name, **WELL_FORMED[name]))["error"] == "not_allowed"
    assert relay.calls == []


@pytest.mark.parametrize("state", ["waiting", "admitted"])
@pytest.mark.parametrize("name", ["restart", "mute"])
async def test_nothing_but_an_offer_opens_a_connection(visit, relay, name, state):
    page = in_state(visit, state)
    assert (await page.say(name, **WELL_FORMED[name]))["error"] == "out_of_order"
    assert relay.calls == []


async def test_a_waiting_person_offers_once_and_meets_a_shut_gate(visit, relay):
    page = visit.waiting("ada")
    answer = await page.say("offer", sdp="offer")
    assert answer["sdp"] == "answer"
    assert answer["published"][0] == {"mid": "0", "kind": "microphone"}
    assert answer["slots"][0] == {"mid": "3", "media": "audio"}
    assert relay.gates == {visit.key("ada"): False}


async def test_a_waiting_person_shares_no_screen(visit):
    page = await visit.connected("ada", "waiting")
    assert (await page.say("mute", kind="screen", muted=False))["error"] == "not_allowed"


async def test_two_people_do_not_share_their_screens_at_once(visit):
    ada, ben = await visit.inside("ada"), await visit.inside("ben")
    assert (await ada.say("mute", kind="screen", muted=False))["ok"]
    assert (await ben.say("mute", kind="screen", muted=False))["error"] == "screen_taken"
    assert (await ada.say("mute", kind="screen", muted=True))["ok"]
    assert (await ben.say("mute", kind="screen", muted=False))["ok"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("sing", {}),
        ("offer", None),
        ("offer", []),
        ("offer", {}),
        ("offer", {"sdp": 7}),
        ("offer", {"sdp": "offer", "participant": "ben"}),
        ("mute", {"kind": "everything", "muted": True}),
        ("mute", {"kind": "camera", "muted": "yes"}),
    ],
)
async def test_a_message_of_a_wrong_shape_is_refused(visit, relay, name, data):
    page = await visit.inside("ada")
    relay.calls.clear()
    answer = await page.person.ask(page.browser, name, data)
    assert answer["error"] == "malformed"
    assert relay.calls == []


async def test_an_offer_over_64_kib_never_reaches_the_relay(visit, relay):
    page = visit.waiting("ada")
    assert (await page.say("offer", sdp="v" * (longest_sdp + 1)))["error"] == "too_large"
    assert relay.calls == []


async def test_an_offer_that_the_relay_cannot_answer_is_refused_with_its_reason(visit, relay):
    relay.refusal = OfferError("no fingerprint")
    page = visit.waiting("ada")
    assert await page.say("offer", sdp="offer") == {"error": "bad_offer", "message": "no fingerprint"}
    assert not page.person.connected


async def test_a_restart_on_a_connection_that_the_relay_has_lost_asks_for_an_offer(visit, relay):
    page = await visit.inside("ada")
    await relay.disconnect(page.person.key)
    with pytest.raises(UnknownConnection):
        relay.open(page.person.key)
    assert (await page.say("restart", sdp="offer"))["error"] == "out_of_order"
    assert (await page.say("offer", sdp="offer"))["ok"]
    assert relay.gates[page.person.key]


async def test_offers_that_come_too_often_are_refused(visit, relay):
    page = visit.waiting("ada")
    answers = [await page.say("offer", sdp="offer") for _ in range(PACE["offer"] + 3)]
    assert [answer.get("error") for answer in answers] == [None] * PACE["offer"] + ["too_often"] * 3
    assert len([call for call in relay.calls if call[0] == "connect"]) == PACE["offer"]


async def test_the_inbox_has_an_end(visit, relay):
    page = visit.waiting("ada")
    relay.hold = asyncio.Event()
    first = asyncio.create_task(page.say("offer", sdp="offer"))
    await settled()
    for _ in range(INBOX_SIZE):
        page.person.enqueue(settled)
    assert (await page.say("mute", kind="camera", muted=True))["error"] == "too_often"
    relay.hold.set()
    assert (await first)["ok"]


async def test_the_newest_browser_of_a_person_has_the_visit_and_the_older_is_told(visit, relay):
    older = await visit.inside("ada")
    newer = visit.join("ada")
    await eventually(lambda: older.closed)
    assert older.heard[-1][0] == "participant.replaced"
    assert newer.person is older.person
    assert (await older.say("offer", sdp="offer"))["error"] == "replaced"
    assert (await newer.say("offer", sdp="offer"))["ok"]
    assert newer.last("participant.changed")["state"] == "admitted"


async def test_an_offer_of_a_replaced_browser_that_still_waited_does_not_take_the_media_away(visit, relay):
    older = visit.waiting("ada")
    relay.hold = asyncio.Event()
    slow = asyncio.create_task(older.say("offer", sdp="offer"))
    queued = asyncio.create_task(older.say("restart", sdp="offer"))
    await settled()
    newer = visit.join("ada")
    offered = asyncio.create_task(newer.say("offer", sdp="offer"))
    await settled()
    relay.hold.set()
    assert (await queued)["error"] == "replaced"
    assert (await slow)["ok"] and (await offered)["ok"]
    assert [call[0] for call in relay.calls if call[0] != "shut"] == ["connect", "connect"]


async def test_leaving_during_an_offer_leaves_no_connection_behind(visit, relay):
    page = visit.waiting("ada")
    relay.hold = asyncio.Event()
    offered = asyncio.create_task(page.say("offer", sdp="offer"))
    await settled()
    visit.row("ada", "left", epoch=2)
    relay.hold.set()
    await offered
    await eventually(lambda: ("disconnect", visit.key("ada")) in relay.calls)
    assert ("open", visit.key("ada")) not in relay.calls
    assert not page.person.connected


async def test_what_nobody_foresaw_is_answered_in_general_words(visit, relay):
    relay.refusal = RuntimeError("a secret of the house")
    page = visit.waiting("ada")
    answer = await page.say("offer", sdp="offer")
    assert answer["error"] == "refused"
    assert "secret" not in answer["message"]
    relay.refusal = None
    assert (await page.say("offer", sdp="offer"))["ok"]


async def test_two_rooms_never_meet(relay: RecordingRelay):
    rooms = Rooms(relay)
    with rooms.holding("one", 1) as one, rooms.holding("two", 1) as two:
        here, there = Visit(one, relay), Visit(two, relay)
        await here.inside("ada")
        await there.inside("ada")
        await there.inside("ben")
        assert {source.publisher.partition(":")[0] for _, source in relay.shown.items()} == {"two"}
        assert all(place[0].startswith("two:") for place in relay.shown)
    await rooms.close()
