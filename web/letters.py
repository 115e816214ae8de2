"""The kinds of letters: how each is titled, how what it is about is read, and whether it bears a secret.

A new kind is a line here and two templates, web/templates/mail/<kind>.txt and .html, which find `about` (what was
read), `details` (what was posted with it), `letter` (recipient, organization_name, organization_slug, time_zone) and
`public_url`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dispatch import requests, sessions
from records.database import Connection, Row

About = Mapping[str, Any]


async def _request(connection: Connection, letter: Row) -> About:
    return await requests.told(connection, letter["about_id"])


async def _session(connection: Connection, letter: Row) -> About:
    """The session, with what has changed since the letter was posted as it was then."""
    return {**await sessions.told(connection, letter["about_id"]), **sessions.as_it_was(letter["details"])}


@dataclass(frozen=True)
class Kind:
    """`about` reads what the letter tells of, None if `details` say it all. What a `secret` letter says (codes, reset
    links) is kept nowhere once it is sent, save for the demo's mailbox. `method` is that of its calendar file
    (RFC 5546).
    """

    subject: str
    about: Callable[[Connection, Row], Awaitable[About]] | None = None
    secret: bool = False
    method: str | None = None


KINDS: Mapping[str, Kind] = {
    "request": Kind("Video Session Request", _request),
    "declined": Kind("About your request for a video session", _request),
    "invitation": Kind("Your video session is booked", _session, secret=True, method="REQUEST"),
}
"""R-080 fixes the first subject to the letter. No clinical words, no service and no name in any."""
