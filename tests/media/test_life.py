"""A connection's life: changes of network, silence, goodbyes and failures."""

import asyncio

import pytest

from bench.relay_client import DELTA_FRAME, Client, payload_of
from media.errors import OfferError, UnknownConnection
from media.relay import MediaEvent, RelaySettings, Source
from tests.media.client import (
    LINES,
    MICROPHONE,
    admit_both,
    until,
)

HASTY = RelaySettings(silent_after=0.4, closed_after=2.5)
IMPATIENT = RelaySettings(connect_timeout=0.1)


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
