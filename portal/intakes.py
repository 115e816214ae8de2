"""Forms that were sent to clients (R-141, R-145): send, withdraw, remind, and how they stand.

An intake is sent, then started with the first saving (portal/filling.py), then completed by signing it
(portal/signatures.py), or withdrawn before that. It keeps to the version that was sent. Whoever may invite a client may
send them forms (R-006, R-007; A-02). Of one form a client has one at a time before them (index one_open_intake).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from people import client_list, entitlements
from people.access import Actor, may_build_forms, may_invite, may_see_intakes, require
from people.errors import Invalid, NotFound
from portal.errors import FormClosed, NothingSent
from portal.intake_forms import FEATURE
from records import audit, mail
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

NOTICE = "forms"
"""The kind of mail that says that forms wait, and not which."""
REMINDER = "form_reminder"
"""The kind of mail that says so again."""

most_clients = 200
page_size = 50


@dataclass(frozen=True)
class Skipped:
    """Somebody who was sent nothing, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Sent:
    """What `send` made: rows of id, public_id, client_id, `client` (its public id), form_id."""

    intakes: list[Row]
    skipped: list[Skipped]


async def send(
    connection: Connection,
    actor: Actor,
    client_ids: Sequence[int],
    form_ids: Sequence[int],
    invitation_id: int | None = None,
) -> Sent:
    """Send each form to each client; both are inner keys, of forms those that `intake_forms.choose` gave. With an
    invitation its own mail tells of them; without one each client gets a mail, and those without an account that is set
    up are skipped: they are invited instead. Who has a form before them already does not get it twice.

    Raises `NotFound` unless the actor may invite each of them, `FeatureOff`, `NothingSent` if all were skipped.
    """
    clients = await queries.clients(connection, client_ids=sorted(set(client_ids)), account_id=actor.account_id)
    granted = (await entitlements.seat(connection, actor.account_id)).may_invite
    require(len(clients) == len(set(client_ids)) and all(may_invite(actor, row, granted) for row in clients))
    await entitlements.require(connection, FEATURE)
    skipped = [] if invitation_id else [Skipped(row["name"], NO_ACCOUNT) for row in clients if not row["reachable"]]
    reached = [row for row in clients if invitation_id or row["reachable"]]
    made: list[Row] = await queries.insert(
        connection,
        organization_id=actor.organization_id,
        client_ids=[row["id"] for row in reached],
        form_ids=sorted(set(form_ids)),
        invitation_id=invitation_id,
        sent_by=actor.account_id,
    )
    for row in made:
        await audit.record(connection, actor, "send", "intake", row["id"], {"client": row["client_id"]})
    having = {row["client_id"] for row in made}
    skipped += [Skipped(row["name"], HAS_THEM) for row in reached if row["id"] not in having]
    if invitation_id is None:
        if not made:
            raise NothingSent(f"Nothing was sent. {' '.join(f'{one.name}: {one.reason}' for one in skipped[:5])}")
        for row in reached:
            if row["id"] in having:
                await mail.post(connection, actor, NOTICE, [row["email"]], row["id"])
    return Sent(made, skipped)


NO_ACCOUNT = "No portal account that is set up. Invite them first."
HAS_THEM = "Has these before them already."


async def of_client(connection: Connection, actor: Actor, client: str) -> list[Row]:
    """The forms of one client (public id of the file), newest first: public_id, form (name), `number` of the version,
    state, sent_at, sent_by (name), saved_at, ended_at, `reminded_at`, `document` (public id, None unless completed).
    Raises `NotFound`."""
    file = await client_of(connection, actor, client)
    return await queries.of_client(connection, client_id=file["id"])


async def client_of(connection: Connection, actor: Actor, client: str) -> Row:
    """The file for whoever may see its forms: id, public_id, name, first_name, last_name, active, account_id,
    `reachable` (there is an account that is set up), `associated`. Raises `NotFound`, `FeatureOff`."""
    file = await queries.client(connection, public_id=client, account_id=actor.account_id)
    if file is None or not may_see_intakes(actor, file):
        raise NotFound
    await entitlements.require(connection, FEATURE)
    return file


async def may_send_to(connection: Connection, actor: Actor, file: Row) -> bool:
    """Whether the actor sends forms to this client. `file` bears `associated`."""
    return may_invite(actor, file, (await entitlements.seat(connection, actor.account_id)).may_invite)


