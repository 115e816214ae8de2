"""One UDP port for everybody: whose datagram is it, and which protocol does it speak?

The first byte tells STUN, DTLS and SRTP apart (RFC 7983). A STUN check is matched by the user name fragment
in it and authenticated; whatever is not STUN counts only from an address that passed such a check, so that a
stranger's ClientHello never reaches a handshake. Datagrams are read and answered in one reader callback,
without a task.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from media.ice import Address, IceEndpoint, read_check, success
from media.srtp import MAX_DATAGRAM, Buffer
from media.values import PortStatistics, RelaySettings

logger = logging.getLogger(__name__)

# Datagrams read in one callback before other work of the loop gets its turn: about a millisecond and a half.
BATCH = 64
# An address stays with the browser that proved it, unless that one has been quiet for this long (seconds): a
# participant who forges source addresses cannot take another's path away.
OWNERSHIP = 5.0
SO_RCVBUFFORCE = 33
SO_MEMINFO = 55
MEMINFO_DROPS = 8


class Peer(Protocol):
    """What the port needs of a connection."""

    ice: IceEndpoint
    last_heard: float

    def receive_dtls(self, datagram: bytes) -> None:
        """Take a DTLS record."""

    def receive_media(self, buffer: Buffer, length: int, now: float) -> None:
        """Take the SRTP or SRTCP packet in the buffer, which is read into again afterwards."""


class Port:
    """The socket and the two tables that find a datagram's owner: by user name fragment and by address."""

    def __init__(self, settings: RelaySettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._socket: socket.socket | None = None
        self._buffer = Buffer()
        self._by_ufrag: dict[str, Peer] = {}
        self._ufrags: dict[Peer, list[str]] = {}
        self._by_address: dict[Address, Peer] = {}
        self._strangers = self._malformed = self._unsent = 0

    def open(self) -> None:
        """Bind and start reading; raises OSError if the address or port cannot be had."""
        self._socket = _bound_socket(self._settings)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self.read)

    def close(self) -> None:
        """Stop reading and free the port."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    @property
    def number(self) -> int:
        """The bound port's number."""
        return int(self._socket.getsockname()[1]) if self._socket else 0

    def statistics(self) -> PortStatistics:
        """Counters since the port was opened."""
        granted, dropped = _buffer_state(self._socket) if self._socket else (0, 0)
        return PortStatistics(self._strangers, self._malformed, dropped, self._unsent, granted)

    def register(self, peer: Peer) -> None:
        """Let checks with the peer's current user name fragments find it, and no longer with older ones."""
        self._forget_ufrags(peer)
        self._ufrags[peer] = peer.ice.ufrags
        for ufrag in peer.ice.ufrags:
            self._by_ufrag[ufrag] = peer

    def forget(self, peer: Peer) -> None:
        """Drop everything that leads to the peer."""
        self._forget_ufrags(peer)
        for address in peer.ice.addresses:
            self._release(address, peer)

    def _forget_ufrags(self, peer: Peer) -> None:
        for ufrag in self._ufrags.pop(peer, ()):
            self._by_ufrag.pop(ufrag, None)

    def send(self, datagram: bytes | memoryview, address: Address) -> bool:
        """Send at once or not at all: a late packet is worth less than a lost one."""
        try:
            self._socket.sendto(datagram, address)  # type: ignore[union-attr]
        except (OSError, AttributeError):  # full buffer, unreachable peer; closed port
            self._unsent += 1
            return False
        return True

    def read(self) -> None:
        """Take in what waits. The loop calls it, and whoever keeps the loop for long."""
        receive, view = self._socket.recvfrom_into, self._buffer.view  # type: ignore[union-attr]
        try:
            for _ in range(BATCH):
                self._take(*receive(view, MAX_DATAGRAM))
        except BlockingIOError:
            pass
        except OSError as error:
            logger.debug("reading the media port: %s", error)

    def datagram_received(self, datagram: bytes, address: Address) -> None:
        """Hand one datagram to its owner, as if it had been read. What is too long is cut."""
        self._take(self._buffer.put(datagram[:MAX_DATAGRAM]), address)

    def _take(self, length: int, address: Address) -> None:
        """Hand the datagram in the buffer to its owner. Never raises: nobody can stop the reader."""
        peer, buffer = self._by_address.get(address), self._buffer
        try:
            if peer is not None and length and 128 <= buffer.view[0] <= 191:
                peer.receive_media(buffer, length, self._clock())
            else:
                self._take_other(peer, buffer.octets[:length], address)
        except Exception:  # the last fence; every known malformation is counted where it is found
            self._malformed += 1
            logger.exception("a datagram of %d bytes was dropped", length)

    def _take_other(self, peer: Peer | None, datagram: bytes, address: Address) -> None:
        first = datagram[0] if datagram else 0xFF
        if first < 4:
            self._check(datagram, address)
        elif peer is None:
            self._strangers += 1
        elif 20 <= first <= 63:
            peer.last_heard = self._clock()
            peer.receive_dtls(datagram)
        else:
            self._malformed += 1

    def _check(self, datagram: bytes, address: Address) -> None:
        check = read_check(datagram)
        peer = self._by_ufrag.get(check.local_ufrag) if check else None
        password = peer.ice.password_for(check) if check and peer else None
        if check is None or peer is None or password is None:
            self._strangers += 1
        elif self._claim(address, peer):
            forgotten = peer.ice.learn(check, address)
            if forgotten is not None:
                self._release(forgotten, peer)
            peer.last_heard = self._clock()
            self.send(success(check, address, password), address)

    def _claim(self, address: Address, peer: Peer) -> bool:
        owner = self._by_address.get(address)
        if owner is not None and owner is not peer and self._clock() - owner.last_heard < OWNERSHIP:
            self._strangers += 1
            return False
        self._by_address[address] = peer
        return True

    def _release(self, address: Address, peer: Peer) -> None:
        if self._by_address.get(address) is peer:
            del self._by_address[address]


def _bound_socket(settings: RelaySettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        _enlarge(bound, settings.receive_buffer)
        bound.bind((settings.bind, settings.port))
    except OSError:
        bound.close()
        raise
    return bound


def _enlarge(bound: socket.socket, size: int) -> None:
    """Ask for a large receive buffer: one port takes every publisher's bursts, and a full buffer drops
    silently."""
    try:
        bound.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
    except OSError:  # needs CAP_NET_ADMIN; net.core.rmem_max caps the polite request
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    granted = bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if granted < size:
        logger.warning("media port: receive buffer %d of %d bytes, raise net.core.rmem_max", granted, size)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def _buffer_state(bound: socket.socket) -> tuple[int, int]:
    """The receive buffer's size in bytes (the kernel reports its double) and the datagrams it had no room
    for."""
    granted = bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    try:
        counters = struct.unpack("=9I", bound.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))
    except (OSError, struct.error):  # not Linux
        return granted, 0
    return granted, counters[MEMINFO_DROPS]
