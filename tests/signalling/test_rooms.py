"""Who hears what, who sees whom, and who must not."""

import json

import pytest

from media.values import Answer, MediaEvent, Source
from signalling.participant import Grant
from signalling.room import CrossedRooms
from signalling.rooms import Rooms
from signalling.views import Waiting
from tests.signalling.visit import PUBLISHED, SLOTS, Page, RecordingRelay, Visit, settled
from tests.support import eventually


def shown_to(page: Page) -> dict[str, str]:
    """Who is in which slot, without the empty ones."""
    told = page.last("room.changed")
    slots = told["slots"] if told else {}
    return {mid: f"{at['person']}/{at['kind']}" for mid, at in slots.items() if at}


async def test_r179_a_waiting_person_hears_nothing_of_others_but_whether_the_host_is_here(visit):
    waiting = await visit.connected("ada", "waiting")
    await visit.inside("holly", "host")
    ben = await visit.inside("ben")
    visit.waiting("cleo")
    visit.room.show_waiting([Waiting("admission-ada", "Ada", 0), Waiting("admission-cleo", "Cleo", 0)])
    await ben.say("mute", kind="microphone", muted=False)
    await settled()
    assert waiting.names() == {"participant.changed"}
    assert waiting.last("participant.changed")["host"] == "here"
    spoken = json.dumps(waiting.heard).lower()
    assert not any(name in spoken for name in ("holly", "ben", "cleo"))


async def test_r179_nothing_is_assigned_to_or_from_a_waiting_person(visit, relay):
    await visit.connected("ada", "waiting")
    await visit.inside("holly", "host")
    assert relay.shown == {}
    assert relay.gates[visit.key("ada")] is False
    visit.row("ada", "admitted")
    assert relay.gates[visit.key("ada")] is True
    assert {place[0] for place in relay.shown} == {visit.key("ada"), visit.key("holly")}


async def test_r017_only_the_host_hears_who_waits(visit):
    host, client = await visit.inside("holly", "host"), await visit.inside("ben")
    waiting = visit.waiting("ada")
    visit.room.show_waiting([Waiting("admission-ada", "Ada", 0)])
    await settled()
    heard = host.last("waiting.changed")["waiting"]
    assert [(row["admission"], row["name"], row["present"]) for row in heard] == [("admission-ada", "Ada", True)]
    assert "waiting.changed" not in client.names() | waiting.names()
    assert "Ada" not in json.dumps(client.heard)


async def test_the_host_sees_that_a_waiting_person_has_gone(visit):
    host = await visit.inside("holly", "host")
    ada = visit.waiting("ada")
    visit.room.show_waiting([Waiting("admission-ada", "Ada", 0)])
    await settled()
    visit.room.leave(ada.person, ada.browser)
    await eventually(lambda: host.last("waiting.changed")["waiting"][0]["present"] is False)
    assert host.last("waiting.changed")["waiting"][0]["name"] == "Ada"


async def test_admitted_people_are_shown_to_each_other_in_pairs_of_slots(visit, relay):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    await settled()
    assert shown_to(ada) == {"3": "admission-holly/microphone", "4": "admission-holly/camera"}
    assert shown_to(host) == {"3": "admission-ada/microphone", "4": "admission-ada/camera"}
    assert relay.shown[visit.key("ada"), "4"] == Source(visit.key("holly"), "camera")
    assert [person["name"] for person in host.last("room.changed")["people"]] == ["Ada"]
    assert (visit.key("ada"), "13") not in relay.shown


async def test_a_screen_is_shown_in_the_last_slot_to_all_but_its_owner(visit, relay):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    await ada.say("mute", kind="screen", muted=False)
    await settled()
    assert shown_to(host)["13"] == "admission-ada/screen"
    assert "13" not in shown_to(ada)
    assert relay.shown[visit.key("holly"), "13"] == Source(visit.key("ada"), "screen")


async def test_a_person_keeps_their_slot_when_others_go(visit, relay):
    host = await visit.inside("holly", "host")
    pages = {name: await visit.inside(name) for name in ("ada", "ben", "cleo")}
    before = relay.shown[visit.key("holly"), "6"]
    visit.row("ada", "left", epoch=2)
    await visit.inside("dan")
    await settled()
    assert relay.shown[visit.key("holly"), "6"] == before == Source(visit.key("ben"), "camera")
    assert shown_to(host)["4"] == "admission-dan/camera"
    assert pages["ben"].person.connected


async def test_a_person_keeps_their_slots_over_a_reload_of_the_viewer(visit, relay):
    host = await visit.inside("holly", "host")
    for name in ("ada", "ben"):
        await visit.inside(name)
    visit.row("ada", "left", epoch=2)
    await settled()
    again = visit.join("holly", "host")
    await again.say("offer", sdp="offer")
    await settled()
    assert shown_to(again)["6"] == shown_to(host)["6"] == "admission-ben/camera"
    assert relay.shown[visit.key("holly"), "6"] == Source(visit.key("ben"), "camera")


