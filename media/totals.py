"""Sums over all connections, those that have gone included, so that they only ever rise."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from media.values import ConnectionStatistics, Medium, StreamStatistics

Direction = Literal["in", "out"]


@dataclass
class Sums:
    """Of all streams of one medium in one direction."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    resent: int = 0

    def add(self, one: StreamStatistics) -> None:
        """Add a stream."""
        self.packets += one.packets
        self.bytes += one.bytes
        self.lost += max(one.lost, 0)
        self.resent += one.resent


@dataclass
class Totals:
    """`connected` and `open` count browsers of now, `round_trip` is their mean in seconds; the rest has risen since the
    relay began."""

    connected: int = 0
    open: int = 0
    round_trip: float = 0.0
    dropped_at_gate: int = 0
    malformed: int = 0
    streams: dict[tuple[Direction, Medium], Sums] = field(default_factory=dict)

    def add(self, one: ConnectionStatistics, media: Iterable[tuple[Direction, Medium, StreamStatistics]]) -> None:
        """Add what a connection has done."""
        self.dropped_at_gate += one.dropped_at_gate
        self.malformed += one.malformed
        for direction, medium, stream in media:
            self.streams.setdefault((direction, medium), Sums()).add(stream)
