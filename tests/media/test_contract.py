"""The private parts of aiortc, aioice and pylibsrtp that media/ stands on: an upgrade that moves one fails here."""

import inspect
import re

import pylibsrtp
import pytest
from aioice import stun
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport

from media.transport import MAX_RTCP_BYTES, MAX_RTP_BYTES, PREFERRED_PROFILES, SecureTransport


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


@pytest.mark.parametrize(
    ("method", "head", "most"), [("protect", b"\x80\x60", MAX_RTP_BYTES), ("protect_rtcp", b"\x80\xc9", MAX_RTCP_BYTES)]
)
def test_srtp_takes_packets_up_to_the_length_we_count_on(method, head, most):
    policy = pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    protect = getattr(pylibsrtp.Session(policy), method)
    assert protect(head + bytes(most - 2))
    with pytest.raises(ValueError):
        protect(head + bytes(most - 1))


def test_a_stun_message_without_integrity_is_not_authentic():
    message = stun.parse_message(bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)))
    assert not message.check_message_integrity(b"password")
