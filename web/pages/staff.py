"""The Staff tab: the list, one person's record, and the forms that create and edit an account."""

from typing import Any

from aiohttp import web

from people import departments, entitlements, public_profiles, staff, staff_clients, staff_roles
from people.access import (
    Actor,
    may_change_staff,
    may_edit_profile,
    may_give,
    may_look_at,
    may_manage_staff,
    require,
)
from people.errors import UserError
from people.staff_roles import ADMINISTRATOR, EVERYWHERE, IN_DEPARTMENTS, NAMES, PRACTITIONER
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.organization import differences, version_for
from web.posting import as_list, kept
from web.view import page

STATES = {"active": "Active", "inactive": "Inactive", "": "All"}
LABELS = {
    "name": "Name",
    "email": "Email",
    "notified": "Receive New Client Notifications",
    "practitioner": "Practitioner",
    "practises_in": "Practises in",
    "roles": "Roles",
}
NEW: dict[str, Any] = {
    "name": "",
    "email": "",
    "notified": True,
    "practitioner": False,
    "practises_in": [],
    "roles": [],
}


def framed(request: web.Request, template: str, error: UserError | None, **values: Any) -> web.Response:
    """A page below Staff, with the error and what was just done."""
    done = request.query.get("done")
    return page(request, f"staff/{template}", error=error, done=done, **values)


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/staff`; `search`, `role`, `department` and `state` (active, inactive, all) narrow it."""
    words, role = request.query.get("search", ""), request.query.get("role", "")
    state = request.query.get("state", "active")
    state = "" if state == "all" else state if state in STATES else "active"
    role, department = role if role in NAMES else "", request.query.get("department", "")
    async with request.app[DATABASE].transaction(actor) as connection:
        people = await staff.listed(connection, actor, words, role, state, department)
        there = [row for row in await departments.of_organization(connection) if may_look_at(actor, row["id"])]
    return framed(
        request,
        "list.html",
        None,
        people=[{**row, "shown": staff_roles.by_role(row["roles"])} for row in people],
        search=words,
        department=department,
        departments=there,
        role=role,
        state=state,
        states=STATES,
        roles=NAMES,
        most=staff.most_listed,
        may_create=may_manage_staff(actor),
    )


@signed_in
async def new(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/staff/new`"""
    return await new_again(request, actor, {}, None)


async def new_again(request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None) -> web.Response:
    require(may_manage_staff(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        choice = await _choice(connection, actor, frozenset())
    return framed(request, "new.html", error, kept=_kept(typed, NEW), may_identify=True, **choice)


@signed_in
async def record(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/staff/{account}`"""
    return await record_again(request, actor, {}, None)


async def record_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        person = await staff.find(connection, actor, request.match_info["account"])
        shown = {
            "effects": await staff.effects(connection, person["id"]),
            "clients": await staff_clients.of(connection, actor, person),
            "profile": await public_profiles.find(connection, person["id"]),
            "seat": await entitlements.seat(connection, person["id"]),
        }
    return framed(request, "record.html", error, **shown, **about_person(actor, person))


@signed_in
async def edit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/staff/{account}/edit`"""
    return await edit_again(request, actor, {}, None)


async def edit_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    require(may_manage_staff(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        person = await staff.find(connection, actor, request.match_info["account"])
        choice = await _choice(connection, actor, staff.held_by(person))
    stands = {name: person[name] for name in ("name", "email", "notified")} | _roles_of(person)
    shown = _kept(typed, stands)
    now, wanted = [_in_words(values, choice["rows"]) for values in (stands, shown)]
    return framed(
        request,
        "edit.html",
        error,
        kept=shown,
        may_identify=may_change_staff(actor, person),
        version=version_for(typed, person, error),
        differences=differences(LABELS, now, wanted, error),
        **about_person(actor, person),
        **choice,
    )


def about_person(actor: Actor, person: Row) -> dict[str, Any]:
    """What every page about one of the staff shows, and what its reader may do there."""
    practises = bool(person["practises_in"] or person["practises_anywhere"])
    return {
        "person": person,
        "shown": staff_roles.by_role(
            [{"role": row["role"], "department": row["name"]} for row in person["roles"]],
        ),
        "practises": practises,
        "may_edit": may_manage_staff(actor),
        "may_close": may_change_staff(actor, person) and person["id"] != actor.account_id,
        "may_write_profile": practises and may_edit_profile(actor, person),
    }


async def _choice(connection: Connection, actor: Actor, held: frozenset[staff_roles.Held]) -> dict[str, Any]:
    """The departments in which the actor gives roles; the whole organization only where that is held already."""
    listed = await departments.of_organization(connection)
    rows = [(row["public_id"], row["name"]) for row in listed if may_give(actor, PRACTITIONER, row["id"])]
    everywhere = {role for role, department in held if department is None and role != ADMINISTRATOR}
    if everywhere and actor.is_organization_administrator:
        rows.append((EVERYWHERE, "Every department"))
    return {
        "rows": rows,
        "columns": IN_DEPARTMENTS,
        "everywhere": everywhere,
        "may_give_organization": may_give(actor, ADMINISTRATOR, None),
    }


def _roles_of(person: Row) -> dict[str, Any]:
    """What the form has ticked for somebody."""
    held = [(row["role"], row["department"] or EVERYWHERE) for row in person["roles"] if row["role"] in NAMES]
    return {
        "practitioner": any(role == PRACTITIONER for role, _ in held),
        "practises_in": [department for role, department in held if role == PRACTITIONER],
        "roles": [role if role == ADMINISTRATOR else f"{role}:{key}" for role, key in held if role != PRACTITIONER],
    }


def _kept(typed: dict[str, Any], stands: dict[str, Any]) -> dict[str, Any]:
    """As `posting.kept`, for the lists too: what was typed of them counts once anything was sent."""
    lists = {"practises_in", "roles"}
    shown = kept(typed, **{name: value for name, value in stands.items() if name not in lists})
    for name in lists:
        shown[name] = as_list(typed.get(name)) if typed else stands[name]
    return shown


def _in_words(values: dict[str, Any], rows: list[tuple[str, str]]) -> dict[str, Any]:
    """Lists of roles and departments as somebody would say them."""
    names = {ADMINISTRATOR: NAMES[ADMINISTRATOR], **dict(rows)}
    for role, label in IN_DEPARTMENTS.items():
        names |= {f"{role}:{key}": f"{label} ({name})" for key, name in rows}
    return {name: _joined(value, names) if isinstance(value, list) else value for name, value in values.items()}


def _joined(values: list[str], names: dict[str, str]) -> str:
    return ", ".join(sorted(names.get(one, one) for one in values))
