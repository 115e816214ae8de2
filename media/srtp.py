"""SRTP in place (RFC 3711, RFC 7714): packets are sealed and unsealed where they lie.

pylibsrtp's Session copies each packet into a buffer of its own and out again, which at one packet in and one
out costs as much as the cipher. Here its C functions work on the memory that the socket reads into and sends
from. Used of it are `_binding` (`ffi`, `lib`) and a session's `_srtp`, the C context.
"""

import pylibsrtp
from pylibsrtp._binding import ffi, lib

# A buffer's size; the longest datagram that is read into it, which leaves room to write it anew with a longer
# header; and the longest plain packet that is sealed, to which libsrtp may add 148 bytes and still fit into
# an Ethernet frame.
CAPACITY = 2048
MAX_DATAGRAM = 1500
MAX_PLAIN = 1500 - 148

# The two that each packet passes are called without a function of ours in between.
_unprotect, _protect = lib.srtp_unprotect, lib.srtp_protect


class SrtpError(Exception):
    """A packet that could not be sealed or unsealed: forged, replayed, too old, too long or too early."""


class Buffer:
    """Memory for one packet, seen by the socket (`view`) and by libsrtp."""

    def __init__(self) -> None:
        self.memory = ffi.new("char[]", CAPACITY)
        self.length = ffi.new("int *")
        self.octets = ffi.buffer(self.memory)
        self.view = memoryview(self.octets)

    def put(self, packet: bytes) -> int:
        """Fill in a packet; returns its length."""
        self.view[: len(packet)] = packet
        return len(packet)


class Keys:
    """The two SRTP sessions of a connection; before there are any, every packet is an error."""

    def __init__(self) -> None:
        self._sessions: tuple[pylibsrtp.Session, pylibsrtp.Session] | None = None
        self._inbound = self._outbound = None

    @property
    def agreed(self) -> bool:
        """Whether a handshake has given keys."""
        return self._sessions is not None

    def take(self, inbound: pylibsrtp.Session, outbound: pylibsrtp.Session) -> None:
        """Use these sessions from now on."""
        self._sessions = (inbound, outbound)
        self._inbound, self._outbound = inbound._srtp[0], outbound._srtp[0]

    def forget(self) -> None:
        """Seal and unseal no more."""
        self._sessions = None
        self._inbound = self._outbound = None

    def unseal(self, buffer: Buffer, length: int) -> int:
        """SRTP to RTP in place; returns the new length. Raises SrtpError."""
        if self._inbound is None:
            raise SrtpError("not connected")
        octets = buffer.length
        octets[0] = length
        status = _unprotect(self._inbound, buffer.memory, octets)
        if status:
            raise SrtpError(pylibsrtp.ERRORS[status])
        return octets[0]

    def unseal_rtcp(self, buffer: Buffer, length: int) -> int:
        """SRTCP to RTCP in place; returns the new length. Raises SrtpError."""
        if self._inbound is None:
            raise SrtpError("not connected")
        return _apply(lib.srtp_unprotect_rtcp, self._inbound, buffer, length)

    def seal(self, buffer: Buffer, length: int) -> int:
        """RTP to SRTP in place; returns the new length. Raises SrtpError, also for more than MAX_PLAIN bytes,
        since libsrtp trusts us that there is room for what it appends."""
        if self._outbound is None or length > MAX_PLAIN:
            raise SrtpError("not connected" if self._outbound is None else "too long")
        octets = buffer.length
        octets[0] = length
        status = _protect(self._outbound, buffer.memory, octets)
        if status:
            raise SrtpError(pylibsrtp.ERRORS[status])
        return octets[0]

    def seal_rtcp(self, buffer: Buffer, length: int) -> int:
        """RTCP to SRTCP in place, like `seal`."""
        if self._outbound is None or length > MAX_PLAIN:
            raise SrtpError("not connected" if self._outbound is None else "too long")
        return _apply(lib.srtp_protect_rtcp, self._outbound, buffer, length)


def _apply(operation, context, buffer: Buffer, length: int) -> int:  # type: ignore[no-untyped-def]
    octets = buffer.length
    octets[0] = length
    status = operation(context, buffer.memory, octets)
    if status:
        raise SrtpError(pylibsrtp.ERRORS[status])
    return octets[0]
