"""A shared screen in two layers, from a real browser: who is slow sees it at half its size and spoils it for nobody."""

import asyncio
from pathlib import Path

import pytest

from media.relay import Relay, RelaySettings
from tests.browsers import chromium
from tests.media.browsing import Call, call
from tests.media.narrow import network, possible
from tests.support import eventually

FULL, LESSER = 720, 360


async def shows(made: Call, watcher: str, height: int) -> bool:
    """Whether the watcher's picture moves, of late, at that height."""
    look = await made.look(watcher)
    return look.height == height and look.frames > 0


async def has_given_up(relay: Relay) -> bool:
    """Whether the publisher's page sends the full layer alone."""
    before = lesser_packets(relay)
    await asyncio.sleep(2)
    return lesser_packets(relay) == before


def lesser_packets(relay: Relay) -> int:
    return sum(one.packets for one in relay.statistics("anna").received if one.kind == "screen" and one.rid == "l")


@pytest.mark.skipif(not possible() or not chromium(), reason="needs root on Linux, and a system Chromium")
async def test_one_slow_viewer_of_a_screen_gets_a_lesser_one_and_the_others_keep_it_whole(tmp_path: Path) -> None:
    with network() as net:
        relay = Relay(RelaySettings(bind=net.here), lambda event: None)
        await relay.start()
        async with call(None, relay, tmp_path) as near, call(net, relay, tmp_path) as far:
            await near.join("anna")
            await near.join("cleo")
            await far.join("ben")
            await near.expect_audience("anna", 2)
            await near.share("anna")
            await near.watch("cleo", "anna", "screen")
            await far.watch("ben", "anna", "screen")
            await eventually(lambda: shows(near, "cleo", FULL), 30, "no full screen comes")
            await eventually(lambda: shows(far, "ben", FULL), 30, "no full screen comes to the one far away")
            if await has_given_up(relay):
                pytest.skip("the browser lacked processor: it never had both layers")
            net.shape("down", 350)
            await eventually(lambda: shows(far, "ben", LESSER), 20, "the slow one's path is not spared")
            assert await shows(near, "cleo", FULL)
            assert [one.rid for one in relay.statistics("ben").sent if one.packets] == ["l"]
            assert [one.rid for one in relay.statistics("cleo").sent if one.packets] == ["h"]
            assert relay.statistics("anna").allowed_bitrate > 1_000_000
        await relay.close()


@pytest.mark.skipif(not chromium(), reason="needs a system Chromium")
async def test_where_layers_are_not_agreed_a_screen_is_sent_whole(tmp_path: Path) -> None:
    relay = Relay(RelaySettings(bind="127.0.0.1"), lambda event: None)
    await relay.start()
    async with call(None, relay, tmp_path) as made:
        made.agrees_to_layers = False
        for name in ("anna", "ben"):
            await made.join(name)
        await made.share("anna")
        await made.watch("ben", "anna", "screen")
        await eventually(lambda: shows(made, "ben", FULL), 20, "the screen does not come whole")
    await relay.close()
