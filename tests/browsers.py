"""The browsers that tests drive: Debian's Chromium and Firefox where there are such, the test runner's own elsewhere.

`python tests/browsers.py` makes sure that there is one of each, that their driver runs, and that networks can be made.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

# What tests make networks with, and a TURN server, as root on Linux; elsewhere those tests are left out.
TOOLS = {"ip": "iproute2", "nft": "nftables", "turnserver": "coturn"}
PLAYWRIGHT = (sys.executable, "-m", "playwright")


def chromium() -> Path | None:
    """The system's Chromium, or None: then Playwright's own is meant, which needs no `executable_path`."""
    return _found("chromium")


def firefox() -> Path | None:
    """The system's Firefox, or None: then Playwright's own build is meant."""
    return _found("firefox-esr") or _found("firefox")


def _found(command: str) -> Path | None:
    """A snap is passed over: its sandbox hides the profile folders that tests make. Ubuntu's `firefox` is a script that
    starts one."""
    found = shutil.which(command)
    if found is None or "snap" in Path(found).parts or b"/snap/" in Path(found).read_bytes()[:4096]:
        return None
    return Path(found)


def driver_runs() -> bool:
    """Whether Playwright's driver finds the libraries that it needs."""
    return subprocess.run([*PLAYWRIGHT, "--version"], capture_output=True, check=False).returncode == 0


def install() -> None:
    """Install what is missing. Raises `CalledProcessError` when an installer fails."""
    tools = [package for command, package in TOOLS.items() if shutil.which(command) is None]
    if chromium() is not None and firefox() is not None and driver_runs() and not tools:
        return
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        install_with_apt("libatomic1", *debian_packages(), *tools)
        if "coturn" in tools and Path("/run/systemd/system").is_dir():
            subprocess.run(["systemctl", "disable", "--quiet", "--now", "coturn"], check=True)  # tests start their own
    missing = [name for name, path in (("chromium", chromium()), ("firefox", firefox())) if path is None]
    if missing:
        install_with_playwright(*missing)


def debian_packages() -> list[str]:
    """Both on Debian; what Ubuntu has under the same names only fetches snaps."""
    try:
        return ["chromium", "firefox-esr"] if platform.freedesktop_os_release()["ID"] == "debian" else []
    except OSError:
        return []


def install_with_apt(*packages: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ["--quiet", "install", "--yes", "--no-install-recommends"]
    for arguments in (["--quiet", "update"], [*options, *packages]):
        subprocess.run(["apt-get", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)


def install_with_playwright(*browsers: str) -> None:
    """Root gets the system libraries too; anyone else is told by the browser which ones are missing."""
    libraries = ["--with-deps"] if os.geteuid() == 0 and sys.platform == "linux" else []
    subprocess.run([*PLAYWRIGHT, "install", *libraries, *browsers], check=True)


if __name__ == "__main__":
    install()
