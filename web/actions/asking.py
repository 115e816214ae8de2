"""Send a request, and take it back."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field, StrictBool, model_validator

from dispatch import requests
from dispatch.answers import PREFIX
from dispatch.asking import Ask
from dispatch.errors import AlreadyAsked, AlreadyDecided, Closed, Invalid
from people.access import Actor
from records.idempotency import once
from web.auth import signed_in
from web.face import answer, fields_of, intent, read, wants_json
from web.keys import DATABASE
from web.pages.asking import ask_again, sent_again
from web.zoned import instant


def _listed(value: object) -> object:
    """A form sends one field or several of a name; empty ones were left out by the person."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one]


Key = Annotated[str | None, Field(min_length=8, max_length=100)]
Text = Annotated[str, Field(max_length=4000)]


class Submit(BaseModel):
    """POST `/requests`. `when` is now or scheduled; at most three `times` (ISO 8601), those without an offset
    in `zone`. `answers` by the field's public id; a form sends each as `answer-<id>`.
    """

    clinic: str
    service: str = ""
    host: str = ""
    when: str = "now"
    times: Annotated[list[datetime], BeforeValidator(_listed)] = []
    zone: str = "UTC"
    note: Text = ""
    answers: dict[str, StrictBool | Text | None] = {}
    key: Key = None

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, fields: Any) -> Any:
        named = {name.removeprefix(PREFIX): fields[name] for name in fields if name.startswith(PREFIX)}
        return {**fields, "answers": named} if named else fields

    def ask(self) -> Ask:
        """Raises `Invalid` for a choice that is not offered and for a time that the zone's clocks skip."""
        if self.when not in ("now", "scheduled"):
            raise Invalid("Choose now or at a time.", field="when")
        if self.when == "scheduled" and not self.times:
            raise Invalid("Choose at least one time.", field="times")
        times = tuple(instant(time, self.zone, "times") for time in self.times) if self.when == "scheduled" else ()
        return Ask(self.clinic, self.service, self.host or None, times, self.note, self.answers)


class Withdraw(BaseModel):
    """POST `/requests/{request}/withdraw`."""

    key: Key = None


@signed_in
async def submit(request: web.Request, actor: Actor) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        posted = read(Submit, fields)
        stored = await _submit(request, actor, posted)
    except (Invalid, AlreadyAsked, Closed) as error:
        if wants_json(request):
            raise
        return await ask_again(request, actor, str(fields.get("clinic", "")), fields, error)
    return answer(request, f"/requests/{stored['request']}", stored)


async def _submit(request: web.Request, actor: Actor, posted: Submit) -> dict[str, Any]:
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            row = await requests.submit(connection, actor, posted.ask())
            return {"request": row["public_id"], "number": row["number"]}

        return await once(connection, actor, posted.key, intent(request, "submit", posted), act)


@signed_in
async def withdraw(request: web.Request, actor: Actor) -> web.StreamResponse:
    posted = read(Withdraw, await fields_of(request))
    try:
        withdrawn = await _withdraw(request, actor, posted)
    except AlreadyDecided as error:
        if wants_json(request):
            raise
        return await sent_again(request, actor, error)
    return answer(request, "/dashboard", withdrawn)


async def _withdraw(request: web.Request, actor: Actor, posted: Withdraw) -> dict[str, Any]:
    async with request.app[DATABASE].transaction(actor) as connection:

        async def act() -> dict[str, Any]:
            await requests.withdraw(connection, actor, request.match_info["request"])
            return {"state": "withdrawn"}

        return await once(connection, actor, posted.key, intent(request, "withdraw", posted), act)
