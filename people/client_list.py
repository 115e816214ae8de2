"""The lists of the Clients tab (R-033, R-034) and of Prospects (R-045): a page at a time, by keys, so that the last
page of fifty thousand costs what the first does.

A page's end is told as a cursor, an opaque text that begins the next page; one that somebody made up begins the list
anew.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from people.access import Actor, may_manage_clients, require
from people.searching import folded
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

page_length = 50
"""client_list.sql reads one more."""
HIGHEST = "\U0010ffff"
"""Sorts behind every character that a name may hold."""
FAR_FUTURE = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
LATER = 2**62


@dataclass(frozen=True)
class Page:
    """Rows, and where the next page begins; None after the last."""

    rows: Sequence[Mapping[str, Any]]
    next: str | None


async def files(
    connection: Connection, actor: Actor, active: bool, search: str = "", sort: str = "name", after: str = ""
) -> Page:
    """A page of the files that the actor may see, by last name, or the newest first (`sort` created). What is searched
    for is how a last name, a first name or an address begins, "last, first" or "first last"; whom a last name fits
    comes first. Each bears public_id, first_name, last_name, email, date_of_birth, created_at, active, account_state,
    has_password and `practitioners`, their names. Raises `NotFound`."""
    require(may_manage_clients(actor))
    scope = {"active": active, **_reach(actor)}
    wanted = folded(search)
    if wanted:
        found = await _found(connection, scope, wanted, _keys(after))
    else:
        found = await _listed(connection, scope, sort, _keys(after))
    rows = found[:page_length]
    return Page(rows, cursor(keys_of(sort, rows[-1]["turn"], rows[-1])) if len(found) > page_length else None)


async def without_file(connection: Connection, actor: Actor, pending: bool, search: str = "", after: str = "") -> Page:
    """Those who await approval (`pending`), or all who have no file yet: the prospects. Who is unsure of their
    department, or never named one, only organization administrators see (R-005). Raises `NotFound`."""
    require(may_manage_clients(actor))
    keys = _keys(after)
    known = keys[0] if len(keys) == 1 and isinstance(keys[0], int) else 0
    scope = {"most": page_length + 1, **_reach(actor)}
    rows = await queries.without_file(connection, **scope, pending=pending, low=folded(search), id=known)
    last = len(rows) > page_length
    return Page(rows[:page_length], cursor([rows[page_length - 1]["id"]]) if last else None)


async def closed(connection: Connection, actor: Actor, search: str = "") -> list[Row]:
    """The newest inactive accounts without a file: who was turned away. `search` is how a name or an address begins.
    Raises `NotFound`."""
    require(may_manage_clients(actor))
    return await queries.closed(connection, **_reach(actor), low=folded(search))


def _reach(actor: Actor) -> dict[str, Any]:
    """Whose files the actor sees, as the statements ask it (`may_see_client`, `may_approve`)."""
    departments = actor.departments_as("department_administrator", "care_coordinator")
    return {"everywhere": actor.is_organization_administrator, "departments": departments}


async def _listed(connection: Connection, scope: dict[str, Any], sort: str, keys: list[Any]) -> list[Row]:
    known = keys if len(keys) == 7 and keys[0] == sort else None
    if sort == "created":
        before = datetime.fromisoformat(known[5]) if known else FAR_FUTURE
        return await queries.by_age(connection, **scope, before=before, id=known[6] if known else LATER)
    last, first, id = (known[2], known[3], known[6]) if known else ("", "", 0)
    return await queries.by_name(connection, **scope, last=last, first=first, id=id)


async def _found(connection: Connection, scope: dict[str, Any], wanted: str, keys: list[Any]) -> list[Row]:
    known = keys if len(keys) == 7 else None
    last, comma, first = (part.strip() for part in wanted.partition(","))
    if comma:
        start, id = (known[3], known[6]) if known else (first, 0)
        return await queries.by_last_and_first(
            connection, **scope, whole=last, start=start, id=id, high=first + HIGHEST
        )
    first, blank, last = wanted.partition(" ")
    if blank and (known is None or known[1] == 0):
        start, id = (known[2], known[6]) if known else (last, 0)
        found = await queries.by_first_and_last(
            connection, **scope, whole=first, start=start, id=id, high=last + HIGHEST
        )
        if found or known:
            return list(found)
    known = known if known and known[1] else None
    return await queries.search(connection, **scope, low=wanted, high=wanted + HIGHEST, **_starts(wanted, known))


def _starts(wanted: str, known: list[Any] | None) -> dict[str, Any]:
    """Where each of the three ranges begins: those before the one in which the last page ended are done."""
    turn = known[1] if known else 1
    done = (wanted + HIGHEST, "", 0)
    fresh = (wanted, "", 0)
    ranges = [done if one < turn else fresh for one in (1, 2, 3)]
    if known:
        ranges[turn - 1] = {
            1: (known[2], known[3], known[6]),
            2: (known[3], known[2], known[6]),
            3: (known[4], "", known[6]),
        }[turn]
    (last, last_two, last_id), (first, first_two, first_id), (email, _, email_id) = ranges
    return {
        "last": last,
        "last_two": last_two,
        "last_id": last_id,
        "first": first,
        "first_two": first_two,
        "first_id": first_id,
        "email": email,
        "email_id": email_id,
    }


def keys_of(sort: str, turn: int, file: Mapping[str, Any]) -> list[Any]:
    """What a page is known by that ends with this file; `turn` is which of a search's ranges it was found in."""
    names = (file["last_key"], file["first_key"], file["email"])
    return [sort, turn, *names, file["created_at"].isoformat(), file["id"]]


def cursor(keys: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


FILE_KEYS = [str, int, str, str, str, str, int]
"""sort, turn, last name, first name, address, when it was made, key: those of the last file of a page."""


def _keys(cursor: str) -> list[Any]:
    """What `_cursor` made; an empty list for anything else."""
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        kinds = [type(key) for key in keys]
        fits = kinds == FILE_KEYS and keys[1] in (0, 1, 2, 3) and datetime.fromisoformat(keys[5]).tzinfo is not None
        sound = (fits or kinds == [int]) and 0 <= keys[-1] < LATER and not any("\0" in str(key) for key in keys)
    except (ValueError, TypeError):
        return []
    return keys if sound else []
