"""Filling in a form: what a client has before them, saving as they go, and what is ready to be signed.

Each saving replaces the answers and names the revision that its page read, so that two devices notice each other and
nothing is lost (`SavedElsewhere`). Somebody whose account waits for approval has their forms, too (A-01). The client
sees how their own forms stand, and nothing that the staff made of them (A-17).
"""

from collections.abc import Mapping
from typing import Any

from people import entitlements
from people.access import Actor, may_fill, may_have_forms, require
from people.errors import NotFound
from portal import form_answers
from portal.errors import FormClosed, SavedElsewhere
from portal.intake_forms import FEATURE
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


async def own(connection: Connection, actor: Actor) -> list[Row]:
    """The actor's forms, those to do first, then newest first: public_id, title, state, sent_at, saved_at, ended_at,
    `document` (public id; None unless completed). Withdrawn ones are not theirs any more. Raises `NotFound`,
    `FeatureOff`."""
    require(may_have_forms(actor))
    await entitlements.require(connection, FEATURE)
    return await queries.own(connection, account_id=actor.account_id)


async def to_do(connection: Connection, actor: Actor) -> list[Row]:
    """`own` without what is done, for pages that show much else; none where forms are switched off."""
    return await queries.to_do(connection, account_id=actor.account_id) if may_have_forms(actor) else []


async def waiting(connection: Connection, client_id: int) -> Row | None:
    """How many forms a client has before them: `count`; None if it is none, or forms are switched off. For mails."""
    return await queries.waiting(connection, client_id=client_id)


async def find(connection: Connection, actor: Actor, intake: str) -> Row:
    """One of the actor's: id, public_id, state, revision, answers, saved_at, ended_at, content, `hash` (of the
    version), client_id, version_id, `document`. Raises `NotFound`, `FeatureOff`."""
    row = await queries.find(connection, public_id=intake)
    if row is None or not may_fill(actor, row) or row["state"] == "withdrawn":
        raise NotFound
    await entitlements.require(connection, FEATURE)
    return row


async def save(connection: Connection, actor: Actor, intake: str, revision: int, given: Mapping[str, Any]) -> int:
    """Keep what was typed so far, finished or not: `given` is {key: answer} of the whole form. Return the revision as
    it is then; answers that stand already change nothing, whatever the revision. The audit bears the first saving,
    and later the completion.

    Raises `NotFound`, `FeatureOff`, `Invalid` with its field, `FormClosed`, `SavedElsewhere`."""
    row = await find(connection, actor, intake)
    answers = form_answers.read(row["content"], given)
    if answers == row["answers"] and row["state"] == "started":
        return int(row["revision"])
    saved = await queries.save(connection, id=row["id"], revision=revision, answers=answers)
    if saved is None:
        await _refuse(connection, row["id"])
    if row["state"] == "sent":
        await audit.record(connection, actor, "start", "intake", row["id"])
    return int(saved)


async def _refuse(connection: Connection, intake_id: int) -> None:
    if await queries.state(connection, id=intake_id) not in ("sent", "started"):
        raise FormClosed
    raise SavedElsewhere
