"""Who may begin and write what to whom: secure messages between the staff and clients (R-010, R-011, R-150, R-151), and
threads of the care team, which no client ever sees.

A thread is asked anew at each reading and each writing. A care relationship or a seat that has ended closes it for
writing and leaves it to be read; a switched-off feature hides it; a care team's is there for those who are around the
client now.
"""

from collections.abc import Sequence

from people import client_list, entitlements
from people.access import (
    Actor,
    may_begin_team,
    may_begin_thread,
    may_compose,
    may_read_thread,
    may_write_thread,
    require,
)
from people.errors import FeatureOff, Invalid, NoSeat, NotFound, Refused
from people.searching import folded
from portal.errors import CannotWrite
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

FEATURE = "messages"
most_members = 20


async def find(connection: Connection, actor: Actor, thread: str) -> Row:
    """The thread with all that decides about it: id, public_id, subject, kind, begun_at, others (names), client (the
    file's public id) and client_name, and more for `refusal`. Raises `NotFound` for all but its members, and
    `FeatureOff` where it is hidden from these."""
    found = await queries.find(connection, public_id=thread, account_id=actor.account_id)
    if found is None or not may_read_thread(actor, found):
        raise NotFound
    if found["kind"] != "connection" and not found["switched_on"]:
        raise FeatureOff(entitlements.FEATURES[FEATURE])
    return found


def refusal(actor: Actor, thread: Row) -> Refused | None:
    """Why the actor, who reads this thread, may not write there just now; None if they may."""
    if may_write_thread(actor, thread):
        return None
    if not thread["switched_on"]:
        return FeatureOff(entitlements.FEATURES[FEATURE])
    if thread["kind"] == "team" or thread["staff_id"] == actor.account_id:
        return _staff_refusal(thread)
    if thread["staff_id"] is None:
        return CannotWrite()
    return CannotWrite(
        f"{thread['staff_name']} takes no messages from you here now. What was written stays readable. "
        "Please call the clinic if you need an answer."
    )


def _staff_refusal(thread: Row) -> Refused:
    if not thread["subscribed"]:
        return NoSeat(entitlements.FEATURES[FEATURE])
    if not (thread["associated"] or thread["administers"]):
        return CannotWrite(
            f"You are not connected with {thread['client_name']} now, so you cannot write here. What was written stays "
            "readable."
        )
    return CannotWrite(f"{thread['client_name']} cannot sign in just now, and would not read it.")


async def recipients(connection: Connection, actor: Actor, search: str = "") -> list[Row]:
    """Whom the actor may write a first message to, at most 50 or so: public_id, name, about. `search` is how a name
    begins. Raises `NotFound` for whoever never may, `FeatureOff`, `NoSeat`."""
    require(may_compose(actor))
    await entitlements.require(connection, FEATURE)
    if not actor.is_host and not actor.is_organization_administrator:
        return list(await queries.practitioners(connection, account_id=actor.account_id))
    await entitlements.require_seat(connection, FEATURE, actor.account_id)
    own = await queries.practitioners(connection, account_id=actor.account_id) if actor.is_client else []
    if actor.is_organization_administrator:
        return [*own, *await _all_clients(connection, actor, search)]
    words = folded(search).split()
    return [*own, *await queries.clients(connection, account_id=actor.account_id, words=words)]


async def _all_clients(connection: Connection, actor: Actor, search: str) -> list[Row]:
    """Those with a portal account, of the first page that the Clients tab would show."""
    page = await client_list.files(connection, actor, True, search)
    return [
        {"public_id": row["public_id"], "name": f"{row['first_name']} {row['last_name']}", "about": row["email"]}
        for row in page.rows
        if row["has_password"] and row["account_state"] == "active"
    ]


async def pair(connection: Connection, actor: Actor, other: str) -> Row:
    """The actor and the client or practitioner (public id) whom they may write a first message to: name, file_id,
    client, staff_id, client_account_id. Raises `NotFound`, `FeatureOff`, `NoSeat`, `CannotWrite`."""
    found = await queries.pair(connection, account_id=actor.account_id, other=other)
    if found is None or not may_begin_thread(actor, found):
        raise NotFound
    is_staff = found["staff_id"] == actor.account_id
    await entitlements.require(connection, FEATURE)
    if not found["subscribed"]:
        raise NoSeat(entitlements.FEATURES[FEATURE]) if is_staff else CannotWrite(_silent(found["name"]))
    if not found["client_active"]:
        raise CannotWrite(f"{found['name']} has not set up an account for the portal yet.")
    if not found["staff_active"]:
        raise CannotWrite(_silent(found["name"]))
    return found


def _silent(name: str) -> str:
    return f"{name} takes no messages here. Please call the clinic."


async def team(connection: Connection, actor: Actor, client: str, without: Sequence[int] = ()) -> tuple[Row, list[Row]]:
    """A client's file (id, public_id, name), and who else of the staff around them has a seat: public_id, name,
    is_practitioner. Raises `NotFound`, `FeatureOff`, `NoSeat`."""
    file = await queries.file(connection, public_id=client, account_id=actor.account_id)
    if file is None or not may_begin_team(actor, file):
        raise NotFound
    await entitlements.require_seat(connection, FEATURE, actor.account_id)
    around = await queries.team(connection, client_id=file["id"], without=[actor.account_id, *without])
    return file, around


def chosen(around: Sequence[Row], members: Sequence[str]) -> list[Row]:
    """Those of the care team who were ticked, by public id. Raises `Invalid`."""
    ticked = [row for row in around if row["public_id"] in members]
    if not ticked or len(ticked) < len(set(members)):
        raise Invalid("Choose at least one person of those offered.", field="members")
    if len(ticked) > most_members:
        raise Invalid(f"Choose at most {most_members} people.", field="members")
    return ticked


async def joinable(connection: Connection, actor: Actor, thread: Row) -> list[Row]:
    """Who of the care team may be asked to join this thread, which the actor reads: none but for who may write it."""
    if thread["kind"] != "team" or not may_write_thread(actor, thread):
        return []
    members = [row["account_id"] for row in await queries.members(connection, thread_id=thread["id"])]
    return list(await queries.team(connection, client_id=thread["client_id"], without=members))
