"""A second step after the password: codes of an authenticator app (TOTP, RFC 6238), passkeys (people/passkeys.py), and
recovery codes for when both are lost.

Codes change each 30 seconds of the database's clock; one step of difference either way is allowed, and each
counts once.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

import pyotp

from people.access import Actor
from people.accounts import Person, hash_of
from people.errors import SignInRefused, Unfit
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)
patience = timedelta(minutes=10)
"""How long somebody may take between the password and the code."""
recovery_codes = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and figures that look alike; twelve of these are 59 bits."""


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def address_of(secret: str, username: str, organization: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret, name=username, issuer=organization).provisioning_uri()


async def is_on(connection: Connection, account_id: int) -> bool:
    factor = await queries.factor(connection, account_id=account_id)
    return factor["totp_secret"] is not None or bool(factor["passkeys"])


async def ways(connection: Connection, token: str) -> Row | None:
    """`by_code` and `by_passkey`: how somebody whose password was right may go on; None if they took too long."""
    return await queries.ways(connection, token_hash=hash_of(token), patience=patience)


async def begin(connection: Connection, account_id: int) -> str:
    """The password was right: return a token for the second step, which signs nobody in."""
    token = secrets.token_urlsafe(32)
    await queries.forget_old(connection, patience=patience)
    await queries.begin(connection, token_hash=hash_of(token), account_id=account_id)
    return token


async def waiting(connection: Connection, token: str) -> int:
    """The account whose second step this token is. Raises `SignInRefused` if it is unknown or too old."""
    account_id = await queries.waiting(connection, token_hash=hash_of(token), patience=patience)
    if account_id is None:
        raise SignInRefused("That took too long. Please begin again with your password.")
    return int(account_id)


async def finish(connection: Connection, token: str, code: str) -> int:
    """Return the account whose second step the code completes; the token is used up. A recovery code is used up too,
    and its owner told by mail. Raises `SignInRefused`."""
    account_id = await waiting(connection, token)
    if not (await _use_code(connection, account_id, code) or await _use_recovery(connection, account_id, code)):
        raise SignInRefused("This code is not right, or it was used already.", field="code")
    await end(connection, hash_of(token))
    return account_id


async def end(connection: Connection, token_hash: bytes) -> None:
    """The second step was done, once. Raises `SignInRefused` if something else ended it meanwhile."""
    if await queries.end(connection, token_hash=token_hash) is None:
        raise SignInRefused("That took too long. Please begin again with your password.")


async def turn_on(connection: Connection, actor: Actor, secret: str, code: str) -> list[str]:
    """Ask for codes of this secret from now on, proved by a first one; return the recovery codes. Raises `Unfit`."""
    if not re.fullmatch("[A-Z2-7]{32}", secret):
        raise Unfit("This key is not one of ours. Please begin again.", field="code")
    factor = await queries.factor(connection, account_id=actor.account_id)
    step = _step_of(secret, code, factor["step"])
    if step is None:
        raise Unfit("This code is not right. Is the clock of your phone right?", field="code")
    await queries.turn_on(connection, account_id=actor.account_id, secret=secret, step=step)
    codes = await renew_codes(connection, actor)
    await _tell(connection, actor, "second_factor_on", "A second step was added to your sign-in.")
    return codes


async def turn_off(connection: Connection, actor: Actor) -> None:
    await queries.turn_off(connection, account_id=actor.account_id)
    await forget_unneeded(connection, actor.account_id)
    await _tell(connection, actor, "second_factor_off", "An authenticator app was removed from your sign-in.")


async def forget_unneeded(connection: Connection, account_id: int) -> None:
    """Without a second step there is nothing to recover."""
    if not await is_on(connection, account_id):
        await queries.forget_recovery(connection, account_id=account_id)


async def new_recovery_codes(connection: Connection, actor: Actor) -> list[str]:
    """Fresh recovery codes; the older ones are void. Raises `Unfit` if there is no second factor to recover."""
    if not await is_on(connection, actor.account_id):
        raise Unfit("There is no second step to recover.")
    codes = await renew_codes(connection, actor)
    await _tell(connection, actor, "recovery_codes", "New recovery codes were made for your sign-in.")
    return codes


async def recovery_left(connection: Connection, account_id: int) -> int:
    return await queries.recovery_left(connection, account_id=account_id)


async def _use_code(connection: Connection, account_id: int, code: str) -> bool:
    factor = await queries.factor(connection, account_id=account_id)
    secret = factor["totp_secret"]
    step = _step_of(secret, code, factor["step"]) if secret else None
    return step is not None and bool(await queries.use_step(connection, account_id=account_id, step=step))


def _step_of(secret: str, code: str, now: int) -> int | None:
    """The step, at most one from now, whose code this is."""
    typed = "".join(code.split())
    steps = (now, now - 1, now + 1)
    fits = [step for step in steps if hmac.compare_digest(pyotp.HOTP(secret).at(step).encode(), typed.encode())]
    return fits[0] if fits else None


async def _use_recovery(connection: Connection, account_id: int, code: str) -> bool:
    used: Row | None = await queries.use_recovery(connection, account_id=account_id, code_hash=_recovery_hash(code))
    if used is None:
        return False
    person = Person(account_id, used["organization_id"])
    left = await recovery_left(connection, account_id)
    told = f"A recovery code was used to sign in. You have {left} left."
    await audit.record(connection, person, "use_recovery_code", "account", account_id)
    await mail.post(connection, person, "account_notice", [used["email"]], details={"told": told})
    return True


def _recovery_hash(code: str) -> bytes:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).digest()


async def renew_codes(connection: Connection, actor: Actor) -> list[str]:
    """Recovery codes instead of those that there are; the caller tells their owner."""
    await queries.forget_recovery(connection, account_id=actor.account_id)
    letters = ["".join(secrets.choice(ALPHABET) for _ in range(12)) for _ in range(recovery_codes)]
    await queries.add_recovery(
        connection, account_id=actor.account_id, code_hashes=[_recovery_hash(each) for each in letters]
    )
    return [f"{each[:4]}-{each[4:8]}-{each[8:]}" for each in letters]


async def _tell(connection: Connection, actor: Actor, verb: str, told: str) -> None:
    email = (await queries.factor(connection, account_id=actor.account_id))["email"]
    await audit.record(connection, actor, verb, "account", actor.account_id)
    await mail.post(connection, actor, "account_notice", [email], details={"told": told})
