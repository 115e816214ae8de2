"""What is written in a visit, who speaks, and how well each is connected: for those inside, and for nobody else."""

from media.values import MediaEvent
from signalling.conversation import KEPT, LOUDER, Chat, Floor
from tests.signalling.visit import Page, RecordingRelay, Visit, settled


def read_by(page: Page) -> list[tuple[str, bool, str]]:
    told = page.last("chat.changed")
    return [(each["name"], each["own"], each["text"]) for each in told["messages"]] if told else []


def speak(visit: Visit, who: str, loudness: int) -> None:
    visit.room.media_changed(MediaEvent(visit.key(who), "speaking", loudness), who)


async def test_a_line_reaches_everybody_inside_and_nobody_who_waits(visit: Visit):
    holly, ben = await visit.inside("holly", "host"), await visit.inside("ben")
    ada = await visit.connected("ada", "waiting")
    assert (await holly.say("chat", text="  Take two a day  "))["ok"]
    await settled()
    assert read_by(ben) == [("Holly", False, "Take two a day")]
    assert read_by(holly) == [("Holly", True, "Take two a day")]
    assert ada.names() == {"participant.changed"}


async def test_who_waits_or_left_writes_nothing(visit: Visit):
    holly = await visit.inside("holly", "host")
    ada = await visit.connected("ada", "waiting")
    assert (await ada.say("chat", text="Hello?"))["error"] == "not_allowed"
    visit.row("ada", "admitted")
    assert (await ada.say("chat", text="Hello!"))["ok"]
    visit.row("ada", "removed", epoch=2)
    assert (await ada.say("chat", text="Wait"))["error"] == "not_allowed"
    await settled()
    assert read_by(holly) == [("Ada", False, "Hello!")]


async def test_an_empty_line_and_one_too_long_are_refused(visit: Visit):
    page = await visit.inside("ada")
    assert (await page.say("chat", text="   "))["error"] == "malformed"
    assert (await page.say("chat", text="x" * 501))["error"] in ("malformed", "too_large")
    assert (await page.say("chat", text="x" * 500))["ok"]


def test_who_comes_later_reads_nothing_of_what_was_written_before():
    chat = Chat()
    chat.write("holly", "Holly", "about Ada's mother", 10.0)
    chat.write("holly", "Holly", "welcome", 20.0)
    assert [each.text for each in chat.view("ben", 15.0, 21.0).messages] == ["welcome"]
    assert [each.at_ms_ago for each in chat.view("ben", 15.0, 21.0).messages] == [1000]


def test_only_the_last_lines_are_kept():
    chat = Chat()
    for number in range(KEPT + 5):
        chat.write("ada", "Ada", str(number), number)
    assert [each.text for each in chat.view("ada", None, 99).messages] == [str(each) for each in range(5, KEPT + 5)]


async def test_a_line_is_told_once_however_often_the_room_changes(visit: Visit):
    ada = await visit.inside("ada")
    await ada.say("chat", text="Hello")
    await settled()
    before = len([name for name, _ in ada.heard if name == "chat.changed"])
    await visit.inside("ben")
    await settled()
    assert len([name for name, _ in ada.heard if name == "chat.changed"]) == before


def test_the_floor_is_kept_until_a_pause_or_a_much_louder_voice():
    floor = Floor()
    assert floor.heard("ada", 90) and floor.speaker == "ada"
    assert not floor.heard("ben", 90 + LOUDER - 1)
    assert floor.heard("ada", 0) and floor.speaker == "ben"
    assert floor.heard("ada", 127) and floor.speaker == "ada"
    assert floor.spoke == ["ben", "ada"]
    floor.keep({"ben"})
    assert floor.speaker == "ben"
    floor.keep(set())
    assert floor.speaker is None
    assert floor.spoke == []


async def test_everybody_inside_is_told_who_speaks_and_nobody_who_waits(visit: Visit):
    ada, ben = await visit.inside("ada"), await visit.inside("ben")
    cleo = await visit.connected("cleo", "waiting")
    await ada.say("mute", kind="microphone", muted=False)
    speak(visit, "ada", 95)
    speak(visit, "cleo", 127)
    await settled()
    assert ada.last("speaker.changed") == ben.last("speaker.changed") == {"person": "admission-ada"}
    assert cleo.names() == {"participant.changed"}
    await ada.say("mute", kind="microphone", muted=True)
    await settled()
    assert ben.last("speaker.changed") == {"person": None}


async def test_in_a_crowd_whoever_speaks_is_seen_and_heard(visit: Visit):
    holly = await visit.inside("holly", "host")
    crowd = [await visit.inside(f"guest{number}") for number in range(7)]
    for page in crowd:
        await page.say("mute", kind="microphone", muted=False)
    await settled()

    def seen() -> set[str]:
        told = holly.last("room.changed")
        return {at["person"].removeprefix("admission-guest") for at in told["slots"].values() if at} if told else set()

    assert seen() == {"0", "1", "2", "3", "4"}
    speak(visit, "guest6", 95)
    await settled()
    assert seen() == {"0", "1", "2", "3", "6"}
    speak(visit, "guest6", 0)
    speak(visit, "guest5", 95)
    await settled()
    assert seen() == {"0", "1", "2", "5", "6"}
    speak(visit, "guest5", 0)
    speak(visit, "guest0", 95)
    await settled()
    assert seen() == {"0", "1", "2", "5", "6"}


async def test_who_spoke_and_left_speaks_no_more(visit: Visit):
    ada, ben = await visit.inside("ada"), await visit.inside("ben")
    await ada.say("mute", kind="microphone", muted=False)
    speak(visit, "ada", 95)
    visit.row("ada", "left", epoch=2)
    await settled()
    assert ben.last("speaker.changed") == {"person": None}


async def test_the_others_connections_are_graded(visit: Visit, relay: RecordingRelay):
    ada = await visit.inside("ada")
    await visit.inside("ben")
    relay.grades[visit.key("ben")] = "poor"
    visit.room.measure()
    await settled()
    told = ada.last("room.changed")
    assert told is not None
    assert [each["quality"] for each in told["people"]] == ["poor"]
    await relay.disconnect(visit.key("ben"))
    visit.room.measure()
    await settled()
    told = ada.last("room.changed")
    assert told is not None
    assert [each["quality"] for each in told["people"]] == [None]
