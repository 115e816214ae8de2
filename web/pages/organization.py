"""Organization > Clinics: which there are, a new one, and one's settings."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from aiohttp import web

from dispatch import clinic_setup, switches
from dispatch.clinic_setup import ClinicSettings
from dispatch.errors import EditedMeanwhile
from people.access import Actor, may_administer, may_ask_operator, require
from people.errors import UserError
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import DATABASE, SETTINGS
from web.posting import kept
from web.view import page

LABELS = {
    "name": "Name",
    "department": "Department",
    "patient_group": "Patient group",
    "host_group": "Host group",
    "availability": "Availability",
    "red_after_seconds": "Red limit",
    "now_expires_after_minutes": "Now requests expire after",
    "join_before_minutes": "Join before the start",
    "join_after_minutes": "Join after the end",
    "client_cancel_before_hours": "Clients cancel at the latest",
    "client_move_before_hours": "Clients move at the latest",
    "contact": "Whom to call later",
    "offer_for_minutes": "A free time is offered for",
    "hosts_see_group_queue": "Hosts see requests to the group",
    "allow_override": "Allow overlapping sessions",
    "open": "Open",
}
NEW: dict[str, Any] = {each.name: "" if each.default is MISSING else each.default for each in fields(ClinicSettings)}
"""What a new clinic's form begins with."""


def framed(request: web.Request, actor: Actor, template: str, error: UserError | None, **values: Any) -> web.Response:
    """A page below Organization: with the way to its other pages, the error and what was just done. `template` is in
    the folder organization, unless it names its own."""
    operator = may_ask_operator(actor) and request.app[SETTINGS].operator_email is not None
    return page(
        request,
        template if "/" in template else f"organization/{template}",
        error=error,
        done=request.query.get("done"),
        operator=operator,
        **values,
    )


@signed_in
async def clinics(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        listed = await clinic_setup.overview(connection, actor)
    return framed(request, actor, "clinics.html", None, clinics=listed)


@signed_in
async def new_clinic(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/new`"""
    return await new_clinic_again(request, actor, {}, None)


async def new_clinic_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    require(actor.is_administrator)
    async with request.app[DATABASE].transaction(actor) as connection:
        departments = await clinic_setup.departments(connection, actor)
    return framed(request, actor, "clinic_new.html", error, departments=departments, kept=kept(typed, **NEW))


@signed_in
async def clinic(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}`: its settings; whoever only looks cannot change them."""
    return await clinic_again(request, actor, {}, None)


async def clinic_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await clinic_of(request, actor, connection)
        departments = await departments_for(connection, actor, found)
    shown = kept(typed, **{name: found[name] for name in LABELS})
    return framed(
        request,
        actor,
        "settings.html",
        error,
        clinic=found,
        departments=departments,
        kept=shown,
        may_change=may_administer(actor, found["department_id"]),
        version=version_for(typed, found, error),
        differences=differences(LABELS, found, shown, error, {row["public_id"]: row["name"] for row in departments}),
    )


async def clinic_of(request: web.Request, actor: Actor, connection: Connection) -> Row:
    """The clinic of the path. Raises `NotFound`."""
    return await clinic_setup.find(connection, actor, request.match_info["clinic"])


async def departments_for(connection: Connection, actor: Actor, found: Row) -> list[Any]:
    """Those that the clinic may belong to; for somebody who only looks, the one to which it does."""
    administered = await clinic_setup.departments(connection, actor)
    return administered or [{"public_id": found["department"], "name": found["department_name"]}]


def version_for(typed: dict[str, Any], found: Row, error: UserError | None) -> str:
    """A refused form keeps the version that its person saw, unless they are now told what somebody else made of it."""
    seen = None if isinstance(error, EditedMeanwhile) else typed.get("version")
    return str(seen or found["version"])


def differences(
    labels: Mapping[str, str],
    stands: Mapping[str, Any],
    shown: Mapping[str, Any],
    error: UserError | None,
    names: Mapping[str, str] | None = None,
) -> list[tuple[str, str, str]]:
    """What somebody else saved meanwhile and what was typed: label, what stands now, what was typed, where the two
    differ. `names` are shown for public ids."""
    if not isinstance(error, EditedMeanwhile):
        return []
    told = [(label, _plain(stands[name], names), _plain(shown[name], names)) for name, label in labels.items()]
    return [(label, now, typed) for label, now, typed in told if now != typed]


def _plain(value: Any, names: Mapping[str, str] | None) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    text = str(value).replace("\r\n", "\n").replace("on_demand", "on demand")
    return (names or {}).get(text, text)


async def currency_of(connection: Connection) -> str:
    return str((await switches.organization(connection))["currency"])
