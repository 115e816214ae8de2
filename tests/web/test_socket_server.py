"""Who may connect, what may be said, and the private parts of the libraries that the answers stand on."""

import asyncio
import contextlib
import functools
import inspect
import json
import logging
from typing import Any

import aiohttp
import engineio
import pytest
import socketio
from aiohttp import web
from engineio.async_drivers.aiohttp import WebSocket
from engineio.async_socket import AsyncSocket

from tests.web.socket_harness import BOARD, ORIGIN, open_board, raw_client, serving, socket_url, until
from web.broadcast import SendLimits, SendQueue, text_frame
from web.socket_server import (
    FAULTS,
    PacketError,
    TextPacket,
    TextWebSocket,
    create_socket_server,
    is_expected,
)

WRONG = "http://evil.example"


async def status_of(port: int, headers: list[tuple[str, str]], url: str | None = None) -> int:
    """Try to open a socket; return the HTTP status, 101 for success."""
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(url or socket_url(port), headers=headers):
                return 101
        except aiohttp.WSServerHandshakeError as refusal:
            return refusal.status


async def test_only_our_exact_origin_may_connect():
    server = create_socket_server([ORIGIN])
    async with serving(server) as port:
        assert await status_of(port, [("Origin", ORIGIN)]) == 101
        for origin in (WRONG, "null", "", ORIGIN + "/", ORIGIN.upper(), f"http://127.0.0.1:{port}"):
            assert await status_of(port, [("Origin", origin)]) == 403, origin
        assert await status_of(port, []) == 403
        assert await status_of(port, [("Origin", ORIGIN), ("Origin", WRONG)]) == 403


@pytest.mark.parametrize("forwarded", ["X-Forwarded-Host", "Host"])
async def test_a_wrong_origin_is_refused_though_other_headers_agree_with_it(forwarded):
    server = create_socket_server([ORIGIN])
    agreeing = [(forwarded, "evil.example"), ("X-Forwarded-Proto", "http")]
    async with serving(server) as port:
        assert await status_of(port, [("Origin", WRONG), *agreeing]) == 403
        assert await status_of(port, agreeing) == 403


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "http://*.example",
        "localhost:8080",
        "null",
        "",
        "http://a/",
        "http://a:80",
        "http://A",
        "ftp://a",
        "http://u@a",
    ],
)
def test_an_origin_that_no_browser_sends_is_a_mistake_in_the_settings(origin):
    with pytest.raises(ValueError, match="origin"):
        create_socket_server([origin])


def test_several_origins_may_be_named_but_not_none():
    with pytest.raises(ValueError, match="origin"):
        create_socket_server([])
    assert create_socket_server([ORIGIN, "https://clinic.example", "http://[::1]:8080"]) is not None


async def test_polling_is_not_served():
    server = create_socket_server([ORIGIN])
    async with serving(server) as port, aiohttp.ClientSession(headers={"Origin": ORIGIN}) as http:
        url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"
        async with http.get(url) as got, http.post(url, data="40") as posted:
            assert [got.status, posted.status] == [400, 400]
    assert server.eio.sockets == {}


async def test_compression_is_not_negotiated():
    server = create_socket_server([ORIGIN])
    async with serving(server) as port, aiohttp.ClientSession(headers={"Origin": ORIGIN}) as http:
        ws = await http.ws_connect(socket_url(port), compress=15)
        assert ws.compress == 0
        await ws.close()


async def test_a_namespace_without_handlers_does_not_exist():
    server = create_socket_server([ORIGIN])
    open_board(server)
    async with serving(server) as port, raw_client(port) as client:
        for request, refusal in (("40", "44"), ("40/nowhere,", "44/nowhere,")):
            await client.ws.send_str(request)
            assert (await client.text()).startswith(refusal)


