"""What a benchmark prints: one JSON object a line for each claim on stdout, progress on stderr."""

import json
import math
import sys


def tell(what: str, ours: float, peer: float, unit: str, goal: float | None) -> None:
    """Print one claim. `ratio` is ours / peer, lower is better; `goal` is the ratio to stay under."""
    print(json.dumps(claim(what, ours, peer, unit, goal)), flush=True)


def figure(what: str, ours: float, unit: str) -> None:
    """Print a number that has no peer."""
    print(json.dumps({"claim": what, "ours": round(ours, 3), "unit": unit}), flush=True)


def claim(what: str, ours: float, peer: float, unit: str, goal: float | None) -> dict[str, object]:
    """One line of the result."""
    rounded = {"ours": round(ours, 3), "peer": round(peer, 3), "ratio": round(ours / peer, 4)}
    return {"claim": what, **rounded, "unit": unit, "goal": goal}


def p99(values: list[float]) -> float:
    """The value that 99 of 100 do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def progress(line: str) -> None:
    """Tell on stderr how far it is."""
    print(line, file=sys.stderr, flush=True)
