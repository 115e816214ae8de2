"""Short recordings for the help pages: what people do in a browser test, with sentences as captions.

`make recordings` names the folder; without it a story runs at full speed and nothing is kept. Of each recording two
files are made: `<name>.webm` and its captions `<name>.vtt`, whose sentences are the transcript beside the film
(web/help.py).
"""

import asyncio
import base64
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image
from playwright.async_api import CDPSession, Page, ViewportSize

FRAME: ViewportSize = {"width": 960, "height": 600}
"""How large the pages of a recording are, and the film."""
reading_ms_a_letter = 55
shortest_ms = 1600
POINTER = """addEventListener('DOMContentLoaded', () => {
  const dot = document.createElement('div');
  Object.assign(dot.style, {position: 'fixed', zIndex: 99999, width: '18px', height: '18px', borderRadius: '50%',
    background: 'rgb(214 51 108 / .55)', border: '2px solid white', pointerEvents: 'none',
    transform: 'translate(-50%, -50%)', left: '-50px', top: '-50px'});
  addEventListener('mousemove', (at) => {
    (document.querySelector('dialog[open]') ?? document.body).append(dot);
    dot.style.left = `${at.clientX}px`; dot.style.top = `${at.clientY}px`; }, true);
});"""


@dataclass(frozen=True)
class Frame:
    at_ms: int
    jpeg: bytes


@dataclass(frozen=True)
class Cue:
    begins_ms: int
    ends_ms: int
    sentence: str


class Scene:
    """What a story tells with. `on(page)` says whose window is seen from now on; `say` is one sentence of the caption,
    and waits for as long as reading it takes."""

    async def on(self, page: Page) -> None:
        """Nothing, unless a film is made."""

    async def say(self, sentence: str) -> None:
        """Nothing, unless a film is made."""


class Film(Scene):
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.cues: list[Cue] = []
        self._camera: CDPSession | None = None
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._acks: set[asyncio.Task[Any]] = set()

    def now_ms(self) -> int:
        return int((self._loop.time() - self._began) * 1000)

    async def on(self, page: Page) -> None:
        await self.cut()
        await page.set_viewport_size(FRAME)
        await page.bring_to_front()
        await page.mouse.move(-50, -50)
        self._camera = camera = await page.context.new_cdp_session(page)

        def keep(frame: dict[str, Any]) -> None:
            self.frames.append(Frame(self.now_ms(), base64.b64decode(frame["data"])))
            ack = asyncio.ensure_future(camera.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]}))
            self._acks.add(ack)
            ack.add_done_callback(self._done)

        camera.on("Page.screencastFrame", keep)
        await camera.send("Page.startScreencast", {"format": "jpeg", "quality": 90})

    def _done(self, ack: asyncio.Task[Any]) -> None:
        self._acks.discard(ack)
        if not ack.cancelled():
            ack.exception()  # the window may have been closed meanwhile

    async def cut(self) -> None:
        if self._camera is not None:
            await self._camera.send("Page.stopScreencast")
            await self._camera.detach()
            self._camera = None

    async def say(self, sentence: str) -> None:
        begins = self.now_ms()
        await asyncio.sleep(max(shortest_ms, reading_ms_a_letter * len(sentence)) / 1000)
        self.cues.append(Cue(begins, self.now_ms(), sentence))


@asynccontextmanager
async def recorded(name: str, title: str) -> AsyncIterator[Scene]:
    """Tell a story; where a folder is named, its film lies there afterwards."""
    folder = os.environ.get("RECORDINGS")
    if not folder:
        yield Scene()
        return
    film = Film()
    yield film
    await asyncio.sleep(1.5)
    ends = film.now_ms()
    await film.cut()
    await asyncio.to_thread(develop, film.frames, ends, Path(folder, f"{name}.webm"))
    await asyncio.to_thread(Path(folder, f"{name}.vtt").write_text, captions(title, film.cues))


def develop(frames: list[Frame], ends_ms: int, path: Path) -> None:
    """VP9 with a frame wherever the page changed, ten a second at most: pages stand still most of the time."""
    with av.open(path, "w", format="webm") as film:
        stream = film.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = FRAME["width"], FRAME["height"], "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.options = {"crf": "36", "b": "0", "deadline": "good", "cpu-used": "2", "g": "240"}
        last = frames[-1]
        for frame in [*thinned(frames), Frame(max(ends_ms, last.at_ms + 1), last.jpeg)]:
            picture = Image.open(io.BytesIO(frame.jpeg)).convert("RGB").resize((FRAME["width"], FRAME["height"]))
            shown = av.VideoFrame.from_image(picture)
            shown.pts, shown.time_base = frame.at_ms - frames[0].at_ms, Fraction(1, 1000)
            film.mux(stream.encode(shown))
        film.mux(stream.encode(None))


def thinned(frames: list[Frame]) -> list[Frame]:
    """The last one of each tenth of a second."""
    kept: dict[int, Frame] = {frame.at_ms // 100: frame for frame in frames}
    return list(kept.values())


def captions(title: str, cues: list[Cue]) -> str:
    """WebVTT; the title stands where players read none."""
    lines = [f"{stamp(cue.begins_ms)} --> {stamp(cue.ends_ms)}\n{cue.sentence}\n" for cue in cues]
    return "\n".join([f"WEBVTT {title}\n", *lines])


def stamp(ms: int) -> str:
    return f"{ms // 60_000:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
