"""The Socket.IO server of boards and visits: websocket only, text only, from our own pages only.

What arrives is screened before python-socketio sees it: a malformed packet would else become a traceback in
the log, binary attachments have no limit, and an event named `disconnect` would run our own handler of that
name. Three such packets close the connection. What leaves goes through web/broadcast.py.

Private parts that this file and web/broadcast.py stand on (python-socketio 5.18.1, python-engineio 4.15.1,
aiohttp 3.14.5). tests/web/test_socket_server.py holds a `test_contract_...` for each, so that no upgrade
breaks one silently:

    engineio.AsyncServer._async           its "websocket" is the transport class, the place that sees frames
    the class there: handler, _sock       handler is bound to the connection: the way to its queue and session
    engineio.AsyncServer.sockets          engine.io id -> connection with .queue, .closed and .session
    engineio.AsyncServer.create_queue     makes each connection's send queue, called without arguments
    the connection's writer               calls send() once for each packet, in the queue's order
    asyncio.Queue._put                    the hook for subclasses through which everything enters
    WebSocketResponse(compress=False)     writes each frame whole to request.transport: ours fit in between
    socketio .._engineio_server_class     the class of the engine.io server
    socketio .._handle_eio_message        gets each message, raises what the packet class raises
    socketio.AsyncManager.get_participants  (sid, engine.io id) of everybody in a room
    socketio.AsyncManager.rooms           namespace -> room -> its members
    socketio.AsyncManager.eio_sid_from_sid  None for a browser that has left, even while its connect handler runs
    socketio.AsyncManager.sid_from_eio_sid  None for a connection that is not in a namespace
    engineio.AsyncServer.handle_request   lasts as long as its websocket
    socketio.AsyncServer.reserved_events  names that are looked up among our own handlers
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import engineio
import socketio
from aiohttp import web
from engineio.async_drivers.aiohttp import WebSocket
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT

from web.broadcast import BroadcastManager, SendLimits, SendQueue
from web.connection_limits import AddressCount, ConnectionLimits, Outsiders

FAULT_LIMIT = 3
HEARD = "heard"  # monotonic instant of the last packet, beside it
FAULTS = "faults"  # key in a connection's engine.io session; Socket.IO's own keys there begin with a slash


class PacketError(ValueError):
    """A client broke the protocol. The text says how, and quotes nothing of what it sent."""


class Faults:
    """Counts a connection's breaches of the protocol; at FAULT_LIMIT it ends, with one line in the log."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._count = 0

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be read from this connection."""
        return self._count >= FAULT_LIMIT

    def add(self, reason: str) -> None:
        """Count one breach."""
        self._count += 1
        if self._count == FAULT_LIMIT:
            self._logger.error("socket closed after %d protocol errors, the last: %s", FAULT_LIMIT, reason)


class TextPacket(socketio.packet.Packet):
    """A Socket.IO packet without binary parts (types 5 and 6), checked in shape when it is decoded.

    Encoding bytes raises TypeError; decoding what no browser of ours sends raises PacketError.
    """

    uses_binary_events = False

    def decode(self, encoded_packet: object) -> int:
        """Parse a browser's CONNECT, DISCONNECT, EVENT or ACK. Returns its number of attachments, 0."""
        if not isinstance(encoded_packet, str):
            raise PacketError("binary data")
        try:
            attachments = super().decode(encoded_packet)
        except (ValueError, RecursionError):
            raise PacketError("malformed packet") from None
        if attachments or not self._is_sound():
            raise PacketError("packet of a wrong type or shape")
        return 0

    def _is_sound(self) -> bool:
        return self.packet_type in _SHAPES and _SHAPES[self.packet_type](self)


def _is_event(packet: TextPacket) -> bool:
    if not isinstance(packet.data, list) or not packet.data:
        return False
    name = packet.data[0]
    return isinstance(name, str) and name not in socketio.AsyncServer.reserved_events


_SHAPES: dict[int, Callable[[TextPacket], bool]] = {
    CONNECT: lambda packet: packet.data is None or isinstance(packet.data, dict),
    DISCONNECT: lambda packet: packet.data is None,
    EVENT: _is_event,
    ACK: lambda packet: packet.id is not None and isinstance(packet.data, list),
}


