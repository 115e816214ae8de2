"""Signing a form (R-142): one transaction makes signatures, sealed PDF, document and completion, or none of them.

What is signed is what was shown: the exact version of the form and the exact answers, each named by the SHA-256 of its
canonical JSON, at the revision that the page showed. Under the intake's lock everything is asked once more. Afterwards
the database lets nobody change any of it (schema.sql, `signed_forever`), and the audit's line bears a hash over all of
it (portal/proof.py), so that a change by somebody who may do anything to the database is found, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from people.access import Actor
from people.errors import Invalid
from people.inputs import line
from portal import drawings, filling, form_answers, form_content, proof, returned_forms, sealing
from portal.errors import AlreadySigned, FormClosed, SavedElsewhere
from portal.papers import Papers
from records import audit
from records.database import Connection, Row
from records.files import Files
from records.queries import beside

queries = beside(__file__)

CONSENT = (
    "I have read this form, my answers are right, and I sign it electronically. "
    "My electronic signature means the same as one on paper."
)
BINDING = (
    "The text of this form and the answers above are named by these SHA-256 hashes. The file bears the organization's "
    "electronic seal: a PDF reader shows whether anything in it was changed since."
)
longest_browser = 300
pdf = "application/pdf"


@dataclass(frozen=True)
class Given:
    """One signature as it came: the name as typed, and a data URL of what was drawn; one of the two may be missing."""

    name: str = ""
    drawing: str = ""


@dataclass(frozen=True)
class Signer:
    """From where somebody signs: address in full (kept), network as limits count it (shown), and browser."""

    address: str
    network: str
    browser: str


@dataclass(frozen=True)
class Signature:
    """One that was checked; `drawing` is a PNG or None. Where nothing was `typed`, `name` is the account's."""

    key: str
    label: str
    name: str
    drawing: bytes | None
    typed: bool = True

    @property
    def way(self) -> str:
        """How it was given, as the paper says it."""
        return " and ".join(word for word, so in (("typed", self.typed), ("drawn", self.drawing is not None)) if so)


async def sign(
    connection: Connection,
    actor: Actor,
    intake: str,
    revision: int,
    given: Mapping[str, Given],
    agreed: bool,
    signer: Signer,
    files: Files,
    papers: Papers,
) -> str:
    """Complete the form with these signatures, by the key of each signature field; return the document's public id.
    `revision` is the one whose answers were shown.

    Raises `NotFound`, `FeatureOff`, `AlreadySigned`, `FormClosed`, `SavedElsewhere`, and `Invalid` with its field:
    `agree`, `name-<key>`, `drawing-<key>`, or that of an answer that is missing.
    """
    row = await filling.find(connection, actor, intake)
    held = await queries.hold(connection, id=row["id"])
    _require_open(held, revision)
    _require_complete(held)
    if not agreed:
        raise Invalid("Please tick this: without it nothing is signed.", field="agree")
    signatures = [await _checked(actor, field, given) for field in form_content.signatures(held["content"])]
    key = await sealing.key_of(connection, actor)
    paper = await papers.render("form", paper_of(held, signatures, actor.name, signer))
    sealed = await sealing.seal(paper, key, f"Signed electronically by {actor.name}"[:200])
    file = await files.store(connection, actor, sealed, pdf)
    document = await _keep(connection, actor, held, signatures, signer, file)
    evidence = await proof.of_document(connection, document["id"])
    details = {"document": document["id"], "sha256": file["sha256"].hex(), "record": evidence.hex()}
    await audit.record(connection, actor, "sign", "intake", held["id"], details)
    await returned_forms.tell(connection, actor, held["id"])
    return str(document["public_id"])


def _require_open(held: Row, revision: int) -> None:
    if held["state"] == "completed":
        raise AlreadySigned
    if held["state"] == "withdrawn":
        raise FormClosed
    if held["revision"] != revision:
        raise SavedElsewhere("These answers were changed meanwhile. Nothing was signed: read them again, then sign.")


def _require_complete(held: Row) -> None:
    """Whatever the page showed: nothing that must be answered is missing."""
    for key, problem in form_answers.problems(held["content"], held["answers"]).items():
        raise Invalid(problem, field=f"{form_answers.PREFIX}{key}")


