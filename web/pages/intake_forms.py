"""Organization > Client Portal > Intake Forms (R-143, R-144): the list, the builder, and what clients see."""

from typing import Any

from aiohttp import web

from people.access import Actor, may_build_forms, require
from people.errors import UserError
from portal import form_content, form_drafts, intake_forms
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import DATABASE
from web.pages.organization import framed
from web.posting import kept

NEW_FIELD: dict[str, Any] = {
    "kind": "short_text",
    "label": "",
    "hint": "",
    "required": False,
    "choices": "",
    "least": 0,
    "most": 10,
    "least_label": "",
    "most_label": "",
}


@signed_in
async def listed(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/forms`: the forms that are sent, or with `archived` those that are no more."""
    return await listed_again(request, actor, {}, None)


async def listed_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    archived = "archived" in request.query
    async with request.app[DATABASE].transaction(actor) as connection:
        forms = await intake_forms.of_organization(connection, actor, archived)
    return _framed(request, actor, "list.html", error, forms=forms, archived=archived, kept=kept(typed, name=""))


@signed_in
async def form(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/forms/{form}`: what it asks, as it is being changed, and how that looks."""
    return await form_again(request, actor, {}, None)


async def form_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        found, standing = await _found(request, actor, connection)
    naming, at = "kind" not in typed, request.query.get("at")
    return _framed(
        request,
        actor,
        "form.html",
        error,
        **_of(found, standing),
        naming=kept(typed if naming else {}, name=found["name"]),
        kept=kept({} if naming else typed, **NEW_FIELD),
        adding=not naming,
        at=at if any(field["key"] == at for field in standing["content"]["fields"]) else None,
    )


@signed_in
async def field(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/forms/{form}/fields/{field}`"""
    return await field_again(request, actor, {}, None)


async def field_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    require(may_build_forms(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        found, standing = await _found(request, actor, connection)
        edited = form_drafts.field_of(standing, request.match_info["field"])
    stands = NEW_FIELD | {**edited, "choices": "\n".join(edited.get("choices", ()))}
    shown = kept(typed, **{name: stands[name] for name in NEW_FIELD}) | {"kind": edited["kind"]}
    return _framed(request, actor, "field.html", error, **_of(found, standing), field=edited, kept=shown)


@signed_in
async def preview(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/portal/forms/{form}/preview`: as clients see it."""
    async with request.app[DATABASE].transaction(actor) as connection:
        found, standing = await _found(request, actor, connection)
    sections = form_content.sections(standing["content"])
    return _framed(request, actor, "preview.html", None, **_of(found, standing), sections=sections)


async def _found(request: web.Request, actor: Actor, connection: Connection) -> tuple[Row, Row]:
    found = await intake_forms.find(connection, actor, request.match_info["form"])
    return found, await form_drafts.shown(connection, found)


def _of(found: Row, standing: Row) -> dict[str, Any]:
    """What the pages of one form have in common."""
    return {
        "form": found,
        "standing": standing,
        "content": standing["content"],
        "kinds": form_content.KINDS,
        "here": f"/organization/portal/forms/{found['public_id']}",
    }


def _framed(request: web.Request, actor: Actor, template: str, error: UserError | None, **values: Any) -> web.Response:
    values["may_build"] = may_build_forms(actor)
    return framed(request, actor, f"intake_forms/{template}", error, topic="intake_forms", **values)