def is_expected(frame: object) -> bool:
    """Whether a browser may send this engine.io packet: close, pong, or a Socket.IO packet, 0 to 3."""
    return isinstance(frame, str) and (frame in ("1", "3") or frame[:2] in ("40", "41", "42", "43"))


class TextWebSocket(WebSocket):
    """engine.io's view of one aiohttp websocket: uncompressed, screened, and known to its send queue."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server)
        connection = handler.__self__
        self._queue: SendQueue = connection.queue
        self._session = connection.session
        self._session[HEARD] = time.monotonic()
        self._faults = self._session[FAULTS] = Faults(server.logger)

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        """Serve one connection until it ends. Compressing for each client would undo the shared frame."""
        request = environ["aiohttp.request"]
        self._sock = web.WebSocketResponse(max_msg_size=self.server.max_http_buffer_size, compress=False)
        await self._sock.prepare(request)
        self._queue.attach(request.transport)
        try:
            await self.handler(self)
        finally:
            self._queue.end()  # a transport that only closes keeps its last octets for a reader for ever
        return self._sock

    async def wait(self) -> str | None:
        """Return the next expected packet, or None when the client has broken the protocol too often.

        OSError or RuntimeError when the connection is closed.
        """
        while not self._faults.exhausted:
            frame = await super().wait()
            self._session[HEARD] = time.monotonic()
            if is_expected(frame):
                return str(frame)
            self._faults.add("unexpected engine.io packet")
        return None

    async def send(self, message: str | bytes) -> None:
        """Write one packet; a client that takes none for too long is cut."""
        await self._or_cut(super().send(message))
        self._queue.written()

    async def close(self) -> None:
        """Close the websocket; a client that does not join in is cut."""
        await self._or_cut(super().close())

    async def _or_cut(self, step: Awaitable[None]) -> None:
        # engine.io waits for its writer without end: one stuck write would keep the connection for ever
        try:
            async with asyncio.timeout(self._queue.limits.seconds):
                await step
        except TimeoutError:
            self._queue.cut("it does not read")


class EngineServer(engineio.AsyncServer):
    """An engine.io server that answers our own origins only, over TextWebSocket and SendQueue."""

    def __init__(
        self, *, origins: frozenset[str], limits: SendLimits, connection_limits: ConnectionLimits, **options: Any
    ) -> None:
        super().__init__(**options)
        self._origins = origins
        self._limits = limits
        self._address_of = connection_limits.address_of
        self._addresses = AddressCount(connection_limits.per_address)
        self._async: dict[str, Any] = {**self._async, "websocket": TextWebSocket}

    def create_queue(self) -> SendQueue:
        """Make one connection's send queue."""
        return SendQueue(self._limits)

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one request. engine.io itself would let a missing Origin pass."""
        claimed = request.headers.getall("Origin", [])
        if len(claimed) != 1 or claimed[0] not in self._origins:
            return web.Response(status=403, text="This origin may not connect.")
        address = self._address_of(request)
        if self._addresses.is_full(address):
            return web.Response(status=429, text="Too many connections from this address.")
        with self._addresses.one_more(address):  # an answered websocket is one that has ended
            return await super().handle_request(request)


class SocketServer(socketio.AsyncServer):
    """A Socket.IO server whose connections are EngineServer's."""

    look_seconds = 1.0

    def __init__(self, *, connection_limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(connection_limits=connection_limits, **options)
        self._outsiders = Outsiders(connection_limits.outside_seconds)

    async def end_outsiders(self) -> None:
        """End, for ever, the connections that have been in no namespace for too long."""
        while True:
            await asyncio.sleep(self.look_seconds)
            outside = [id for id in self.eio.sockets if not self._is_inside(id)]
            for id in self._outsiders.overdue(outside):
                self.eio.sockets[id].queue.end()

    def _is_inside(self, connection_id: str) -> bool:
        """Whether the connection is in some namespace, or its connect handler runs."""
        return any(self.manager.sid_from_eio_sid(connection_id, name) for name in self.manager.get_namespaces())

    async def shutdown(self) -> None:
        """Stop the monitor and drop every connection, so that the web server has nothing to wait for."""
        await super().shutdown()
        for connection in list(self.eio.sockets.values()):
            connection.queue.end()

    def rooms_named(self, prefix: str, namespace: str) -> list[str]:
        """The rooms with somebody in them whose names begin so."""
        known = self.manager.rooms.get(namespace, {})
        return [room for room in known if isinstance(room, str) and room.startswith(prefix)]

    def has_room(self, room: str, namespace: str) -> bool:
        """Whether somebody is in the room."""
        return room in self.manager.rooms.get(namespace, {})

    def count(self, room: str, namespace: str) -> int:
        """How many connections are in the room."""
        return len(self.manager.rooms.get(namespace, {}).get(room, ()))

    def is_here(self, sid: str, namespace: str) -> bool:
        """Whether the browser has not left yet; true while its connect handler runs, too."""
        return self.manager.eio_sid_from_sid(sid, namespace) is not None

    def nudge(self, sid: str, namespace: str, silent_seconds: float) -> None:
        """Ask a browser for a sign of life, out of turn; end its connection if nothing came from it for so long."""
        connection = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, namespace))
        if connection is None:
            return
        if time.monotonic() - connection.session[HEARD] > silent_seconds:
            connection.queue.end()
        else:
            connection.queue.put_nowait(engineio.packet.Packet(engineio.packet.PING))

    def end_room(self, room: str, namespace: str) -> None:
        """End the connections of everybody in a room; `disconnect` would only leave the namespace."""
        for _, connection_id in list(self.manager.get_participants(namespace, room)):
            if connection := self.eio.sockets.get(connection_id):
                connection.queue.end()

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        try:
            await super()._handle_eio_message(eio_sid, data)
        except PacketError as error:
            self.eio.sockets[eio_sid].session[FAULTS].add(str(error))

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer


def create_socket_server(
    origins: Iterable[str],
    *,
    limits: SendLimits | None = None,
    connection_limits: ConnectionLimits | None = None,
    max_message_octets: int = 128 * 1024,
    ping_interval: float = 25,
    ping_timeout: float = 20,
) -> SocketServer:
    """Make the Socket.IO server; `attach(app)` gives it its route, `shutdown()` belongs into app.on_shutdown.

    `origins` are exact, as browsers send them (`https://clinic.example`); ValueError otherwise.
    The longest message, in octets, fits an escaped offer of 64 KiB; times are in seconds.
    `end_outsiders()` is to run beside it. Only namespaces with handlers exist. A connection's handlers run one by
    one: let them only enqueue.
    """
    exact = frozenset(_checked_origin(origin) for origin in origins)
    if not exact:
        raise ValueError("at least one origin is needed")
    logger = _errors_only()
    return SocketServer(
        client_manager=BroadcastManager(),
        serializer=TextPacket,
        async_mode="aiohttp",
        async_handlers=False,
        transports=["websocket"],
        namespaces=("",),  # matches none; an empty list would open the namespace "/" to everybody
        max_http_buffer_size=max_message_octets,
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        origins=exact,
        cors_allowed_origins=sorted(exact),  # a list, so that a proxy's headers do not widen it
        cors_credentials=False,
        limits=limits or SendLimits(),
        connection_limits=connection_limits or ConnectionLimits(),
        logger=logger,
        engineio_logger=logger,
    )


def _checked_origin(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or "*" in origin:
        raise ValueError(f"not an http origin: {origin!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default_port = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default_port) else f":{parts.port}"
    if origin != f"{parts.scheme}://{host}{port}":
        raise ValueError(f"browsers never send the origin {origin!r}, but {parts.scheme}://{host}{port}")
    return origin


def _errors_only() -> logging.Logger:
    """A logger for both libraries: below errors they log whole packets, with names and what people write."""
    logger = logging.getLogger("anteroom.sockets")
    logger.setLevel(logging.ERROR)
    return logger