async def test_who_comes_after_the_last_pair_is_listed_and_gets_the_next_free_one(visit):
    host = await visit.inside("holly", "host")
    for number in range(6):
        await visit.inside(f"guest{number}")
    await settled()
    assert len(host.last("room.changed")["people"]) == 6
    assert "admission-guest5/camera" not in shown_to(host).values()
    visit.row("guest2", "left", epoch=2)
    await eventually(lambda: "admission-guest5/camera" in shown_to(host).values())
    assert shown_to(host)["8"] == "admission-guest5/camera"


async def test_a_publisher_who_reconnects_is_assigned_anew(visit, relay):
    await visit.inside("holly", "host")
    ada = await visit.inside("ada")
    relay.calls.clear()
    await ada.say("offer", sdp="offer")
    shows = [call for call in relay.calls if call[:2] == ("assign", visit.key("holly"))]
    assert [call[3] for call in shows] == [
        Source(visit.key("ada"), "microphone"),
        Source(visit.key("ada"), "camera"),
    ]


async def test_nothing_is_said_twice(visit):
    host = await visit.inside("holly", "host")
    await visit.inside("ada")
    await settled()
    count = len(host.heard)
    visit.room.refresh()
    visit.row("ada", "admitted")
    await settled()
    assert len(host.heard) == count


async def test_r186_who_leaves_is_disconnected_and_told_nothing_more_of_the_room(visit, relay):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    visit.row("ada", "left", epoch=2)
    await eventually(lambda: ("disconnect", visit.key("ada")) in relay.calls)
    ada.heard.clear()
    await visit.inside("ben")
    await host.say("mute", kind="camera", muted=False)
    await settled()
    assert ada.heard == [] or ada.names() == {"participant.changed"}
    assert [person["name"] for person in host.last("room.changed")["people"]] == ["Ben"]
    assert visit.key("ada") not in relay.gates


async def test_back_to_the_waiting_room_takes_the_room_away_and_a_second_admission_gives_it_back(visit, relay):
    await visit.inside("holly", "host")
    ada = await visit.inside("ada")
    visit.row("ada", "waiting", epoch=2)
    assert relay.gates[visit.key("ada")] is False
    assert not any(visit.key("ada") in (place[0], source.publisher) for place, source in relay.shown.items())
    await settled()
    ada.heard.clear()
    visit.row("ada", "admitted", epoch=2)
    await settled()
    assert ada.names() == {"participant.changed", "room.changed", "chat.changed", "speaker.changed"}


async def test_r179_a_posted_admission_opens_the_gate_at_once_if_it_answers_this_very_knock(visit, relay):
    holly, ada = await visit.inside("holly", "host"), await visit.connected("ada")
    assert not visit.room.admit("admission-ada", 2, visit.term), "a knock that nobody here knows of"
    assert not visit.room.admit("admission-ben", 1, visit.term)
    assert not visit.room.admit("admission-ada", 1, visit.term + 1), "the room has been another's since"
    assert relay.gates[visit.key("ada")] is False
    assert visit.room.admit("admission-ada", 1, visit.term)
    assert relay.gates[visit.key("ada")] is True
    await settled()
    assert ada.last("participant.changed")["state"] == "admitted"
    assert [person["name"] for person in holly.last("room.changed")["people"]] == ["Ada"]
    ada.heard.clear()
    visit.row("ada", "admitted")
    await settled()
    assert ada.heard == [], "the row says the same"
    visit.row("ada", "removed", epoch=2)
    assert not visit.room.admit("admission-ada", 1, visit.term), "told late"
    assert visit.key("ada") not in relay.gates or relay.gates[visit.key("ada")] is False


async def test_who_is_sent_back_shares_no_screen_when_they_are_in_again(visit):
    await visit.inside("holly", "host")
    ada, ben = await visit.inside("ada"), await visit.inside("ben")
    await ada.say("mute", kind="camera", muted=False)
    await ada.say("mute", kind="screen", muted=False)
    visit.row("ada", "waiting", epoch=2)
    assert (await ben.say("mute", kind="screen", muted=False))["ok"]
    visit.row("ada", "admitted", epoch=2)
    await settled()
    people = {person["name"]: person["muted"] for person in ben.last("room.changed")["people"]}
    assert (people["Ada"]["screen"], people["Ada"]["camera"]) == (True, False)


async def test_r016_whose_right_ended_is_gone_at_once_and_not_after_a_while(visit, relay):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    visit.room.send_away("ada")
    assert relay.shown == {}
    await settled()
    assert host.last("room.changed")["people"] == []
    await eventually(lambda: ada.closed)


