"""The row that a right asks about, read with the verbs' own queries, as the actor's transaction sees it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dispatch import changes, clinic_setup, hours, offers, requests, self_scheduling, sessions, switches, waitlist
from people import approval, clients, entitlements, profile, public_profiles, staff
from people.access import Actor
from portal import (
    documents,
    filling,
    intake_forms,
    intakes,
    invitations,
    invoices,
    own_clients,
    practitioners,
    threads,
)
from records.database import Connection

Ids = Mapping[str, str]
Read = Callable[[Connection, Actor, Ids], Awaitable[Any]]


async def request(connection: Connection, actor: Actor, ids: Ids) -> Any:
    found = await requests.queries.find(connection, public_id=ids["request"], actor_id=actor.account_id)
    another = await connection.fetchval("SELECT id FROM account WHERE public_id = $1", ids["spare"])
    return found and {**found, "another_id": another}


async def session(connection: Connection, actor: Actor, ids: Ids) -> Any:
    seen = await sessions.queries.find(connection, public_id=ids["session"])
    arranged = await changes.queries.find(connection, public_id=ids["session"], actor_id=actor.account_id)
    return seen and {**arranged, **seen}


async def clinic(connection: Connection, actor: Actor, ids: Ids) -> Any:
    found = await clinic_setup.queries.find(connection, public_id=ids["clinic"])
    hosted = "SELECT EXISTS (SELECT FROM clinic_host WHERE clinic_id = $1 AND account_id = $2)"
    return found and {**found, "hosted_by_actor": await connection.fetchval(hosted, found["id"], actor.account_id)}


async def department(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(
        "SELECT id, id AS department_id FROM department WHERE public_id = $1", ids["department"]
    )


async def host(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await hours.queries.find(connection, host=ids["hoster"], actor_id=actor.account_id)


async def practitioner(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await switches.queries.host(connection, host=ids["host"])


async def hours_of(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(
        "SELECT host_id AS account_id FROM weekly_hours WHERE public_id = $1", ids["hours"]
    )


async def client(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await clients.queries.find(connection, public_id=ids["client"])


async def applicant(connection: Connection, _: Actor, ids: Ids) -> Any:
    found = await approval.queries.find(connection, public_id=ids["account"])
    return found if found and found["state"] != "unverified" else None


async def staff_member(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await staff.queries.find(connection, public_id=ids["account"])


async def pair(connection: Connection, actor: Actor, ids: Ids) -> Any:
    """Somebody of the staff, a client, and the department in which they are to be associated."""
    person, file = await staff_member(connection, actor, ids), await client(connection, actor, ids)
    where = await department(connection, actor, ids)
    return person and {"person": person, "file": file, "department_id": where["id"]}


async def own_profile(connection: Connection, actor: Actor, _: Ids) -> Any:
    return await public_profiles.queries.person(connection, public_id=actor.public_id)


async def public_practitioner(connection: Connection, actor: Actor, ids: Ids) -> Any:
    """Whom a client may ask, if there is such a practitioner; and the client's own file."""
    file = await practitioners.queries.file_of(connection, account_id=actor.account_id)
    exists = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM account JOIN account_role ON account_id = id "
        "WHERE role = 'practitioner' AND public_id = $1)",
        ids["practitioner"],
    )
    return {"file": file, "exists": exists}


async def own_file(connection: Connection, actor: Actor, _: Ids) -> Any:
    return {"file": await practitioners.queries.file_of(connection, account_id=actor.account_id), "exists": True}


CONNECTION = """
    SELECT practitioner_id, account_id AS client_account_id FROM connection_request
    JOIN client ON client.id = client_id WHERE connection_request.public_id = $1"""


