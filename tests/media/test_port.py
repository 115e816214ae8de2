"""Who may speak to the port, and what it makes of noise."""

import asyncio
import os
import random
import re
import socket

from aioice import stun
from aiortc.rtp import RtcpRrPacket

from bench.relay_client import DELTA_FRAME, Client, rtp
from bench.relay_sdp import PAYLOAD_TYPE, read_transport
from media.ice import MAX_ADDRESSES
from media.relay import Relay, Source
from tests.media.client import CAMERA, LINES, VIDEO_SLOT, Person, until

# The first bytes of a ClientHello record of DTLS 1.0, long enough to be taken for one.
CLIENT_HELLO = b"\x16\xfe\xff" + bytes(8) + b"\x00\x2f\x01" + bytes(60)


def stranger(relay: Relay) -> socket.socket:
    """A socket that has passed no check."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect(("127.0.0.1", relay.port))
    one.setblocking(False)
    return one


async def flows(relay: Relay, anna: Person, ben: Person) -> None:
    """Prove that packets still pass from Anna to Ben."""
    relay.open("anna")
    relay.open("ben")
    relay.assign("ben", VIDEO_SLOT, Source("anna", "camera"))
    before = len(ben.rtp)
    anna.send_video(key=True)
    await until(lambda: len(ben.rtp) > before)


async def test_a_strangers_client_hello_reaches_no_handshake(relay, events):
    client, intruder = Client(), stranger(relay)
    answer = await relay.connect("anna", client.sdp(LINES))
    for _ in range(5):
        intruder.send(CLIENT_HELLO)
    await until(lambda: relay.port_statistics().strangers == 5)
    await asyncio.wait_for(client.connect(answer.sdp), 10)
    await until(lambda: events)
    assert events[0].name == "connected"
    await client.close()
    intruder.close()


async def test_a_strangers_client_hello_breaks_none_of_a_hundred_set_ups(relay, events):
    """The stranger sends without pause, from an address of its own and, before the check, in the client's name."""
    intruder, clients = stranger(relay), []
    for _ in range(100 if "ANTEROOM_CAMPAIGN" in os.environ else 15):
        client = Client()
        clients.append(client)
        answer = await relay.connect(f"client {len(clients)}", client.sdp(LINES))
        relay._port.datagram_received(CLIENT_HELLO, client.socket.getsockname())
        set_up = asyncio.ensure_future(client.connect(answer.sdp))
        while not set_up.done():
            intruder.send(CLIENT_HELLO)
            await asyncio.sleep(0.002)
        await set_up
    await until(lambda: sum(one.name == "connected" for one in events) == len(clients))
    assert {one.name for one in events} == {"connected"}
    for client in clients:
        await client.close()
    intruder.close()


async def test_a_check_with_a_wrong_password_is_not_answered(relay, anna):
    intruder = stranger(relay)
    remote = read_transport(anna.answer.sdp)
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{remote.ufrag}:{anna.client.ufrag}"
    request.add_message_integrity(b"guess")
    intruder.send(bytes(request))
    unsigned = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    unsigned.attributes["USERNAME"] = f"{remote.ufrag}:{anna.client.ufrag}"
    intruder.send(bytes(unsigned))
    await until(lambda: relay.port_statistics().strangers == 2)
    assert intruder.getsockname() not in relay._port._by_address
    try:
        reply = intruder.recv(2048)
    except BlockingIOError:
        reply = None
    assert reply is None
    intruder.close()


async def test_media_from_an_unproved_address_is_dropped(relay, anna, ben):
    await flows(relay, anna, ben)
    intruder = stranger(relay)
    packet = rtp(PAYLOAD_TYPE["video"], 1002, 0, anna.client.ssrcs[CAMERA], DELTA_FRAME)
    intruder.send(anna.client._dtls._tx_srtp.protect(packet))
    await until(lambda: relay.port_statistics().strangers == 1)
    assert len(ben.rtp) == 1
    intruder.close()


async def test_nobody_can_take_the_address_of_somebody_who_is_there(relay, anna, ben):
    await flows(relay, anna, ben)
    ben.client.stop_checks()
    address = anna.client.socket.getsockname()
    # Ben's check, as if forged with Anna's address.
    sent: list[bytes] = []
    ben.client.send_datagram = sent.append
    ben.client.send_check()
    relay._port.datagram_received(sent[0], address)
    assert relay._port._by_address[address].key == "anna"


async def test_one_browser_holds_a_bounded_number_of_addresses(relay, anna):
    sent: list[bytes] = []
    anna.client.send_datagram = sent.append
    anna.client.send_check(nominate=False)
    for number in range(100):
        relay._port.datagram_received(sent[0], ("127.0.0.1", 1000 + number))
    assert len(relay._port._by_address) <= MAX_ADDRESSES
    assert anna.client.socket.getsockname() in relay._port._by_address


async def test_a_departed_connection_leaves_nothing_behind(relay, anna):
    await relay.disconnect("anna")
    assert relay._port._by_address == {} and relay._port._by_ufrag == {}


