"""Writes a posted letter from its templates and sends it: by SMTP, or in demo mode into the mailbox page.

A job may run twice, so the Message-ID is the letter's own: whoever receives both copies can tell.
"""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
from icalendar import Calendar, Event, vCalAddress, vText
from jinja2 import Environment

from dispatch import requests
from records import mail
from records.database import Database, House, Row
from web.settings import Settings

SUBJECTS = {
    "request": "Video Session Request",
    "invitation": "Your video session is booked",
    "declined": "About your request for a video session",
}
"""R-080 fixes the first to the letter. No clinical words in any."""


class NowhereToSend(Exception):
    """Neither SMTP_URL nor demo mode: the letter waits in the outbox."""


class Mailer:
    def __init__(self, database: Database, templates: Environment, settings: Settings) -> None:
        self._database = database
        self._templates = templates
        self._settings = settings

    async def send(self, mail_id: int) -> None:
        """The job "send_mail". Raises what SMTP raised, so that the job is tried again later."""
        async with self._database.system() as connection:
            organization_id = await mail.organization_of(connection, mail_id)
        if organization_id is None:
            return
        house = House(organization_id)
        async with self._database.transaction(house) as connection:
            letter = await mail.unsent(connection, mail_id)
            if letter is None:
                return
            about = await requests.told(connection, letter["about_id"])
            message, calendar = self.write(letter, about)
            plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
            assert plain is not None and html is not None
            await mail.write(
                connection,
                mail_id,
                str(message["Subject"]),
                plain.get_content(),
                html.get_content(),
                calendar,
            )
        await self._deliver(message)
        async with self._database.transaction(house) as connection:
            await mail.mark_sent(connection, mail_id)

    def write(self, letter: Row, about: Row) -> tuple[EmailMessage, str | None]:
        """The mail with its text, HTML and, for an invitation, calendar parts; and the calendar object by itself."""
        values = {"about": about, "public_url": self._settings.public_url}
        message = EmailMessage()
        message["Subject"] = SUBJECTS[letter["kind"]]
        message["From"] = self._settings.mail_from
        message["To"] = letter["recipient"]
        message["Message-ID"] = f"<{letter['message_id']}@{urlsplit(self._settings.public_url).hostname}>"
        message["Date"] = datetime.now(UTC)
        message.set_content(self._templates.get_template(f"mail/{letter['kind']}.txt").render(values))
        html = self._templates.get_template(f"mail/{letter['kind']}.html").render(values)
        message.add_alternative(html, subtype="html")
        calendar = self._invitation(about) if letter["kind"] == "invitation" else None
        if calendar is not None:
            message.add_attachment(calendar, subtype="calendar", filename="session.ics", params={"method": "REQUEST"})
        return message, calendar

    def _invitation(self, about: Row) -> str:
        """An iTIP REQUEST (RFC 5546) with the session's stable UID."""
        event = Event()
        event.add("uid", f"{about['session_public_id']}@{urlsplit(self._settings.public_url).hostname}")
        event.add("sequence", 0)
        event.add("dtstamp", datetime.now(UTC))
        event.add("dtstart", about["starts_at"])
        event.add("dtend", about["ends_at"])
        event.add("summary", f"Video session with {about['session_host_name']}")
        event.add("url", f"{self._settings.public_url}/sessions/{about['session_public_id']}")
        organizer = vCalAddress(f"mailto:{parseaddr(self._settings.mail_from)[1]}")
        organizer.params["cn"] = vText(about["organization_name"])
        event["organizer"] = organizer
        event.add("attendee", vCalAddress(f"mailto:{about['requester_email']}"))
        calendar = Calendar()
        calendar.add("prodid", "-//Anteroom//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "REQUEST")
        calendar.add_component(event)
        return calendar.to_ical().decode()

    async def _deliver(self, message: EmailMessage) -> None:
        if self._settings.smtp_url is None:
            if not self._settings.demo:
                raise NowhereToSend
            return
        url = urlsplit(self._settings.smtp_url)
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port,
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            timeout=30,
        )
