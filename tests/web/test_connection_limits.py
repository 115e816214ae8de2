"""Limits on sockets: of one address, of one account, and on those that join nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

from tests.support import eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from tests.web.socket_harness import BOARD, ORIGIN, open_board, raw_client, serving, socket_url, until
from web.connection_limits import ConnectionLimits
from web.socket_server import SocketServer, create_socket_server


def limited(**limits: Any) -> SocketServer:
    server = create_socket_server([ORIGIN], connection_limits=ConnectionLimits(**limits))
    server.look_seconds = 0.05
    open_board(server)
    return server


@contextlib.asynccontextmanager
async def ending_outsiders(server: SocketServer) -> AsyncIterator[None]:
    task = asyncio.create_task(server.end_outsiders())
    yield
    task.cancel()


async def status(port: int, **headers: str) -> int:
    """How a connection is answered: 101 if it is opened."""
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(socket_url(port), headers={"Origin": ORIGIN, **headers}):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status


async def test_an_address_may_hold_so_many_sockets_and_one_that_closes_makes_room() -> None:
    server = limited(per_address=2)
    async with serving(server) as port, raw_client(port):
        async with raw_client(port):
            assert await status(port) == 429
        await until(lambda: len(server.eio.sockets) == 1)

        async def opened() -> bool:
            return await status(port) == 101

        await eventually(opened)


async def test_addresses_are_counted_apart_as_they_are_named() -> None:
    server = limited(per_address=1, address_of=lambda request: request.headers.get("X-Whose", ""))
    async with serving(server) as port, raw_client(port):
        assert await status(port) == 429
        assert await status(port, **{"X-Whose": "another"}) == 101


async def test_a_connection_that_joins_nothing_is_ended_and_one_that_joined_stays() -> None:
    server = limited(outside_seconds=0.2)
    async with (
        serving(server) as port,
        ending_outsiders(server),
        raw_client(port) as member,
        aiohttp.ClientSession() as http,
        http.ws_connect(socket_url(port), headers={"Origin": ORIGIN}) as idler,
    ):
        assert (await idler.receive()).data.startswith("0")
        assert (await idler.receive(timeout=10)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        await until(lambda: len(server.eio.sockets) == 1)
        await server.emit("still", "here", namespace=BOARD)
        assert await member.event() == ["still", "here"]


async def test_a_connection_that_was_refused_or_left_its_namespace_is_ended() -> None:
    server = limited(outside_seconds=0.2)

    async def refuse(sid: str, environ: dict[str, Any], auth: Any) -> None:
        raise socketio.exceptions.ConnectionRefusedError("no")

    server.on("connect", refuse, namespace="/closed")
    async with (
        serving(server) as port,
        ending_outsiders(server),
        raw_client(port) as leaver,
        aiohttp.ClientSession() as http,
        http.ws_connect(socket_url(port), headers={"Origin": ORIGIN}) as refused,
    ):
        await refused.send_str("40/closed,")
        await leaver.ws.send_str(f"41{BOARD},")
        await until(lambda: not server.eio.sockets, 10)


async def test_contract_a_connection_whose_connect_handler_runs_is_in_its_namespace() -> None:
    server = create_socket_server([ORIGIN])
    seen: list[Any] = []

    async def connecting(sid: str, environ: dict[str, Any], auth: Any) -> None:
        (connection_id,) = server.eio.sockets
        seen.extend([server._is_inside(connection_id), server.manager.sid_from_eio_sid(connection_id, BOARD) == sid])

    server.on("connect", connecting, namespace=BOARD)
    async with serving(server) as port, raw_client(port) as client:
        (connection_id,) = server.eio.sockets
        await client.ws.send_str(f"41{BOARD},")
        await until(lambda: not server._is_inside(connection_id))
    assert seen == [True, True]


async def test_contract_handling_a_request_lasts_as_long_as_its_websocket() -> None:
    server = create_socket_server([ORIGIN], connection_limits=ConnectionLimits(address_of=lambda _: "here"))
    open_board(server)
    async with serving(server) as port:
        async with raw_client(port):
            assert server.eio._addresses._open == {"here": 1}
        await until(lambda: not server.eio._addresses._open)


@pytest.mark.parametrize("settings", [{"sockets_per_account": 2}])
async def test_an_account_may_hold_so_many_boards(site: Site) -> None:
    sam, sofia = await site.visitor("sam"), await site.visitor("sofia")
    first, _ = await connect(sam), await connect(sam)
    with pytest.raises(Refused, match="too many"):
        await connect(sam)
    await connect(sofia)
    await first.disconnect()

    async def accepted() -> bool:
        with contextlib.suppress(Refused):
            await connect(sam)
            return True
        return False

    await eventually(accepted)
