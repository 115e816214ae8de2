"""A host's hours for tests: written as rules, and looked up by a slow model minute by minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from people.access import Actor
from records.database import Connection

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Rule:
    """Open or closed from one minute of the day to another; `on` is a weekday (1 is Monday) or a date."""

    on: int | date
    starts: int
    ends: int
    open: bool = True


def slowly(zone: str, rules: Sequence[Rule], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The model: look at the host's clock in each minute, and ask every rule about what it shows."""
    found: list[tuple[datetime, datetime]] = []
    instant = since
    while instant < until:
        if is_open(instant.astimezone(ZoneInfo(zone)), rules):
            begun = found.pop()[0] if found and found[-1][1] == instant else instant
            found.append((begun, instant + MINUTE))
        instant += MINUTE
    return found


def is_open(wall: datetime, rules: Sequence[Rule]) -> bool:
    minute = wall.hour * 60 + wall.minute
    said = [
        rule.open for rule in rules if rule.on in (wall.isoweekday(), wall.date()) and rule.starts <= minute < rule.ends
    ]
    return bool(said) and all(said)


async def write(connection: Connection, who: Actor, zone: str, rules: Sequence[Rule]) -> None:
    """These rules and no others are the host's."""
    await connection.execute("UPDATE host SET time_zone = $2 WHERE account_id = $1", who.account_id, zone)
    for table in ("weekly_hours", "special_hours"):
        await connection.execute(f"DELETE FROM {table} WHERE host_id = $1", who.account_id)
    for rule in rules:
        if isinstance(rule.on, int):
            await connection.execute(
                "INSERT INTO weekly_hours (organization_id, host_id, weekday, starts_minute, ends_minute) "
                "VALUES ($1, $2, $3, $4, $5)",
                who.organization_id, who.account_id, rule.on, rule.starts, rule.ends,
            )  # fmt: skip
        else:
            await connection.execute(
                "INSERT INTO special_hours (organization_id, host_id, day, open, starts_minute, ends_minute) "
                "VALUES ($1, $2, $3, $4, $5, $6)",
                who.organization_id, who.account_id, rule.on, rule.open, rule.starts, rule.ends,
            )  # fmt: skip


def utc(*parts: int) -> datetime:
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# Zone, day of the change, how many hours it has, and the wall clock times between which the clock jumps.
CHANGES = [
    ("Europe/Lisbon", date(2027, 3, 28), 23),
    ("Europe/Lisbon", date(2027, 10, 31), 25),
    ("America/New_York", date(2027, 3, 14), 23),
    ("America/New_York", date(2027, 11, 7), 25),
    ("Australia/Lord_Howe", date(2027, 10, 3), 23.5),
    ("Australia/Lord_Howe", date(2027, 4, 4), 24.5),
    ("America/Santiago", date(2027, 9, 5), 23),  # at midnight
    ("Pacific/Apia", date(2011, 12, 30), 0),  # the day that never was
]


async def set_clock(connection: Connection, instant: datetime) -> None:
    """For this transaction it is that instant, and time goes on from there."""
    await connection.execute(
        "SELECT set_config('anteroom.clock_offset', ($1::timestamptz - statement_timestamp())::text, true)", instant
    )