BREACHES: list[str | bytes] = [
    b'42["said","binary"]',
    b"\x00\x01",
    '451-/board,["said",{"_placeholder":true,"num":0}]',
    '459999999999-/board,["said",{"_placeholder":true,"num":0}]',
    "461-/board,1[]",
    "44/board,{}",
    "4",
    "47",
    "x",
    "2probe",
    "5",
    '3{"a":1}',
    '4["said"]',
    "bAAAA",
    "42/board,",
    "42/board,[",
    "42/board,{}",
    "42/board,[]",
    "42/board,[1]",
    '423-/board,["said"]',
    '42/board,["connect",{"room":"b"}]',
    '42/board,["disconnect","bye"]',
    "43/board,[]",
    "43/board,1{}",
    "40/board,[1]",
    "42/board," + "[" * 100_000,
    '42/board,["said",' + "9" * 101 + "]",
    "42/board," + "1" * 101 + '["said"]',
]


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: repr(breach)[:24])
async def test_a_third_breach_of_the_protocol_closes_the_socket_with_one_line_in_the_log(breach, caplog):
    server = create_socket_server([ORIGIN])
    heard: list[tuple[str, ...]] = []
    gone: list[str] = []
    open_board(server, gone)
    server.on("said", lambda sid, *arguments: heard.append(arguments), namespace=BOARD)
    send = "send_bytes" if isinstance(breach, bytes) else "send_str"
    async with serving(server) as port, raw_client(port) as client:
        for _ in range(2):
            await getattr(client.ws, send)(breach)
        await client.ws.send_str('42/board,7["said","well"]')
        assert await client.text() == "43/board,7[]"
        assert (heard, gone) == ([("well",)], [])
        await getattr(client.ws, send)(breach)
        await client.closed()
        await until(lambda: gone == ["transport close"] and not server.eio.sockets)
    assert heard == [("well",)]
    assert [record.getMessage()[:36] for record in caplog.records] == ["socket closed after 3 protocol error"]
    assert caplog.records[0].exc_info is None


async def test_a_message_over_the_limit_closes_and_a_long_offer_passes():
    server, heard = create_socket_server([ORIGIN]), []
    open_board(server)
    server.on("said", lambda sid, text: heard.append(len(text)), namespace=BOARD)
    async with serving(server) as port, raw_client(port) as client:
        await client.ws.send_str(f'42{BOARD},1["said",{json.dumps("x" * 100_000)}]')
        assert await client.text() == "43/board,1[]"
        await client.ws.send_str(f'42{BOARD},2["said",{json.dumps("x" * 131_072)}]')
        await client.closed()
    assert heard == [100_000]


async def test_events_of_one_client_are_handled_in_order_one_after_the_other():
    server, steps = create_socket_server([ORIGIN]), []
    open_board(server)

    async def said(sid: str, number: int) -> None:
        steps.append(("begin", number))
        for _ in range(10 - number):
            await asyncio.sleep(0)
        steps.append(("end", number))

    server.on("said", said, namespace=BOARD)
    async with serving(server) as port, raw_client(port) as client:
        for number in range(10):
            await client.ws.send_str(f'42{BOARD},["said",{number}]')
        await until(lambda: len(steps) == 20)
    assert steps == [(step, number) for number in range(10) for step in ("begin", "end")]


async def test_nothing_that_people_write_reaches_a_log(caplog):
    caplog.set_level(logging.DEBUG)
    server = create_socket_server([ORIGIN])
    open_board(server)
    server.on("said", lambda sid, text: "secret answer", namespace=BOARD)
    async with serving(server) as port, raw_client(port, "secret room") as client:
        await client.ws.send_str(f'42{BOARD},1["said","secret words"]')
        await server.emit("told", "secret news", room="secret room", namespace=BOARD)
        assert {await client.text(), await client.text()} == {
            '43/board,1["secret answer"]',
            '42/board,["told","secret news"]',
        }
    assert "secret" not in caplog.text


async def test_a_handlers_own_failure_is_logged_with_its_stack_and_is_no_breach(caplog):
    server = create_socket_server([ORIGIN])
    open_board(server)

    def said(sid: str) -> None:
        raise ValueError("our own mistake")

    server.on("said", said, namespace=BOARD)
    server.on("asked", lambda sid: "fine", namespace=BOARD)
    async with serving(server) as port, raw_client(port) as client:
        for _ in range(5):
            await client.ws.send_str(f'42{BOARD},["said"]')
        await client.ws.send_str(f'42{BOARD},1["asked"]')
        assert await client.text() == '43/board,1["fine"]'
    assert [record.exc_info is not None for record in caplog.records] == [True] * 5


