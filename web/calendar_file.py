"""A session as a calendar file (RFC 5545), for the inbox of one person (iTIP, RFC 5546).

One UID for the session's life and a SEQUENCE that rises with each change, so that calendars keep one event whatever the
order in which letters arrive. A file names its own recipient as the only attendee.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from icalendar import Calendar, Event, vCalAddress, vText


def calendar_file(
    method: str,
    session: Mapping[str, Any],
    recipient: str,
    stamp: datetime,
    organizer: str,
    organization: str,
    origin: str,
    has_portal: bool = True,
) -> str:
    """`method` is REQUEST or CANCEL; `organizer` is the sender as in a mail's From, `origin` our PUBLIC_URL;
    whoever comes by direct link has no use for the portal's address (`has_portal`).

    `session` bears public_id, starts_at, ends_at, state, sequence and other (whom they meet).
    """
    event = Event()
    event.add("uid", f"{session['public_id']}@{origin.partition('://')[2].partition(':')[0]}")
    event.add("sequence", session["sequence"])
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", session["starts_at"].astimezone(UTC))
    event.add("dtend", session["ends_at"].astimezone(UTC))
    event.add("summary", f"Video session with {session['other']}")
    if method == "REQUEST":
        event.add("status", "CONFIRMED")
    elif session["state"] == "cancelled":
        event.add("status", "CANCELLED")  # absent where one person leaves an event that goes on (RFC 5546, 3.2.5)
    if has_portal:
        event.add("url", f"{origin}/sessions/{session['public_id']}")
    event.add("organizer", _address(parseaddr(organizer)[1], cn=organization))
    event.add("attendee", _address(recipient, partstat="ACCEPTED", rsvp="FALSE"))
    calendar = Calendar()
    calendar.add("prodid", "-//Anteroom//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _address(email: str, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    for name, value in parameters.items():
        address.params[name] = vText(value)
    return address
