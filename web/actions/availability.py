"""A host's own hours and settings, and the on-demand toggle."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import Field

from dispatch import hours, on_demand
from dispatch.errors import Invalid
from dispatch.hours import Preferences, Slot, clock_time
from people.access import Actor
from people.errors import UserError
from records.database import Connection
from web.auth import signed_in
from web.pages.availability import own_again
from web.posting import Nothing, Posted, post

Number = Annotated[int, Field(ge=0, le=100_000)]
Word = Annotated[str, Field(max_length=100)]


class Hours(Posted):
    """POST `/availability/hours` and `/availability/hours/{hours}`. `kind` is weekly (with `weekday`, 1 is Monday), or
    open or closed (with `day`); `starts` and `ends` are HH:MM, the end of a day 00:00 or 24:00. A `whole_day` needs
    neither.
    """

    kind: Word = "weekly"
    weekday: Word = ""
    day: Word = ""
    starts: Word = ""
    ends: Word = ""
    whole_day: bool = False

    def slot(self) -> Slot:
        """Raises `Invalid` with the field that cannot be read."""
        if self.kind not in hours.KINDS:
            raise Invalid("Choose every week, open or closed.", field="kind")
        weekly = self.kind == "weekly"
        weekday = _weekday(self.weekday) if weekly else None
        day = None if weekly else _day(self.day)
        if self.whole_day:
            return Slot(self.kind, weekday, day, 0, hours.midnight)
        return Slot(self.kind, weekday, day, minute(self.starts, "starts"), minute(self.ends, "ends") or hours.midnight)

    @classmethod
    def saying(cls, slot: Slot) -> "Hours":
        """The same as a form."""
        return cls(
            kind=slot.kind,
            weekday=str(slot.weekday or ""),
            day=slot.day.isoformat() if slot.day else "",
            starts=clock_time(slot.starts_minute),
            ends=clock_time(slot.ends_minute),
        )


def _weekday(text: str) -> int:
    if text not in "1234567" or len(text) != 1:
        raise Invalid("Choose a day of the week.", field="weekday")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("Choose a day.", field="day") from None


def minute(text: str, field: str) -> int:
    """HH:MM as minutes since midnight. Raises `Invalid`."""
    hour, _, minute = text.partition(":")
    read = int(hour) * 60 + int(minute) if len(text) == 5 and text.isascii() and (hour + minute).isdigit() else -1
    if not 0 <= read <= hours.midnight or int(minute) > 59:
        raise Invalid("Choose a time like 09:00.", field=field)
    return read


class Settings(Posted):
    """POST `/availability/settings`. Buffers in minutes, notice in hours, horizon in days."""

    time_zone: Word = ""
    buffer_before: Number = 0
    buffer_after: Number = 0
    minimum_notice: Number = 0
    horizon: Number = 56

    def preferences(self) -> Preferences:
        return Preferences(
            self.time_zone.strip(),
            timedelta(minutes=self.buffer_before),
            timedelta(minutes=self.buffer_after),
            timedelta(hours=self.minimum_notice),
            timedelta(days=self.horizon),
        )


class OnDemand(Posted):
    """POST `/availability/on-demand`."""

    clinic: Word
    on: bool


PAGE = "/availability"


@signed_in
async def add(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/availability/hours`."""

    async def act(connection: Connection, posted: Hours) -> dict[str, Any]:
        await hours.add(connection, actor, posted.slot())
        return {"added": posted.model_dump(exclude={"key"})}

    return await post(request, actor, "add_hours", Hours, act, own_again, PAGE)


@signed_in
async def move(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/availability/hours/{hours}`."""

    async def act(connection: Connection, posted: Hours) -> dict[str, Any]:
        await hours.move(connection, actor, request.match_info["hours"], posted.slot())
        return {"moved": posted.model_dump(exclude={"key"})}

    return await post(request, actor, "move_hours", Hours, act, own_again, PAGE)


@signed_in
async def remove(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/availability/hours/{hours}/remove`. The page that follows offers to undo it."""

    async def act(connection: Connection, posted: Nothing) -> dict[str, Any]:
        gone = Hours.saying(await hours.remove(connection, actor, request.match_info["hours"]))
        return {"removed": gone.model_dump(exclude={"key", "whole_day"})}

    def undoing(body: dict[str, Any]) -> str:
        return f"{PAGE}?{urlencode({'removed': 'yes', **body['removed']})}"

    return await post(request, actor, "remove_hours", Nothing, act, None, undoing)


@signed_in
async def set_preferences(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/availability/settings`."""

    async def act(connection: Connection, posted: Settings) -> dict[str, Any]:
        await hours.set_preferences(connection, actor, posted.preferences())
        return {"saved": posted.model_dump(exclude={"key"})}

    async def again(request: web.Request, actor: Actor, fields: dict[str, Any], error: UserError) -> web.Response:
        return await own_again(request, actor, {**fields, "form": "settings"}, error)

    return await post(request, actor, "set_preferences", Settings, act, again, f"{PAGE}?saved=yes")


@signed_in
async def switch(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/availability/on-demand`."""

    async def act(connection: Connection, posted: OnDemand) -> dict[str, Any]:
        await on_demand.switch_on_demand(connection, actor, posted.clinic, posted.on)
        return {"clinic": posted.clinic, "on": posted.on}

    return await post(request, actor, "switch_on_demand", OnDemand, act, None, "/dashboard")
