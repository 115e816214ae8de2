"""Whose address a request comes from, and the network that limits count by.

Behind a proxy every peer is the proxy. It adds the address that it saw to X-Forwarded-For, at the right; whatever
stands left of an address that is not a trusted proxy's was written by that stranger and proves nothing.
"""

import ipaddress
import re
from collections.abc import Iterable

from aiohttp import web

from web.keys import SETTINGS

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NOWHERE: Address = ipaddress.IPv4Address("0.0.0.0")
WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")


def client_address(request: web.Request) -> Address:
    """The person's address: the peer's, or the one that trusted proxies vouch for."""
    peer = request.transport and request.transport.get_extra_info("peername")
    hops = [hop for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    return through_proxies(str(peer[0]) if peer else "", hops, request.app[SETTINGS].trusted_proxies)


def through_proxies(peer: str, hops: Iterable[str], trusted: Iterable[Network]) -> Address:
    """The rightmost address that is not a trusted proxy's. `hops` are X-Forwarded-For from left to right; one that
    cannot be read ends the search at the proxy that passed it on."""
    networks = tuple(trusted)
    nearest = parsed(peer) or NOWHERE
    for hop in reversed(list(hops)):
        if not any(nearest in network for network in networks):
            break
        address = parsed(hop)
        if address is None:
            break
        nearest = address
    return nearest


def parsed(text: str) -> Address | None:
    """An address with or without a port; an IPv4 address that is wrapped in IPv6 is the IPv4 address."""
    text = text.strip()
    if found := WITH_PORT.fullmatch(text):
        text = found["six"] or found["four"]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def network_of(address: Address) -> str:
    """What limits count as one place: an IPv4 address, or the /64 that one IPv6 line is given."""
    if address.version == 4:
        return f"{address}/32"
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
