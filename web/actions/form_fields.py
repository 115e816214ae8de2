"""Build a clinic's pre-request form (R-076): add, change, move and remove its questions."""

from typing import Any

from aiohttp import web

from dispatch import form_fields
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.clinic_parts import field_again, form_again
from web.posting import Flag, Lines, Nothing, Posted, Text, Whole, post


class Field(Posted):
    """POST `/organization/clinics/{clinic}/form` and `…/form/{field}`. `kind` is short_text, long_text, choice or
    check; only a choice has `choices`."""

    kind: str = ""
    label: Text = ""
    required: Flag = False
    choices: Lines = ()
    version: str | None = None

    def field(self) -> form_fields.Field:
        return form_fields.Field(self.kind, self.label, self.required, self.choices)


class Move(Posted):
    """POST `/organization/clinics/{clinic}/form/{field}/move`: to which place, counted from 1."""

    to: Whole


def _form(request: web.Request, done: str) -> str:
    return f"/organization/clinics/{request.match_info['clinic']}/form?done={done}"


@signed_in
async def add(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Field) -> dict[str, Any]:
        return {"field": await form_fields.add(connection, actor, request.match_info["clinic"], posted.field())}

    return await post(request, actor, "add_field", Field, act, form_again, _form(request, "added"))


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    clinic, field = request.match_info["clinic"], request.match_info["field"]

    async def act(connection: Connection, posted: Field) -> dict[str, Any]:
        await form_fields.change(connection, actor, clinic, field, posted.field(), posted.version)
        return {"field": field}

    return await post(request, actor, "change_field", Field, act, field_again, _form(request, "saved"))


@signed_in
async def move(request: web.Request, actor: Actor) -> web.StreamResponse:
    clinic, field = request.match_info["clinic"], request.match_info["field"]

    async def act(connection: Connection, posted: Move) -> dict[str, Any]:
        await form_fields.move(connection, actor, clinic, field, posted.to)
        return {"field": field}

    return await post(request, actor, "move_field", Move, act, form_again, f"{_form(request, 'moved')}#field-{field}")


@signed_in
async def remove(request: web.Request, actor: Actor) -> web.StreamResponse:
    clinic, field = request.match_info["clinic"], request.match_info["field"]

    async def act(connection: Connection, posted: Nothing) -> dict[str, Any]:
        await form_fields.remove(connection, actor, clinic, field)
        return {"field": field}

    return await post(request, actor, "remove_field", Nothing, act, form_again, _form(request, "removed"))
