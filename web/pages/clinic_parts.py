"""The other tabs of a clinic: services, hosts, schedulers, and the pre-request form."""

from typing import Any

from aiohttp import web

from dispatch import clinic_people, form_fields, services
from people.access import Actor, may_administer
from people.errors import UserError
from records.database import Row
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.organization import clinic_of, currency_of, differences, framed, version_for
from web.posting import kept

NEW_SERVICE = {"name": "", "description": "", "minutes": 30, "price": "", "booking": "request"}
NEW_FIELD = {"kind": "short_text", "label": "", "required": False, "choices": ""}


@signed_in
async def service_list(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}/services`"""
    return await services_again(request, actor, {}, None)


async def services_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinic_of(request, actor, connection)
        offered = await services.of_clinic(connection, clinic)
        currency = await currency_of(connection)
    values = {"services": offered, "currency": currency, "kept": kept(typed, **NEW_SERVICE)}
    return _tab(request, actor, "services.html", clinic, error, **values)


@signed_in
async def service(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}/services/{service}`"""
    return await service_again(request, actor, {}, None)


async def service_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinic_of(request, actor, connection)
        found = await services.find(connection, clinic, request.match_info["service"])
        currency = await currency_of(connection)
    stands = {name: "" if found[name] is None else found[name] for name in NEW_SERVICE}
    shown = kept(typed, **stands)
    labels = {
        "name": "Name",
        "description": "Description",
        "minutes": "Duration in minutes",
        "price": "Price",
        "booking": "When a client chooses a time",
    }
    return _tab(
        request,
        actor,
        "service.html",
        clinic,
        error,
        service=found,
        currency=currency,
        kept=shown,
        version=version_for(typed, found, error),
        differences=differences(labels, stands, shown, error),
    )


@signed_in
async def host_list(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}/hosts`"""
    return await hosts_again(request, actor, {}, None)


async def hosts_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinic_of(request, actor, connection)
        people = await clinic_people.hosts(connection, clinic)
        others = await clinic_people.possible_hosts(connection, clinic)
    return _tab(
        request, actor, "hosts.html", clinic, error, people=people, others=others, removed=_back(request, others)
    )


@signed_in
async def scheduler_list(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}/schedulers`"""
    return await schedulers_again(request, actor, {}, None)


async def schedulers_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinic_of(request, actor, connection)
        people = await clinic_people.schedulers(connection, clinic)
        others = await clinic_people.possible_schedulers(connection, clinic)
    values = {"people": people, "others": others, "removed": _back(request, others)}
    return _tab(request, actor, "schedulers.html", clinic, error, **values)


def _back(request: web.Request, others: list[Row]) -> Row | None:
    """Who was just removed and can be added again: the way to undo it."""
    return next((row for row in others if row["public_id"] == request.query.get("removed")), None)


@signed_in
async def form(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}/form`: the questions, one more, and how it all looks to a client."""
    return await form_again(request, actor, {}, None)


async def form_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinic_of(request, actor, connection)
        fields = await form_fields.of_clinic(connection, clinic)
    values = {"fields": fields, "kinds": form_fields.KINDS, "kept": kept(typed, **NEW_FIELD)}
    return _tab(request, actor, "form.html", clinic, error, **values)


@signed_in
async def field(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/clinics/{clinic}/form/{field}`"""
    return await field_again(request, actor, {}, None)


async def field_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinic_of(request, actor, connection)
        found = await form_fields.find(connection, clinic, request.match_info["field"])
    stands = {name: found[name] for name in NEW_FIELD} | {"choices": "\n".join(found["choices"])}
    shown = kept(typed, **stands)
    labels = {"kind": "Kind", "label": "Question", "required": "Required", "choices": "Choices"}
    return _tab(
        request,
        actor,
        "field.html",
        clinic,
        error,
        field=found,
        kinds=form_fields.KINDS,
        kept=shown,
        version=version_for(typed, found, error),
        differences=differences(labels, stands, shown, error),
    )


def _tab(
    request: web.Request, actor: Actor, template: str, clinic: Row, error: UserError | None, **values: Any
) -> web.Response:
    may_change = may_administer(actor, clinic["department_id"])
    return framed(request, actor, template, error, clinic=clinic, may_change=may_change, **values)
