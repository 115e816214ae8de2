"""The audit as a chain: each line of an organization gets the next number and a seal over the seal before it and
itself.

Lines are sealed after their commit, by one process at a time: sealing inside the transactions that write them would
put all of an organization's work in one queue. Until then (a few seconds) only the database's rights protect a line.

What `verify` finds: any sealed line that was changed, removed, put in between or moved, also at the end. What it
cannot find: a whole chain that somebody with the owner's rights computed anew. Against that, keep `heads` somewhere
else and compare them with `kept`. Nor can it tell who wrote a false line as a new one: that is what rights are for.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)
batch = 1000
start = b"\0" * 32


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a chain; `number` is the line's place in it."""

    number: int
    what: str


@dataclass
class Report:
    """What was found in one organization's chain."""

    organization: str
    """Its public id, with which heads are kept."""
    name: str
    sealed: int = 0
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)


async def seal(connection: Connection) -> bool:
    """Seal up to `batch` lines of each organization (system role), unless another process does it at this moment;
    return whether there may be more."""
    if not await queries.take_turn(connection):
        return False
    behind = await queries.behind(connection)
    return max([await _seal_some(connection, row["organization_id"]) for row in behind], default=0) == batch


async def _seal_some(connection: Connection, organization_id: int) -> int:
    head = await queries.head(connection, organization_id=organization_id)
    number, last = (head["number"], head["seal"]) if head else (0, start)
    lines = await queries.unsealed(connection, organization_id=organization_id, limit=batch)
    seals = []
    for place, line in enumerate(lines, number + 1):
        last = seal_of(last, place, line)
        seals.append(last)
    await queries.put_seals(connection, ids=[line["id"] for line in lines], first=number + 1, seals=seals)
    await queries.put_head(connection, organization_id=organization_id, number=number + len(lines), seal=last)
    return len(lines)


def seal_of(before: bytes, number: int, line: Mapping[str, Any]) -> bytes:
    """SHA-256 over the seal before, the place and every column of the line."""
    content = [before.hex(), number, *(line[name] for name in COLUMNS)]
    return hashlib.sha256(orjson.dumps(content)).digest()


COLUMNS = ("organization_id", "id", "at_microseconds", "account_id", "verb", "noun", "noun_id", "details")


async def organizations(connection: Connection) -> list[Row]:
    """id, public_id, name and unsealed of each (system role)."""
    return await queries.organizations(connection)


async def heads(connection: Connection) -> list[Row]:
    """organization (public id), number and seal of each chain's end, to be kept where this database's owner is not."""
    return await queries.heads(connection)


async def verify(connection: Connection, kept: Mapping[str, tuple[int, str]] | None = None) -> list[Report]:
    """Check every organization's chain against itself, its head, and heads that were kept elsewhere (number and seal,
    by organization). Runs in a snapshot, so sealing may go on meanwhile."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        organizations = await queries.organizations(connection)
        reports = [await _verify_one(connection, row, (kept or {}).get(row["public_id"])) for row in organizations]
    known = {row["public_id"] for row in organizations}
    lost = sorted((kept or {}).keys() - known)
    return reports + [Report(name, name, faults=[Fault(0, "the whole organization is missing")]) for name in lost]


async def _verify_one(connection: Connection, organization: Row, kept: tuple[int, str] | None) -> Report:
    report = Report(organization["public_id"], organization["name"], unsealed=organization["unsealed"])
    head = await queries.head(connection, organization_id=organization["id"])
    expected, before = 1, start
    kept_seal = None
    async for line in _sealed_lines(connection, organization["id"]):
        report.sealed += 1
        report.faults.extend(_gap(expected, line["number"]))
        follows = line["number"] == expected
        if follows and seal_of(before, line["number"], line) != line["seal"]:
            report.faults.append(Fault(line["number"], "was changed, moved or put in between"))
        if kept and line["number"] == kept[0]:
            kept_seal = line["seal"].hex()
        expected, before = line["number"] + 1, line["seal"]
    report.faults.extend(_end(expected, before, head))
    if kept and kept_seal != kept[1]:
        report.faults.append(Fault(kept[0], "is not the line whose seal was kept"))
    return report


def _gap(expected: int, number: int) -> list[Fault]:
    if number < 1:
        return [Fault(number, "was put before the first line")]
    return [Fault(missing, "is missing") for missing in range(max(expected, 1), number)]


def _end(expected: int, last: bytes, head: Row | None) -> list[Fault]:
    if head is None:
        return [Fault(expected - 1, "was sealed, but the chain's head is missing")] if expected > 1 else []
    if expected <= head["number"]:
        return [Fault(missing, "is missing at the end") for missing in range(expected, head["number"] + 1)]
    if expected - 1 > head["number"]:
        return [Fault(added, "was put after the end") for added in range(head["number"] + 1, expected)]
    return [] if last == head["seal"] else [Fault(head["number"], "does not bear the seal of the chain's head")]


async def _sealed_lines(connection: Connection, organization_id: int) -> AsyncIterator[Row]:
    after: int | None = None
    while lines := await queries.sealed(connection, organization_id=organization_id, after=after, limit=batch):
        for line in lines:
            yield line
        after = lines[-1]["number"]
