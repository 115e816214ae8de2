"""The relay end to end: clients with real ICE, DTLS and SRTP over loopback."""

import asyncio

import pytest
from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from bench.relay_client import DELTA_FRAME, KEY_FRAME, Client, payload_of
from media.errors import OfferError, UnknownConnection
from media.relay import MediaEvent, Relay, RelaySettings, Source
from media.rewrite import extension_value, parse_rtp
from tests.media.client import (
    AUDIO_SLOT,
    CAMERA,
    LINES,
    MICROPHONE,
    VIDEO_SLOT,
    Person,
    join,
    until,
)

PLI, REMB, NACK = 1, 15, 1
HASTY = RelaySettings(silent_after=0.4, closed_after=2.5)
IMPATIENT = RelaySettings(connect_timeout=0.1)


def show(relay: Relay, subscriber: Person, publisher: Person) -> None:
    """Show one person to another."""
    relay.assign(subscriber.key, VIDEO_SLOT, Source(publisher.key, "camera"))
    relay.assign(subscriber.key, AUDIO_SLOT, Source(publisher.key, "microphone"))


def admit_both(relay: Relay, anna: Person, ben: Person) -> None:
    """Open both gates, and let Ben see Anna."""
    relay.open(anna.key)
    relay.open(ben.key)
    show(relay, ben, anna)


def remb_of(person: Person) -> float | None:
    """The bitrate limit that a person was told last."""
    told = [unpack_remb_fci(one.fci)[0] for one in person.heard(RtcpPsfbPacket, fmt=REMB)]
    return told[-1] if told else None


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


async def test_r179_a_waiting_participant_gets_no_media_packet(relay, anna, ben):
    relay.open("anna")
    show(relay, ben, anna)
    cleo = await join(relay, "cleo")
    relay.open("cleo")
    show(relay, cleo, anna)
    for _ in range(30):
        anna.send_video(key=True)
        anna.send(MICROPHONE, b"sound")
    await until(lambda: len(cleo.rtp) == 60 and cleo.rtcp)
    assert ben.client.media_datagrams == 0
    await cleo.client.close()


async def test_r179_what_a_waiting_participant_sends_is_dropped_before_decryption(relay, anna, ben, monkeypatch):
    relay.open("ben")
    show(relay, ben, anna)
    waiting = relay._connections["anna"].transport.keys
    decrypted: list[object] = []
    monkeypatch.setattr(waiting, "unseal", lambda *packet: decrypted.append(packet))
    monkeypatch.setattr(waiting, "unseal_rtcp", lambda *packet: decrypted.append(packet))
    for _ in range(10):
        anna.send_video(key=True)
        anna.client.send_rtcp(bytes(RtcpRrPacket(ssrc=1)))
    await until(lambda: relay.statistics("anna").dropped_at_gate == 20)
    assert decrypted == []
    assert ben.rtp == []