async def test_a_nudge_asks_out_of_turn_for_a_sign_of_life_and_ends_who_gives_none():
    server = create_socket_server([ORIGIN])
    open_board(server)
    async with serving(server) as port, raw_client(port, "here") as client, raw_client(port, "there") as other:
        ((sid, _),) = server.manager.get_participants(BOARD, "here")
        server.nudge(sid, BOARD, 5.0)
        assert (await client.ws.receive(timeout=20)).data == "2"
        await client.ws.send_str("3")
        server.nudge(sid, BOARD, 5.0)
        assert (await client.ws.receive(timeout=20)).data == "2"
        server.nudge(sid, BOARD, -1.0)
        await client.closed()
        server.nudge(sid, BOARD, 0.0)
        ((left, _),) = server.manager.get_participants(BOARD, "there")
        server.nudge(left, BOARD, 5.0)
        assert not other.ws.closed


async def test_shutdown_drops_every_connection_at_once():
    gone: list[str] = []
    server = create_socket_server([ORIGIN])
    open_board(server, gone)
    async with contextlib.AsyncExitStack() as clients:
        async with serving(server) as port:
            one, two = [await clients.enter_async_context(raw_client(port)) for _ in range(2)]
        await one.closed()
        await two.closed()
    assert server.eio.sockets == {}
    assert gone == ["transport close"] * 2


def test_what_a_browser_may_send_is_a_short_list():
    expected = ["1", "3", "40", "41/board,", '42["a"]', "43/board,1[]"]
    assert all(is_expected(frame) for frame in expected)
    assert not any(is_expected(breach) for breach in BREACHES[:14])


def test_what_we_send_decodes_as_what_we_meant_and_bytes_do_not_decode():
    sent = TextPacket(socketio.packet.EVENT, ["told", {"a": [1, None]}], BOARD, 7)
    got = TextPacket(encoded_packet=sent.encode())
    assert (got.packet_type, got.data, got.namespace, got.id) == (2, ["told", {"a": [1, None]}], BOARD, 7)
    with pytest.raises(PacketError):
        TextPacket(encoded_packet=b'2["told"]')


# The contracts: one for each private part listed in web/socket_server.py.


def test_contract_the_transport_class_is_looked_up_in_the_servers_own_table():
    stock = engineio.AsyncServer(async_mode="aiohttp")
    ours = create_socket_server([ORIGIN]).eio
    assert stock._async["websocket"] is WebSocket
    assert ours._async == {**stock._async, "websocket": TextWebSocket}
    assert "self.server._async['websocket']" in inspect.getsource(AsyncSocket._upgrade_websocket)


async def test_contract_the_transport_class_is_given_a_method_of_the_connection(monkeypatch):
    made: list[TextWebSocket] = []
    init = TextWebSocket.__init__

    def recording(self: TextWebSocket, handler: Any, server: Any) -> None:
        init(self, handler, server)
        made.append(self)

    monkeypatch.setattr(TextWebSocket, "__init__", recording)
    server = create_socket_server([ORIGIN])
    open_board(server)
    async with serving(server) as port, raw_client(port):
        [connection] = server.eio.sockets.values()
        assert made[0].handler.__self__ is connection
        assert isinstance(made[0]._sock, web.WebSocketResponse)
        assert connection.session[FAULTS] is made[0]._faults


async def test_contract_a_connection_is_found_by_the_id_that_the_manager_gives():
    server = create_socket_server([ORIGIN])
    open_board(server)
    async with serving(server) as port, raw_client(port, "a") as client:
        await client.ws.send_str("40/board,")
        assert (await client.text()).startswith("44"), "one client is in a namespace once"
        [(sid, eio_sid)] = server.manager.get_participants(BOARD, "a")
        connection = server.eio.sockets[eio_sid]
        assert server.manager.is_connected(sid, BOARD)
        assert (isinstance(connection.queue, SendQueue), connection.closed) == (True, False)


