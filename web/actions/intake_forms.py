"""Build a form (R-144): make one, name it, add, change, move and remove what it asks, publish, archive."""

from typing import Any

from aiohttp import web

from people.access import Actor
from portal import form_drafts, intake_forms
from records.database import Connection
from web.auth import signed_in
from web.pages.intake_forms import field_again, form_again, listed_again
from web.posting import Flag, Lines, Nothing, Posted, Text, Whole, post, post_about

LIST = "/organization/portal/forms"


class NewForm(Posted):
    """POST `/organization/portal/forms`."""

    name: Text = ""


class Step(Posted):
    """Every change of a draft; `revision` is that of the draft that its person saw, left out it changes what stands."""

    revision: Whole | None = None


class Named(Step):
    """POST `…/{form}`: what clients and staff read above it; `reviewed`: the clinic stands by an example's text."""

    name: Text = ""
    reviewed: Flag = False


class Field(Step):
    """POST `…/{form}/fields` and `…/fields/{field}`. What a kind does not have is passed over (form_content.py)."""

    kind: str = ""
    label: Text = ""
    hint: Text = ""
    required: Flag = False
    choices: Lines = ()
    least: Whole = 0
    most: Whole = 0
    least_label: Text = ""
    most_label: Text = ""

    def typed(self) -> dict[str, Any]:
        return self.model_dump(exclude={"key", "revision"})


class Move(Step):
    """POST `…/fields/{field}/move`: to which place, counted from 1."""

    to: Whole


def _here(request: web.Request, done: str, field: str = "") -> str:
    """Back to the form, at the field that it was about: what was done is said there."""
    page = f"{LIST}/{request.match_info['form']}?done={done}"
    return f"{page}&at={field}#field-{field}" if field else page


@signed_in
async def create(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: NewForm) -> dict[str, Any]:
        return {"form": await intake_forms.create(connection, actor, posted.name)}

    return await post(request, actor, "create_form", NewForm, act, listed_again, lambda body: f"{LIST}/{body['form']}")


@signed_in
async def name(request: web.Request, actor: Actor) -> web.StreamResponse:
    form = request.match_info["form"]

    async def act(connection: Connection, posted: Named) -> dict[str, Any]:
        await intake_forms.rename(connection, actor, form, posted.name)
        await form_drafts.set_title(connection, actor, form, posted.revision, posted.name, posted.reviewed)
        return {"form": form}

    return await post(request, actor, "name_form", Named, act, form_again, _here(request, "saved"))


@signed_in
async def add_field(request: web.Request, actor: Actor) -> web.StreamResponse:
    form = request.match_info["form"]

    async def act(connection: Connection, posted: Field) -> dict[str, Any]:
        return {"field": await form_drafts.add_field(connection, actor, form, posted.revision, posted.typed())}

    def added(body: dict[str, Any]) -> str:
        return _here(request, "added", body["field"])

    return await post(request, actor, "add_form_field", Field, act, form_again, added)


@signed_in
async def change_field(request: web.Request, actor: Actor) -> web.StreamResponse:
    form, field = request.match_info["form"], request.match_info["field"]

    async def act(connection: Connection, posted: Field) -> dict[str, Any]:
        await form_drafts.change_field(connection, actor, form, field, posted.revision, posted.typed())
        return {"field": field}

    changed = _here(request, "saved", field)
    return await post(request, actor, "change_form_field", Field, act, field_again, changed)


@signed_in
async def move_field(request: web.Request, actor: Actor) -> web.StreamResponse:
    form, field = request.match_info["form"], request.match_info["field"]

    async def act(connection: Connection, posted: Move) -> dict[str, Any]:
        await form_drafts.move_field(connection, actor, form, field, posted.revision, posted.to)
        return {"field": field}

    moved = _here(request, "moved", field)
    return await post(request, actor, "move_form_field", Move, act, form_again, moved)


@signed_in
async def remove_field(request: web.Request, actor: Actor) -> web.StreamResponse:
    form, field = request.match_info["form"], request.match_info["field"]

    async def act(connection: Connection, posted: Step) -> dict[str, Any]:
        await form_drafts.remove_field(connection, actor, form, field, posted.revision)
        return {"field": field}

    return await post(request, actor, "remove_form_field", Step, act, form_again, _here(request, "removed"))


@signed_in
async def publish(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Step) -> dict[str, Any]:
        form = request.match_info["form"]
        return {"version": await form_drafts.publish(connection, actor, form, posted.revision)}

    return await post(request, actor, "publish_form", Step, act, form_again, _here(request, "published"))


@signed_in
async def discard(request: web.Request, actor: Actor) -> web.StreamResponse:
    form = request.match_info["form"]

    async def act(connection: Connection, posted: Step) -> dict[str, Any]:
        await form_drafts.discard(connection, actor, form, posted.revision)
        return {"form": form}

    return await post(request, actor, "discard_form", Step, act, form_again, _here(request, "discarded"))


@signed_in
async def duplicate(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Nothing) -> dict[str, Any]:
        return {"form": await intake_forms.duplicate(connection, actor, request.match_info["form"])}

    def copy(body: dict[str, Any]) -> str:
        return f"{LIST}/{body['form']}?done=copied"

    return await post(request, actor, "duplicate_form", Nothing, act, form_again, copy)


@signed_in
async def archive(request: web.Request, actor: Actor) -> web.StreamResponse:
    where = f"{LIST}?done=archived"
    return await post_about(request, actor, "archive_form", intake_forms.archive, "form", form_again, where)


@signed_in
async def restore(request: web.Request, actor: Actor) -> web.StreamResponse:
    where = f"{LIST}?done=restored"
    return await post_about(request, actor, "restore_form", intake_forms.restore, "form", form_again, where)
