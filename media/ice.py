"""ICE-lite: the half of RFC 8445 that only answers connectivity checks.

A browser proves that it holds the password from our answer by signing a STUN binding request with it; the
address it came from is thereby learnt, and USE-CANDIDATE says which learnt address to send to. The relay
makes no checks of its own and needs none of the browser's candidates.
"""

import secrets
import string
import struct
from dataclasses import dataclass
from typing import Any

from aioice import stun

Address = tuple[Any, ...]

COOKIE = stun.COOKIE.to_bytes(4, "big")
BINDING_REQUEST = b"\x00\x01"
LONGEST_CHECK = 300
"""Octets; a browser's check has about 120."""
ALPHABET = string.ascii_letters + string.digits
# A browser checks from each of its interfaces; more addresses than this are somebody playing.
MAX_ADDRESSES = 16


@dataclass(frozen=True)
class Credentials:
    """One generation of our ICE credentials (RFC 8445 section 5.3: at least 24 and 128 bits of
    randomness)."""

    ufrag: str
    password: str

    @classmethod
    def generate(cls) -> "Credentials":
        """Fresh random credentials."""
        return cls(_random(12), _random(24))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True)
class Check:
    """A binding request, read but not yet authenticated."""

    message: stun.Message
    local_ufrag: str
    remote_ufrag: str

    @property
    def nominates(self) -> bool:
        """Whether the browser chose this path (RFC 8445 section 7.3.1.5)."""
        return "USE-CANDIDATE" in self.message.attributes


def read_check(datagram: bytes) -> Check | None:
    """Read a binding request; None for any other STUN message and for what is malformed."""
    # Strangers send these, too, and the parser's time grows with the square of some attributes' length.
    if datagram[:2] != BINDING_REQUEST or datagram[4:8] != COOKIE or len(datagram) > LONGEST_CHECK:
        return None
    try:
        message = stun.parse_message(datagram)
    except (
        ValueError,
        struct.error,
        IndexError,
    ):  # the parser lets struct.error through for short attributes
        return None
    local, colon, remote = message.attributes.get("USERNAME", "").partition(":")
    return Check(message, local, remote) if colon else None


def success(check: Check, address: Address, password: str) -> bytes:
    """The signed success response, telling the browser its address as we see it (RFC 8489 section 6.3.1)."""
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=check.message.transaction_id,
        attributes={"XOR-MAPPED-ADDRESS": (address[0], address[1])},
    )
    response.add_message_integrity(password.encode())
    return bytes(response)


class IceEndpoint:
    """Our end of one browser's ICE session: credentials, the addresses it has proved, the one it
    nominated."""

    def __init__(self, remote_ufrag: str) -> None:
        self.credentials = Credentials.generate()
        self.previous: Credentials | None = None
        self.remote_ufrag = remote_ufrag
        self.address: Address | None = None
        self.addresses: list[Address] = []
        self._nominated = False

    @property
    def ufrags(self) -> list[str]:
        """Ours, by which a check finds this endpoint: the current generation's and, in a restart, the one
        before."""
        return [one.ufrag for one in (self.credentials, self.previous) if one]

    def restart(self, remote_ufrag: str) -> None:
        """Begin a new generation (RFC 8445 section 9). The old path carries media until the new one is
        nominated."""
        self.previous, self.credentials = self.credentials, Credentials.generate()
        self.remote_ufrag = remote_ufrag
        self._nominated = False

    def password_for(self, check: Check) -> str | None:
        """The password that signed the check, None unless it is authentic."""
        for credentials in (self.credentials, self.previous):
            if credentials and credentials.ufrag == check.local_ufrag and self._signed(check, credentials):
                return credentials.password
        return None

    def _signed(self, check: Check, credentials: Credentials) -> bool:
        if credentials is self.credentials and check.remote_ufrag != self.remote_ufrag:
            return False
        return check.message.check_message_integrity(credentials.password.encode())

    def learn(self, check: Check, address: Address) -> Address | None:
        """Note the address of an authentic check; returns an address that is forgotten for it."""
        if address not in self.addresses:
            self.addresses.append(address)
        if self._chooses(check):
            self.address = address
        if len(self.addresses) <= MAX_ADDRESSES:
            return None
        oldest = next(one for one in self.addresses if one not in (self.address, address))
        self.addresses.remove(oldest)
        return oldest

    def _chooses(self, check: Check) -> bool:
        """Until a path is nominated any proved one serves; an old generation does not overrule a new one."""
        if self.address is None:
            return True
        current = check.local_ufrag == self.credentials.ufrag
        if check.nominates and current:
            self._nominated = True
        return check.nominates and (current or not self._nominated)
