"""Password hashes: argon2id, off the event loop, at most two at a time (each takes a core for about 0.1 s)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from people.errors import Unfit

hasher = PasswordHasher()
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$bMPS3r3hzq9wJmAvwcL1Vg$UVxIKQXI3QFqm0cmZZkzt5t73PU+z/mRzu08OREgUlI"
"""A hash by `hasher` that no known password fits: checking it is the same work as checking anybody's."""
shortest, longest = 10, 200
_COMMON = """
1234567890 0123456789 0987654321 9876543210 1234512345 1111111111 0000000000 1122334455 123456789a a123456789
123123123123 qwertyuiop qwerty12345 qwerty123456 1qaz2wsx3edc 1q2w3e4r5t q1w2e3r4t5 asdfghjkl1 zxcvbnm123
password10 password12 password123 password1234 password12345 passwordpassword mypassword1 passw0rd123
p@ssword123 p@ssw0rd123 letmein123 letmeinletmein iloveyou12 iloveyou123 iloveyouforever welcome123
welcome1234 sunshine123 princess123 football123 baseball123 superman123 basketball trustno1trustno1
changeme123 administrator admin12345 abcdefghij abcdefghijk abcd123456 abc1234567 michael123 jennifer123
charlie123 liverpool1 manchester photography aaaaaaaaaa qazwsxedcrfv secret12345 computer123 whatever123
starwars123 summer2024 winter2024 spring2025 summer2025 winter2025 summer2026 telehealth healthcare videovisit
waitingroom
"""
COMMON = frozenset(_COMMON.split())
"""Long enough and yet among the first that anybody tries."""


def check_new(password: str, username: str, email: str) -> None:
    """Raise `Unfit` for a password that is too short, too long, the person's own name, or a common one."""
    plain = password.strip().lower()
    if len(password) < shortest:
        raise Unfit(f"Choose at least {shortest} characters.", field="password")
    if len(password) > longest:
        raise Unfit(f"Choose at most {longest} characters.", field="password")
    if plain in (username, email, email.partition("@")[0]):
        raise Unfit("Choose something other than your own name or address.", field="password")
    if plain in COMMON or len(set(plain)) < 4:
        raise Unfit("Many people use this password, so it is easily guessed. Choose another.", field="password")


class Passwords:
    """Hashes and checks. One object an app, because the limit is the machine's. `waiting` counts checks under way."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(2)
        self.waiting = 0

    async def hash(self, password: str) -> str:
        async with self._places:
            return await asyncio.to_thread(hasher.hash, password)

    async def fits(self, password: str, known_hash: str | None) -> bool:
        """Whether the password is the right one. Without a hash the same work is done and the answer is no."""
        self.waiting += 1
        try:
            async with self._places:
                fits = await asyncio.to_thread(_verify, known_hash or NOBODYS, password)
        finally:
            self.waiting -= 1
        return fits and known_hash is not None


def _verify(known_hash: str, password: str) -> bool:
    try:
        return hasher.verify(known_hash, password)
    except (VerificationError, InvalidHashError):
        return False
