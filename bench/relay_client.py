"""A WebRTC client without media: ICE, DTLS and SRTP over one UDP socket, packets made by hand.

Good enough to stand for a browser in front of a relay, and cheap enough to make load; the tests of media/ use
it too. It plays the controlling ICE agent and the DTLS client, and talks to whatever answers on the other
side.
"""

import asyncio
import contextlib
import secrets
import socket
import struct
from collections.abc import Callable

from aioice import stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from bench.relay_sdp import Transport, read_transport, write_sdp

RTP_HEADER = struct.Struct("!BBHII")
# A key frame's first bytes in VP8: descriptor with the start bit, then a frame header whose P bit is 0; and
# its not.
KEY_FRAME = b"\x10\x00"
DELTA_FRAME = b"\x10\x01"
# Chromium checks a path that works this often.
CHECK_SECONDS = 2.5


def rtp(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, marker: bool = False) -> bytes:
    """An RTP packet without header extensions."""
    second = payload_type | (0x80 if marker else 0)
    return RTP_HEADER.pack(0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def payload_of(packet: bytes) -> bytes:
    """An RTP packet's payload."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    return packet[start:]


class _Records:
    """The pipe between the socket and aiortc's DTLS."""

    role = "controlling"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._send_datagram = send

    async def _recv(self) -> bytes:
        return await self.queue.get()

    async def _send(self, data: bytes) -> None:
        self._send_datagram(data)


class Client:
    """One client. `on_rtp` and `on_rtcp` get decrypted packets; `media_datagrams` counts what came before
    that, and `lose` may drop a sealed datagram as a network would."""

    def __init__(self, certificate: RTCCertificate | None = None, address: str = "127.0.0.1") -> None:
        self.address = address
        self.certificate = certificate or RTCCertificate.generateCertificate()
        self.renew_credentials()
        self.ssrcs: dict[str, int] = {}
        self.on_rtp: Callable[[bytes], None] = lambda packet: None
        self.on_rtcp: Callable[[bytes], None] = lambda packet: None
        self.remote: Transport | None = None
        self.lose: Callable[[bytes], bool] = lambda sealed: False
        self.media_datagrams = 0
        self.check_seconds = CHECK_SECONDS
        self.checked = asyncio.Event()
        self._waiting: set[bytes] = set()
        self._records = _Records(self.send_datagram)
        self._dtls = RTCDtlsTransport(self._records, [self.certificate])  # type: ignore[arg-type]
        self._dtls._set_role("client")
        self._checker: asyncio.Task[None] | None = None
        self.open_socket()

    # -- the transport --

    def renew_credentials(self) -> None:
        """New ICE credentials, for the first offer or a restart."""
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)

    def open_socket(self) -> None:
        """A fresh local port, as after a change of network."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        self.socket.bind((self.address, 0))
        self.socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._read)

    def close_socket(self) -> None:
        """Leave the local port without a word."""
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        self.socket.close()

    async def connect(self, remote_sdp: str) -> None:
        """Check the path until it answers, then shake hands."""
        await self.check(remote_sdp)
        await self.shake_hands()

    async def check(self, remote_sdp: str) -> None:
        """Send checks until one is answered, and go on with one each `CHECK_SECONDS`, as Chromium does."""
        self.remote = read_transport(remote_sdp)
        self.checked.clear()
        if self._checker is not None:
            self._checker.cancel()
        self._checker = asyncio.ensure_future(self._check_forever())
        await self.checked.wait()

    async def shake_hands(self) -> None:
        """DTLS, as the client; raises ConnectionError when it fails."""
        assert self.remote is not None
        fingerprint = RTCDtlsFingerprint(*self.remote.fingerprint)
        await self._dtls.start(RTCDtlsParameters([fingerprint]))
        if self._dtls.state != "connected":
            raise ConnectionError("the DTLS handshake failed")

    async def close(self, goodbye: bool = True) -> None:
        """Stop everything; without a goodbye the other side must notice by itself."""
        if self._checker is not None:
            self._checker.cancel()
        if not goodbye:
            self.close_socket()
        await self._dtls.stop()
        if goodbye:
            self.close_socket()

    def stop_checks(self) -> None:
        """Fall silent as far as ICE goes."""
        if self._checker is not None:
            self._checker.cancel()

    async def _check_forever(self) -> None:
        while True:
            self.send_check()
            await asyncio.sleep(self.check_seconds if self.checked.is_set() else 0.05)

    def send_check(self, nominate: bool = True) -> None:
        """One signed binding request."""
        assert self.remote is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote.ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = 2_130_706_431
        request.attributes["ICE-CONTROLLING"] = 1
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self.remote.password.encode())
        self._waiting.add(request.transaction_id)
        self.send_datagram(bytes(request))

    def send_datagram(self, datagram: bytes) -> None:
        """Anything at all; what the kernel has no room for is lost, as on a network."""
        if self.remote is None:
            return
        with contextlib.suppress(OSError):
            self.socket.sendto(datagram, self.remote.address)

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send."""
        self.send_datagram(self._dtls._tx_srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send."""
        self.send_datagram(self._dtls._tx_srtp.protect_rtcp(packet))

    def _read(self) -> None:
        try:
            for _ in range(64):
                self._take(self.socket.recv(2048))
        except OSError:  # empty, or closed meanwhile
            pass

    def _take(self, datagram: bytes) -> None:
        if 128 <= datagram[0] <= 191:
            self._take_media(datagram)
        elif 20 <= datagram[0] <= 63:
            self._records.queue.put_nowait(datagram)
        else:
            self._take_stun(datagram)

    def _take_media(self, datagram: bytes) -> None:
        self.media_datagrams += 1
        if self.lose(datagram) or self._dtls._rx_srtp is None:  # a report may come before our side has its keys
            return
        if 192 <= datagram[1] <= 223:
            self.on_rtcp(self._dtls._rx_srtp.unprotect_rtcp(datagram))
        else:
            self.on_rtp(self._dtls._rx_srtp.unprotect(datagram))

    def _take_stun(self, datagram: bytes) -> None:
        message = stun.parse_message(datagram)
        if message.message_class == stun.Class.REQUEST:
            self._answer_check(message)
        if message.transaction_id not in self._waiting:
            return
        self._waiting.discard(message.transaction_id)
        if message.message_class == stun.Class.RESPONSE:
            self.checked.set()

    def _answer_check(self, request: stun.Message) -> None:
        """A full ICE agent on the other side checks us, too, perhaps before we know where it is."""
        if self.remote is None:
            return
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = self.remote.address
        response.add_message_integrity(self.password.encode())
        self.send_datagram(bytes(response))

    def sdp(self, lines: list[tuple[str, str]], setup: str = "actpass", mids: list[str] | None = None) -> str:
        """An offer or answer of (medium, direction) lines. Sending lines get an SSRC, kept in `ssrcs` by mid."""
        mids = mids or [str(number) for number in range(len(lines))]
        for (_, direction), mid in zip(lines, mids, strict=True):
            if direction == "sendonly":
                self.ssrcs.setdefault(mid, secrets.randbelow(0xFFFFFFFE) + 1)
        digest = next(one.value for one in self.certificate.getFingerprints() if one.algorithm == "sha-256")
        local = Transport(self.socket.getsockname(), self.ufrag, self.password, ("sha-256", digest))
        return write_sdp([(*line, mid) for line, mid in zip(lines, mids, strict=True)], local, setup, self.ssrcs)
