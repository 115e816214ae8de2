"""Schedule: a client's own times with their practitioners (R-078, R-122), the waitlist, and moving a session."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from dispatch import answers, availability, instant, offers, self_scheduling, waitlist
from dispatch.errors import Invalid, NotFound
from dispatch.hours import WEEKDAYS, clock_time
from people.access import Actor, may_schedule, require
from people.errors import UserError
from records.database import Connection, Row
from web.auth import signed_in
from web.face import wants_json
from web.keys import DATABASE
from web.posting import as_list, kept
from web.view import new_key, page
from web.weeks import Week, week_of, zone_of


@signed_in
async def whole(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/schedule`: practitioners and services to choose from, and a week of free times for `host` and `service`; `from`
    is its first day, `zone` whose calendar it is, `part` gives the week alone."""
    async with request.app[DATABASE].transaction(actor) as connection:
        choices = await self_scheduling.choices(connection, actor)
        chosen = _chosen(request, choices)
        week = await _week_of(connection, request, actor, chosen) if chosen else None
        if wants_json(request):
            return web.json_response({"choices": [_told(row) for row in choices], "times": _instants(week)})
        values: dict[str, Any] = {"choices": choices, "chosen": chosen, "week": week, "address": _address(chosen)}
        if "part" in request.query:
            require(week is not None)
            return page(request, "schedule/_week.html", **values)
        values |= await own(connection, actor)
    return page(request, "schedule/page.html", done=request.query.get("done"), **values)


@signed_in
async def live(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/schedule/live`: what is offered to the client now, and their places on the waitlist."""
    async with request.app[DATABASE].transaction(actor) as connection:
        await self_scheduling.choices(connection, actor)
        return page(request, "schedule/_own.html", **await own(connection, actor))


async def own(connection: Connection, actor: Actor) -> dict[str, Any]:
    """A client's offers and places, for this page and the dashboard."""
    return {
        "offered": await offers.of_account(connection, actor),
        "places": await waitlist.of_account(connection, actor),
        "weekdays": WEEKDAYS,
        "clock_time": clock_time,
    }


async def chooses(connection: Connection, actor: Actor) -> bool:
    """Whether there is a practitioner whose times they may choose just now."""
    has_it = may_schedule(actor) and actor.features.scheduling
    return has_it and bool(await self_scheduling.choices(connection, actor))


@signed_in
async def book(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/schedule/book`: the chosen time once more, with the clinic's form; `host`, `service` and `time`, an instant."""
    return await book_again(request, actor, dict(request.query), None)


async def book_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        chosen, form = await _with_form(connection, actor, typed)
        zone = await zone_of(connection, request, actor)
    starts_at = moment(str(typed.get("time", "")))
    return page(
        request,
        "schedule/book.html",
        chosen=chosen,
        starts_at=starts_at,
        ends_at=starts_at + chosen["duration"],
        day=starts_at.astimezone(ZoneInfo(zone)).date(),
        form=form,
        kept=_texts(typed),
        error=error,
        key=_key(typed),
    )


@signed_in
async def wait(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/schedule/wait`: the form to join the waitlist for `host` and `service`."""
    return await wait_again(request, actor, dict(request.query), None)


async def wait_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        chosen, form = await _with_form(connection, actor, typed)
        zone = await zone_of(connection, request, actor)
    if not chosen["waitlist"]:
        raise NotFound
    return page(
        request,
        "schedule/wait.html",
        chosen=chosen,
        weekdays=WEEKDAYS,
        days=as_list(typed.get("weekdays", ["1", "2", "3", "4", "5"])),
        form=form,
        zone=zone,
        kept={**_texts(typed), **kept(typed, starts="08:00", ends="20:00")},
        error=error,
        key=_key(typed),
    )


@signed_in
async def move(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/sessions/{session}/move`: a week of times to which its client may move it; with `time`, that time once more."""
    return await move_again(request, actor, dict(request.query), None)


async def move_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    public_id = request.match_info["session"]
    async with request.app[DATABASE].transaction(actor) as connection:
        try:
            session = await instant.movable(connection, actor, public_id)
        except UserError:
            if error is None:
                raise
            raise error from None
        week = await _week_to_move(connection, request, actor, session)
    address = f"/sessions/{public_id}/move"
    values = {"session": session, "week": week, "address": f"{address}?", "error": error, "chosen": None}
    if "part" in request.query:
        return page(request, "schedule/_week.html", **values)
    starts_at = moment(str(typed["time"])) if typed.get("time") else None
    ends_at = starts_at and starts_at + (session["ends_at"] - session["starts_at"])
    return page(
        request,
        "schedule/move.html",
        **values,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=str(typed.get("reason", "")),
        key=_key(typed),
    )


def moment(text: str) -> datetime:
    """An instant as a link bears it. Raises `Invalid`."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None and time.year in range(2000, 2200):
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Invalid("Choose a time.", field="time")


def _chosen(request: web.Request, choices: Sequence[Row]) -> Row | None:
    """What the query names; without a name the only one that there is. Raises `NotFound`."""
    host, service = request.query.get("host"), request.query.get("service")
    if host is None and service is None:
        return choices[0] if len(choices) == 1 else None
    found = [row for row in choices if (row["host"], row["service"]) == (host, service)]
    if not found:
        raise NotFound
    return found[0]


async def _with_form(connection: Connection, actor: Actor, typed: dict[str, Any]) -> tuple[Row, list[Row]]:
    host, service = (str(typed.get(name, "")) for name in ("host", "service"))
    chosen = await self_scheduling.choice(connection, actor, host, service)
    return chosen, await answers.fields(connection, chosen["clinic_id"])


async def _week_of(connection: Connection, request: web.Request, actor: Actor, chosen: Row) -> Week:
    async def free(since: datetime, until: datetime) -> list[datetime]:
        rows = await availability.times_for(
            connection, chosen["clinic_id"], chosen["duration"], chosen["host"], since, until
        )
        return [row.starts_at for row in rows]

    return await week_of(connection, request, actor, free)


async def _week_to_move(connection: Connection, request: web.Request, actor: Actor, session: Row) -> Week:
    async def free(since: datetime, until: datetime) -> list[datetime]:
        return await instant.free_times(connection, session, since, until)

    return await week_of(connection, request, actor, free)


def _address(chosen: Row | None) -> str:
    """Where the week's own links lead: to other weeks of the same."""
    return f"/schedule?{urlencode({'host': chosen['host'], 'service': chosen['service']})}&" if chosen else ""


def _texts(typed: dict[str, Any]) -> dict[str, str]:
    return {"note": "", **{name: value for name, value in typed.items() if isinstance(value, str)}}


def _key(typed: dict[str, Any]) -> str:
    return str(typed.get("key") or new_key())


def _instants(week: Week | None) -> list[str]:
    return [each.isoformat() for _, times in week.days for each in times] if week else []


def _told(row: Row) -> dict[str, Any]:
    """One choice for a program."""
    return {name: row[name] for name in ("host", "host_name", "service", "service_name", "minutes", "instant")}
