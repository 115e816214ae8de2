"""A host's own time (R-070, R-098): weekly hours, exceptions on single days, buffers, notice, horizon and zone.

Times are minutes since midnight on the clock of the host's zone; 24:00 is minute 1440, and what goes past midnight is
two slots. Slots of one kind that overlap or touch become one. Verbs take an open connection and never commit.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from dispatch.errors import Invalid, NotFound
from people.access import Actor, may_know_session, may_see_hours, may_set_hours, require
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

KINDS = ("weekly", "open", "closed")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
midnight = 24 * 60
most_slots = 300
longest_ahead = timedelta(days=730)


@dataclass(frozen=True)
class Slot:
    """One stretch of a day. `kind` is weekly (then `weekday`, 1 is Monday), or open or closed (then `day`)."""

    kind: str
    weekday: int | None
    day: date | None
    starts_minute: int
    ends_minute: int


@dataclass(frozen=True)
class Preferences:
    """What else decides when a host is offered. `time_zone` is an IANA name."""

    time_zone: str
    buffer_before: timedelta
    buffer_after: timedelta
    minimum_notice: timedelta
    horizon: timedelta


async def find(connection: Connection, actor: Actor, host: str | None = None) -> Row:
    """A host's preferences with `account_id`, `public_id`, `name` and `today` in their zone: one's own, or those of
    the host with that public id (for those who schedule or administer their clinics). Raises `NotFound`."""
    if host is None:
        require(may_set_hours(actor))
        await queries.ensure(connection, account_id=actor.account_id)
    found = await queries.find(connection, host=host or actor.public_id, actor_id=actor.account_id)
    if found is None:
        raise NotFound
    require(may_see_hours(actor, found))
    return found


async def slots(connection: Connection, host_id: int, since: date) -> list[Row]:
    """Weekly hours, and the exceptions from that day on: `public_id` and the fields of `Slot`."""
    return await queries.slots(connection, host_id=host_id, since=since)


async def busy(connection: Connection, actor: Actor, host_id: int, since: date, until: date) -> list[dict[str, Any]]:
    """The host's live sessions on the days [since, until) of their zone, with `wall_starts` and `wall_ends`: what the
    host's clock shows. What a session is about (`service_name`) only those are told who may see it, else None."""
    rows = await queries.busy(connection, host_id=host_id, actor_id=actor.account_id, since=since, until=until)
    return [{**row, "service_name": row["service_name"] if may_know_session(actor, row) else None} for row in rows]


async def add(connection: Connection, actor: Actor, slot: Slot) -> None:
    """Add to one's own hours. Raises `Invalid` (with its field), `NotFound` for somebody who is no host."""
    host = await own(connection, actor)
    await _place(connection, actor, host, slot)
    await audit.record(connection, actor, "add_hours", "host", actor.account_id, _told(slot))


async def move(connection: Connection, actor: Actor, public_id: str, slot: Slot) -> None:
    """Put that slot of one's own in another's place. Raises `NotFound`, `Invalid`; then nothing is changed."""
    host = await own(connection, actor)
    before = await _take(connection, actor, public_id)
    await _place(connection, actor, host, slot)
    details = {"from": _told(before), "to": _told(slot)}
    await audit.record(connection, actor, "move_hours", "host", actor.account_id, details)


async def remove(connection: Connection, actor: Actor, public_id: str) -> Slot:
    """Remove a slot of one's own and return it, so that it can be added again. Raises `NotFound`."""
    await own(connection, actor)
    gone = await _take(connection, actor, public_id)
    await audit.record(connection, actor, "remove_hours", "host", actor.account_id, _told(gone))
    return gone


async def set_preferences(connection: Connection, actor: Actor, wanted: Preferences) -> None:
    """Raises `Invalid`, `NotFound`."""
    await own(connection, actor)
    _check_preferences(wanted)
    if wanted.time_zone not in available_timezones() or not await queries.knows_zone(connection, zone=wanted.time_zone):
        raise Invalid("This time zone is not known. Choose one like Europe/Lisbon.", field="time_zone")
    await queries.set_preferences(
        connection,
        account_id=actor.account_id,
        time_zone=wanted.time_zone,
        buffer_before=wanted.buffer_before,
        buffer_after=wanted.buffer_after,
        minimum_notice=wanted.minimum_notice,
        horizon=wanted.horizon,
    )
    await audit.record(connection, actor, "set_preferences", "host", actor.account_id)


