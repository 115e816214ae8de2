"""A host's page of hours: a week to draw in, and the same as lists and typed forms."""

from datetime import date, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web

from dispatch import hours, self_scheduling, waitlist
from dispatch.errors import Invalid
from dispatch.hours import WEEKDAYS, clock_time, wall_time
from people.access import Actor
from people.errors import UserError
from records.database import Connection, Row
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page

FIELDS = (
    *("kind", "weekday", "day", "starts", "ends", "whole_day"),
    *("time_zone", "buffer_before", "buffer_after", "minimum_notice", "horizon"),
    *("on", "services", "confirms", "waitlist"),
)
longest_view = timedelta(days=62)


@signed_in
async def whole(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/availability`: one's own; `?host=` shows another's to those who schedule or administer their clinics."""
    async with request.app[DATABASE].transaction(actor) as connection:
        return page(request, "availability/page.html", **await _shown(request, connection, actor))


@signed_in
async def lists(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/availability/lists`: the part of the page that changes."""
    async with request.app[DATABASE].transaction(actor) as connection:
        return page(request, "availability/_lists.html", **await _shown(request, connection, actor))


async def own_again(request: web.Request, actor: Actor, kept: dict[str, Any], error: UserError) -> web.Response:
    """One's own page with what was typed, and the error beside its field."""
    async with request.app[DATABASE].transaction(actor) as connection:
        shown = await _shown(request, connection, actor)
    form = kept.get("form") or ("weekly" if kept.get("kind", "weekly") == "weekly" else "special")
    told = {"error": error, "form": form, "kept": {**shown["kept"], **kept}}
    return page(request, "availability/page.html", **{**shown, **told})


async def _shown(request: web.Request, connection: Connection, actor: Actor) -> dict[str, Any]:
    host = await hours.find(connection, actor, request.query.get("host"))
    slots = await hours.slots(connection, host["account_id"], host["today"])
    asked = {**dict.fromkeys(FIELDS, ""), **request.query}
    return {
        **await _choosing(connection, actor, host),
        "host": host,
        "own": host["account_id"] == actor.account_id,
        "week": [(name, [slot for slot in slots if slot["weekday"] == day]) for day, name in enumerate(WEEKDAYS, 1)],
        "exceptions": [slot for slot in slots if slot["day"]],
        "weekdays": WEEKDAYS,
        "zones": zones(),
        "removed": asked if "removed" in request.query else None,
        "saved": "saved" in request.query,
        "clock_time": clock_time,
        "kept": dict.fromkeys(FIELDS, ""),
        "form": "",
        "error": None,
    }


async def _choosing(connection: Connection, actor: Actor, host: Row) -> dict[str, Any]:
    """What the host lets clients choose, and who waits; for the host alone, where the portal has it (R-135)."""
    if host["account_id"] != actor.account_id or not actor.features.scheduling:
        return {"choosing": None}
    return {
        "choosing": await self_scheduling.find(connection, actor),
        "services": await self_scheduling.services(connection, actor),
        "waiting": await waitlist.of_host(connection, actor),
    }


@cache
def zones() -> tuple[str, ...]:
    """The names that people choose from: regions, without the old and technical ones."""
    technical = ("Etc/", "posix/", "right/")
    regions = sorted(name for name in available_timezones() if "/" in name and not name.startswith(technical))
    return (*regions, "UTC")


@signed_in
async def week(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/availability/week`: what the calendar draws on the days from `from` to `until`, in the host's own clock."""
    since, until = _day(request, "from"), _day(request, "until")
    if not timedelta() <= until - since <= longest_view:
        raise Invalid("Choose at most two months.", field="until")
    async with request.app[DATABASE].transaction(actor) as connection:
        host = await hours.find(connection, actor, request.query.get("host"))
        slots = await hours.slots(connection, host["account_id"], since)
        busy = await hours.busy(connection, actor, host["account_id"], since, until)
    days = [since + timedelta(days=number) for number in range((until - since).days)]
    drawn = [_drawn(slot, day) for day in days for slot in slots if _is_on(slot, day)]
    sessions = [_booked(session) for session in busy]
    return web.json_response({"time_zone": host["time_zone"], "hours": drawn, "busy": sessions})


def _day(request: web.Request, name: str) -> date:
    try:
        return date.fromisoformat(request.query.get(name, ""))
    except ValueError:
        raise Invalid("Choose a day.", field=name) from None


def _is_on(slot: Row, day: date) -> bool:
    return bool(slot["day"] == day or slot["weekday"] == day.isoweekday())


def _booked(session: dict[str, Any]) -> dict[str, str]:
    return {
        "title": session["service_name"] or "Session",
        "starts": session["wall_starts"].isoformat(),
        "ends": session["wall_ends"].isoformat(),
    }


def _drawn(slot: Row, day: date) -> dict[str, Any]:
    return {
        "id": slot["public_id"],
        "kind": slot["kind"],
        "starts": wall_time(day, slot["starts_minute"]).isoformat(),
        "ends": wall_time(day, slot["ends_minute"]).isoformat(),
    }
