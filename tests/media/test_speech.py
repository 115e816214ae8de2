"""Who speaks, by the levels in their packets."""

from bench.relay_client import rtp
from bench.relay_sdp import EXTENSIONS, PAYLOAD_TYPE
from media.relay import MediaEvent
from media.rewrite import EXTENSION, ONE_BYTE_FORM, element
from media.speech import Speech
from tests.media.client import MICROPHONE, until

LOUD, QUIET = 30, 90  # -dBov


def talk(speech: Speech, level: int, start: float, seconds: float) -> list[tuple[float, int]]:
    """Packets of one level each 20 ms; what there was to tell, and when."""
    told = []
    for step in range(round(seconds * 50)):
        now = start + step * 0.02
        speech.heard(level, now)
        news = speech.news(now)
        if news is not None:
            told.append((now, news))
    return told


def test_a_voice_is_told_at_most_three_times_a_second():
    told = talk(Speech(), LOUD, 0.0, 3.0)
    assert 8 <= len(told) <= 9
    assert all(80 <= loudness <= 97 for _, loudness in told)


def test_the_end_of_speech_is_told_once():
    speech = Speech()
    talk(speech, LOUD, 0.0, 1.0)
    told = [loudness for _, loudness in talk(speech, QUIET, 1.0, 5.0)]
    assert told[-1] == 0 and told.count(0) == 1 and len(told) <= 2
    assert talk(speech, QUIET, 6.0, 5.0) == []


def test_a_muted_microphone_that_sends_nothing_stops_speaking_too():
    speech = Speech()
    talk(speech, LOUD, 0.0, 1.0)
    assert speech.news(2.5) == 0


def test_one_click_is_no_voice():
    speech = Speech()
    talk(speech, QUIET, 0.0, 1.0)
    assert talk(speech, 0, 1.0, 0.02) == []
    assert talk(speech, QUIET, 1.02, 1.0) == []


def test_the_browsers_own_flag_does_not_matter():
    assert talk(Speech(), 0x80 | LOUD, 0.0, 0.5) == talk(Speech(), LOUD, 0.0, 0.5)


def spoken(person, level: int, sequence: int) -> bytes:
    """An audio packet that bears a level."""
    packet = rtp(PAYLOAD_TYPE["audio"], sequence, sequence * 960, person.client.ssrcs[MICROPHONE], b"")
    number = next(number for number, uri in EXTENSIONS["audio"].items() if "audio-level" in uri)
    extension = EXTENSION.pack(ONE_BYTE_FORM, 1) + element(number, bytes([level])).ljust(4, b"\0")
    return bytes([packet[0] | 0x10]) + packet[1:] + extension + b"voice"


async def test_a_voice_behind_an_open_gate_is_an_event_and_nobody_elses(relay, anna, ben, events):
    relay.open("anna")
    for sequence in range(20):
        anna.client.send_rtp(spoken(anna, LOUD, sequence))
    await until(lambda: any(one.name == "speaking" for one in events))
    told = [one for one in events if one.name == "speaking"]
    assert {one.key for one in told} == {"anna"} and told[0].loudness > 80
    await until(lambda: MediaEvent("anna", "speaking", 0) in events)


async def test_a_voice_behind_a_shut_gate_is_none(relay, anna, events):
    for sequence in range(20):
        anna.client.send_rtp(spoken(anna, LOUD, sequence))
    await until(lambda: relay.statistics("anna").dropped_at_gate == 20)
    await anna.read_all()
    assert not [one for one in events if one.name == "speaking"]
