"""A real browser that waits: its camera is at hand, and nothing of it leaves whatever is negotiated (R-179)."""

from pathlib import Path

import pytest

from media.relay import Relay, RelaySettings
from tests.browsers import chromium
from tests.media.browsing import Call, call
from tests.support import eventually

PACKETS = """async () => [...(await window.anteroomPeers[0].getStats()).values()]
  .filter(({ type }) => type === "outbound-rtp").reduce((sum, { packetsSent }) => sum + packetsSent, 0)"""


async def sent(made: Call) -> int:
    """RTP packets that have left the page."""
    return int(await made.page.evaluate(PACKETS))


@pytest.mark.skipif(not chromium(), reason="needs a system Chromium")
async def test_r179_a_waiting_browser_sends_nothing_before_and_after_an_ice_restart(tmp_path: Path) -> None:
    relay = Relay(RelaySettings(bind="127.0.0.1"), lambda event: None)
    await relay.start()
    async with call(None, relay, tmp_path) as made:
        await made.page.evaluate("name => window.join(name)", "anna")
        await made.send("anna")
        await eventually(lambda: relay.statistics("anna").connected, 20)
        await made.page.evaluate("window.people.anna.restart()")
        # A camera whose layers the answer had called active would have sent about thirty frames by then.
        await made.page.wait_for_timeout(1000)
        assert await sent(made) == 0
        relay.open("anna")
        await made.page.evaluate("window.people.anna.setLive(true)")
        await eventually(lambda: sent(made), 10, "nothing is sent after the admission")
    await relay.close()
