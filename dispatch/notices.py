"""Who is told what becomes of a session, by mail: its client, its host, a host who has it no more, and its guests.

Letters are written later than they are posted, so each takes along what it tells of as it is now: a session that is
moved twice makes two letters with two times, and calendars put them in order by their SEQUENCE.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dispatch import direct_links
from records import mail
from records.database import Connection, House, Row, Tenant
from records.queries import beside

queries = beside(__file__)

INSTANTS = ("starts_at", "ends_at", "opens_at", "was_at")


async def booked(connection: Connection, actor: Tenant, session_id: int) -> None:
    """The invitation to the requester (R-083, R-102, R-208); and to a host who did not take it on themselves, or whose
    client chose the time (then the house is the actor)."""
    session = await told(connection, session_id)
    await _tell_client(connection, actor, session, "invitation")
    if isinstance(actor, House):
        await _tell_host(connection, actor, session, "self_booked")
    elif session["host_id"] != getattr(actor, "account_id", None):
        await _tell_host(connection, actor, session, "assigned")


async def remind(connection: Connection, house: House, session_id: int) -> None:
    """The client alone: a host has a calendar."""
    await _tell_client(connection, house, await told(connection, session_id), "reminder")


async def moved(connection: Connection, actor: Tenant, session_id: int, was_at: datetime) -> None:
    session = await told(connection, session_id)
    for tell in (_tell_client, _tell_host):
        await tell(connection, actor, session, "moved", was_at=was_at.isoformat())
    await _tell_guests(connection, actor, session, "guest_moved", was_at=was_at.isoformat())


async def reassigned(connection: Connection, actor: Tenant, session_id: int, former_host: str) -> None:
    """Both hosts and the client; what the former host hears names nobody new. `former_host` is an address."""
    session = await told(connection, session_id)
    await _tell_client(connection, actor, session, "reassigned")
    await _tell_host(connection, actor, session, "assigned")
    await _post(connection, actor, session, "released", former_host, session["client_name"])
    await _tell_guests(connection, actor, session, "guest")


async def cancelled(connection: Connection, actor: Tenant, session_id: int) -> None:
    session = await told(connection, session_id)
    for tell in (_tell_client, _tell_host):
        await tell(connection, actor, session, "cancelled")
    for guest in await queries.guests(connection, session_id=session_id):
        await _tell_guest(connection, actor, session, "guest_cancelled", guest["email"])


async def invited(connection: Connection, actor: Tenant, session_id: int, guest: Row) -> None:
    session = await told(connection, session_id)
    await _send_link(connection, actor, session, "guest", guest["account_id"], guest["email"])


async def uninvited(connection: Connection, actor: Tenant, session_id: int, guest: Row) -> None:
    await _tell_guest(connection, actor, await told(connection, session_id), "guest_cancelled", guest["email"])


async def send_link(connection: Connection, actor: Tenant, session_id: int, account_id: int, recipient: str) -> None:
    """A new direct link, because staff chose to send one (A-30)."""
    await _send_link(connection, actor, await told(connection, session_id), "link", account_id, recipient)


async def told(connection: Connection, session_id: int) -> Row:
    """All that letters say about this session."""
    return await queries.told(connection, id=session_id)


async def _tell_client(connection: Connection, actor: Tenant, session: Row, kind: str, **more: str) -> None:
    """Whoever may not join from the portal yet, for want of a file or of approval, comes by direct link (A-23): each
    letter brings a new one, for ours are not kept."""
    if session["by_link"]:
        more["token"] = await direct_links.make(connection, session["id"], session["visitor_id"])
    await _post(connection, actor, session, kind, session["client_email"], session["host_name"], **more)


async def _tell_guests(connection: Connection, actor: Tenant, session: Row, kind: str, **more: str) -> None:
    for guest in await queries.guests(connection, session_id=session["id"]):
        await _send_link(connection, actor, session, kind, guest["account_id"], guest["email"], **more)


async def _send_link(
    connection: Connection, actor: Tenant, session: Row, kind: str, account_id: int, recipient: str, **more: str
) -> None:
    token = await direct_links.make(connection, session["id"], account_id)
    await _tell_guest(connection, actor, session, kind, recipient, token=token, **more)


async def _tell_guest(
    connection: Connection, actor: Tenant, session: Row, kind: str, recipient: str, **more: str
) -> None:
    """What a guest hears names the host and nobody else."""
    await _post(connection, actor, session, kind, recipient, session["host_name"], **more)


async def _tell_host(connection: Connection, actor: Tenant, session: Row, kind: str, **more: str) -> None:
    await _post(connection, actor, session, kind, session["host_email"], session["client_name"], **more)


async def _post(
    connection: Connection, actor: Tenant, session: Row, kind: str, recipient: str, other: str, **more: str
) -> None:
    """`other` is whom the recipient meets."""
    details = {
        "other": other,
        "reason": session["reason"],
        "sequence": session["sequence"],
        **{name: session[name].isoformat() for name in ("starts_at", "ends_at", "opens_at")},
        **more,
    }
    await mail.post(connection, actor, kind, [recipient], session["id"], details)


def as_it_was(details: Mapping[str, Any]) -> dict[str, Any]:
    """What a letter's details keep of a session, with its times as instants again."""
    return {
        name: datetime.fromisoformat(value) if name in INSTANTS else value
        for name, value in details.items()
        if name != "token"
    }
