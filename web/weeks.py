"""A week of a calendar with the instants that are free in it, in the zone of whoever looks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from aiohttp import web

from dispatch import availability, changes
from people.access import Actor
from records.database import Connection
from web.zoned import known_zones

Free = Callable[[datetime, datetime], Awaitable[list[datetime]]]
"""The free instants of [since, until)."""

shown = timedelta(days=7)
longest_ahead = timedelta(days=366)


@dataclass(frozen=True)
class Week:
    """Seven days of a zone's calendar, each with the instants that are free; `since` and `today` are days."""

    zone: str
    since: date
    today: date
    days: Sequence[tuple[date, list[datetime]]]
    next: date | None

    @property
    def until(self) -> date:
        return self.since + shown - timedelta(days=1)

    @property
    def earlier(self) -> date | None:
        return max(self.since - shown, self.today) if self.since > self.today else None

    @property
    def later(self) -> date | None:
        return self.since + shown if self.since + shown <= self.today + longest_ahead else None

    @property
    def empty_until(self) -> dict[date, date]:
        """The last day of each run of days on which nothing is free, by its first day."""
        runs = [[day for day, _ in run] for empty, run in groupby(self.days, lambda each: not each[1]) if empty]
        return {run[0]: run[-1] for run in runs}

    @property
    def is_empty(self) -> bool:
        return not any(times for _, times in self.days)


async def week_of(connection: Connection, request: web.Request, actor: Actor, free: Free) -> Week:
    """The week that the query names; and if nothing is free in it, the first day after on which something is."""
    name = await zone_of(connection, request, actor)
    zone = ZoneInfo(name)
    today = (await availability.now(connection)).astimezone(zone).date()
    since = min(max(_day(request.query.get("from", ""), today), today), today + longest_ahead)
    begin, end = (datetime.combine(day, time(), zone) for day in (since, since + shown))
    by_day = {
        day: list(times) for day, times in groupby(await free(begin, end), lambda each: each.astimezone(zone).date())
    }
    days = [(day, by_day.get(day, [])) for day in (since + timedelta(days=number) for number in range(shown.days))]
    later = [] if by_day else await free(end, end + availability.longest_look)
    return Week(name, since, today, days, later[0].astimezone(zone).date() if later else None)


async def zone_of(connection: Connection, request: web.Request, actor: Actor) -> str:
    """The person's own zone, the one that their browser says, or the organization's."""
    said = request.query.get("zone", "")
    if actor.time_zone:
        return actor.time_zone
    return said if said in known_zones() else await changes.time_zone(connection)


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today