async def test_r179_nothing_passes_again_once_the_gate_is_shut(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    relay.shut("ben")
    before = ben.client.media_datagrams
    for _ in range(20):
        anna.send_video(key=True)
    await until(lambda: relay.statistics("anna").received[1].packets == 21)
    await until(lambda: len(anna.heard(RtcpRrPacket)) > 2)
    assert ben.client.media_datagrams == before


async def test_what_met_a_shut_gate_is_neither_lost_nor_asked_for(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    relay.shut("anna")
    for _ in range(50):
        anna.send_video()
    await until(lambda: relay.statistics("anna").dropped_at_gate >= 50)
    relay.open("anna")
    anna.rtcp.clear()
    anna.send_video(b"again", key=True)
    await until(lambda: len(ben.rtp) == 2)
    await until(lambda: len(anna.heard(RtcpRrPacket)) > 1)
    assert not anna.heard(RtcpRtpfbPacket)
    assert all(block.fraction_lost == 0 for report in anna.heard(RtcpRrPacket) for block in report.reports)
    assert parse_rtp(ben.rtp[1]).sequence == parse_rtp(ben.rtp[0]).sequence + 1


async def test_a_picture_begins_with_a_key_frame_that_is_asked_for(relay, anna, ben):
    relay.open("anna")
    relay.open("ben")
    anna.send_video()
    await until(lambda: relay.statistics("anna").received[1].packets == 1)
    show(relay, ben, anna)
    await until(lambda: anna.heard(RtcpPsfbPacket, fmt=PLI, media_ssrc=anna.client.ssrcs[CAMERA]))
    anna.send_video(b"undecodable")
    anna.send_video(b"whole", key=True)
    anna.send_video(b"next")
    await until(lambda: len(ben.rtp) == 2)
    assert [payload_of(data) for data in ben.rtp] == [KEY_FRAME + b"whole", DELTA_FRAME + b"next"]


async def test_opening_the_gate_asks_for_key_frames_until_one_comes(relay, anna, ben):
    relay.open("ben")
    show(relay, ben, anna)
    relay.open("anna")
    await until(lambda: len(anna.heard(RtcpPsfbPacket, fmt=PLI)) == 2)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    assert not relay._connections["anna"].publications[CAMERA].key_frames.wanted


async def test_wishes_of_many_for_a_key_frame_reach_the_publisher_as_one(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    asked = len(anna.heard(RtcpPsfbPacket, fmt=PLI))
    slot = parse_rtp(ben.rtp[0]).ssrc
    for _ in range(20):
        ben.client.send_rtcp(bytes(RtcpPsfbPacket(fmt=PLI, ssrc=1, media_ssrc=slot)))
    await until(lambda: len(anna.heard(RtcpPsfbPacket, fmt=PLI)) > asked)
    anna.send_video(key=True)
    await until(lambda: len(ben.rtp) == 2)
    assert len(anna.heard(RtcpPsfbPacket, fmt=PLI)) <= asked + 2


async def test_a_nack_is_answered_from_the_cache_byte_for_byte(relay, anna, ben):
    admit_both(relay, anna, ben)
    sealed: list[bytes] = []

    def lose_two(datagram: bytes) -> bool:
        if datagram[1] in range(192, 224):
            return False
        sealed.append(datagram)
        return len(sealed) in (4, 5)

    ben.client.lose = lose_two
    for number in range(8):
        anna.send_video(b"%d" % number, key=number == 0)
    await until(lambda: len(ben.rtp) == 6)
    first = parse_rtp(ben.rtp[0])
    lost = [first.sequence + 3 & 0xFFFF, first.sequence + 4 & 0xFFFF]
    ben.client.send_rtcp(bytes(RtcpRtpfbPacket(fmt=NACK, ssrc=1, media_ssrc=first.ssrc, lost=lost)))
    await until(lambda: len(ben.rtp) == 8)
    assert [parse_rtp(data).sequence for data in ben.rtp[-2:]] == lost
    # Sealed alike, down to the tag: the same text under the same packet index, as AES-GCM demands.
    assert sealed[-2:] == sealed[3:5]
    assert relay.statistics("ben").sent[1].resent == 2
    assert not anna.heard(RtcpRtpfbPacket)


async def test_what_a_publisher_lost_is_asked_for_and_passed_on(relay, anna, ben):
    admit_both(relay, anna, ben)
    for sequence in (1000, 1001, 1004, 1005):
        anna.send_video(b"%d" % sequence, sequence, key=sequence == 1000)
    await until(lambda: anna.heard(RtcpRtpfbPacket, lost=[1002, 1003]))
    anna.send_video(b"1002", 1002)
    await until(lambda: len(ben.rtp) == 5)
    first = parse_rtp(ben.rtp[0]).sequence
    assert parse_rtp(ben.rtp[-1]).sequence == first + 2
    await until(lambda: anna.heard(RtcpRtpfbPacket, lost=[1003]))
    assert relay.statistics("anna").received[1].lost == 1


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


async def test_an_emptied_slot_falls_silent(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    relay.assign("ben", VIDEO_SLOT, None)
    anna.send_video(key=True)
    anna.send(MICROPHONE, b"sound")
    await until(lambda: len(ben.rtp) == 2)
    assert payload_of(ben.rtp[1]) == b"sound"


async def test_a_publisher_hears_how_its_packets_fare_and_what_it_may_send(relay, anna, ben):
    admit_both(relay, anna, ben)
    for sequence in range(1000, 1100):
        if sequence % 2:
            anna.send_video(sequence=sequence)
    await until(lambda: anna.heard(RtcpRrPacket))
    blocks = [block for report in anna.heard(RtcpRrPacket) for block in report.reports]
    assert max(block.fraction_lost for block in blocks) > 100
    assert blocks[0].ssrc == anna.client.ssrcs[CAMERA]
    await until(lambda: (remb_of(anna) or 1e9) < 1_000_000)


async def test_without_loss_the_limit_rises_to_what_a_camera_needs(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: (remb_of(anna) or 0) > 2_400_000)


async def test_a_subscribers_own_limit_goes_upward(relay, anna, ben):
    admit_both(relay, anna, ben)
    remb = bytes(RtcpPsfbPacket(fmt=REMB, ssrc=1, media_ssrc=0, fci=pack_remb_fci(300_000, [1])))

    async def stream() -> None:
        while True:
            anna.send_video(bytes(1000), key=True)
            ben.client.send_rtcp(remb)
            await asyncio.sleep(0.005)

    task = asyncio.ensure_future(stream())
    await until(lambda: 290_000 < (remb_of(anna) or 0) < 400_000)
    task.cancel()


async def test_lips_and_voice_share_one_clock(relay, anna, ben):
    admit_both(relay, anna, ben)
    ntp = 3_800_000_000 << 32
    anna.send_video(key=True)
    anna.send(MICROPHONE, b"sound")
    for mid, timestamp in ((CAMERA, 3_000_000), (MICROPHONE, 960_000)):
        info = RtcpSenderInfo(ntp, timestamp, 1, 1)
        anna.client.send_rtcp(bytes(RtcpSrPacket(anna.client.ssrcs[mid], info)))
    await until(lambda: len({one.ssrc for one in ben.heard(RtcpSrPacket)}) == 2)
    picture, sound = (parse_rtp(data) for data in ben.rtp)
    reports = {one.ssrc: one.sender_info for one in ben.heard(RtcpSrPacket)}
    seen, voiced = reports[picture.ssrc], reports[sound.ssrc]
    # Both lines sent packet 1000 at the moment of the report: its time on the subscriber's clock must agree.
    moment_seen = seen.ntp_timestamp / 2**32 - (seen.rtp_timestamp - picture.timestamp) % 2**32 / 90_000
    moment_voiced = voiced.ntp_timestamp / 2**32 - (voiced.rtp_timestamp - sound.timestamp) % 2**32 / 48_000
    assert moment_seen == pytest.approx(moment_voiced, abs=0.002)


async def test_the_round_trip_is_measured(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    anna.client.send_rtcp(bytes(RtcpSrPacket(anna.client.ssrcs[CAMERA], RtcpSenderInfo(1 << 60, 0, 1, 1))))
    await until(lambda: ben.heard(RtcpSrPacket))
    report = ben.heard(RtcpSrPacket)[0]
    lsr = report.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
    block = RtcpReceiverInfo(report.ssrc, 0, 0, 0, 0, lsr=lsr, dlsr=0)
    ben.client.send_rtcp(bytes(RtcpRrPacket(ssrc=1, reports=[block])))
    await until(lambda: relay.statistics("ben").rtt is not None)
    assert 0 <= relay.statistics("ben").rtt < 2


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


async def test_an_ice_restart_moves_the_path_and_keeps_the_keys(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(b"before", key=True)
    await until(lambda: len(ben.rtp) == 1)
    anna.client.close_socket()
    anna.client.open_socket()
    anna.client.renew_credentials()
    answer = await relay.restart_ice("anna", anna.client.sdp(LINES))
    await asyncio.wait_for(anna.client.check(answer.sdp), 5)
    anna.send_video(b"after")
    await until(lambda: len(ben.rtp) == 2)
    await until(lambda: anna.rtcp)
    assert payload_of(ben.rtp[1]) == DELTA_FRAME + b"after"
    assert answer.sdp.count("a=ice-ufrag") == len(LINES)
    assert answer.sdp.split("a=ice-pwd:")[1] != anna.answer.sdp.split("a=ice-pwd:")[1]


async def test_an_ice_restart_cannot_change_what_was_agreed(relay, anna):
    with pytest.raises(OfferError, match="cannot change"):
        await relay.restart_ice("anna", anna.client.sdp([*LINES, ("video", "recvonly")]))
    with pytest.raises(UnknownConnection):
        await relay.restart_ice("nobody", anna.client.sdp(LINES))


async def test_a_new_port_is_learnt_from_the_next_check(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: len(ben.rtp) == 1)
    anna.client.close_socket()
    anna.client.open_socket()
    anna.client.send_check()
    anna.send_video()
    await until(lambda: len(ben.rtp) == 2)
    assert relay._connections["anna"].ice.address == anna.client.socket.getsockname()


@pytest.mark.parametrize("settings", [HASTY])
async def test_silence_of_somebody_admitted_is_told_once_then_that_they_are_gone(relay, anna, ben, events):
    relay.open("anna")
    anna.send(MICROPHONE, b"sound")
    anna.client.stop_checks()
    await until(lambda: MediaEvent("anna", "closed") in events)
    assert [event.name for event in events if event.key == "anna"] == ["connected", "silent", "closed"]
    with pytest.raises(UnknownConnection):
        relay.statistics("anna")
    assert relay.statistics("ben").connected


@pytest.mark.parametrize("settings", [HASTY])
async def test_silence_in_the_waiting_room_is_no_news(relay, anna, events):
    anna.client.stop_checks()
    await until(lambda: MediaEvent("anna", "closed") in events)
    assert MediaEvent("anna", "silent") not in events


async def test_a_goodbye_is_heard_at_once(relay, anna, events):
    await anna.client.close()
    await until(lambda: MediaEvent("anna", "closed") in events, seconds=1)
    anna.client.open_socket()
    assert MediaEvent("anna", "failed") not in events


@pytest.mark.parametrize("settings", [IMPATIENT])
async def test_who_never_comes_has_failed(relay, events):
    client = Client()
    await relay.connect("anna", client.sdp(LINES))
    await until(lambda: events == [MediaEvent("anna", "failed")])
    client.close_socket()


async def test_a_wrong_certificate_fails(relay, events):
    client, other = Client(), Client()
    client.certificate = other.certificate  # announced, but not the one that the handshake shows
    answer = await relay.connect("anna", client.sdp(LINES))
    handshake = asyncio.ensure_future(client.connect(answer.sdp))
    await until(lambda: MediaEvent("anna", "failed") in events)
    handshake.cancel()
    client.stop_checks()
    client.close_socket()
    other.close_socket()


async def test_unknown_keys_and_slots_are_refused(relay, anna):
    for call in (relay.open, relay.shut, relay.statistics):
        with pytest.raises(UnknownConnection):
            call("nobody")
    with pytest.raises(UnknownConnection):
        relay.assign("anna", "99", Source("ben", "camera"))
    await relay.disconnect("nobody")


async def test_statistics_tell_what_passed(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(bytes(98), key=True)
    await until(lambda: ben.rtp)
    came, went = relay.statistics("anna"), relay.statistics("ben")
    assert came.open and came.connected
    assert [(one.kind, one.packets, one.bytes) for one in came.received] == [("microphone", 0, 0), ("camera", 1, 100)]
    assert [(one.mid, one.packets) for one in went.sent] == [(AUDIO_SLOT, 0), (VIDEO_SLOT, 1)]
    assert relay.port_statistics().receive_buffer > 0