async def test_a_dropped_socket_leaves_the_admission_and_a_return_needs_no_second_knock(visit, relay):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    visit.room.leave(ada.person, ada.browser)
    await eventually(lambda: host.last("room.changed")["people"] == [])
    back = visit.join("ada")
    await settled()
    assert back.last("participant.changed")["state"] == "admitted"
    assert [person["name"] for person in host.last("room.changed")["people"]] == ["Ada"]
    assert ("disconnect", visit.key("ada")) not in relay.calls


async def test_who_stays_away_is_let_go_by_the_relay_and_still_returns_under_the_same_admission(visit, relay):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    visit.room.leave(ada.person, ada.browser)
    await eventually(lambda: "ada" not in visit.room.participants)
    assert ("disconnect", visit.key("ada")) in relay.calls
    back = visit.join("ada")
    assert (await back.say("offer", sdp="offer"))["ok"]
    assert relay.gates[visit.key("ada")] is True
    await settled()
    assert back.last("participant.changed")["epoch"] == 1
    assert shown_to(host)["3"] == "admission-ada/microphone"


async def test_a_short_reload_is_not_seen_by_the_others(visit):
    host, ada = await visit.inside("holly", "host"), await visit.inside("ada")
    await settled()
    host.heard.clear()
    visit.room.leave(ada.person, ada.browser)
    visit.join("ada")
    await settled()
    assert host.heard == []


async def test_a_waiting_person_is_told_when_the_host_comes_and_goes(visit):
    ada = visit.waiting("ada")
    await settled()
    assert ada.last("participant.changed")["host"] == "absent"
    host = await visit.inside("holly", "host")
    await eventually(lambda: ada.last("participant.changed")["host"] == "here")
    visit.room.leave(host.person, host.browser)
    await eventually(lambda: ada.last("participant.changed")["host"] == "absent")
    assert ada.last("participant.changed")["state"] == "waiting"


async def test_a_host_at_the_door_is_not_here_yet(visit):
    ada = visit.waiting("ada")
    visit.join("holly", "host")
    await settled()
    assert ada.last("participant.changed")["host"] == "absent"


@pytest.mark.parametrize("name", ["failed", "closed"])
async def test_a_page_is_told_that_its_media_ended_and_offers_anew(rooms: Rooms, visit: Visit, relay, name):
    ada = await visit.inside("ada")
    await relay.disconnect(ada.person.key)
    rooms.hear(MediaEvent(ada.person.key, name))
    await eventually(lambda: ada.last("media.changed") == {"name": name})
    assert (await ada.say("restart", sdp="offer"))["error"] == "out_of_order"
    assert (await ada.say("offer", sdp="offer"))["ok"]


async def test_the_end_of_an_older_connection_is_not_told_after_a_newer_one(rooms: Rooms, visit: Visit):
    ada = await visit.inside("ada")
    rooms.hear(MediaEvent(ada.person.key, "closed"))
    visit.room.connected(ada.person, Answer("answer", PUBLISHED, SLOTS))
    await settled()
    assert "media.changed" not in ada.names()


async def test_a_page_is_told_of_silence_each_time(rooms: Rooms, visit: Visit):
    ada = await visit.inside("ada")
    for _ in range(2):
        rooms.hear(MediaEvent(ada.person.key, "silent"))
        await settled()
    rooms.hear(MediaEvent("another:ada", "silent"))
    rooms.hear(MediaEvent(ada.person.key, "connected"))
    await settled()
    assert [data for name, data in ada.heard if name == "media.changed"] == [{"name": "silent"}] * 2


async def test_nobody_is_shown_in_a_room_that_they_are_not_in(rooms: Rooms, visit: Visit, relay: RecordingRelay):
    ada = await visit.inside("ada")
    with rooms.holding("other", 1) as other:
        stranger = await Visit(other, relay).inside("ben")
        with pytest.raises(CrossedRooms):
            visit.room.show_in_slot(ada.person, "4", Source(stranger.person.key, "camera"))
        with pytest.raises(CrossedRooms):
            visit.room.join(Grant("ben", "Ben", "client", "other", False), ada.browser)
    assert relay.shown == {}


async def test_an_empty_room_is_forgotten_and_a_held_one_is_not(rooms: Rooms, relay: RecordingRelay):
    with rooms.holding("brief", 1) as room:
        ada = Visit(room, relay).waiting("ada")
    room.leave(ada.person, ada.browser)
    assert rooms.find("brief") is room
    await eventually(lambda: rooms.find("brief") is None)
    with rooms.holding("held", 1) as room:
        assert rooms.find("held") is room
    assert rooms.find("held") is None


async def test_a_room_that_is_lost_closes_its_sockets_and_connections(rooms: Rooms, visit: Visit, relay):
    ada = await visit.inside("ada")
    await visit.room.close()
    await eventually(lambda: ada.closed)
    assert relay.gates == {}
    assert (await ada.say("offer", sdp="offer"))["error"] == "replaced"
