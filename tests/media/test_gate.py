"""The gate: nothing passes before it is opened, nor after it is shut (R-179)."""

from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
)

from bench.relay_client import Client
from media.relay import Source
from media.rewrite import parse_rtp
from tests.media.client import CAMERA, LINES, MICROPHONE, PLI, VIDEO_SLOT, admit_both, join, show, until


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
    await ben.read_all()
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
    await ben.read_all()
    assert decrypted == []
    assert ben.rtp == []


async def test_r179_nothing_passes_again_once_the_gate_is_shut(relay, anna, ben):
    admit_both(relay, anna, ben)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    relay.shut("ben")
    await ben.read_all()
    before = ben.client.media_datagrams
    for _ in range(20):
        anna.send_video(key=True)
    await until(lambda: relay.statistics("anna").received[1].packets == 21)
    await until(lambda: len(anna.heard(RtcpRrPacket)) > 2)
    await ben.read_all()
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


async def test_opening_the_gate_asks_for_key_frames_until_one_comes(relay, anna, ben):
    relay.open("ben")
    show(relay, ben, anna)
    relay.open("anna")
    await until(lambda: len(anna.heard(RtcpPsfbPacket, fmt=PLI)) == 2)
    anna.send_video(key=True)
    await until(lambda: ben.rtp)
    assert not relay._connections["anna"].publications[int(CAMERA)].key_frames.wanted


async def test_a_gate_opened_before_there_are_keys_asks_for_key_frames_as_soon_as_there_are(relay, anna):
    relay.open("anna")
    anna.send_video(key=True)
    await until(lambda: relay.statistics("anna").received[1].packets)
    camera = relay._connections["anna"].publications[1]
    client = Client()
    answer = await relay.connect("ben", client.sdp(LINES))
    relay.open("ben")
    relay.assign("ben", VIDEO_SLOT, Source("anna", "camera"))
    assert not camera.key_frames.wanted, "it would come before it can be sent on"
    anna.rtcp.clear()
    await client.connect(answer.sdp)
    await until(lambda: anna.heard(RtcpPsfbPacket, fmt=PLI))
    await client.close()
