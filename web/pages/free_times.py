"""A clinic's public page (R-070): its services, its people, and when somebody is free. Nothing private: only times at
which a visit could begin, never what else is booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from dispatch import availability, clinics
from dispatch.availability import FreeTime
from records.database import Connection, House, Row
from web.keys import DATABASE
from web.pages.home import find_organization
from web.view import page

shown = timedelta(days=7)
longest_ahead = timedelta(days=366)


@dataclass(frozen=True)
class Choice:
    """What the visitor looks at: one service (a row of the clinic's), anyone or one host, a week from a day on."""

    service: dict[str, Any]
    host: str
    since: date
    today: date

    def query(self, since: date) -> str:
        """The same, from another day on."""
        return urlencode({"service": self.service["public_id"], "host": self.host, "from": since.isoformat()})


async def clinic(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/clinics/{clinic}`; `service`, `host` and `from` choose, `part` gives the times alone."""
    organization = await find_organization(request)
    async with request.app[DATABASE].transaction(House(organization["id"])) as connection:
        found = await clinics.find(connection, request.match_info["clinic"])
        today = await availability.today(connection, found["time_zone"])
        values = {"organization": organization, "clinic": found, "choice": _choice(request, found, today)}
        values |= await _times(connection, found, values["choice"])
    template = "free_times/_times.html" if "part" in request.query else "free_times/page.html"
    return page(request, template, **values)


def _choice(request: web.Request, found: Row, today: date) -> Choice | None:
    """What was asked for, as far as the clinic has it; None where it offers nothing."""
    if not found["open"] or not found["services"]:
        return None
    asked = request.query
    chosen = [service for service in found["services"] if service["public_id"] == asked.get("service")]
    host = [host["public_id"] for host in found["hosts"] if host["public_id"] == asked.get("host")]
    return Choice((chosen or found["services"])[0], (host or [""])[0], _since(asked.get("from", ""), today), today)


def _since(text: str, today: date) -> date:
    try:
        since = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(since, today), today + longest_ahead)


async def _times(connection: Connection, found: Row, choice: Choice | None) -> dict[str, Any]:
    if choice is None:
        return {"now": [], "days": [], "next": None, "zone": found["time_zone"]}
    duration = timedelta(minutes=choice.service["minutes"])
    now = await availability.available_now(connection, found["id"], duration)
    now = [host for host in now if choice.host in ("", host["public_id"])]
    if found["availability"] != "calendar":
        return {"now": now, "days": [], "next": None, "zone": found["time_zone"]}
    zone = ZoneInfo(found["time_zone"])
    since = datetime.combine(choice.since, time(), zone).astimezone(UTC)
    until = datetime.combine(choice.since + shown, time(), zone).astimezone(UTC)
    asked = (found["public_id"], choice.service["public_id"], choice.host or None)
    free = await availability.free_times(connection, *asked, since, until)
    later = [] if free else await availability.free_times(connection, *asked, until, until + availability.longest_look)
    return {
        "now": now,
        "days": by_day(free, zone),
        "next": later[0].starts_at.astimezone(zone).date() if later else None,
        "zone": found["time_zone"],
        "earlier": max(choice.since - shown, choice.today) if choice.since > choice.today else None,
        "later": choice.since + shown,
        "until": choice.since + shown - timedelta(days=1),
    }


def by_day(free: Sequence[FreeTime], zone: ZoneInfo) -> list[tuple[date, list[FreeTime]]]:
    """The times of each day, as a calendar of that zone has it."""
    return [(day, list(times)) for day, times in groupby(free, lambda each: each.starts_at.astimezone(zone).date())]
