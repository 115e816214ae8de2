"""Password hashes: argon2id, off the event loop, at most two at a time (each takes a core for about 0.1 s)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher()


class Passwords:
    """Hashes and checks. One object an app, because the limit is the machine's. `waiting` counts checks under way."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(2)
        self._dummy = hasher.hash("nobody's password")
        self.waiting = 0

    async def hash(self, password: str) -> str:
        async with self._places:
            return await asyncio.to_thread(hasher.hash, password)

    async def fits(self, password: str, known_hash: str | None) -> bool:
        """Whether the password is the right one. Without a hash the same work is done and the answer is no."""
        self.waiting += 1
        try:
            async with self._places:
                fits = await asyncio.to_thread(_verify, known_hash or self._dummy, password)
        finally:
            self.waiting -= 1
        return fits and known_hash is not None


def _verify(known_hash: str, password: str) -> bool:
    try:
        return hasher.verify(known_hash, password)
    except (VerificationError, InvalidHashError):
        return False
