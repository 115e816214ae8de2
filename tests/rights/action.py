"""What an action is: a route, what it is about, and the right of people/access.py that opens it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from people.access import Actor, may_use_portal

Right = Callable[[Actor, Any], bool]

ALLOWED, TOLD, HIDDEN, SIGNED_OUT = "allowed", "told", "hidden", "signed out"


@dataclass(frozen=True)
class Action:
    """One post or page. `of` names the kind of row (tests/rights/rows.py) that `right` asks about; without one the
    action is about nothing in particular, and the right is asked with None.

    `sends` and `query` hold `{name}`s of the world's ids; `fill` says which id fills a hole of the path that bears
    another name. `by_link`: open to direct links too (web.auth.visiting). `told`: who is refused aloud, and the code.
    `meets`: how an answer may end that says nothing about rights. `refused`: what a no looks like besides 404.
    """

    method: str
    path: str
    right: Right
    of: str = ""
    sends: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)
    by_link: bool = False
    told: tuple[tuple[Right, str], ...] = ()
    meets: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    does: str = ""

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}" + (f" ({self.does})" if self.does else "")


def expected(action: Action, actor: Actor | None, row: Any) -> str:
    """What this person is to meet: ALLOWED, TOLD, HIDDEN or SIGNED_OUT. `row` is None for what is not there, or not in
    the person's organization."""
    if actor is None:
        return SIGNED_OUT
    if not action.by_link and not may_use_portal(actor):
        return HIDDEN
    if action.of and row is None:
        return HIDDEN
    if code_for(action, actor, row):
        return TOLD
    return ALLOWED if action.right(actor, row) else HIDDEN


def code_for(action: Action, actor: Actor, row: Any) -> str:
    """The code of the refusal aloud that comes first, or none."""
    return next((code for refused, code in action.told if refused(actor, row)), "")
