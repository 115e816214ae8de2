"""The peers that are Debian packages: `python -m bench.peers` installs what is missing, as root on Debian."""

import os
import shutil
import sys

from tests.browsers import install_with_apt

PACKAGES = {"janus": "janus", "ip": "iproute2", "unshare": "util-linux"}
"""Command -> package."""


def main() -> None:
    missing = [package for command, package in PACKAGES.items() if shutil.which(command) is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install_with_apt(*missing)
    elif missing:
        print(f"not installed, so not measured against: {', '.join(missing)}", file=sys.stderr)


if __name__ == "__main__":
    main()
