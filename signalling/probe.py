"""Whether a browser can reach the relay at all, found out at the door by a connection like any other: ICE and DTLS, and
never more. Its gate is never opened, nothing is shown in it, and it ends by itself.
"""

import asyncio

from media.errors import OfferError
from signalling.errors import BadOffer
from signalling.gate import Relay

LIFE_SECONDS = 10.0
"""Long enough for ICE and DTLS on a poor path; who was not connected by then cannot reach the relay."""


class Probe:
    """One person's probe. `key` is the connection's name at the relay, beside that of their visit."""

    def __init__(self, relay: Relay, key: str) -> None:
        self._relay = relay
        self._key = key
        self._ending: asyncio.Task[None] | None = None

    async def answer(self, sdp: str) -> str:
        """Begin, in place of an older probe. Raises `BadOffer`."""
        await self.end()
        try:
            answer = await self._relay.connect(self._key, sdp)
        except OfferError as error:
            raise BadOffer(str(error)) from error
        self._ending = asyncio.create_task(self._end_later())
        return answer.sdp

    async def end(self) -> None:
        """End it, if there is one."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
            await self._relay.disconnect(self._key)

    async def _end_later(self) -> None:
        await asyncio.sleep(LIFE_SECONDS)
        self._ending = None
        await self._relay.disconnect(self._key)
