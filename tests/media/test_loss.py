"""Real browsers on a link that loses packets at random, both ways: pictures and voices go on, with figures.

`make campaign` looks at 5, 10 and 20 percent for half a minute each, `make test` shortly at 10.
"""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from media.relay import Relay, RelaySettings
from tests.media.browsing import call
from tests.media.narrow import network, possible

CAMPAIGN = "ANTEROOM_CAMPAIGN" in os.environ
SECONDS = 30 if CAMPAIGN else 5
# Percent lost each way; what is good enough in frames a second, longest stand-still (seconds) and share of the voice
# concealed. A packet crosses the link twice, so that at 20 percent a third of all is lost before repair.
GOOD = {5: (15, 1.0, 0.2), 10: (12, 1.5, 0.35), 20: (5, 4.0, 0.6)}

pytestmark = pytest.mark.skipif(not possible() or not shutil.which("nft"), reason="needs root on Linux, and nftables")


@pytest.mark.parametrize("percent", sorted(GOOD) if CAMPAIGN else [10])
async def test_picture_and_voice_survive_loss(percent: int, tmp_path: Path) -> None:
    frames, freeze, concealed = GOOD[percent]
    with network() as net:
        relay = Relay(RelaySettings(bind=net.here), lambda event: None)
        await relay.start()
        async with call(net, relay, tmp_path) as made:
            for name in ("anna", "ben"):
                await made.join(name)
            await made.send("anna")
            await made.watch("ben", "anna")
            await asyncio.sleep(4)
            net.lose(percent)
            await asyncio.sleep(2)
            await made.look("ben")
            before = await made.heard("ben")
            await asyncio.sleep(SECONDS)
            look, after = await made.look("ben"), await made.heard("ben")
            samples = after["audio"]["samples"] - before["audio"]["samples"]
            share = (after["audio"]["concealed"] - before["audio"]["concealed"]) / max(samples, 1)
            rate = look.frames / SECONDS
            print(
                f"{percent} % each way: {rate:.1f} frames a second, longest stand-still {look.longest:.2f} s, "
                f"{share:.1%} of the voice concealed, {made.sent_rate('anna') / 1e3:.0f} kbit/s; {relay.quality('ben')}"
            )
            assert relay.quality("ben").loss is not None
            if CAMPAIGN:
                assert rate > frames and look.longest < freeze and share < concealed
            else:
                assert rate > 1 and share < 0.9
        await relay.close()
