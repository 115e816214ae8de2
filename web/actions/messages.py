"""Write messages, answer in a thread, and say how far it is read. What is written may bear files."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BeforeValidator, Field

from people.access import Actor
from portal import messages, threads
from portal.attachments import Bundle
from records.database import Connection
from web.auth import signed_in
from web.keys import DATABASE
from web.limits import allow
from web.pages.compose import team_again, writing_again
from web.pages.messages import thread_again
from web.posting import Again, Posted, Text, post
from web.uploads import Form, form_of


def _several(value: object) -> object:
    """One tick of a form comes alone."""
    return [value] if isinstance(value, str) else value


People = Annotated[list[str], BeforeValidator(_several)]


class Written(Posted):
    """What each message has. `attached` is set by us: the digests of its files, so that a key stands for these too."""

    body: Text = ""
    attached: list[str] = Field(default_factory=list)


class Reply(Written):
    """POST `/messages/{thread}`."""


class Begin(Written):
    """POST `/messages/new`. `to` is a client's or a practitioner's public id."""

    to: str = ""
    subject: Text = ""


class BeginTeam(Written):
    """POST `/messages/team`. `members` are public ids of accounts."""

    client: str = ""
    members: People = Field(default_factory=list)
    subject: Text = ""


class Join(Posted):
    """POST `/messages/{thread}/members`."""

    members: People = Field(default_factory=list)


class Read(Posted):
    """POST `/messages/{thread}/read`. `until` is a message's public id."""

    until: str


Model = TypeVar("Model", bound=Written)


async def _write(
    request: web.Request,
    actor: Actor,
    verb: str,
    model: type[Model],
    act: Callable[[Connection, Model], Awaitable[dict[str, Any]]],
    again: Again,
    form: Form | None,
) -> web.StreamResponse:
    """A post whose form may bear files; it leads to the thread."""
    fields = {**form.fields, "attached": form.digests} if form else None
    return await post(request, actor, verb, model, act, again, lambda body: f"/messages/{body['thread']}#reply", fields)


def _bundle(form: Form | None) -> Bundle | None:
    """What goes with the message. Raises why its files were refused."""
    if form and form.error:
        raise form.error
    return form.bundle if form else None


@signed_in
async def begin(request: web.Request, actor: Actor) -> web.StreamResponse:
    await allow(request, "message", str(actor.account_id))
    form = await form_of(request)

    async def act(connection: Connection, posted: Begin) -> dict[str, Any]:
        bundle = _bundle(form)
        made = await messages.write_to(connection, actor, posted.to, posted.subject, posted.body, bundle)
        return {"thread": made["public_id"]}

    return await _write(request, actor, "write_to", Begin, act, writing_again, form)


@signed_in
async def begin_team(request: web.Request, actor: Actor) -> web.StreamResponse:
    await allow(request, "message", str(actor.account_id))
    form = await form_of(request)

    async def act(connection: Connection, posted: BeginTeam) -> dict[str, Any]:
        said = (posted.subject, posted.body, _bundle(form))
        made = await messages.write_to_team(connection, actor, posted.client, posted.members, *said)
        return {"thread": made["public_id"]}

    return await _write(request, actor, "write_to_team", BeginTeam, act, team_again, form)


@signed_in
async def reply(request: web.Request, actor: Actor) -> web.StreamResponse:
    await allow(request, "message", str(actor.account_id))
    thread = request.match_info["thread"]
    async with request.app[DATABASE].transaction(actor) as connection:
        await threads.find(connection, actor, thread)  # before a stranger's files are read
    form = await form_of(request)

    async def act(connection: Connection, posted: Reply) -> dict[str, Any]:
        said = await messages.reply(connection, actor, thread, posted.body, _bundle(form))
        return {"message": said["public_id"], "thread": thread}

    return await _write(request, actor, "reply", Reply, act, thread_again, form)


@signed_in
async def add_members(request: web.Request, actor: Actor) -> web.StreamResponse:
    await allow(request, "message", str(actor.account_id))
    thread = request.match_info["thread"]

    async def act(connection: Connection, posted: Join) -> dict[str, Any]:
        await messages.add_members(connection, actor, thread, posted.members)
        return {"thread": thread}

    return await post(request, actor, "add_members", Join, act, thread_again, f"/messages/{thread}")


@signed_in
async def mark_read(request: web.Request, actor: Actor) -> web.StreamResponse:
    thread = request.match_info["thread"]

    async def act(connection: Connection, posted: Read) -> dict[str, Any]:
        await messages.mark_read(connection, actor, thread, posted.until)
        return {"until": posted.until}

    return await post(request, actor, "mark_read", Read, act, thread_again, f"/messages/{thread}")
