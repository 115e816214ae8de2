"""What may be asked for: everything that a clinic refuses, each with the field that it belongs to.

Nothing here writes. The database is asked again at submit, whatever a page showed before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch import answers, availability
from dispatch.errors import Closed, Invalid, NotFound
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

most_times = 3
longest_note = 2000
CHOICES = ("first", "second", "third")


@dataclass(frozen=True)
class Ask:
    """What somebody asks for. Ids are public; `host` None means the group (R-074); no `times` means Now (R-073).

    `answers` are to the clinic's own form, by the public id of the field (R-076).
    """

    clinic: str
    service: str
    host: str | None
    times: tuple[datetime, ...]
    note: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "scheduled" if self.times else "now"


@dataclass(frozen=True)
class Offer:
    """What the clinic makes of it, ready to be stored: inner keys, and the answers with their labels."""

    service_id: int
    host_id: int | None
    note: str
    answers: list[dict[str, Any]]


async def offer(connection: Connection, ask: Ask) -> Offer:
    """Check all of it. Raises `NotFound` for an unknown clinic, `Closed`, or `Invalid` with its field."""
    if await queries.hold(connection, clinic=ask.clinic) is None:
        raise NotFound
    target = await queries.target(connection, clinic=ask.clinic, service=ask.service, host=ask.host)
    _must_be_open(target)
    if target["service_id"] is None:
        raise Invalid("Choose one of the services that this clinic offers.", field="service")
    if ask.host and target["host_id"] is None:
        raise Invalid("Choose one of the people of this clinic, or anyone.", field="host")
    await _check_times(connection, ask, target["availability"])
    note = answers.plain(ask.note)
    if len(note) > longest_note:
        raise Invalid(f"Please keep this under {longest_note} characters.", field="note")
    given = answers.check(await answers.fields(connection, target["clinic_id"]), ask.answers)
    return Offer(target["service_id"], target["host_id"], note, given)


def _must_be_open(target: Row) -> None:
    if not target["requests_open"]:
        raise Closed("Requests for sessions are switched off here just now.")
    if not target["open"]:
        raise Closed


async def _check_times(connection: Connection, ask: Ask, mode: str) -> None:
    if len(ask.times) > most_times:
        raise Invalid(f"Choose at most {most_times} times.", field="times")
    if len(set(ask.times)) < len(ask.times):
        raise Invalid("You chose the same time twice. Choose different times.", field="times")
    if ask.times and not await queries.times_are_ahead(connection, times=list(ask.times)):
        raise Invalid("Choose times that are still to come, within a year.", field="times")
    if mode == "calendar":
        offered = await availability.offers(connection, ask.clinic, ask.service, ask.host, ask.times)
        for choice, good in zip(CHOICES, offered, strict=False):
            if not good:
                raise Invalid(f"Your {choice} choice is not offered. Choose another time.", field="times")
