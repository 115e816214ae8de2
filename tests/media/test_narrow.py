"""Real browsers on narrow paths: the bitrate follows, and one who is slow spoils it for nobody.

Only in `make campaign`: browsers that share their processor with other tests send less than their path takes. What
decides is tested on its own in test_congestion.py, test_bandwidth.py and test_layers.py.
"""

import asyncio
import os
from pathlib import Path

import pytest

from media.relay import Relay, RelaySettings
from tests.media.browsing import Call, call
from tests.media.narrow import Direction, Network, network, possible

CAMPAIGN = "ANTEROOM_CAMPAIGN" in os.environ
# Seconds at each width of the path, and the longest that a picture may stand still (seconds).
STEP, FREEZE = 12.0, 1.0

pytestmark = [
    pytest.mark.skipif(not CAMPAIGN, reason="needs a machine to itself: make campaign"),
    pytest.mark.skipif(not possible(), reason="needs root on Linux, for networks of its own"),
]


async def mean_rate(made: Call, sender: str, seconds: float) -> float:
    """Bits a second of somebody's picture, over some seconds."""
    rates = []
    for _ in range(round(seconds * 4)):
        await asyncio.sleep(0.25)
        rates.append(made.sent_rate(sender))
    return sum(rates) / len(rates)


async def settle(made: Call, seconds: float) -> tuple[float, float]:
    """Let things go on for a while: the rate in the later half of it, and the longest that the picture stood still."""
    await asyncio.sleep(seconds / 2)
    rate = await mean_rate(made, "anna", seconds / 2)
    return rate, (await made.look("ben")).longest


async def follow(made: Call, net: Network, direction: Direction, freezes: list[float]) -> None:
    """3000, 400 and 1500 kbit/s."""
    net.shape(direction, 3000)
    wide, longest = await settle(made, STEP)
    freezes.append(longest)
    net.shape(direction, 400)
    narrow, longest = await settle(made, STEP)
    allowed = await made.outgoing("anna")
    freezes.append(longest)
    net.shape(direction, 1500)
    wider, longest = await settle(made, 2 * STEP)
    freezes.append(longest)
    print(f"{direction}: {wide / 1e3:.0f}, {narrow / 1e3:.0f}, {wider / 1e3:.0f} kbit/s, longest {max(freezes):.2f} s")
    assert narrow < 450_000 and narrow < wide
    # A browser with too little processor to spare sends less than it may.
    assert await made.outgoing("anna") > 1.2 * allowed
    if await made.is_starved("anna"):
        pytest.skip("the browser lacked processor: rates and stand-stills tell nothing")
    assert wider > 1.2 * narrow
    assert max(freezes) < FREEZE


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_the_picture_follows_a_bottleneck(direction: Direction, tmp_path: Path) -> None:
    with network() as net:
        relay = Relay(RelaySettings(bind=net.here), lambda event: None)
        await relay.start()
        async with call(net, relay, tmp_path) as made:
            for name in ("anna", "ben"):
                await made.join(name)
            await made.send("anna")
            await made.watch("ben", "anna")
            await asyncio.sleep(5)
            allowed = await made.outgoing("anna")
            print(f"clean: {made.sent_rate('anna') / 1e3:.0f} kbit/s, {allowed / 1e3:.0f} allowed")
            assert allowed > 1_500_000 or await made.is_starved("anna")
            await made.look("ben")
            await follow(made, net, direction, [])
        await relay.close()


async def test_one_slow_subscriber_gets_a_smaller_picture_and_nobody_else_notices(tmp_path: Path) -> None:
    with network() as net:
        relay = Relay(RelaySettings(bind=net.here), lambda event: None)
        await relay.start()
        async with call(None, relay, tmp_path) as near, call(net, relay, tmp_path) as far:
            await near.join("anna")
            await near.join("cleo")
            await far.join("ben")
            await near.expect_audience("anna", 2)
            await near.send("anna")
            await near.watch("cleo", "anna")
            await far.watch("ben", "anna")
            await asyncio.sleep(STEP)
            net.shape("down", 350)
            await asyncio.sleep(STEP)
            await far.look("ben")
            await near.look("cleo")
            await asyncio.sleep(STEP / 2)
            slow, quick = await far.look("ben"), await near.look("cleo")
            print(f"slow {slow}, quick {quick}")
            if await near.is_starved("anna"):
                pytest.skip("the browser lacked processor: stand-stills tell nothing")
            assert slow.height == 120 and slow.longest < FREEZE and slow.frames > 5
            assert quick.height > 2 * slow.height and quick.longest < FREEZE
            net.widen("down")
            deadline = asyncio.get_running_loop().time() + 20
            while (await far.look("ben")).height == slow.height:
                assert asyncio.get_running_loop().time() < deadline, "the slow one's picture stays small"
                await asyncio.sleep(0.5)
        await relay.close()