async def find(connection: Connection, actor: Actor, intake: str) -> Row:
    """One for the staff: what `of_client` says of it, id, client_id, `client` (public id), `client_name`, and what was
    asked and answered: `content`, `answers`. Raises `NotFound`, `FeatureOff`."""
    row = await queries.find(connection, public_id=intake, account_id=actor.account_id)
    if row is None or not may_see_intakes(actor, row):
        raise NotFound
    await entitlements.require(connection, FEATURE)
    return row


async def read_completed(connection: Connection, actor: Actor, intake: str, file: Row) -> Row:
    """`find` of one of this client's that is completed, with a line in the audit: somebody looked into it (R-008).
    Others have no answers to show yet, so they are `NotFound`."""
    row = await find(connection, actor, intake)
    require(row["state"] == "completed" and row["client_id"] == file["id"])
    await audit.record(connection, actor, "read", "intake", row["id"])
    return row


async def sent(connection: Connection, actor: Actor, state: str, search: str = "", after: str = "") -> list[Row]:
    """Sent forms of the whole organization, `state` being open, completed or withdrawn: newest first, `page_size` and
    one more, from the one `after`. Like `of_client`, with client_name, `client` and `reachable`. Raises `NotFound`,
    `FeatureOff`."""
    require(may_build_forms(actor))
    await entitlements.require(connection, FEATURE)
    words = search.lower().split()[:10]
    return await queries.sent(
        connection, states=STATES.get(state, STATES["open"]), words=words, after=after or None, most=page_size + 1
    )


STATES = {"open": ["sent", "started"], "completed": ["completed"], "withdrawn": ["withdrawn"]}


async def to_choose(connection: Connection, actor: Actor, search: str, chosen: Sequence[str]) -> list[Row]:
    """Active clients to whom forms may be sent, those `chosen` (public ids) first, then a page of those whom the search
    finds (people/client_list.py): public_id, name, date_of_birth, email, `reachable`, `chosen`. Raises `NotFound`,
    `FeatureOff`."""
    require(may_build_forms(actor))
    await entitlements.require(connection, FEATURE)
    found = await client_list.files(connection, actor, True, search)
    ids = [row["public_id"] for row in found.rows]
    return await queries.to_choose(connection, found=ids, chosen=list(chosen)[:most_clients])


async def files_of(connection: Connection, clients: Sequence[str]) -> list[int]:
    """The keys of files by public id, as a form names them. Raises `Invalid` (clients); `send` asks the right."""
    wanted = sorted(set(clients))
    if not wanted:
        raise Invalid("Choose at least one client.", field="clients")
    if len(wanted) > most_clients:
        raise Invalid(f"Send to at most {most_clients} clients at once.", field="clients")
    rows = await queries.files_of(connection, public_ids=wanted)
    if len(rows) < len(wanted):
        raise Invalid("One of these clients is not there any more. Please choose again.", field="clients")
    return [int(row["id"]) for row in rows]


async def withdraw(connection: Connection, actor: Actor, intake: str) -> str:
    """Take it back; what was answered so far is shown to nobody. Return the client's public id. Raises `NotFound`,
    `FormClosed`, `FeatureOff`."""
    row = await _sendable(connection, actor, intake)
    if await queries.withdraw(connection, ids=[row["id"]]) == []:
        raise FormClosed
    await audit.record(connection, actor, "withdraw", "intake", row["id"])
    return str(row["client"])


async def withdraw_unstarted(connection: Connection, actor: Actor, invitation_id: int) -> None:
    """What came with an invitation that is revoked, as far as nobody began it. Whoever revokes has asked for the
    right."""
    for row in await queries.withdraw_unstarted(connection, invitation_id=invitation_id):
        await audit.record(connection, actor, "withdraw", "intake", row["id"])


async def remind(connection: Connection, actor: Actor, intake: str) -> str:
    """Mail the client that forms wait, by hand; the next mail by the clock comes that much later. Return the client's
    public id. Raises `NotFound`,
    `FormClosed`, `FeatureOff`."""
    row = await _sendable(connection, actor, intake)
    if await queries.mark_reminded(connection, id=row["id"]) is None:
        raise FormClosed
    if not row["reachable"]:
        raise FormClosed(f"{row['client_name']}: {NO_ACCOUNT}")
    await mail.post(connection, actor, REMINDER, [row["email"]], row["client_id"])
    await audit.record(connection, actor, "remind", "intake", row["id"])
    return str(row["client"])


async def _sendable(connection: Connection, actor: Actor, intake: str) -> Row:
    row = await queries.find(connection, public_id=intake, account_id=actor.account_id)
    if row is None or not await may_send_to(connection, actor, row):
        raise NotFound
    await entitlements.require(connection, FEATURE)
    return row