async def _checked(actor: Actor, field: form_content.Field, given: Mapping[str, Given]) -> Signature:
    key = field["key"]
    one = given.get(key, Given())
    typed = bool(one.name.strip())
    if not typed and not one.drawing:
        raise Invalid("Please type your full name, or draw your signature.", field=f"name-{key}")
    name = line(one.name, f"name-{key}") if typed else actor.name
    drawing = await drawings.read(one.drawing, f"drawing-{key}") if one.drawing else None
    return Signature(key, field["label"], name, drawing, typed)


async def _keep(
    connection: Connection, actor: Actor, held: Row, signatures: list[Signature], signer: Signer, file: Row
) -> Row:
    """The rows. Those of the signatures come before the completion, after which none may be added."""
    document = await queries.add_document(
        connection,
        organization_id=actor.organization_id,
        client_id=held["client_id"],
        title=held["content"]["title"],
        file_id=file["id"],
        created_at=held["now"],
    )
    for one in signatures:
        await queries.add_signature(
            connection,
            intake_id=held["id"],
            organization_id=actor.organization_id,
            field_key=one.key,
            account_id=actor.account_id,
            name=one.name,
            drawing=one.drawing,
            signed_at=held["now"],
            address=signer.address,
            browser=signer.browser[:longest_browser],
            version_hash=held["hash"],
            answers_hash=form_content.hash_of(held["answers"]),
        )
    completed = await queries.complete(
        connection, id=held["id"], revision=held["revision"], document_id=document["id"], ended_at=held["now"]
    )
    if completed is None:
        raise AlreadySigned
    return document


def paper_of(held: Row, signatures: list[Signature], account_name: str, signer: Signer) -> dict[str, Any]:
    """The data of portal/typst/form.typ."""
    at = stamp(held["now"], held["time_zone"])
    return {
        "title": held["content"]["title"],
        "organization": held["organization_name"],
        "footer": f"Form {held['public_id'][:8]}, version {held['number']}",
        "facts": [
            ["Client", held["client_name"]],
            ["Date of birth", f"{held['date_of_birth']:%-d %B %Y}"],
            ["Form", f"{held['form_name']}, version {held['number']}"],
            ["Sent", stamp(held["sent_at"], held["time_zone"])],
            ["Completed", at],
        ],
        "blocks": [
            block for field in held["content"]["fields"] if (block := _block(field, held["answers"])) is not None
        ],
        "consent": CONSENT,
        "signatures": [_shown(one, at, account_name, signer) for one in signatures],
        "completed": [["Completed by", account_name], ["At", at], ["From", signer.network]],
        "binding": BINDING,
        "hashes": [
            ["Form", held["hash"].hex()],
            ["Answers", form_content.hash_of(held["answers"]).hex()],
        ],
    }


def _block(field: form_content.Field, answers: form_answers.Answers) -> dict[str, str] | None:
    if field["kind"] == "signature":
        return None
    if field["kind"] in form_content.READ_ONLY:
        return {"kind": "heading" if field["kind"] == "section" else "paragraph", "text": field["label"]}
    answer = form_answers.in_words(field, answers.get(field["key"]))
    return {"kind": "answer", "question": field["label"], "hint": field.get("hint", ""), "answer": answer}


def _shown(one: Signature, at: str, account_name: str, signer: Signer) -> dict[str, Any]:
    return {
        "label": one.label,
        "name": one.name,
        "drawing": None if one.drawing is None else list(one.drawing),
        "facts": [
            ["Name", one.name],
            ["Signed in as", account_name],
            ["At", at],
            ["From", signer.network],
            ["How", one.way],
        ],
    }


def stamp(at: datetime, zone: str) -> str:
    """A time on paper, where nobody can ask which zone: 22 November 2026, 17:40:12 Europe/Lisbon (17:40:12 UTC)."""
    local = at.astimezone(ZoneInfo(zone))
    utc = at.astimezone(UTC)
    return f"{local:%-d %B %Y, %H:%M:%S} {zone}" + ("" if zone == "UTC" else f" ({utc:%H:%M:%S} UTC)")
