"""Submit, accept, decline and withdraw a request."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field

from dispatch import requests
from dispatch.errors import AlreadyDecided, ClientBusy, HostBusy, Invalid, Unsuitable
from people.access import Actor
from records.idempotency import once
from web.auth import signed_in
from web.face import answer, fields_of, intent, read, wants_json
from web.keys import DATABASE
from web.pages.board import assign_again
from web.pages.requests import ask_again


def _listed(value: object) -> object:
    """A form sends one field or several of a name; empty ones were left out by the person."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one]


Key = Annotated[str | None, Field(min_length=8, max_length=100)]
Text = Annotated[str, Field(max_length=4000)]


class Submit(BaseModel):
    """POST `/requests`. `when` is now or scheduled; at most three `times` (ISO 8601), those without an offset
    in `zone`.
    """

    clinic: str
    service: str = ""
    host: str = ""
    when: str = "now"
    times: Annotated[list[datetime], BeforeValidator(_listed)] = []
    zone: str = "UTC"
    note: Text = ""
    key: Key = None

    def ask(self) -> requests.Ask:
        """Raises `Invalid` for a choice that is not offered and for a time that the zone's clocks skip."""
        if self.when not in ("now", "scheduled"):
            raise Invalid("Choose now or at a time.", field="when")
        if self.when == "now":
            return requests.Ask(self.clinic, self.service, self.host or None, (), self.note)
        if not self.times:
            raise Invalid("Choose at least one time.", field="times")
        times = tuple(_instant(time, self.zone) for time in self.times)
        return requests.Ask(self.clinic, self.service, self.host or None, times, self.note)


def _instant(time: datetime, zone: str) -> datetime:
    try:
        if time.tzinfo is not None:
            return time.astimezone(UTC)
        instant = time.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("This time zone is not known.", field="times") from None
    except OverflowError:
        raise Invalid("Choose times that are still to come, within a year.", field="times") from None
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != time:
        raise Invalid("Clocks skip one of these times when summer time begins. Choose another.", field="times")
    return instant


class Accept(BaseModel):
    """POST `/requests/{request}/accept`. `host` is a provider's public id, `time` the rank of a requested time
    (0: now).
    """

    host: str = ""
    time: Annotated[int, Field(ge=0, le=3)] = 0
    response: Text = ""
    key: Key = None


class Decline(BaseModel):
    """POST `/requests/{request}/decline`."""

    response: Text = ""
    key: Key = None


@signed_in
async def submit(request: web.Request, actor: Actor) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        posted = read(Submit, fields)
        stored = await _submit(request, actor, posted)
    except Invalid as error:
        if wants_json(request):
            raise
        return await ask_again(request, actor, str(fields.get("clinic", "")), fields, error)
    return answer(request, "/dashboard", stored)


async def _submit(request: web.Request, actor: Actor, posted: Submit) -> dict[str, Any]:
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            row = await requests.submit(connection, actor, posted.ask())
            return {"request": row["public_id"], "number": row["number"]}

        return await once(connection, actor, posted.key, intent(request, "submit", posted), act)


@signed_in
async def accept(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _decide(request, actor, _accept)


@signed_in
async def decline(request: web.Request, actor: Actor) -> web.StreamResponse:
    return await _decide(request, actor, _decline)


Decision = Callable[[web.Request, Actor, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _decide(request: web.Request, actor: Actor, decision: Decision) -> web.StreamResponse:
    """Answer a decision; a refused form comes back with what was typed."""
    fields = await fields_of(request)
    try:
        decided = await decision(request, actor, fields)
    except (Invalid, AlreadyDecided, HostBusy, ClientBusy, Unsuitable) as error:
        if wants_json(request):
            raise
        return await assign_again(request, actor, fields, error)
    return answer(request, "/dashboard", decided)


async def _accept(request: web.Request, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
    posted = read(Accept, fields)
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            session = await requests.accept(
                connection, actor, request.match_info["request"], posted.host, posted.time or None, posted.response
            )
            return {"session": session["public_id"], "starts_at": session["starts_at"].isoformat()}

        return await once(connection, actor, posted.key, intent(request, "accept", posted), act)


async def _decline(request: web.Request, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
    posted = read(Decline, fields)
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            await requests.decline(connection, actor, request.match_info["request"], posted.response)
            return {"state": "declined"}

        return await once(connection, actor, posted.key, intent(request, "decline", posted), act)


@signed_in
async def withdraw(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/requests/{request}/withdraw`."""
    async with request.app[DATABASE].transaction(actor) as connection:
        await requests.withdraw(connection, actor, request.match_info["request"])
    return answer(request, "/dashboard", {"state": "withdrawn"})