async def connection_asked(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(CONNECTION, ids["request"])


async def connection_to_decide(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(CONNECTION, ids["connection"])


async def client_of(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await own_clients.queries.file(connection, public_id=ids["client"], practitioner_id=actor.account_id)


async def to_invite(connection: Connection, actor: Actor, ids: Ids) -> Any:
    """A client's file, and whether an administrator allows the actor to invite."""
    file = await invitations.queries.client(connection, public_id=ids["client"], account_id=actor.account_id)
    return file and {"file": file, "granted": (await entitlements.seat(connection, actor.account_id)).may_invite}


async def invitation(connection: Connection, actor: Actor, ids: Ids) -> Any:
    """The same of the client whom it invites."""
    found = await invitations.queries.find(connection, public_id=ids["invitation"])
    return found and await to_invite(connection, actor, {"client": found["client"]})


async def thread(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await threads.queries.find(connection, public_id=ids["thread"], account_id=actor.account_id)


async def to_client(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await threads.queries.pair(connection, account_id=actor.account_id, other=ids["client"])


async def to_practitioner(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await threads.queries.pair(connection, account_id=actor.account_id, other=ids["host"])


async def cared_for(connection: Connection, actor: Actor, ids: Ids) -> Any:
    """A client's file with regard to those around them."""
    found = await threads.queries.file(connection, public_id=ids["client"], account_id=actor.account_id)
    return found and {**found, "subscribed": actor.seat.subscribed}


async def client_documents(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await documents.queries.file(connection, public_id=ids["client"], account_id=actor.account_id)


async def document(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await documents.queries.find(connection, public_id=ids["document"], account_id=actor.account_id)


async def invoice(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await invoices.queries.find(connection, public_id=ids["invoice"], actor_id=actor.account_id)


async def billed_session(connection: Connection, actor: Actor, ids: Ids) -> Any:
    seen = await session(connection, actor, ids)
    return seen and {"session": seen, "invoice": await invoice(connection, actor, ids)}


async def choice(connection: Connection, actor: Actor, ids: Ids) -> Any:
    """One of the practitioners and services whose times this person may choose."""
    wanted = {"host": ids["hoster"], "service": ids["service"]}
    found = await self_scheduling.queries.choices(connection, account_id=actor.account_id, **wanted)
    return found[0] if found else None


async def place(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await waitlist.queries.find(connection, public_id=ids["place"])


async def offer(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await offers.queries.find(connection, public_id=ids["offer"])


async def form(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await intake_forms.queries.find(connection, public_id=ids["form"])


async def client_forms(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await intakes.queries.client(connection, public_id=ids["client"], account_id=actor.account_id)


async def sent_form(connection: Connection, actor: Actor, ids: Ids) -> Any:
    return await intakes.queries.find(connection, public_id=ids["intake"], account_id=actor.account_id)


async def own_form(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await filling.queries.find(connection, public_id=ids["intake"])


async def export(connection: Connection, _: Actor, ids: Ids) -> Any:
    return await connection.fetchrow(
        "SELECT account_id, client_id IS NULL AS whole FROM export WHERE public_id = $1", ids["export"]
    )


async def self(connection: Connection, actor: Actor, _: Ids) -> Any:
    return await profile.own(connection, actor)


ROWS: dict[str, Read] = {
    "applicant": applicant,
    "cared_for": cared_for,
    "client": client,
    "client_documents": client_documents,
    "client_forms": client_forms,
    "client_of": client_of,
    "clinic": clinic,
    "connection_asked": connection_asked,
    "connection_to_decide": connection_to_decide,
    "choice": choice,
    "department": department,
    "document": document,
    "billed_session": billed_session,
    "form": form,
    "export": export,
    "host": host,
    "hours": hours_of,
    "invitation": invitation,
    "invoice": invoice,
    "offer": offer,
    "own_file": own_file,
    "own_form": own_form,
    "own_profile": own_profile,
    "pair": pair,
    "place": place,
    "practitioner": practitioner,
    "public_practitioner": public_practitioner,
    "request": request,
    "self": self,
    "sent_form": sent_form,
    "session": session,
    "staff": staff_member,
    "thread": thread,
    "to_client": to_client,
    "to_practitioner": to_practitioner,
    "to_invite": to_invite,
}
SYSTEM_ROWS = {
    "sign_in": "SELECT account_id FROM sign_in WHERE public_id = $1 AND organization_id = $2",
    "passkey": "SELECT account_id FROM passkey WHERE public_id = $1 AND organization_id = $2",
    "token": "SELECT account_id FROM api_token WHERE public_id = $1 AND organization_id = $2",
}
"""What only the system role may read."""
