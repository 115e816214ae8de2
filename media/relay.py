"""The relay: what signalling sees of media.

relay = Relay(RelaySettings(bind="192.0.2.1"), on_event)
await relay.start()
answer = await relay.connect("anna", offer)                     # transport is set up, the gate is shut
relay.open("anna")                                              # admitted: packets pass
relay.assign("anna", answer.slots[1].mid, Source("ben", "camera"))
"""

import asyncio
import logging
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Literal

from aiortc.rtcdtlstransport import RTCCertificate

from media.answer import LocalTransport, write_answer
from media.budget import Filling
from media.connection import Connection
from media.errors import OfferError, UnknownConnection
from media.forwarder import Publication
from media.negotiation import MAX_SLOTS, agree
from media.port import Port
from media.srtp import Buffer
from media.switchboard import Switchboard
from media.totals import Totals
from media.transport import TransportState
from media.values import (
    Answer,
    ConnectionStatistics,
    MediaEvent,
    PortStatistics,
    Quality,
    RelaySettings,
    Slot,
    Source,
    StreamStatistics,
)

__all__ = [
    "Answer",
    "ConnectionStatistics",
    "MediaEvent",
    "PortStatistics",
    "Quality",
    "Relay",
    "RelaySettings",
    "Slot",
    "Source",
    "StreamStatistics",
    "Totals",
]

logger = logging.getLogger(__name__)

# How often what is missing is asked for again, in seconds: a packet that was merely overtaken comes sooner.
TICK = 0.02
# Each connection is looked at, whether it is due to be reported to or has fallen silent, once in so many ticks; some of
# them in each, so that no packet has to wait for all of it.
LOOK_PARTS = 3


