"""A visit's media where UDP to the relay is blocked: by TCP to Debian's coturn, with the product's own credentials."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from media.relay import Relay, RelaySettings
from tests.media.browsing import call
from tests.media.narrow import network, possible
from web.settings import Settings
from web.turn import ice_servers

SECRET = "between the two of us"

pytestmark = pytest.mark.skipif(
    not possible() or not shutil.which("turnserver") or not shutil.which("nft"),
    reason="needs root on Linux, coturn and nftables",
)


@contextmanager
def coturn(address: str, port: int, folder: Path) -> Iterator[None]:
    """A TURN server that relays at the address."""
    settings = folder / "turnserver.conf"
    settings.write_text(
        f"listening-ip={address}\nrelay-ip={address}\nlistening-port={port}\nuse-auth-secret\n"
        f"static-auth-secret={SECRET}\nrealm=anteroom.test\nno-tls\nno-dtls\nno-cli\n"
        f"pidfile={folder}/turn.pid\nuserdb={folder}/turn.db\nlog-file=stdout\n"
    )
    process = subprocess.Popen(["turnserver", "-c", str(settings)], stdout=subprocess.DEVNULL, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


async def answers(address: str, port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the TURN server did not start")


async def test_with_udp_blocked_media_go_by_the_turn_server(tmp_path: Path) -> None:
    with network() as net, coturn(net.here, 3478, tmp_path):
        await answers(net.here, 3478)
        settings = Settings(turn_urls=(f"turn:{net.here}:3478?transport=tcp",), turn_secret=SECRET)
        relay = Relay(RelaySettings(bind=net.here), lambda event: None)
        await relay.start()
        net.block_udp()
        async with call(net, relay, tmp_path) as made:
            await made.use_servers(json.dumps(ice_servers(settings, 1)))
            for name in ("anna", "ben"):
                await made.join(name)
            await made.send("anna", 320, 240)
            await made.watch("ben", "anna")
            await asyncio.sleep(3)
            await made.look("ben")
            await asyncio.sleep(2)
            assert (await made.look("ben")).frames > 5
            assert (await made.heard("ben"))["audio"]["packets"] > 20
            # Not one datagram came from the browser's own address.
            assert {one[0] for one in relay._port._by_address} == {net.here}
        await relay.close()


async def test_with_udp_blocked_and_no_turn_server_nothing_connects(tmp_path: Path) -> None:
    with network() as net:
        relay = Relay(RelaySettings(bind=net.here, connect_timeout=4), lambda event: None)
        await relay.start()
        net.block_udp()
        async with call(net, relay, tmp_path) as made:
            with pytest.raises(AssertionError, match="in time"):
                await made.join("anna", patience=3)
        await relay.close()
