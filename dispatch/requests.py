"""Requests for a session: submit, accept, decline, withdraw, expire.

Each decision is one guarded UPDATE: whoever comes second finds no pending row and is told who decided (A-20).
Verbs take an open connection and never commit, so they compose.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dispatch import booking, notices
from dispatch.asking import Ask, Offer, offer
from dispatch.errors import AlreadyAsked, AlreadyDecided, Invalid, NotFound, Unsuitable
from people import associations
from people.access import Actor, may_ask, may_assign, may_decide, may_take, may_withdraw, require
from records import audit, jobs, mail
from records.database import Connection, House, Row, refusing
from records.queries import beside

queries = beside(__file__)

longest_text = 2000
most_unapproved = 10


async def submit(connection: Connection, actor: Actor, ask: Ask) -> Row:
    """Store a pending request and tell those who decide (R-206, R-207); return its number and public_id.

    Raises `NotFound` for somebody who may not ask, `Closed` and `Invalid` (with its field) for what the clinic does not
    offer (dispatch/asking.py), `AlreadyAsked` while the same waits for an answer, or too many do.
    """
    require(may_ask(actor))
    request = await store(connection, actor, ask.kind, ask.times, await offer(connection, ask))
    await mail.post(connection, actor, "request", await _deciders(connection, request["id"]), request["id"])
    await note_submitted(connection, actor, request["id"])
    await jobs.enqueue(connection, "expire_request", request["id"], after=request["time_left"])
    return request


async def note_submitted(connection: Connection, actor: Actor, request_id: int) -> None:
    await audit.record(connection, actor, "submit", "request", request_id)


async def store(connection: Connection, actor: Actor, kind: str, times: Sequence[datetime], offered: Offer) -> Row:
    """A pending request of the actor's for what was found good; nobody is told, and nothing lets it expire."""
    number = await queries.next_number(connection, id=actor.organization_id)  # one after the other from here
    await _check_number(connection, actor)
    with refusing(one_pending_of_a_kind=AlreadyAsked):
        return await queries.insert_request(
            connection,
            number=number,
            service_id=offered.service_id,
            host_id=offered.host_id,
            requester_id=actor.account_id,
            kind=kind,
            note=offered.note,
            answers=offered.answers,
            times=list(times),
        )


async def _check_number(connection: Connection, actor: Actor) -> None:
    """An address proves nobody: whoever is not approved yet (A-01) cannot fill a board."""
    if (
        actor.state == "pending"
        and await queries.number_pending(connection, requester_id=actor.account_id) >= most_unapproved
    ):
        raise AlreadyAsked(
            f"You have {most_unapproved} requests that wait for an answer. Please wait, or take one back."
        )


async def _deciders(connection: Connection, request_id: int) -> list[str]:
    """The addresses of R-206 and R-207: the named host, every scheduler, and available hosts where the clinic
    says so.
    """
    return [row["email"] for row in await queries.deciders(connection, request_id=request_id)]


async def accept(
    connection: Connection,
    actor: Actor,
    public_id: str,
    host: str,
    rank: int | None,
    response: str,
    overlap: bool = False,
) -> Row:
    """Accept for one host at one requested time, book the session and post the invitation (R-096, R-102, R-208).

    `host` is a public id, `rank` the requested time (None for a Now request); `overlap` books on purpose over another
    session of the host's, where the clinic allows it (A-08). A requester without a file is booked as a visitor (A-23).
    Returns the session. Raises `NotFound`, `AlreadyDecided`, `HostBusy`, `ClientBusy`, `Unsuitable` (the account may
    not sign in) or `Invalid`; then nothing is changed.
    """
    request = await find(connection, actor, public_id)
    require(may_take(actor, request))
    host_id = await host_of_clinic(connection, request["clinic_id"], host)
    require(may_assign(actor, request, host_id))
    if request["requester_state"] not in ("pending", "active"):
        raise Unsuitable
    return await settle(connection, actor, request, host_id, rank, response, overlap)


async def settle(
    connection: Connection,
    decider: Actor | House,
    request: Row,
    host_id: int,
    rank: int | None,
    response: str = "",
    overlap: bool = False,
) -> Row:
    """Accept and book: every booking comes by here. The house decides where the client may choose for themselves
    (dispatch/instant.py). Raises as `accept` does."""
    await _decide(connection, decider, request, "accepted", response)
    session = await booking.book(connection, request, host_id, rank, overlap)
    details = {"host": host_id, "session": session["id"], "override": session["override"]}
    await audit.record(connection, decider, "accepted", "request", request["id"], details)
    await associate(connection, session["id"])
    await notices.booked(connection, decider, session["id"])
    return session


