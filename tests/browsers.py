"""The browser that tests drive: Debian's Chromium where it is or can be had, the test runner's own elsewhere.

`python tests/browsers.py` makes sure that there is one, and that its driver runs.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

PLAYWRIGHT = (sys.executable, "-m", "playwright")


def chromium() -> Path | None:
    """The system's Chromium, or None: then Playwright's own is meant, which needs no `executable_path`.

    A snap is passed over: its sandbox hides the profile folders that tests make.
    """
    found = shutil.which("chromium")
    return None if found is None or "snap" in Path(found).parts else Path(found)


def driver_runs() -> bool:
    """Whether Playwright's driver finds the libraries that it needs."""
    return subprocess.run([*PLAYWRIGHT, "--version"], capture_output=True, check=False).returncode == 0


def install() -> None:
    """Install what is missing. Raises `CalledProcessError` when an installer fails."""
    if chromium() is not None and driver_runs():
        return
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        install_with_apt("libatomic1", *debian_packages())
    if chromium() is None:
        install_with_playwright()


def debian_packages() -> list[str]:
    """Chromium on Debian; what Ubuntu has under the same name only fetches a snap."""
    try:
        return ["chromium"] if platform.freedesktop_os_release()["ID"] == "debian" else []
    except OSError:
        return []


def install_with_apt(*packages: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ["--quiet", "install", "--yes", "--no-install-recommends"]
    for arguments in (["--quiet", "update"], [*options, *packages]):
        subprocess.run(["apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)


def install_with_playwright() -> None:
    """Root gets the system libraries too; anyone else is told by the browser which ones are missing."""
    libraries = ["--with-deps"] if os.geteuid() == 0 and sys.platform == "linux" else []
    subprocess.run([*PLAYWRIGHT, "install", *libraries, "chromium"], check=True)


if __name__ == "__main__":
    install()
