"""At the door one finds out whether the relay can be reached, and no more than that."""

import pytest

from media.errors import OfferError
from signalling import probe
from tests.support import eventually


async def test_whoever_is_not_in_the_visit_may_try_the_relay_and_nothing_is_opened_by_it(visit, relay):
    page = visit.join("ada")
    assert await page.say("probe", sdp="offer") == {"ok": True, "sdp": "answer"}
    key = f"{visit.key('ada')}:probe"
    assert relay.gates == {key: False}
    visit.row("ada", "waiting")
    await page.say("offer", sdp="offer")
    visit.row("ada", "admitted")
    assert relay.gates == {key: False, visit.key("ada"): True}, "an admission opens the visit, never the probe"
    assert (await page.say("probe", sdp="offer"))["error"] == "not_allowed"


async def test_a_probe_ends_by_itself_and_with_its_person(visit, relay, monkeypatch: pytest.MonkeyPatch):
    page = visit.join("ada")
    await page.say("probe", sdp="offer")
    visit.row("ada", "waiting")
    visit.row("ada", "denied")
    await eventually(lambda: not relay.gates)
    monkeypatch.setattr(probe, "LIFE_SECONDS", 0.01)
    await page.say("probe", sdp="offer")
    await eventually(lambda: not relay.gates)


async def test_a_second_probe_replaces_the_first_and_a_bad_one_is_refused(visit, relay):
    page = visit.join("ada")
    for _ in range(2):
        await page.say("probe", sdp="offer")
    assert [call[0] for call in relay.calls] == ["connect", "disconnect", "connect"]
    relay.refusal = OfferError("malformed")
    answer = await page.say("probe", sdp="offer")
    assert (answer["error"], answer["message"]) == ("bad_offer", "malformed")
    assert relay.gates == {}