async def host_of_clinic(connection: Connection, clinic_id: int, host: str) -> int:
    """The key of one of the clinic's hosts by public id, who stays one until the transaction ends. Raises
    `Invalid`."""
    await hold_hosts(connection, clinic_id)
    host_id = await queries.host_of_clinic(connection, clinic_id=clinic_id, host=host)
    if host_id is None:
        raise Invalid("Select a provider of this clinic.", field="host")
    return int(host_id)


async def hold_hosts(connection: Connection, clinic_id: int) -> None:
    """Nobody is removed from the clinic's hosts until the transaction ends."""
    await queries.hold_hosts(connection, clinic_id=clinic_id)


async def associate(connection: Connection, session_id: int) -> None:
    """Make the care relationship of a session's host and client, in the clinic's department (A-05)."""
    met = await queries.met(connection, session_id=session_id)
    if met is not None:
        await associations.add(connection, met["client_id"], met["host_id"], met["department_id"])


async def decline(connection: Connection, actor: Actor, public_id: str, response: str) -> None:
    """Decline, no host needed (R-097); the requester is told (R-101, R-209). Raises `NotFound`,
    `AlreadyDecided`, `Invalid`.
    """
    request = await find(connection, actor, public_id)
    require(may_decide(actor, request))
    await _decide(connection, actor, request, "declined", response)
    await audit.record(connection, actor, "declined", "request", request["id"])
    await mail.post(connection, actor, "declined", [request["requester_email"]], request["id"])


async def withdraw(connection: Connection, actor: Actor, public_id: str) -> None:
    """The requester takes it back; whoever was asked to decide it is told. Raises `NotFound`, `AlreadyDecided`."""
    request = await find(connection, actor, public_id)
    require(may_withdraw(actor, request))
    await _decide(connection, actor, request, "withdrawn", "")
    await audit.record(connection, actor, "withdrawn", "request", request["id"])
    await mail.post(
        connection, actor, "withdrawn", await mail.recipients(connection, "request", request["id"]), request["id"]
    )


async def expire(connection: Connection, house: House, request_id: int) -> bool:
    """Nobody decided in time: the requester is told. `request_id` is the inner key.

    Returns whether it expired just now: one that was decided first, or still has time, stays as it is.
    """
    expired = await queries.expire(connection, id=request_id)
    if expired is None:
        return False
    await audit.record(connection, house, "expired", "request", request_id)
    await mail.post(connection, house, "expired", [expired["requester_email"]], request_id)
    return True


async def find(connection: Connection, actor: Actor, public_id: str) -> Row:
    """A request by public id, whoever may do something about it: each verb asks that. Raises `NotFound`."""
    request = await queries.find(connection, public_id=public_id, actor_id=actor.account_id)
    if request is None:
        raise NotFound
    return request


async def _decide(connection: Connection, decider: Actor | House, request: Row, state: str, response: str) -> None:
    if len(response) > longest_text:
        raise Invalid(f"Please keep the response under {longest_text} characters.", field="response")
    decided = await queries.decide(
        connection,
        id=request["id"],
        state=state,
        decided_by=getattr(decider, "account_id", None),
        response=response.strip(),
    )
    if decided is None:
        earlier = await queries.decision(connection, id=request["id"])
        raise AlreadyDecided(earlier["state"], earlier["decided_by_name"], earlier["decided_at"])


async def of_account(connection: Connection, actor: Actor) -> list[Row]:
    """What the account asked for of late, newest first, with state, response and session (R-126)."""
    return await queries.of_account(connection, account_id=actor.account_id)


async def to_host(connection: Connection, actor: Actor) -> list[Row]:
    """Pending requests addressed to this host, oldest first (R-081); and those to the group that they could take, in
    clinics whose hosts see its queue (A-11). `to_group` tells them apart: they are taken, never declined."""
    return await queries.to_host(connection, account_id=actor.account_id)


async def own(connection: Connection, actor: Actor, public_id: str) -> Row:
    """One request as its requester sees it: what was sent, and what became of it. Raises `NotFound`."""
    request = await find(connection, actor, public_id)
    require(may_withdraw(actor, request))
    return await queries.own(connection, id=request["id"])


async def details(connection: Connection, actor: Actor, public_id: str) -> Mapping[str, Any]:
    """One request as those who may take it see it, with its times, and what of it is theirs to do. Raises
    `NotFound`."""
    request = await find(connection, actor, public_id)
    require(may_take(actor, request))
    return {**await queries.told(connection, id=request["id"]), **request}


async def told(connection: Connection, request_id: int) -> Row:
    """All that a letter about this request says."""
    return await queries.told(connection, id=request_id)


async def people_of(connection: Connection, request_id: int) -> list[int]:
    """The accounts whose own pages show this request: the requester, the hosts concerned, and all of a group whose
    hosts see its queue (A-11)."""
    return await queries.people_of(connection, id=request_id) or []
