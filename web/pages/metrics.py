"""For Prometheus: how the relay fares. Sums only, no person and no visit can be told from them."""

import ipaddress

from aiohttp import web

from dispatch.errors import NotFound
from media.relay import Relay, Totals
from web.auth import is_operators
from web.keys import RELAY, SETTINGS

HEADING = "text/plain; version=0.0.4; charset=utf-8"


async def metrics(request: web.Request) -> web.StreamResponse:
    """`/metrics`: with METRICS_TOKEN as bearer token; without that setting to this machine alone."""
    if not _may_read(request):
        raise NotFound
    return web.Response(body=written(request.app[RELAY]).encode(), headers={"Content-Type": HEADING})


def _may_read(request: web.Request) -> bool:
    if request.app[SETTINGS].metrics_token is not None:
        return is_operators(request)
    # A proxy on this machine passes on what comes from anywhere, and says so.
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return peer is not None and ipaddress.ip_address(peer[0]).is_loopback and not passed_on


def written(relay: Relay) -> str:
    """The relay's figures in Prometheus' text format."""
    port, totals = relay.port_statistics(), relay.totals()
    lines = _family("anteroom_media_connections", "gauge", "browsers that are connected")
    lines += [f'anteroom_media_connections{{gate="open"}} {totals.open}']
    lines += [f'anteroom_media_connections{{gate="shut"}} {totals.connected - totals.open}']
    lines += _streams(totals)
    lines += _family("anteroom_media_round_trip_seconds", "gauge", "mean round trip of the browsers that are connected")
    lines += [f"anteroom_media_round_trip_seconds {totals.round_trip:.6f}"]
    for name, value, meaning in (
        ("gate_dropped", totals.dropped_at_gate, "datagrams that met a shut gate and were not decrypted"),
        ("malformed", totals.malformed + port.malformed, "packets that could not be read"),
        ("strangers", port.strangers, "datagrams from addresses that passed no check"),
        ("overflowed", port.overflowed, "datagrams that the kernel dropped, the receive buffer being full"),
        ("unsent", port.unsent, "datagrams that the kernel did not take"),
    ):
        lines += _family(f"anteroom_media_{name}_total", "counter", meaning)
        lines += [f"anteroom_media_{name}_total {value}"]
    lines += _family("anteroom_media_receive_buffer_bytes", "gauge", "the receive buffer as granted")
    lines += [f"anteroom_media_receive_buffer_bytes {port.receive_buffer}"]
    return "\n".join(lines) + "\n"


def _streams(totals: Totals) -> list[str]:
    lines = []
    for name, meaning in (
        ("packets", "packets"),
        ("bytes", "payload, in bytes"),
        ("lost", "packets that did not come, as the receiver counts"),
        ("resent", "packets that came, or were sent, only when asked for again"),
    ):
        lines += _family(f"anteroom_media_{name}_total", "counter", meaning)
        for (direction, medium), sums in sorted(totals.streams.items()):
            labels = f'direction="{direction}",medium="{medium}"'
            lines.append(f"anteroom_media_{name}_total{{{labels}}} {getattr(sums, name)}")
    return lines


def _family(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
