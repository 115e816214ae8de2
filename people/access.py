"""Every right in one file. Handlers ask here, and only here; row-level security stands behind it as a second lock.

Rights are questions about an actor and a row as the verbs return them. A `no` becomes `NotFound` at the caller, so that
forbidden and non-existent look the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from people.errors import NotFound


@dataclass(frozen=True)
class Actor:
    """A signed-in person. `roles` are the names of R-018; `account_id` and `organization_id` are inner keys.

    `session_id` is set for somebody who came by a direct link (A-15): they may visit that session and nothing else.
    """

    account_id: int
    organization_id: int
    public_id: str
    name: str
    state: str
    roles: frozenset[str] = field(default_factory=frozenset)
    session_id: int | None = None

    @property
    def is_client(self) -> bool:
        return "client" in self.roles

    @property
    def is_host(self) -> bool:
        return "practitioner" in self.roles

    @property
    def is_scheduler(self) -> bool:
        return "scheduler" in self.roles


Row = Mapping[str, Any]


def require(allowed: bool) -> None:
    """Raise `NotFound` unless allowed."""
    if not allowed:
        raise NotFound


def may_use_portal(actor: Actor) -> bool:
    """Whoever signed in; a direct link opens one session's door, not the portal (A-15, A-23)."""
    return actor.session_id is None


def may_ask(actor: Actor) -> bool:
    """A client whose address is confirmed may ask for a session (A-23)."""
    return may_use_portal(actor) and actor.is_client and actor.state in ("pending", "active")


def may_see_board(actor: Actor) -> bool:
    """Schedulers have the board; which rows it shows is decided in SQL by the clinics that they serve (R-014, A-11)."""
    return may_use_portal(actor) and actor.is_scheduler


def may_decide(actor: Actor, request: Row) -> bool:
    """Schedulers of the clinic (R-014), and the host whom the request names (R-013).

    `request` bears `scheduled_by_actor` (is the actor a scheduler of its clinic) and `host_id`.
    """
    as_scheduler = actor.is_scheduler and bool(request["scheduled_by_actor"])
    return as_scheduler or (actor.is_host and request["host_id"] == actor.account_id)


def may_assign(actor: Actor, request: Row, host_id: int) -> bool:
    """A scheduler may give the request to any host of the clinic; a host only takes it on themselves."""
    return host_id == actor.account_id or (actor.is_scheduler and bool(request["scheduled_by_actor"]))


def may_withdraw(actor: Actor, request: Row) -> bool:
    return request["requester_id"] == actor.account_id


def may_host(actor: Actor, session: Row) -> bool:
    """Only the hosting clinician admits and sees who waits (R-016, R-017)."""
    return may_use_portal(actor) and actor.is_host and session["host_id"] == actor.account_id


def may_join(actor: Actor, session: Row) -> bool:
    """The host; the session's own client whose account is active (A-01, R-063); and whoever came by its direct link,
    of any account that may sign in (A-15, A-23). `session` bears `id` and `client_account_id`.
    """
    own = session["client_account_id"] == actor.account_id
    if actor.session_id is not None:
        return own and actor.session_id == session["id"]
    return may_host(actor, session) or (own and actor.is_client and actor.state == "active")
