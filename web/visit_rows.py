"""Rows as a live room knows them. Pure.

A participant is a person in one browser where they came by a direct link, since whoever else has the link is not known
to be the same person: the key of the account, then what tells the link's browsers apart. Somebody who signed in is the
same in all their browsers. A row belongs to the browser that knocked.
"""

import time
from collections.abc import Iterable

from people.access import Actor, may_host
from records.database import Row
from signalling.gate import Admission
from signalling.participant import Grant
from signalling.views import Facts, LetIn, Waiting


def participant_of(account_id: int, device: bytes | None) -> str:
    return str(account_id) if device is None else f"{account_id}.{device.hex()}"


def key_of(participant: str) -> tuple[int, bytes | None]:
    """The account and the device behind a participant's id."""
    account_id, _, device = participant.partition(".")
    return int(account_id), bytes.fromhex(device) if device else None


def account_of(participant: str) -> int:
    return key_of(participant)[0]


def grant(actor: Actor, session: Row) -> Grant:
    host = may_host(actor, session)
    return Grant(
        participant=participant_of(actor.account_id, actor.device),
        name=actor.name,
        role="host" if host else "client",
        session=session["public_id"],
        may_admit=host,
        owner=str(actor.account_id),
    )


def admissions_of(row: Row, entitled: Iterable[str]) -> list[Admission]:
    """What one admission's row says of the browser that it belongs to; and of the same account's other browsers among
    those `entitled` to wait or to be in, that they are so no more."""
    owner = participant_of(row["account_id"], row["device"])
    others = [one for one in entitled if account_of(one) == row["account_id"] and one != owner]
    return [_admission(owner, row), *(Admission(other, "left", row["epoch"]) for other in others)]


def _admission(participant: str, row: Row) -> Admission:
    now = time.monotonic()
    return Admission(
        participant=participant,
        state=row["state"],
        epoch=row["epoch"],
        id=row["public_id"],
        name=row["name"],
        knocked_at=now - row["waited_seconds"],
        admitted_at=now - row["admitted_seconds"] if row["state"] == "admitted" else None,
        sentence=row["sentence"],
        message=row["message"],
        relation=row["relation"],
    )


def waiting(row: Row) -> Waiting:
    return Waiting(
        row["public_id"],
        row["name"],
        time.monotonic() - row["waited_seconds"],
        row["epoch"],
        by_link=row["by_link"],
        relation=row["relation"],
        other_device=row["other_device"],
        message=row["message"],
    )


def let_in(row: Row) -> LetIn:
    return LetIn(row["public_id"], row["name"], row["relation"])


def facts(row: Row) -> Facts:
    return Facts(row["locked"], row["host_elsewhere"], time.monotonic() + row["ends_in_seconds"])
