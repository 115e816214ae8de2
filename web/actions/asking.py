"""Send a request, and take it back."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator, Field, StrictBool, model_validator

from dispatch import requests
from dispatch.answers import PREFIX
from dispatch.asking import Ask
from dispatch.errors import Invalid
from people.access import Actor
from people.errors import UserError
from records.database import Connection
from web.auth import signed_in
from web.pages.asking import ask_again, sent_again
from web.posting import Message, Posted, post
from web.zoned import instant


def _listed(value: object) -> object:
    """A form sends one field or several of a name; empty ones were left out by the person."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one]


class Answered(Posted):
    """The clinic's form: `note`, and `answers` by the field's public id; a form sends each as `answer-<id>`."""

    note: Message = ""
    answers: Annotated[dict[str, StrictBool | Message | None], Field(default_factory=dict)]

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, fields: Any) -> Any:
        named = {name.removeprefix(PREFIX): fields[name] for name in fields if name.startswith(PREFIX)}
        return {**fields, "answers": named} if named else fields


class Submit(Answered):
    """POST `/requests`. `when` is now or scheduled; at most three `times` (ISO 8601), those without an offset
    in `zone`. `answers` by the field's public id; a form sends each as `answer-<id>`.
    """

    clinic: str
    service: str = ""
    host: str = ""
    when: str = "now"
    times: Annotated[tuple[datetime, ...], BeforeValidator(_listed)] = ()
    zone: str = "UTC"

    def ask(self) -> Ask:
        """Raises `Invalid` for a choice that is not offered and for a time that the zone's clocks skip."""
        if self.when not in ("now", "scheduled"):
            raise Invalid("Choose now or at a time.", field="when")
        if self.when == "scheduled" and not self.times:
            raise Invalid("Choose at least one time.", field="times")
        times = tuple(instant(time, self.zone, "times") for time in self.times) if self.when == "scheduled" else ()
        return Ask(self.clinic, self.service, self.host or None, times, self.note, self.answers)


class Withdraw(Posted):
    """POST `/requests/{request}/withdraw`."""


@signed_in
async def submit(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Submit) -> dict[str, Any]:
        row = await requests.submit(connection, actor, posted.ask())
        return {"request": row["public_id"], "number": row["number"]}

    async def again(request: web.Request, actor: Actor, fields: dict[str, Any], error: UserError) -> web.Response:
        return await ask_again(request, actor, str(fields.get("clinic", "")), fields, error)

    return await post(request, actor, "submit", Submit, act, again, lambda stored: f"/requests/{stored['request']}")


@signed_in
async def withdraw(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Withdraw) -> dict[str, Any]:
        await requests.withdraw(connection, actor, request.match_info["request"])
        return {"state": "withdrawn"}

    async def again(request: web.Request, actor: Actor, _: dict[str, Any], error: UserError) -> web.Response:
        return await sent_again(request, actor, error)

    return await post(request, actor, "withdraw", Withdraw, act, again, "/dashboard")