def _check_preferences(wanted: Preferences) -> None:
    for name, buffer in (("buffer_before", wanted.buffer_before), ("buffer_after", wanted.buffer_after)):
        if not timedelta() <= buffer <= timedelta(hours=4):
            raise Invalid("Choose 0 to 240 minutes.", field=name)
    if not timedelta() <= wanted.minimum_notice <= timedelta(days=90):
        raise Invalid("Choose 0 to 2160 hours, which is 90 days.", field="minimum_notice")
    if not timedelta(days=1) <= wanted.horizon <= timedelta(days=366):
        raise Invalid("Choose 1 to 366 days.", field="horizon")


async def own(connection: Connection, actor: Actor) -> Row:
    """The actor's own preferences, locked: two windows of one host change hours one after the other."""
    require(may_set_hours(actor))
    await queries.ensure(connection, account_id=actor.account_id)
    await queries.lock(connection, account_id=actor.account_id)
    return await queries.find(connection, host=actor.public_id, actor_id=actor.account_id)


async def _take(connection: Connection, actor: Actor, public_id: str) -> Slot:
    gone = await queries.take(connection, host_id=actor.account_id, public_id=public_id)
    gone = gone or await queries.take_special(connection, host_id=actor.account_id, public_id=public_id)
    if gone is None:
        raise NotFound
    return Slot(**gone)


async def _place(connection: Connection, actor: Actor, host: Row, slot: Slot) -> None:
    """Insert the slot, joined with those of its kind and day that it overlaps or touches."""
    _check(slot, host["today"])
    if slot.kind == "weekly":
        absorbed = await queries.absorb(connection, host_id=actor.account_id, **_where(slot, "weekday"))
    else:
        await _refuse_contradiction(connection, actor, slot)
        absorbed = await queries.absorb_special(
            connection, host_id=actor.account_id, open=slot.kind == "open", **_where(slot, "day")
        )
    starts = min([slot.starts_minute, *(row["starts_minute"] for row in absorbed)])
    ends = max([slot.ends_minute, *(row["ends_minute"] for row in absorbed)])
    if await queries.number_of_slots(connection, host_id=actor.account_id) >= most_slots:
        raise Invalid(f"There is room for {most_slots} entries. Remove some first.", field="starts")
    values = {"host_id": actor.account_id, "starts": starts, "ends": ends}
    if slot.kind == "weekly":
        await queries.insert(connection, weekday=slot.weekday, **values)
    else:
        await queries.insert_special(connection, day=slot.day, open=slot.kind == "open", **values)


def _where(slot: Slot, name: str) -> dict[str, Any]:
    return {name: getattr(slot, name), "starts": slot.starts_minute, "ends": slot.ends_minute}


def _check(slot: Slot, today: date) -> None:
    if not 0 <= slot.starts_minute < midnight:
        raise Invalid("Choose a time from 00:00 to 23:59.", field="starts")
    if not slot.starts_minute < slot.ends_minute <= midnight:
        raise Invalid(
            "The end must be after the beginning. For hours past midnight add one entry until 00:00, and one from "
            "00:00 on the next day.",
            field="ends",
        )
    if slot.kind == "weekly":
        if slot.weekday not in range(1, 8):
            raise Invalid("Choose a day of the week.", field="weekday")
    elif slot.day is None:
        raise Invalid("Choose a day.", field="day")
    elif not today <= slot.day <= today + longest_ahead:
        raise Invalid("Choose a day from today on, within two years.", field="day")


async def _refuse_contradiction(connection: Connection, actor: Actor, slot: Slot) -> None:
    """A time that is both added and taken away on one day would be a riddle."""
    other = await queries.contradiction(
        connection, host_id=actor.account_id, open=slot.kind != "open", **_where(slot, "day")
    )
    if other:
        marked = "open" if slot.kind == "closed" else "closed"
        begin, end = clock_time(other["starts_minute"]), clock_time(other["ends_minute"])
        raise Invalid(f"This day is marked {marked} from {begin} to {end}. Remove that first.", field="starts")


def clock_time(minute: int) -> str:
    """09:05; the end of a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def wall_time(day: date, minute: int) -> datetime:
    """What the host's clock shows, without a zone."""
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)


def _told(slot: Slot) -> dict[str, Any]:
    on = slot.weekday if slot.kind == "weekly" else str(slot.day)
    return {"kind": slot.kind, "on": on, "starts": slot.starts_minute, "ends": slot.ends_minute}