def noises(seed: int) -> list[bytes]:
    """Datagrams of every protocol and of none, whole and cut."""
    noise = random.Random(seed)
    check = bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "a:b"}))
    seeds = [check, CLIENT_HELLO, rtp(96, 1, 2, 3, b"x" * 40), bytes(RtcpRrPacket(ssrc=1)), b"\x80", b""]
    datagrams = []
    for _ in range(2000):
        data = bytearray(noise.choice(seeds))
        for _ in range(noise.randrange(4)):
            if data:
                data[noise.randrange(len(data))] = noise.randrange(256)
        datagrams.append(bytes(data[: noise.randrange(len(data) + 1)]) + noise.randbytes(noise.choice([0, 0, 9, 1500])))
    return datagrams


async def test_noise_from_strangers_and_from_the_admitted_disturbs_nobody(relay, anna, ben, caplog):
    await flows(relay, anna, ben)
    strange = ("127.0.0.1", 9)
    for datagram in noises(4):
        relay._port.datagram_received(datagram, strange)
        if not 20 <= (datagram[:1] or b"\0")[0] <= 63:
            relay._port.datagram_received(datagram, anna.client.socket.getsockname())
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    await flows(relay, anna, ben)


async def test_noise_under_the_right_keys_disturbs_nobody(relay, anna, ben, caplog):
    await flows(relay, anna, ben)
    session = anna.client._dtls._tx_srtp
    noise = random.Random(5)
    sent = 0
    for number in range(600):
        length = noise.randrange(1200)
        head = bytes([0x80 | noise.randrange(64)])
        try:
            if number % 2:
                second = bytes([noise.choice([96, 111, 224, 239, noise.randrange(128)])])
                body = number.to_bytes(2, "big") + noise.randbytes(4)
                ssrc = anna.client.ssrcs[CAMERA].to_bytes(4, "big")
                sealed = session.protect(head + second + body + ssrc + noise.randbytes(length))
            else:
                sealed = session.protect_rtcp(head + bytes([noise.randrange(200, 208)]) + noise.randbytes(length + 10))
        except Exception:  # what the library will not seal cannot be sent
            continue
        anna.client.send_datagram(sealed)
        sent += 1
        if number % 50 == 0:
            await asyncio.sleep(0)
    assert sent > 200
    await until(lambda: relay.statistics("anna").malformed > 20)
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert relay.statistics("ben").connected


async def test_noise_in_a_handshake_fails_that_participant_alone(relay, anna, ben, events):
    client = Client()
    answer = await relay.connect("cleo", client.sdp(LINES))
    await asyncio.wait_for(client.check(answer.sdp), 5)
    noise = random.Random(6)
    for _ in range(200):
        client.send_datagram(b"\x16\xfe\xfd" + noise.randbytes(noise.randrange(200)))
    await flows(relay, anna, ben)
    client.stop_checks()
    client.close_socket()


async def test_a_subscriber_that_cannot_be_sent_to_leaves_the_publisher_alone(relay, anna, ben, monkeypatch):
    await flows(relay, anna, ben)

    def broken(*packet: object) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(relay._connections["ben"].transport.keys, "seal", broken)
    for _ in range(5):
        anna.send_video(key=True)
    await until(lambda: relay.statistics("anna").received[1].packets == 6)
    assert relay.statistics("anna").connected and relay.statistics("anna").malformed == 0
    await until(lambda: anna.rtcp)


async def test_a_packet_too_long_to_be_sent_on_is_the_subscribers_loss(relay, anna, ben):
    await flows(relay, anna, ben)
    anna.send_video(bytes(1340), key=True)
    anna.send_video(b"after", key=True)
    await until(lambda: len(ben.rtp) == 2)
    assert relay.statistics("ben").send_failures == 1
    assert relay.statistics("anna").connected


async def test_a_subscriber_who_is_gone_leaves_the_publisher_alone(relay, anna, ben):
    await flows(relay, anna, ben)
    await relay.disconnect("ben")
    anna.send_video(key=True)
    await until(lambda: relay.statistics("anna").received[1].packets == 2)
    assert relay.statistics("anna").connected


async def test_a_check_that_is_longer_than_a_browsers_is_not_even_read(relay, anna):
    answer = await relay.restart_ice("anna", anna.client.sdp(LINES))
    ufrag, password = (re.findall(rf"a=ice-{name}:(\S+)", answer.sdp)[0] for name in ("ufrag", "pwd"))
    intruder = stranger(relay)
    long, short = (
        stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={"USERNAME": f"{ufrag}:{anna.client.ufrag}", "SOFTWARE": "x" * size},
        )
        for size in (400, 4)
    )
    for message in (long, short):
        message.add_message_integrity(password.encode())
        intruder.send(bytes(message))
    await until(lambda: relay.port_statistics().strangers == 1)
    answered = stun.parse_message(await asyncio.get_running_loop().sock_recv(intruder, 1500))
    assert answered.transaction_id == short.transaction_id
    intruder.close()


async def test_ice_restarts_leave_no_old_names_behind(relay, anna):
    for _ in range(5):
        await relay.restart_ice("anna", anna.client.sdp(LINES))
    assert len(relay._port._by_ufrag) == 2
    await relay.disconnect("anna")
    assert not relay._port._by_ufrag and not relay._port._ufrags
