"""The relay end to end: clients with real ICE, DTLS and SRTP over loopback, who appears where."""

from bench.relay_client import KEY_FRAME, payload_of
from media.connection import Connection
from media.relay import Source
from media.rewrite import extension_value, parse_rtp
from tests.media.client import AUDIO_SLOT, MICROPHONE, VIDEO_SLOT, admit_both, join, until


async def test_sound_and_picture_pass_in_the_numbers_of_the_slot(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(b"picture", key=True)
    anna.send(MICROPHONE, b"sound")
    await until(lambda: len(ben.rtp) == 2)
    picture, sound = (parse_rtp(data) for data in ben.rtp)
    assert payload_of(ben.rtp[0]) == KEY_FRAME + b"picture"
    assert payload_of(ben.rtp[1]) == b"sound"
    assert extension_value(picture.extension, 4) == VIDEO_SLOT.encode()
    assert extension_value(sound.extension, 4) == AUDIO_SLOT.encode()
    assert f"a=ssrc:{picture.ssrc} msid:slot1 slot1-video" in ben.answer.sdp
    assert picture.ssrc not in anna.client.ssrcs.values()


async def test_two_sources_follow_one_another_without_a_gap(relay, anna, ben):
    cleo = await join(relay, "cleo")
    relay.open("cleo")
    admit_both(relay, anna, ben)
    anna.send_video(b"anna", key=True)
    await until(lambda: len(ben.rtp) == 1)
    relay.assign("ben", VIDEO_SLOT, Source("cleo", "camera"))
    anna.send_video(b"anna", key=True)
    cleo.send_video(b"no key frame", 40_000)
    cleo.send_video(b"cleo", 40_001, key=True)
    await until(lambda: len(ben.rtp) == 2)
    first, second = (parse_rtp(data) for data in ben.rtp)
    assert payload_of(ben.rtp[1]) == KEY_FRAME + b"cleo"
    assert (second.ssrc, second.sequence) == (first.ssrc, first.sequence + 1)
    assert 0 < (second.timestamp - first.timestamp) % 2**32 < 90_000 * 5
    await cleo.client.close()


async def test_a_packet_that_came_while_others_are_reported_to_is_forwarded_between_them(relay, anna, ben, monkeypatch):
    admit_both(relay, anna, ben)
    sent = relay.statistics("ben").sent
    forwarded: list[int] = []

    def report(connection, now):
        if not forwarded:
            anna.send_video(b"picture", key=True)
        forwarded.append(sum(one.packets for one in relay.statistics("ben").sent))
        return True

    assert sum(one.packets for one in sent) == 0
    monkeypatch.setattr(Connection, "tick", report)
    monkeypatch.setattr("media.relay.LOOK_PARTS", 1)
    await until(lambda: len(forwarded) >= 2)
    assert forwarded[:2] == [0, 1]


async def test_an_emptied_slot_falls_silent(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    relay.assign("ben", VIDEO_SLOT, None)
    anna.send_video(key=True)
    anna.send(MICROPHONE, b"sound")
    await until(lambda: len(ben.rtp) == 2)
    assert payload_of(ben.rtp[1]) == b"sound"


async def test_a_publisher_who_returns_is_shown_again_where_it_was(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(b"before", key=True)
    await until(lambda: len(ben.rtp) == 1)
    again = await join(relay, "anna")
    relay.open("anna")
    again.send_video(b"after", key=True)
    await until(lambda: len(ben.rtp) == 2)
    first, second = (parse_rtp(data) for data in ben.rtp)
    assert (payload_of(ben.rtp[1]), second.sequence) == (KEY_FRAME + b"after", first.sequence + 1)
    await again.client.close()


async def test_who_is_shown_may_come_later(relay, ben):
    relay.open("ben")
    relay.assign("ben", VIDEO_SLOT, Source("anna", "camera"))
    anna = await join(relay, "anna")
    relay.open("anna")
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    await anna.client.close()
