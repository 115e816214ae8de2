"""One frame for everybody: who hears it, in what order, and what a lagging client costs."""

import asyncio
import contextlib
import functools
import gc
import json
import tracemalloc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import engineio
import pytest
import socketio
import uvloop

from tests.web.socket_harness import (
    BOARD,
    ORIGIN,
    DeafClient,
    RawClient,
    masked,
    open_board,
    raw_client,
    serving,
    until,
)
from web.broadcast import BroadcastManager, SendLimits, SendQueue, encode_events, text_frame
from web.socket_server import SocketServer, TextPacket, create_socket_server

UNLIMITED = SendLimits(packets=10**6, octets=10**9, seconds=60)


# The successor of this fixture is a hook, which a single test file cannot have.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy. fixture")


@pytest.fixture(params=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    if request.param == "uvloop":
        return uvloop.EventLoopPolicy()
    return asyncio.DefaultEventLoopPolicy()


def board_server(limits: SendLimits | None = None, gone: list[str] | None = None, **options: Any) -> SocketServer:
    server = create_socket_server([ORIGIN], limits=limits, **options)
    open_board(server, gone)
    return server


async def is_idle(server: SocketServer) -> None:
    """Wait until every connection's shortcut is open."""
    await until(lambda: not any(connection.queue._waiting for connection in server.eio.sockets.values()))


@contextlib.contextmanager
def counted_ways(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Count, by connection, which events took the shortcut (True) and which the queue (False)."""
    ways: dict[SendQueue, list[bool]] = {}
    write_past = SendQueue.write_past

    def counting(queue: SendQueue, frames: bytes) -> bool:
        way = write_past(queue, frames)
        ways.setdefault(queue, []).append(way)
        return way

    monkeypatch.setattr(SendQueue, "write_past", counting)
    yield ways


async def test_a_room_hears_an_event_and_nobody_else_does():
    server = board_server()
    async with (
        serving(server) as port,
        raw_client(port, "a") as one,
        raw_client(port, "a") as two,
        raw_client(port, "b") as other_room,
        raw_client(port) as no_room,
    ):
        await server.emit("board.changed", {"row": 1}, room="a", namespace=BOARD)
        await server.emit("board.closed", {"row": 2}, namespace=BOARD)  # the end mark, for all of /board
        for member in (one, two):
            assert await member.event() == ["board.changed", {"row": 1}]
            assert await member.event() == ["board.closed", {"row": 2}]
        for outsider in (other_room, no_room):
            assert await outsider.event() == ["board.closed", {"row": 2}]


async def test_another_namespace_and_a_skipped_client_hear_nothing():
    server = board_server()
    server.on("connect", lambda sid, environ, auth: None, namespace="/session")
    async with (
        serving(server) as port,
        raw_client(port, "a") as member,
        raw_client(port, namespace="/session") as stranger,
        raw_client(port) as skipped,
    ):
        sid = await skipped.join("a", "/session")
        await server.emit("board.changed", 1, room="a", namespace=BOARD)
        await server.emit("session.ended", 2, namespace="/session", skip_sid=sid)
        await server.emit("session.ended", 3, namespace="/session")
        assert await member.event() == ["board.changed", 1]
        assert await stranger.event() == ["session.ended", 2]
        assert await stranger.event() == ["session.ended", 3]
        assert await skipped.event() == ["session.ended", 3]


async def test_an_idle_room_takes_the_shortcut_and_an_empty_one_costs_nothing(monkeypatch):
    server = board_server()
    async with serving(server) as port, raw_client(port, "a") as one, raw_client(port, "a") as two:
        await is_idle(server)
        with counted_ways(monkeypatch) as ways:
            await server.emit("board.changed", 1, room="a", namespace=BOARD)
            await server.emit("board.changed", object(), room="nobody", namespace=BOARD)  # never encoded
            assert [await one.event(), await two.event()] == [["board.changed", 1]] * 2
        assert sorted(ways.values()) == [[True], [True]]


async def test_several_events_reach_an_idle_browser_in_one_write_and_a_busy_one_through_its_queue(monkeypatch):
    server = board_server()
    rows = [("row.changed", {"row": number}) for number in range(3)]
    async with serving(server) as port, raw_client(port, "a") as idle, raw_client(port, "b") as outsider:
        await is_idle(server)
        with counted_ways(monkeypatch) as ways:
            await server.manager.emit_all(rows, BOARD, "a")
            await server.emit("board.closed", None, namespace=BOARD)
            assert [await idle.event() for _ in rows] == [["row.changed", {"row": number}] for number in range(3)]
        assert sorted(ways.values()) == [[True], [True, True]]
        assert await outsider.event() == ["board.closed"]
        monkeypatch.setattr(SendQueue, "write_past", lambda queue, frames: False)
        await server.manager.emit_all(rows, BOARD, "a")
        assert await idle.event() == ["board.closed"]
        assert [await idle.event() for _ in rows] == [["row.changed", {"row": number}] for number in range(3)]


EVENTS: list[tuple[str, Any]] = [
    ("board.changed", {"html": "<li>Łódź 🩺</li>", "at": 1.5, "none": None}),
    ("board.changed", None),
    ("board.changed", ("two", ["arguments"])),
    ("board.changed", "x" * 120),
    ("board.changed", "x" * 70_000),
]


@pytest.mark.parametrize("namespace", ["/", BOARD])
async def test_a_client_reads_the_very_text_that_python_socketio_would_send(namespace):
    ours = board_server()
    stock = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins=[ORIGIN])
    texts: list[list[str]] = []
    for server in (ours, stock):
        server.on("connect", lambda sid, environ, auth: None, namespace=namespace)
        async with serving(server) as port, raw_client(port, namespace=namespace) as client:
            for event, data in EVENTS:
                await server.emit(event, data, namespace=namespace)
            texts.append([await client.text() for _ in EVENTS])
    assert texts[0] == texts[1]
    assert len(texts[0]) == len(EVENTS)


async def test_a_socketio_client_gets_shortcut_and_ordinary_events_in_order():
    server = board_server()
    heard: list[int] = []
    client = socketio.AsyncClient()
    client.on("counted", heard.append, namespace=BOARD)
    async with serving(server) as port:
        headers = {"Origin": ORIGIN}
        await client.connect(
            f"http://127.0.0.1:{port}", headers, {"room": "a"}, transports=["websocket"], namespaces=[BOARD]
        )
        sid = client.get_sid(BOARD)
        for number in range(0, 300, 2):
            await server.emit("counted", number, room="a", namespace=BOARD)
            await server.emit("counted", number + 1, to=sid, namespace=BOARD, callback=lambda *_: None)
            if number % 50 == 0:
                await until(functools.partial(have_read, (heard,), number + 1))
        await until(lambda: len(heard) == 300)
        await client.disconnect()
    assert heard == list(range(300))


async def test_many_boards_hear_in_pieces_in_order_and_others_get_their_turn_between(monkeypatch):
    monkeypatch.setattr(BroadcastManager, "recipients_at_once", 2)
    server = board_server()
    server.on("connect", lambda sid, environ, auth: None, namespace="/session")
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(server))
        members = [await stack.enter_async_context(raw_client(port, "a")) for _ in range(7)]
        visitor = await stack.enter_async_context(raw_client(port, namespace="/session"))
        await is_idle(server)
        with counted_ways(monkeypatch) as ways:
            several = asyncio.gather(
                *(server.emit("counted", number, room="a", namespace=BOARD) for number in range(4))
            )
            await asyncio.sleep(0)
            assert len(ways) == 2, "the first piece is out, and the loop has the word again"
            await server.emit("admission.changed", 1, namespace="/session")
            assert len(ways) == 3, "a visit waits for no board"
            await several
        for member in members:
            assert [await member.event() for _ in range(4)] == [["counted", number] for number in range(4)]
        assert await visitor.event() == ["admission.changed", 1]


async def test_without_live_visits_nobody_waits_for_turns(monkeypatch):
    monkeypatch.setattr(BroadcastManager, "recipients_at_once", 2)
    server = board_server()
    server.manager.has_media = lambda: False
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(server))
        members = [await stack.enter_async_context(raw_client(port, "a")) for _ in range(5)]
        await is_idle(server)
        with counted_ways(monkeypatch) as ways:
            telling = asyncio.ensure_future(server.emit("counted", 1, room="a", namespace=BOARD))
            await asyncio.sleep(0)
            assert len(ways) == 5
            await telling
        for member in members:
            assert await member.event() == ["counted", 1]


async def read_slowly(client: DeafClient, expected: int) -> list[str]:
    texts: list[str] = []
    while len(texts) < expected:
        await client.read()
        texts += client.texts()
        await asyncio.sleep(0.001)
    return texts


async def emit_numbers(server: SocketServer, count: int) -> None:
    """Emit numbers by both ways, with and without a pause, so that idle and busy moments mix."""
    padding = "x" * 2000
    for number in range(count):
        callback = (lambda *_: None) if number % 7 == 0 else None
        await server.emit("counted", [number, padding], room="a", namespace=BOARD, callback=callback)
        if number % 10 == 0:
            await asyncio.sleep(0)
        if number % 300 == 0:
            await asyncio.sleep(0.1)


async def test_order_is_kept_for_fast_and_slow_clients_while_both_ways_mix(monkeypatch):
    server = board_server(UNLIMITED)
    slow, count = DeafClient(), 1500
    async with serving(server) as port, raw_client(port, "a") as fast:
        await slow.join(port, "a")
        await is_idle(server)
        with counted_ways(monkeypatch) as ways:
            reading = asyncio.create_task(read_slowly(slow, count))
            emitting = asyncio.create_task(emit_numbers(server, count))
            fast_numbers = [(await fast.event())[1][0] for _ in range(count)]
            slow_texts = await asyncio.wait_for(reading, 30)
            await emitting
    slow.close()
    assert fast_numbers == list(range(count))
    assert [json.loads(text[text.index("[") :])[1][0] for text in slow_texts] == list(range(count))
    assert any({True, False} == set(way) for way in ways.values())


async def keep_ponging(client: DeafClient) -> None:
    with contextlib.suppress(OSError):
        while True:
            await client.pong()
            await asyncio.sleep(0.05)


async def read_events(client: RawClient, count: int, read: list[int]) -> None:
    for _ in range(count):
        read.append((await client.event())[1])


def have_read(read: tuple[list[int], ...], count: int) -> bool:
    return all(len(numbers) > count for numbers in read)


@contextlib.asynccontextmanager
async def running(*coroutines: Any) -> AsyncIterator[list[asyncio.Task[Any]]]:
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_k6_a_client_that_pongs_but_never_reads_is_cut_and_the_others_miss_nothing():
    gone: list[str] = []
    server = board_server(gone=gone, ping_interval=0.1, ping_timeout=20)
    deaf, count = DeafClient(), 800
    read: tuple[list[int], list[int]] = ([], [])
    async with serving(server) as port, raw_client(port, "a") as one, raw_client(port, "a") as two:
        await deaf.join(port, "a")
        readers = [read_events(client, count, numbers) for client, numbers in zip((one, two), read, strict=True)]
        async with running(keep_ponging(deaf), *readers) as (_, *reading):
            for number in range(count):
                await server.emit("counted", (number, "x" * 8_000), room="a", namespace=BOARD)
                await until(functools.partial(have_read, read, number - 20))
            await asyncio.wait_for(asyncio.gather(*reading), 20)
            await until(lambda: len(gone) == 1)
            assert len(server.eio.sockets) == 2
    deaf.close()
    assert read == (list(range(count)), list(range(count)))


async def test_what_waits_for_a_client_that_never_reads_is_bounded():
    server = board_server()
    deaf = DeafClient()
    async with serving(server) as port:
        await deaf.join(port, "a")
        await is_idle(server)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(1500):
                await server.emit("counted", (number, "x" * 10_000), room="a", namespace=BOARD)
                await asyncio.sleep(0)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await until(lambda: not server.eio.sockets)
    deaf.close()
    assert peak - before < 2 * 2**20


async def reached_end(client: DeafClient) -> bool:
    """Read until the server's end of the connection is closed."""
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            await client.read()
    client.close()
    return True


async def test_a_stuck_client_is_cut_by_time_though_nothing_more_is_sent():
    gone: list[str] = []
    limits = SendLimits(packets=10**6, octets=10**9, seconds=0.3)
    server = board_server(limits, gone)
    deaf = DeafClient()
    async with serving(server) as port:
        await deaf.join(port, "a")
        for _ in range(100):
            await server.emit("counted", "x" * 10_000, room="a", namespace=BOARD)
        await until(lambda: gone and not server.eio.sockets)
        assert await asyncio.wait_for(reached_end(deaf), 10)
    assert gone == ["transport close"]


async def test_a_stuck_client_that_breaks_the_protocol_does_not_keep_its_connection():
    gone: list[str] = []
    server = board_server(SendLimits(seconds=0.3), gone)
    deaf = DeafClient()
    async with serving(server) as port:
        await deaf.join(port, "a")
        for _ in range(30):
            await server.emit("counted", "x" * 5_000, room="a", namespace=BOARD)
        for _ in range(3):
            await asyncio.get_running_loop().sock_sendall(deaf.socket, masked("nonsense"))
        await until(lambda: gone and not server.eio.sockets)
        assert await asyncio.wait_for(reached_end(deaf), 10)
    assert gone == ["transport close"]


async def test_a_client_that_says_goodbye_and_reads_nothing_does_not_keep_its_connection():
    gone: list[str] = []
    server = board_server(gone=gone)
    deaf = DeafClient()
    async with serving(server) as port:
        await deaf.join(port, "a")
        [connection] = server.eio.sockets.values()
        transport = connection.queue._transport
        while not transport.get_write_buffer_size():
            await server.emit("counted", "x" * 5_000, room="a", namespace=BOARD)
            await asyncio.sleep(0)
        goodbye = bytes((0x88, 0x80)) + bytes(4)  # a masked close frame without a code
        await asyncio.get_running_loop().sock_sendall(deaf.socket, goodbye)
        await until(lambda: gone and not server.eio.sockets)
        await until(lambda: transport.is_closing() and not transport.get_write_buffer_size())
    deaf.close()
    assert gone == ["transport close"]


async def test_disconnected_clients_leave_nothing_behind():
    gone: list[str] = []
    server = board_server(gone=gone, ping_interval=0.1, ping_timeout=5)
    deaf = [DeafClient() for _ in range(5)]
    async with serving(server) as port:
        for client in deaf:
            await client.join(port, "a")
        async with raw_client(port, "a") as one, raw_client(port, "b") as two:
            await server.emit("counted", 1, room="a", namespace=BOARD, callback=lambda *_: None)
            assert [await one.event(), len(server.eio.sockets)] == [["counted", 1], 7]
            await two.ws.send_str(f"41{BOARD},")
            connections = [weakref.ref(connection) for connection in server.eio.sockets.values()]
        for client in deaf:
            client.close()
        await until(lambda: len(gone) == 7 and not server.eio.sockets)
        manager = server.manager
        kept = [manager.rooms, manager.callbacks, manager.pending_connect, manager.pending_disconnect]
        assert [*kept, server.environ, server._binary_packet] == [{}] * 6

        def freed() -> int:
            gc.collect()
            return sum(connection() is None for connection in connections)

        await until(lambda: freed() >= 6)  # the library's monitor keeps the last that it looked at


class Transport(asyncio.Transport):
    """Remembers what is written, and whether it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.buffered = 0
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def packet(text: str = "x") -> engineio.packet.Packet:
    return engineio.packet.Packet(engineio.packet.MESSAGE, text)


def attached_queue(limits: SendLimits) -> tuple[SendQueue, Transport]:
    queue, transport = SendQueue(limits), Transport()
    queue.attach(transport)
    return queue, transport


def test_the_shortcut_is_open_only_while_all_is_written_and_little_is_left_to_send():
    queue, transport = attached_queue(SendLimits(idle_buffer_octets=100))
    assert queue.write_past(b"idle")
    transport.buffered = 101
    assert not queue.write_past(b"too much left to send")
    transport.buffered = 100
    queue.put_nowait(packet())
    assert not queue.write_past(b"an older one waits")
    queue.get_nowait()
    assert not queue.write_past(b"the older one is taken, but may not be written")
    queue.written()
    assert queue.write_past(b"idle again")
    queue.put_nowait(None)
    assert not queue.write_past(b"a close frame may be next, and must be last")
    assert transport.written == [b"idle", b"idle again"]
    assert not SendQueue(SendLimits()).write_past(b"not yet a websocket")


def test_the_shortcut_is_shut_while_the_transport_closes():
    queue, transport = attached_queue(SendLimits())
    transport.abort()
    assert not queue.write_past(b"closing")


@pytest.mark.parametrize(
    "limits",
    [SendLimits(packets=3), SendLimits(octets=3 * len("4xyz")), SendLimits(packets=10**9, seconds=0.0)],
    ids=["count", "octets", "age"],
)
def test_each_limit_cuts(limits):
    queue, transport = attached_queue(limits)
    queue.put_nowait(packet("xyz"))
    while limits.seconds and queue.qsize() < 3:
        queue.put_nowait(packet("xyz"))
    assert not transport.aborted
    queue.put_nowait(packet("xyz"))
    assert transport.aborted
    assert [queue.get_nowait(), queue.empty()] == [None, True]
    queue.put_nowait(packet("too late"))
    assert queue.empty()


def test_what_the_reader_took_counts_until_it_is_written():
    queue, transport = attached_queue(SendLimits(packets=2))
    for _ in range(2):
        queue.put_nowait(packet())
        queue.get_nowait()
    queue.written()
    queue.put_nowait(packet())
    assert not transport.aborted
    queue.put_nowait(packet())
    assert transport.aborted


def test_one_packet_larger_than_the_limit_passes():
    queue, transport = attached_queue(SendLimits(octets=10))
    for _ in range(3):
        queue.put_nowait(packet("x" * 1000))
        queue.written()
    assert [queue.qsize(), transport.aborted] == [3, False]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_our_frame_is_the_frame_that_aiohttp_writes(size):
    transport, payload = Transport(), b"x" * size
    writer = aiohttp.http_websocket.WebSocketWriter(
        aiohttp.base_protocol.BaseProtocol(asyncio.get_running_loop()), transport
    )
    await writer.send_frame(payload, aiohttp.WSMsgType.TEXT)
    assert b"".join(transport.written) == text_frame(payload)


def test_bytes_are_not_sent():
    with pytest.raises(TypeError):
        encode_events(TextPacket, [("file.added", b"bytes")], BOARD)
    with pytest.raises(TypeError):
        encode_events(TextPacket, [("file.added", {"nested": [bytearray(b"bytes")]})], BOARD)
