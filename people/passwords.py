"""Password hashes: argon2id, off the event loop, at most two at a time (each takes a core for about 0.1 s)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher()


class Passwords:
    """Hashes and checks. One object an app, because the limit is the machine's."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(2)
        self._dummy = hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        async with self._places:
            return await asyncio.to_thread(hasher.hash, password)

    async def fits(self, password: str, known_hash: str | None) -> bool:
        """Whether the password is the right one. Without a hash the same work is done and the answer is no."""
        async with self._places:
            fits = await asyncio.to_thread(_verify, known_hash or self._dummy, password)
        return fits and known_hash is not None


def _verify(known_hash: str, password: str) -> bool:
    try:
        return hasher.verify(known_hash, password)
    except (VerificationError, InvalidHashError):
        return False
