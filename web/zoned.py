"""Times as people type them: a wall-clock time and the zone in which it is meant."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dispatch.errors import Invalid


@cache
def known_zones() -> frozenset[str]:
    """The names that this computer knows."""
    return frozenset(available_timezones())


def instant(time: datetime, zone: str, field: str) -> datetime:
    """The instant, in UTC; a time that bears an offset is one already. Raises `Invalid` for `field` if the zone is
    unknown or its clocks skip the time."""
    try:
        if time.tzinfo is not None:
            return time.astimezone(UTC)
        meant = time.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("This time zone is not known.", field=field) from None
    except OverflowError:
        raise Invalid("Choose a time that is still to come, within a year.", field=field) from None
    if meant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != time:
        raise Invalid("Clocks skip this time when summer time begins. Choose another.", field=field)
    return meant
