"""What a person at a page really sees and hears, from decoded frames and audio levels; never from states."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, expect

from tests.support import eventually

MEASURE = """async () => {
  const videos = [...document.querySelectorAll('[data-testid=tile] video')].filter((video) => video.videoWidth > 0);
  const frames = videos.map((video) => video.getVideoPlaybackQuality().totalVideoFrames);
  const canvas = document.createElement('canvas');
  canvas.width = 32; canvas.height = 24;
  const pictures = videos.map((video) => {
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 32, 24);
    return Array.from(context.getImageData(0, 0, 32, 24).data);
  });
  let energy = 0, received = 0, sent = 0;
  for (const peer of window.anteroomPeers ?? []) {
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === 'inbound-rtp') {
        received += entry.packetsReceived;
        if (entry.kind === 'audio') energy += entry.totalAudioEnergy ?? 0;
      }
      if (entry.type === 'outbound-rtp') sent += entry.packetsSent;
    }
  }
  return { frames: Math.max(0, ...frames), pictures, energy, received, sent };
}"""

# Pages keep their peer connection to themselves; tests look at every one that the page makes.
WATCH = """
  window.anteroomPeers = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...rest) { super(...rest); window.anteroomPeers.push(this); }
  };
"""


@dataclass(frozen=True)
class Media:
    """Sums over the page: decoded frames of the busiest tile, small pictures, energy of heard audio, RTP packets."""

    frames: int
    pictures: list[list[int]]
    energy: float
    packets_received: int
    packets_sent: int


async def measure_media(page: Page) -> Media:
    told: dict[str, Any] = await page.evaluate(MEASURE)
    return Media(told["frames"], told["pictures"], told["energy"], told["received"], told["sent"])


async def assert_sees_and_hears(page: Page, other: str) -> None:
    """The other's tile shows a moving picture, not a black or frozen one, and their sound has energy."""
    await expect(page.get_by_test_id("tile").filter(has_text=other)).to_be_visible(timeout=15_000)
    first = await eventually(lambda: _lit(page), 15, f"no picture of {other}")

    async def moved() -> bool:
        later = await measure_media(page)
        changed = any(
            abs(a - b) > 8
            for old, new in zip(first.pictures, later.pictures, strict=False)
            for a, b in zip(old, new, strict=True)
        )
        return later.frames > first.frames + 10 and changed and later.energy > first.energy

    await eventually(moved, 15, f"the picture of {other} does not move, or there is no sound")


async def _lit(page: Page) -> Media | None:
    media = await measure_media(page)
    return media if any(max(picture[0::4]) - min(picture[0::4]) > 30 for picture in media.pictures) else None
