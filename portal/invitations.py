"""Invitations into the portal (R-006, R-007, R-040, R-140, R-141, R-210): send, send again, take back, how they stand.

An invitation is one mail with the link that sets the account up (people/setup.py), and the forms that wait behind it.
It is open until the client has set up the account (`accepted`), somebody takes it back (`revoked`), or its link is
seven days old (`expired`: sent again, it is open again). Whoever has set up the portal already gets the forms alone.
Locks: the account, its file, then what hangs on them (people/clients.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from people import clients, entitlements, setup
from people.access import (
    Actor,
    may_invite,
    may_invite_somebody_new,
    may_keep_invitations,
    may_use_portal,
    require,
)
from people.errors import Invalid, NotFound
from people.searching import longest_search
from portal import intake_forms, intakes
from portal.errors import InvitationEnded
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

STATES = ("open", "expired", "accepted", "revoked")
page_size = 50
most_of_client = 20
INACTIVE = "This client is inactive, so they cannot use the portal. Make them active first."
HAS_PORTAL = "This client has set up the portal already. Choose the forms to send them."


@dataclass(frozen=True)
class Outcome:
    """What came of inviting: `client` is the file's public id; `invited` is false for somebody who has set up the
    portal already, who got so many `forms` alone."""

    client: str
    invited: bool
    forms: int


async def client(connection: Connection, actor: Actor, public_id: str) -> Row:
    """The file for whoever may invite its client: id, public_id, name, email, active, account_id, account_state,
    has_password, `associated`. Raises `NotFound`."""
    file = await queries.client(connection, public_id=public_id, account_id=actor.account_id)
    if file is None or not may_invite(actor, file, await _granted(connection, actor)):
        raise NotFound
    return file


async def of_client(connection: Connection, client_id: int) -> list[Row]:
    """The newest invitations of a client whose file the caller has by right, the newest first: public_id, email, state
    (STATES), sent_at, sent_by (name), expires_at, accepted_at, revoked_at, `forms` (names of those that came along)."""
    return await queries.of_client(connection, client_id=client_id, most=most_of_client)


async def listed(
    connection: Connection, actor: Actor, state: str = "", search: str = "", after: str = ""
) -> tuple[list[Row], str | None]:
    """A page of invitations, the newest first, of all clients or of the practitioner's own: what `of_client` says, and
    `client` (public id), `name`, `sent` and `completed` (counts of forms). `after` is the last one seen; also the one
    after which there are more. Raises `NotFound`."""
    require(may_keep_invitations(actor, await _granted(connection, actor)))
    rows = await queries.listed(
        connection,
        practitioner_id=None if actor.is_organization_administrator else actor.account_id,
        state=state if state in STATES else "",
        words=" ".join(search.split())[:longest_search],
        after=after,
        limit=page_size + 1,
    )
    return rows[:page_size], rows[page_size - 1]["public_id"] if len(rows) > page_size else None


async def forms_to_send(connection: Connection, actor: Actor) -> list[Row]:
    """The forms that an invitation may take along: public_id, name, `example`; none where forms are switched off."""
    return await intake_forms.to_send(connection, actor)


async def invite(connection: Connection, actor: Actor, public_id: str, forms: Sequence[str]) -> Outcome:
    """Invite the client of this file, with forms (public ids) or none. An invitation that stands is sent again, with
    these forms besides; its older link ends.

    Raises `NotFound`, `Invalid`, `EmailTaken` (R-042), `FeatureOff`, `NothingSent`."""
    await clients.lock(connection, public_id)
    file = await client(connection, actor, public_id)
    if not file["active"] or file["account_state"] == "inactive":
        raise Invalid(INACTIVE)
    form_ids = await intake_forms.choose(connection, [one for one in forms if one])
    if not file["has_password"]:
        return await _send(connection, actor, file, form_ids)
    if not form_ids:
        raise Invalid(HAS_PORTAL, field="forms")
    sent = await intakes.send(connection, actor, [file["id"]], form_ids)
    return Outcome(public_id, False, len(sent.intakes))


async def invite_somebody_new(
    connection: Connection,
    actor: Actor,
    data: clients.Data,
    practitioners: Sequence[str],
    forms: Sequence[str],
    anyway: bool = False,
) -> Outcome:
    """A file, an account and its invitation in one step; nothing of it unless all of it. Raises what `clients.create`
    does, above all `PossibleDuplicate` (A-06), and what `invite` does."""
    require(may_invite_somebody_new(actor))
    made = await clients.create(connection, actor, data, practitioners, anyway, tell=False)
    return await invite(connection, actor, made["public_id"], forms)


async def resend(connection: Connection, actor: Actor, invitation: str) -> str:
    """Mail a new link, which ends the older; good for seven days again. Return the client's public id. Raises
    `NotFound`, `InvitationEnded` if it was accepted or taken back."""
    found = await _held(connection, actor, invitation)
    if found["state"] not in ("open", "expired"):
        raise InvitationEnded(found["state"])
    if not found["active"]:
        raise Invalid(INACTIVE)
    await queries.send_by(connection, id=found["id"], sent_by=actor.account_id)
    await audit.record(connection, actor, "invite_again", "client", found["client_id"], {"invitation": found["id"]})
    await setup.post_link(connection, actor, found["account_id"])
    return str(found["client"])


async def revoke(connection: Connection, actor: Actor, invitation: str) -> str:
    """Take it back: its link ends, and so do the forms that came with it and that nobody began. The file and its
    account stay. Return the client's public id. Raises `NotFound`, `InvitationEnded`."""
    found = await _held(connection, actor, invitation)
    if await queries.revoke(connection, id=found["id"]) is None:
        raise InvitationEnded(found["state"])
    await setup.end_links(connection, found["account_id"])
    await intakes.withdraw_unstarted(connection, actor, found["id"])
    details = {"invitation": found["id"]}
    await audit.record(connection, actor, "revoke_invitation", "client", found["client_id"], details)
    return str(found["client"])


