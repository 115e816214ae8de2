"""Chromium and Firefox with made-up cameras and microphones: nobody is asked, a picture moves, a tone sounds."""

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests import browsers

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]

FIREFOX_TONE_HZ = 1000
FIREFOX_PREFERENCES: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.audio.fake_frequency": FIREFOX_TONE_HZ,
    "media.navigator.permission.disabled": True,
    # To pages that may not have a camera Firefox gives the default route's address alone, and no loopback.
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "app.normandy.enabled": False,
}


@asynccontextmanager
async def launched_chromium(*flags: str, executable: Path | None = None) -> AsyncIterator[Browser]:
    """`executable` is a script that starts it somewhere else."""
    async with async_playwright() as playwright:
        path = executable or browsers.chromium()
        launched = await playwright.chromium.launch(
            args=[*CHROMIUM_FLAGS, *flags], executable_path=str(path) if path else None
        )
        yield launched
        await launched.close()


@asynccontextmanager
async def launched_firefox(folder: Path) -> AsyncIterator[Browser]:
    """Debian's own behind tests/e2e/bidi_bridge.py, or else the one that Playwright brings. `folder` is scratch."""
    async with async_playwright() as playwright:
        path = browsers.firefox()
        launched = await playwright.firefox.launch(
            channel="moz-firefox" if path else None,
            executable_path=str(_bridged(path, folder)) if path else None,
            firefox_user_prefs=FIREFOX_PREFERENCES,
        )
        yield launched
        with suppress(TimeoutError):  # its process ends with Playwright's in any case
            await asyncio.wait_for(launched.close(), 15)


def _bridged(firefox: Path, folder: Path) -> Path:
    """Playwright starts one program; ours is a module with an argument."""
    script = folder / "firefox"
    home = Path(__file__).parents[2]
    command = shlex.join([sys.executable, "-m", "tests.e2e.bidi_bridge", str(firefox)])
    script.write_text(f'#!/bin/sh\ncd {shlex.quote(str(home))} && exec {command} "$@"\n')
    os.chmod(script, 0o755)
    return script
