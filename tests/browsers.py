"""The browser that tests drive: Debian's Chromium where it is or can be had, the test runner's own elsewhere.

`python tests/browsers.py` makes sure that there is one.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path


def chromium() -> Path | None:
    """The system's Chromium, or None: then Playwright's own is meant, which needs no `executable_path`.

    A snap is passed over: its sandbox hides the profile folders that tests make.
    """
    found = shutil.which("chromium")
    return None if found is None or "snap" in Path(found).parts else Path(found)


def may_use_apt() -> bool:
    """Only Debian's package is a browser; what Ubuntu has under the same name fetches a snap."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and _distribution() == "debian"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return platform.system().lower()


def install() -> None:
    """Install a browser unless there is one. Raises `CalledProcessError` when the installer fails."""
    if chromium() is not None:
        return
    if may_use_apt():
        install_with_apt()
    else:
        install_with_playwright()


def install_with_apt() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "--quiet", "update"], check=True, env=environment, stdout=subprocess.DEVNULL)
    command = ["apt-get", "--quiet", "install", "--yes", "--no-install-recommends", "chromium"]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def install_with_playwright() -> None:
    """Root gets the system libraries too; anyone else is told by the browser which ones are missing."""
    libraries = ["--with-deps"] if os.geteuid() == 0 and sys.platform == "linux" else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *libraries, "chromium"], check=True)


if __name__ == "__main__":
    install()