async def told(connection: Connection, invitation_id: int) -> Row | None:
    """What its mail says: `sender` (a name), `forms` (how many wait), expires_at; None once it has ended."""
    return await queries.told(connection, id=invitation_id)


async def forms_waiting(connection: Connection, actor: Actor) -> int:
    """How many forms wait for this person, where forms are on: whoever has just set up the account is led there."""
    if not (may_use_portal(actor) and (await entitlements.features(connection)).forms):
        return 0
    return int(await queries.forms_waiting(connection, account_id=actor.account_id))


async def _send(connection: Connection, actor: Actor, file: Row, form_ids: list[int]) -> Outcome:
    account_id = file["account_id"] or await clients.open_account(connection, file)
    invitation_id = await queries.open(
        connection,
        client_id=file["id"],
        account_id=account_id,
        email=file["email"],
        sent_by=actor.account_id,
        lifetime=setup.lifetime,
    )
    forms = 0
    if form_ids:
        sent = await intakes.send(connection, actor, [file["id"]], form_ids, invitation_id)
        forms = len(sent.intakes)
    details = {"invitation": invitation_id, "forms": forms}
    await audit.record(connection, actor, "invite", "client", file["id"], details)
    await setup.post_link(connection, actor, account_id)
    return Outcome(file["public_id"], True, forms)


async def _held(connection: Connection, actor: Actor, invitation: str) -> Row:
    """The invitation with its account and file locked, for whoever may invite its client."""
    found = await queries.find(connection, public_id=invitation)
    if found is None:
        raise NotFound
    await clients.lock(connection, found["client"])
    await client(connection, actor, found["client"])
    return await queries.find(connection, public_id=invitation)


async def _granted(connection: Connection, actor: Actor) -> bool:
    return (await entitlements.seat(connection, actor.account_id)).may_invite
