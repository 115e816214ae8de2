"""The form by which a client asks one clinic for a service, and the receipt of what was sent."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from dispatch import answers, availability, clinics, requests
from dispatch.asking import CHOICES
from dispatch.errors import UserError
from people.access import Actor, may_ask, require
from records.database import Connection, Row
from web.auth import signed_in
from web.face import fields_of
from web.keys import DATABASE
from web.posting import several
from web.view import page

shown_at_once = timedelta(days=14)
"""Free times are shown for so long; links lead on."""
furthest = timedelta(days=365)


@signed_in
async def ask(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clinics/{clinic}/ask`; `service`, `host`, `when` and up to three `time` fill it in."""
    kept: dict[str, Any] = {name: request.query[name] for name in ("service", "host", "when") if name in request.query}
    if times := request.query.getall("time", []):
        kept |= {"times": times[: len(CHOICES)], "when": "scheduled"}
    return await ask_again(request, actor, request.match_info["clinic"], kept, None)


@signed_in
async def look_again(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/clinics/{clinic}/ask`: for browsers without script, the free times for what was chosen."""
    return await ask_again(request, actor, request.match_info["clinic"], await fields_of(request), None)


@signed_in
async def times(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clinics/{clinic}/times`: the same as a part of the form."""
    require(may_ask(actor))
    kept = _kept(dict(request.query) | {"times": request.query.getall("time", []), "when": "scheduled"})
    async with request.app[DATABASE].transaction(actor) as connection:
        clinic = await clinics.find(connection, request.match_info["clinic"])
        free = await _free_times(connection, clinic, kept)
    return page(request, "requests/_free_times.html", clinic=clinic, kept=kept, free=free, error=None, choices=CHOICES)


async def ask_again(
    request: web.Request, actor: Actor, clinic: str, posted: Mapping[str, Any], error: UserError | None
) -> web.Response:
    """The form with what was typed, and the error next to its field."""
    require(may_ask(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await clinics.find(connection, clinic)
        form = await answers.fields(connection, found["id"])
        calendar = found["availability"] == "calendar"
        kept = _kept({"when": "scheduled" if calendar else "now", **posted})
        free = await _free_times(connection, found, kept) if calendar and found["open"] else None
        present = await _present(connection, found, kept)
    return page(
        request,
        "requests/ask.html",
        clinic=found,
        form=form,
        kept=kept,
        free=free,
        present=present,
        choices=CHOICES,
        error=error,
        key=kept.get("key") or secrets.token_urlsafe(12),
    )


def _kept(posted: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, each as one text; `times` as a list."""
    texts = {name: value if isinstance(value, str) else "" for name, value in posted.items() if name != "times"}
    times = [time for time in several(posted.get("times", [])) if isinstance(time, str) and time]
    return {"service": "", "host": "", "note": "", "since": "", **texts, "times": times}


def _service(clinic: Row, kept: Mapping[str, Any]) -> dict[str, Any] | None:
    """The chosen service, or the first."""
    offered = [service for service in clinic["services"] if service["public_id"] == kept["service"]]
    return next(iter(offered or clinic["services"]), None)


async def _free_times(connection: Connection, clinic: Row, kept: dict[str, Any]) -> dict[str, Any]:
    """Free times for what is chosen by day in the organization's zone, and where earlier and later ones begin."""
    service, now = _service(clinic, kept), datetime.now(UTC).replace(second=0, microsecond=0)
    since = min(max(_moment(kept["since"]) or now, now), now + furthest)
    host = kept["host"] if kept["host"] in [host["public_id"] for host in clinic["hosts"]] else None
    found = []
    if service is not None:
        found = await availability.free_times(
            connection, clinic["public_id"], service["public_id"], host, since, since + shown_at_once
        )
    zone = ZoneInfo(clinic["time_zone"])
    local = [each.starts_at.astimezone(zone) for each in found]
    chosen = [time for time in map(_moment, kept["times"]) if time is not None]
    return {
        "days": [(day, list(times)) for day, times in groupby(local, key=lambda time: time.date())],
        "chosen": [time.astimezone(zone) for time in chosen],
        "offered": set(local),
        "since": since,
        "until": since + shown_at_once,
        "earlier": max(since - shown_at_once, now) if since > now else None,
        "later": since + shown_at_once if since + shown_at_once < now + furthest else None,
    }


def _moment(text: str) -> datetime | None:
    """An instant, or None for what is none."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


async def _present(connection: Connection, clinic: Row, kept: dict[str, Any]) -> bool:
    """Whether somebody could take a Now request at once."""
    service = _service(clinic, kept)
    if service is None:
        return False
    there = await availability.available_now(connection, clinic["id"], timedelta(minutes=service["minutes"]))
    return any(kept["host"] in ("", host["public_id"]) for host in there)


@signed_in
async def sent(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/requests/{request}`: what was sent."""
    return await sent_again(request, actor, None)


async def sent_again(request: web.Request, actor: Actor, error: UserError | None) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        asked = await requests.own(connection, actor, request.match_info["request"])
    return page(
        request,
        "requests/sent.html",
        asked=asked,
        error=error,
    )
