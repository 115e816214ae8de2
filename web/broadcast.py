"""One event, encoded once, to every browser in a room.

python-socketio's own emit makes a task, a queue hop and a websocket encoding for each recipient. Yet nearly
always a recipient is *idle*: all that ever entered its engine.io queue is written, and its transport has
little left to send. An idle recipient gets the prebuilt frame straight into its transport; any other gets the
same event through its queue.

Order holds per connection, for two reasons: the shortcut is open only while nothing older waits anywhere
above the transport, and the emits of one namespace take turns, first come, first served.

Others get their turn too: while visits are live an event goes to a room of thousands in pieces, and between two of them
the loop does what waits, above all forward media. A visit's events, in a namespace of their own, wait for no board.

Memory holds because the queue has an end. A client that lags behind SendLimits is cut: its connection is
aborted, and the browser returns and loads afresh, which costs less than remembering what it missed.

The private parts of the libraries that this stands on are listed in web/socket_server.py.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import engineio
import socketio

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SendLimits:
    """How far a client may lag behind before it is cut, and up to where its transport counts as idle."""

    packets: int = 200
    octets: int = 256 * 1024
    seconds: float = 10.0
    idle_buffer_octets: int = 16 * 1024


@dataclass(frozen=True)
class Message:
    """Events in both forms: a whole websocket frame for each, one after the other, for idle transports; packets for
    other queues."""

    frames: bytes
    packets: Sequence[engineio.packet.Packet]


class SendQueue(asyncio.Queue[Any]):
    """A connection's engine.io send queue, with an end, and with a shortcut past it while it is idle.

    Holds engine.io packets; None tells the reader to stop, and nothing is accepted after it. A packet waits
    until it is written, not until it is taken: the reader takes all there is, then writes one by one.
    """

    def __init__(self, limits: SendLimits) -> None:
        super().__init__()
        self.limits = limits
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._waiting: deque[tuple[float, int]] = deque()  # (monotonic s of arrival, octets), oldest first
        self._waiting_octets = 0

    def attach(self, transport: asyncio.Transport | None) -> None:
        """Name the transport that the reader writes to. Until then everything goes through the queue."""
        self._transport = transport

    def write_past(self, frames: bytes) -> bool:
        """Write whole websocket frames straight to the transport; False when the connection is not idle."""
        transport = self._transport
        if self._waiting or self._ended or transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > self.limits.idle_buffer_octets:
            return False
        transport.write(frames)
        return True

    def written(self) -> None:
        """Note that the reader has written the oldest packet to the transport."""
        if self._waiting:
            self._waiting_octets -= self._waiting.popleft()[1]

    def cut(self, reason: str) -> None:
        """End the connection of a client that lags, with one line in the log."""
        waiting = (len(self._waiting), self._waiting_octets)
        logger.warning("socket cut: %s (%d packets, %d octets waiting)", reason, *waiting)
        self.end()

    def end(self) -> None:
        """Abort the connection and forget what waits: a polite close would wait for one who does not read."""
        while not self.empty():
            self.get_nowait()
        self._waiting.clear()
        self._waiting_octets = 0
        self.put_nowait(None)
        if self._transport is not None:
            self._transport.abort()

    def _put(self, packet: engineio.packet.Packet | None) -> None:
        if packet is None:
            self._ended = True
            super()._put(None)
            return
        if self._is_full():
            self.cut("it does not keep up")
        if not self._ended:
            self._remember(packet)
            super()._put(packet)

    def _is_full(self) -> bool:
        """Whether what waits has reached a limit. One packet alone may be larger than the limit."""
        if not self._waiting:
            return False
        oldest, _ = self._waiting[0]
        return (
            len(self._waiting) >= self.limits.packets
            or self._waiting_octets >= self.limits.octets
            or time.monotonic() - oldest >= self.limits.seconds
        )

    def _remember(self, packet: engineio.packet.Packet) -> None:
        octets = len(packet.encode())
        self._waiting.append((time.monotonic(), octets))
        self._waiting_octets += octets


class BroadcastManager(socketio.AsyncManager):
    """The client manager behind `await server.emit(event, data, room=..., namespace=...)`."""

    recipients_at_once = 64
    """About half a millisecond of work: as long as media may wait for boards."""

    def __init__(self) -> None:
        super().__init__()
        self.has_media: Callable[[], bool] = lambda: True
        """Whether media may have to wait: where no visit is live, pieces would only keep the last board waiting."""
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: str | list[str] | None = None,
        callback: Any = None,
        to: Any = None,
        **kwargs: Any,
    ) -> None:
        """Send an event to everybody in a room, in the order of the calls. Never waits for a slow client.

        `data` is a JSON value, a tuple of them for several arguments, or None; TypeError if it is not.
        A callback asks each recipient for an answer of its own: that is python-socketio's ordinary way.
        """
        if callback is not None:
            async with self._turns[namespace]:
                await super().emit(event, data, namespace, room, skip_sid, callback, to, **kwargs)
            return
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        await self._emit([(event, data)], namespace, to or room, skipped)

    async def emit_all(self, events: Sequence[tuple[str, Any]], namespace: str, room: Any) -> None:
        """Send several events, each a name and its data, in one write to each idle connection: to a room of hundreds,
        the system call costs more than all else."""
        await self._emit(events, namespace, room, [])

    async def _emit(self, events: Sequence[tuple[str, Any]], namespace: str, room: Any, skipped: Sequence[Any]) -> None:
        async with self._turns[namespace]:
            participants = self.get_participants(namespace, room)
            recipients = [eio_sid for sid, eio_sid in participants if sid not in skipped]
            if not recipients:
                return
            message = encode_events(self.server.packet_class, events, namespace)
            piece = self.recipients_at_once if self.has_media() else len(recipients)
            self._deliver(recipients[:piece], message)
            for start in range(piece, len(recipients), piece):
                await asyncio.sleep(0)
                self._deliver(recipients[start : start + piece], message)

    def _deliver(self, recipients: Iterable[str], message: Message) -> None:
        """Hand one message to each engine.io connection."""
        sockets = self.server.eio.sockets
        for eio_sid in recipients:
            socket = sockets.get(eio_sid)
            if socket is None or socket.closed:
                continue
            if not socket.queue.write_past(message.frames):
                for packet in message.packets:
                    socket.queue.put_nowait(packet)


def encode_events(packet_class: Any, events: Iterable[tuple[str, Any]], namespace: str) -> Message:
    """Encode each Socket.IO event (protocol 5, type 2) in an engine.io message packet (protocol 4, type 4)."""
    packets = [_packet(packet_class, event, data, namespace) for event, data in events]
    return Message(b"".join(text_frame(packet.encode().encode()) for packet in packets), packets)


def _packet(packet_class: Any, event: str, data: Any, namespace: str) -> engineio.packet.Packet:
    arguments = [] if data is None else data if isinstance(data, tuple) else [data]
    text = packet_class(socketio.packet.EVENT, namespace=namespace, data=[event, *arguments]).encode()
    return engineio.packet.Packet(engineio.packet.MESSAGE, text)


def text_frame(payload: bytes) -> bytes:
    """Return a whole, final, unmasked websocket text frame around UTF-8 octets (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
