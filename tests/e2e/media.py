"""What a person at a page really sees and hears, from decoded frames and audio levels; never from states."""

import asyncio
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, expect

from tests.support import eventually

quiet_decibels = -70.0
# Of the sum that browsers keep (level squared times seconds): comfort noise stays far below, a tone is above at once.
audible_energy = 0.001
MEASURE = """async () => {
  const videos = [...document.querySelectorAll('[data-testid=tile] video')].filter((video) => video.videoWidth > 0);
  const canvas = document.createElement('canvas');
  canvas.width = 32; canvas.height = 24;
  const pictures = videos.map((video) => {
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, 32, 24);
    return Array.from(context.getImageData(0, 0, 32, 24).data).filter((_, index) => index % 4 !== 3);
  });
  let frames = 0, energy = 0, received = 0, sent = 0;
  for (const peer of window.anteroomPeers ?? []) {
    if (peer.connectionState === 'closed') continue;
    // Firefox never answers when the connection is closed meanwhile.
    const nothing = new Promise((resolve) => setTimeout(() => resolve(new Map()), 1000));
    for (const entry of (await Promise.race([peer.getStats(), nothing])).values()) {
      if (entry.type === 'inbound-rtp') {
        received += entry.packetsReceived;
        if (entry.kind === 'audio') energy += entry.totalAudioEnergy ?? 0;
        else frames = Math.max(frames, entry.framesDecoded ?? 0);
      }
      if (entry.type === 'outbound-rtp') sent += entry.packetsSent;
    }
  }
  return { frames, pictures, energy, received, sent };
}"""

# What the loudest tile plays, through the same track that its audio element has.
LISTEN = """async () => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  for (const { srcObject } of document.querySelectorAll('[data-testid=tile] audio')) {
    if (srcObject) context.createMediaStreamSource(srcObject).connect(analyser);
  }
  const bins = new Float32Array(analyser.frequencyBinCount);
  const until = performance.now() + 1500;
  let loudest = { level: -Infinity, pitch: 0 };
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    analyser.getFloatFrequencyData(bins);
    const peak = bins.indexOf(Math.max(...bins));
    const pitch = peak * context.sampleRate / analyser.fftSize;
    if (bins[peak] > loudest.level) loudest = { level: bins[peak], pitch };
  }
  await context.close();
  return [loudest.pitch, Number.isFinite(loudest.level) ? loudest.level : -999];
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
    """Of the page's living connections: decoded frames of the busiest video, small pictures of the tiles (32 x 24, red,
    green and blue), energy of heard audio, RTP packets."""

    frames: int
    pictures: list[list[int]]
    energy: float
    packets_received: int
    packets_sent: int


async def measure_media(page: Page) -> Media:
    async with asyncio.timeout(10):  # a page that is just being left may never answer
        told: dict[str, Any] = await page.evaluate(MEASURE)
    return Media(told["frames"], told["pictures"], told["energy"], told["received"], told["sent"])


async def assert_sees_and_hears(page: Page, other: str) -> None:
    """The other's tile shows a moving picture, not a black or frozen one, and their sound has energy."""
    await expect(page.get_by_test_id("tile").filter(has_text=other)).to_be_visible(timeout=30_000)
    first = await eventually(lambda: _lit(page), 30, f"no picture of {other}")

    async def moved() -> bool:
        nonlocal first
        later = await measure_media(page)
        # A new connection counts from the beginning, and perhaps no tile is there yet.
        if later.frames < first.frames or not first.pictures:
            first = later
        changed = any(
            abs(a - b) > 8
            for old, new in zip(first.pictures, later.pictures, strict=False)
            for a, b in zip(old, new, strict=True)
        )
        return later.frames > first.frames + 10 and changed and later.energy > first.energy + audible_energy

    await eventually(moved, 30, f"the picture of {other} does not move, or there is no sound")
    await expect(page.locator(".tile video[data-stale]")).to_have_count(0)


async def assert_hears_pitch(page: Page, hertz: float, within: float = 60.0) -> None:
    """What the tiles play is loudest at that pitch: the very tone that the other's microphone makes. For Chromium only:
    Firefox has no Web Audio on a machine without a sound card."""
    heard: list[tuple[float, float]] = []

    async def matches() -> bool:
        pitch, level = await page.evaluate(LISTEN)
        heard.append((round(pitch), round(level)))
        return abs(pitch - hertz) <= within and level > quiet_decibels

    try:
        await eventually(matches, 15)
    except AssertionError:
        raise AssertionError(f"no tone of {hertz} Hz; heard (Hz, dB): {heard}") from None


async def _lit(page: Page) -> Media | None:
    """The first measurement with a picture that is not black."""
    media = await measure_media(page)
    return media if any(max(picture) > 60 for picture in media.pictures) else None
