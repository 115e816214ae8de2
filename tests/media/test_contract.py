"""The private parts of aiortc, aioice and pylibsrtp that media/ stands on: an upgrade that moves one fails here."""

import inspect
import re

import pylibsrtp
import pytest
from aioice import stun
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport

from bench.relay_client import rtp
from media.srtp import CAPACITY, MAX_PLAIN, Buffer, Keys, SrtpError
from media.transport import PREFERRED_PROFILES, SecureTransport


class Path:
    """All that RTCDtlsTransport may ask of an ICE transport."""

    role = "controlled"

    async def _recv(self) -> bytes:
        return b""

    async def _send(self, data: bytes) -> None: ...


async def test_the_dtls_transport_has_what_we_use():
    dtls = RTCDtlsTransport(Path(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    dtls._set_role("server")
    assert dtls._role == "server"
    assert dtls._rx_srtp is None and dtls._tx_srtp is None
    assert dtls._srtp_profiles is rtcdtlstransport.SRTP_PROFILES
    assert dtls.state == "new"


async def test_it_asks_nothing_else_of_its_transport():
    used = set(re.findall(r"self\.transport\.(\w+)", inspect.getsource(RTCDtlsTransport)))
    assert used == {"role", "_recv", "_send"}


def test_the_cheap_cipher_comes_first():
    assert [one.openssl_profile for one in PREFERRED_PROFILES] == [b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"]


async def test_closing_before_the_handshake_is_harmless():
    states: list[object] = []
    transport = SecureTransport(
        RTCCertificate.generateCertificate(), (("sha-256", "AB"),), states.append, states.append
    )
    transport.start()
    await transport.stop()
    assert states == [] and not transport.connected


def session(kind: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=bytes(30), ssrc_type=kind)
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy)


def keys() -> Keys:
    """Keys that read what they write."""
    made = Keys()
    made.take(session(pylibsrtp.Policy.SSRC_ANY_INBOUND), session(pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
    return made


@pytest.mark.parametrize("length", [12, 100, MAX_PLAIN])
def test_a_packet_is_sealed_and_unsealed_where_it_lies(length):
    pair, buffer = keys(), Buffer()
    packet = rtp(96, 1, 2, 3, bytes(length - 12))
    sealed = pair.seal(buffer, buffer.put(packet))
    assert length < sealed <= CAPACITY
    assert buffer.octets[:length] != packet or length == 12
    assert buffer.octets[: pair.unseal(buffer, sealed)] == packet


def test_in_place_and_by_copy_are_the_same():
    packet, buffer = rtp(96, 1, 2, 3, b"payload"), Buffer()
    sealed = keys().seal(buffer, buffer.put(packet))
    assert buffer.octets[:sealed] == session(pylibsrtp.Policy.SSRC_ANY_OUTBOUND).protect(packet)


def test_what_is_too_long_forged_or_replayed_is_an_error():
    pair, buffer = keys(), Buffer()
    with pytest.raises(SrtpError, match="too long"):
        pair.seal(buffer, MAX_PLAIN + 1)
    with pytest.raises(SrtpError, match="too long"):
        pair.seal_rtcp(buffer, MAX_PLAIN + 1)
    with pytest.raises(SrtpError, match="authentication"):
        pair.unseal(buffer, buffer.put(rtp(96, 1, 2, 3, b"forged by somebody")))
    sealed = pair.seal(buffer, buffer.put(rtp(96, 1, 2, 3, b"payload")))
    copy = buffer.octets[:sealed]
    pair.unseal(buffer, sealed)
    with pytest.raises(SrtpError, match="replay"):
        pair.unseal(buffer, buffer.put(copy))


def test_without_keys_every_packet_is_an_error():
    for operation in (Keys().seal, Keys().unseal, Keys().seal_rtcp, Keys().unseal_rtcp):
        with pytest.raises(SrtpError, match="not connected"):
            operation(Buffer(), 20)


def test_a_stun_message_without_integrity_is_not_authentic():
    message = stun.parse_message(bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)))
    assert not message.check_message_integrity(b"password")