class Relay:
    """One UDP port, and all connections that meet there.

    `on_event` is called in the event loop's thread with each MediaEvent; it must not block.
    """

    def __init__(self, settings: RelaySettings, on_event: Callable[[MediaEvent], None]) -> None:
        self._settings = settings
        self._on_event = on_event
        self._certificate = RTCCertificate.generateCertificate()
        self._port = Port(settings, time.monotonic)
        self._buffer = Buffer()  # what is sent, one packet at a time
        self._connections: dict[str, Connection] = {}
        self._switchboard = Switchboard()
        self._attention: set[Publication] = set()
        self._departed = Totals()
        self._fillings: set[Filling] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._looks = 0
        self._farewells: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind the UDP port; raises OSError if it cannot be had."""
        self._loop = asyncio.get_running_loop()
        self._port.open()
        self._timer = self._loop.call_later(TICK, self._tick)

    async def close(self) -> None:
        """End all connections and free the port."""
        if self._timer is not None:
            self._timer.cancel()
        for key in list(self._connections):
            await self.disconnect(key)
        if self._farewells:
            await asyncio.gather(*self._farewells, return_exceptions=True)
        self._port.close()

    @property
    def port(self) -> int:
        """The number of the bound UDP port, 0 before start."""
        return self._port.number

    async def connect(self, key: str, offer_sdp: str, capacity: int = MAX_SLOTS) -> Answer:
        """Answer a browser's offer, with the gate shut. Replaces an older connection of that key, whose slots
        are forgotten; those who were shown this person go on being shown them.

        `capacity` is how many receive lines become slots, further ones are answered as inactive. Raises
        OfferError.
        """
        agreement, remote = agree(offer_sdp, capacity)
        former = self._connections.get(key)
        if former is not None:
            self._drop(former)
        connection = Connection(
            key,
            agreement,
            remote,
            self._certificate,
            self._buffer,
            self._port.send,
            self._state_changed,
            self._attention,
            self._fillings.add,
            self._settings,
            time.monotonic(),
        )
        self._connections[key] = connection
        self._port.register(connection)
        for publication in connection.publications:
            if publication is publication.layers[0]:
                self._switchboard.publish(publication, time.monotonic())
        connection.transport.start()
        if former is not None:
            await former.transport.stop()
        return self._answer(connection)

    async def restart_ice(self, key: str, offer_sdp: str) -> Answer:
        """Answer a restarting browser's offer with new credentials; DTLS, SRTP and slots stay as they are.

        Raises UnknownConnection when it must connect anew, OfferError when the offer is not the same as
        before.
        """
        connection = self._connection(key)
        agreement, remote = agree(offer_sdp, len(connection.agreement.slot_lines))
        if agreement != connection.agreement:
            raise OfferError("an ICE restart cannot change what was agreed")
        connection.agreement = agreement  # the same, but for which layers are paused
        connection.ice.restart(remote.ufrag)
        self._port.register(connection)
        return self._answer(connection)

    def open(self, key: str) -> None:
        """Open the gate: forward what this browser sends, and let it receive. Raises UnknownConnection."""
        self._connection(key).open(time.monotonic())

    def shut(self, key: str) -> None:
        """Shut the gate, as it is at first. Raises UnknownConnection."""
        self._connection(key).shut()

    def assign(self, subscriber: str, mid: str, source: Source | None) -> None:
        """Show a source in a slot from its next key frame on, which is asked for; None empties the slot. The
        source need not be connected yet. Raises UnknownConnection when there is no such connection or slot in
        it."""
        subscription = self._connection(subscriber).subscriptions.get(mid)
        if subscription is None:
            raise UnknownConnection(f"no slot {mid!r} in the connection of {subscriber!r}")
        self._switchboard.assign(subscription, source, time.monotonic())

    async def disconnect(self, key: str) -> None:
        """End a connection; nothing happens if there is none."""
        connection = self._connections.get(key)
        if connection is not None:
            self._drop(connection)
            await connection.transport.stop()

    def statistics(self, key: str) -> ConnectionStatistics:
        """How a connection fares. Raises UnknownConnection."""
        return self._connection(key).statistics()

    def quality(self, key: str) -> Quality:
        """How well somebody is connected of late. Raises UnknownConnection."""
        return self._connection(key).quality()

    def totals(self) -> Totals:
        """Sums over all connections that there are and were."""
        totals = deepcopy(self._departed)
        trips = []
        for connection in self._connections.values():
            told = connection.statistics()
            totals.add(told, connection.streams())
            totals.connected += told.connected
            totals.open += told.connected and told.open
            trips += [] if told.rtt is None else [told.rtt]
        totals.round_trip = sum(trips) / len(trips) if trips else 0.0
        return totals

    def port_statistics(self) -> PortStatistics:
        """How the UDP port fares."""
        return self._port.statistics()

    def _connection(self, key: str) -> Connection:
        try:
            return self._connections[key]
        except KeyError:
            raise UnknownConnection(f"no connection of {key!r}") from None

    def _answer(self, connection: Connection) -> Answer:
        connection.version += 1
        credentials = connection.ice.credentials
        digest = next(one.value for one in self._certificate.getFingerprints() if one.algorithm == "sha-256")
        local = LocalTransport(self._settings.advertised, self.port, credentials.ufrag, credentials.password, digest)
        ssrcs = {mid: one.ssrc for mid, one in connection.subscriptions.items()}
        agreement = connection.agreement
        published = tuple((line.mid, line.kind) for line in agreement.published if line.kind)
        return Answer(write_answer(agreement, local, ssrcs, connection.version), published, agreement.slots)

    def _drop(self, connection: Connection) -> None:
        """Take a connection out of all tables. Its keys are forgotten by stopping its transport."""
        connection.shut()
        self._departed.add(connection.statistics(), connection.streams())
        if self._connections.get(connection.key) is connection:
            del self._connections[connection.key]
        self._port.forget(connection)
        for publication in connection.publications:
            self._switchboard.withdraw(publication)
            self._attention.discard(publication)
        for subscription in connection.subscriptions.values():
            self._switchboard.release(subscription)

    def _state_changed(self, connection: Connection, state: TransportState) -> None:
        if self._connections.get(connection.key) is not connection:
            return
        if state == "connected":
            self._tell(connection.key, "connected")
        else:
            self._lose(connection, state)

    def _lose(self, connection: Connection, how: Literal["failed", "closed"]) -> None:
        self._drop(connection)
        farewell = self._loop.create_task(connection.transport.stop())
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)
        self._tell(connection.key, how)

    def _tell(
        self, key: str, name: Literal["connected", "silent", "failed", "closed", "speaking"], loudness: int = 0
    ) -> None:
        try:
            self._on_event(MediaEvent(key, name, loudness))
        except Exception:
            logger.exception("telling that a connection is %s", name)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        now = time.monotonic()  # uvloop's own clock has steps of a millisecond
        for publication in list(self._attention):
            publication.attend(now)
        for filling in list(self._fillings):
            if not filling.attend(now):
                self._fillings.discard(filling)
        self._looks += 1
        for connection in list(self._connections.values())[self._looks % LOOK_PARTS :: LOOK_PARTS]:
            if self._connections.get(connection.key) is connection:  # what was read meanwhile may have ended it
                self._look_after(connection, now)

    def _look_after(self, connection: Connection, now: float) -> None:
        try:
            if connection.tick(now):
                self._port.read()  # packets must not wait until everybody has been reported to
        except Exception:
            logger.exception("reporting to a connection")
        loudness = connection.speech(now)
        if loudness is not None:
            self._tell(connection.key, "speaking", loudness)
        health = connection.health(now, self._settings)
        if health in ("failed", "closed"):
            self._lose(connection, health)
        elif health == "silent" and not connection.silent:
            self._tell(connection.key, "silent")
        connection.silent = health == "silent"
