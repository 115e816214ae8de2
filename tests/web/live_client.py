"""A Socket.IO client as our pages are: websocket only, with the visitor's cookie and our Origin."""

from typing import Any

import socketio
from socketio.exceptions import ConnectionError

from tests.web.conftest import Visitor


class Listener(socketio.AsyncClient):
    """Remembers every event of a namespace: (name, message)."""

    def __init__(self, namespace: str = "/board") -> None:
        super().__init__(reconnection=False)
        self.heard: list[tuple[str, Any]] = []
        self.refusal: Any = None
        self.on("*", self._hear, namespace=namespace)
        self.on("connect_error", self._refused, namespace=namespace)

    async def _refused(self, reason: Any = None) -> None:
        self.refusal = reason

    async def _hear(self, event: str, message: Any = None) -> None:
        self.heard.append((event, message))

    def named(self, event: str) -> list[Any]:
        return [message for name, message in self.heard if name == event]


async def connect(visitor: Visitor, namespace: str = "/board", auth: Any = None) -> Listener:
    """Raises `socketio.exceptions.ConnectionError` with the server's reason when refused."""
    client = Listener(namespace)
    headers = {"Cookie": visitor.cookie(), "Origin": visitor.site.url}
    try:
        await client.connect(
            visitor.site.url, headers=headers, namespaces=[namespace], transports=["websocket"], auth=auth
        )
    except ConnectionError as error:
        raise ConnectionError(str(client.refusal or error)) from None
    return client
