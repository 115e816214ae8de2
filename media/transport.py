"""DTLS-SRTP of one participant (RFC 5763, RFC 5764) on aiortc's RTCDtlsTransport.

aiortc does the handshake and the keys; packets do not pass through it. Everything private that is used of it:

* its `transport` argument is any object with `role`, `_recv` and `_send`: ours is a queue of DTLS records
  only, since the port already knows SRTP from DTLS;
* `_set_role`: the answer says a=setup:passive, aiortc would derive the role from ICE;
* `_srtp_profiles` on the instance: AEAD_AES_128_GCM first, which costs two thirds of AES128_CM_SHA1_80, and
  no AES-256, which browsers would otherwise get and which costs more;
* `_rx_srtp` and `_tx_srtp` after the handshake: packets are unsealed as they are read, without a task in
  between.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from media.srtp import Keys

logger = logging.getLogger(__name__)

PREFERRED_PROFILES = [one for one in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if one in SRTP_PROFILES]
# A handshake takes a handful of records; more than this waiting means that nobody legitimate sends them.
MAX_WAITING_RECORDS = 64

TransportState = Literal["connected", "failed", "closed"]


class _Records:
    """What RTCDtlsTransport takes for an ICE transport: DTLS records in and out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING_RECORDS)
        self._send_datagram = send

    def put(self, record: bytes) -> None:
        if not self._queue.full():
            self._queue.put_nowait(record)

    async def _recv(self) -> bytes:
        return await self._queue.get()

    async def _send(self, data: bytes) -> None:
        self._send_datagram(data)


class SecureTransport:
    """One DTLS association, and SRTP under its keys. An ICE restart leaves it untouched."""

    def __init__(
        self,
        certificate: RTCCertificate,
        fingerprints: tuple[tuple[str, str], ...],
        send: Callable[[bytes], None],
        on_state: Callable[[TransportState], None],
    ) -> None:
        self._records = _Records(send)
        self._dtls = RTCDtlsTransport(self._records, [certificate])  # type: ignore[arg-type]
        self._dtls._set_role("server")
        self._dtls._srtp_profiles = PREFERRED_PROFILES
        self._dtls.on("statechange", self._state_changed)
        self._fingerprints = [RTCDtlsFingerprint(algorithm, value) for algorithm, value in fingerprints]
        self._on_state = on_state
        self._handshake: asyncio.Task[None] | None = None
        self.keys = Keys()

    @property
    def connected(self) -> bool:
        """Whether keys are agreed."""
        return self.keys.agreed

    def start(self) -> None:
        """Await the browser's ClientHello in the background."""
        self._handshake = asyncio.ensure_future(self._shake_hands())

    async def _shake_hands(self) -> None:
        try:
            await self._dtls.start(RTCDtlsParameters(self._fingerprints))
        except Exception as error:  # whatever a hostile handshake provokes fails this participant alone
            logger.info("DTLS handshake: %s", error)
            self._on_state("failed")

    async def stop(self) -> None:
        """End the association with a close_notify. Reports no state."""
        self._dtls.remove_all_listeners()
        self.keys.forget()
        if self._handshake is not None:
            self._handshake.cancel()
        await self._dtls.stop()

    def receive_record(self, record: bytes) -> None:
        """Take a DTLS record from the port."""
        self._records.put(record)

    def _state_changed(self) -> None:
        state = self._dtls.state
        if state == "connected":
            self.keys.take(self._dtls._rx_srtp, self._dtls._tx_srtp)
            self._on_state("connected")
        elif state in ("failed", "closed"):
            self.keys.forget()
            self._on_state("failed" if state == "failed" else "closed")
