"""Templates: one environment an app, everything escaped, times as `<time>` that the browser shows in the
viewer's zone.
"""

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dispatch.answers import PREFIX
from people.access import has_feature
from people.entitlements import Features
from portal import money
from portal.signatures import CONSENT
from records.database import Row
from web.errors import headers_of, status_of
from web.help import recording, related
from web.keys import ACTOR, SETTINGS, TEMPLATES

folder = Path(__file__).parent / "templates"


OWN = {kind: frozenset(dir(kind)) for kind in (Row, dict)}
"""What rows and dictionaries are, beside what they hold."""


class Templates(Environment):
    """Looks up `row.name` as Jinja does, but in a row or dictionary at once by key: as shipped it tries an attribute
    first, at the price of an exception for every cell of a list."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        own = OWN.get(type(obj))
        if own is not None and attribute not in own:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def environment(kind: type[Environment] = Templates) -> Environment:
    made = kind(
        auto_reload=False,
        loader=FileSystemLoader(folder),
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clock"] = clock
    made.filters["when"] = when
    made.filters["day"] = day
    made.filters["in_zone"] = in_zone
    made.filters["answer_name"] = lambda field: f"{PREFIX}{field}"
    made.filters["clock_in"] = clock_in
    made.filters["size"] = size
    made.filters["money"] = money.shown
    made.filters["plain"] = money.plain
    made.globals["related_help"] = related
    made.globals["recording"] = recording
    made.globals["new_key"] = new_key
    made.globals["signing_consent"] = CONSENT
    made.globals["has_feature"] = has_feature
    return made


def new_key() -> str:
    """An idempotency key for a form: sent twice, it counts once."""
    return secrets.token_urlsafe(12)


def when(time: datetime, style: str = "short") -> Markup:
    """A `<time>` whose text the page's script replaces by the viewer's own zone; without script it is UTC."""
    utc = time.astimezone(UTC)
    return Markup('<time datetime="{}" data-style="{}">{} UTC</time>').format(
        utc.isoformat(timespec="seconds").replace("+00:00", "Z"), style, utc.strftime("%a %d %b %H:%M")
    )


def day(on: date) -> str:
    """A day whose month cannot be taken for its day, as 5 March 1990."""
    return f"{on:%-d %B %Y}"


def clock(milliseconds: float) -> str:
    """How long, as 4:59 or 1:04:59; the page's script counts on from it."""
    minutes, seconds = divmod(int(milliseconds // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def size(bytes_: int) -> str:
    """How large a file is, as 12 kB or 3.4 MB."""
    return f"{bytes_ / 1_000_000:.1f} MB" if bytes_ >= 1_000_000 else f"{max(1, round(bytes_ / 1000))} kB"


def in_zone(time: datetime, zone: str) -> str:
    """For mails, which have no script: weekday, date and time with the zone's name."""
    local = time.astimezone(ZoneInfo(zone))
    return f"{local:%A %-d %B %Y, %H:%M} ({zone})"


def clock_in(time: datetime, zone: str) -> str:
    """The clock time there, as 09:30."""
    return f"{time.astimezone(ZoneInfo(zone)):%H:%M}"


def render(request: web.Request, name: str, **values: Any) -> str:
    actor = values.setdefault("actor", request.get(ACTOR))
    values.setdefault("features", actor.features if actor else Features())
    values.setdefault("demo", request.app[SETTINGS].demo)
    values.setdefault("path", request.path)
    return request.app[TEMPLATES].get_template(name).render(values)


def page(
    request: web.Request, name: str, status: int = 200, error: Exception | None = None, **values: Any
) -> web.Response:
    """An HTML page, or a part of one, from web/templates/<name>. With an `error`, for a form that comes again, the
    answer bears its status."""
    text = render(request, name, error=error, **values)
    status, headers = (status_of(error), headers_of(error)) if error else (status, {})
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