def test_contract_each_connection_gets_a_queue_of_its_own_from_the_server():
    server = create_socket_server([ORIGIN], limits=SendLimits(packets=7)).eio
    one, two = AsyncSocket(server, "one"), AsyncSocket(server, "two")
    assert one.queue is not two.queue
    assert one.queue.limits == two.queue.limits == SendLimits(packets=7)


class HeldSocket:
    """A websocket whose writes wait to be let go, one by one, and on which nothing ever arrives."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.let_go = asyncio.Semaphore(0)

    async def send(self, text: str) -> None:
        self.begun.append(text)
        await self.let_go.acquire()

    async def wait(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass


def has_begun(held: HeldSocket, count: int) -> bool:
    return len(held.begun) >= count


async def test_contract_the_writer_writes_one_packet_after_the_other_in_the_queues_order():
    connection = AsyncSocket(create_socket_server([ORIGIN]).eio, "sid")
    held = HeldSocket()
    connected = asyncio.create_task(connection._websocket_handler(held))
    for text in "012345":
        connection.queue.put_nowait(engineio.packet.Packet(engineio.packet.MESSAGE, text))
    for number in range(6):
        await until(functools.partial(has_begun, held, number + 1))
        assert held.begun == ["40", "41", "42", "43", "44", "45"][: number + 1]
        held.let_go.release()
    connected.cancel()
    await asyncio.gather(connected, return_exceptions=True)


async def test_contract_all_that_enters_an_asyncio_queue_passes_its_put_hook():
    hooked: list[int] = []

    class Hooked(asyncio.Queue[int]):
        def _put(self, item: int) -> None:
            hooked.append(item)

    queue = Hooked()
    await queue.put(1)
    queue.put_nowait(2)
    assert (hooked, queue.empty()) == ([1, 2], True)


@pytest.mark.parametrize("size", [1, 200, 2_000, 100_000])
async def test_contract_aiohttp_writes_whole_frames_to_the_transport_that_the_request_names(size):
    async def interleave(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        for _ in range(20):
            await ws.send_str("theirs" * size)
            assert request.transport is not None
            request.transport.write(text_frame(b"ours" * size))
        await ws.close()
        return ws

    app = web.Application()
    app.router.add_get("/", interleave)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(site.name.replace(":0", f":{_port(runner)}")) as ws,
    ):
        got = [await ws.receive_str() for _ in range(40)]
    await runner.cleanup()
    assert got == ["theirs" * size, "ours" * size] * 20


def _port(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])


def test_contract_python_socketio_asks_us_for_the_engine_and_the_messages():
    server = create_socket_server([ORIGIN])
    assert type(server.eio) is server._engineio_server_class()
    assert server.eio.handlers["message"] == server._handle_eio_message
    assert server.packet_class is TextPacket
    assert server.async_handlers is False


def test_contract_python_socketio_looks_reserved_names_up_among_our_handlers():
    server = socketio.AsyncServer(async_mode="aiohttp")
    server.on("disconnect", print, namespace=BOARD)
    assert set(server.reserved_events) == {"connect", "disconnect"}
    assert server._get_event_handler("disconnect", BOARD, ())[0] is print


async def test_contract_rooms_and_presence_follow_who_is_there():
    server = create_socket_server([ORIGIN])
    open_board(server)
    async with serving(server) as port:
        assert server.rooms_named("a", BOARD) == []
        async with raw_client(port, "alpha"):
            assert server.rooms_named("al", BOARD) == ["alpha"]
            assert server.rooms_named("be", BOARD) == []
            [(sid, _)] = server.manager.get_participants(BOARD, "alpha")
            assert server.is_here(sid, BOARD)
            server.end_room("alpha", BOARD)
            await until(lambda: not server.is_here(sid, BOARD))
        assert server.rooms_named("al", BOARD) == []
