"""Writes a posted letter from its templates and sends it: by SMTP, or in demo mode into the mailbox page.

A job may run twice, so the Message-ID is the letter's own: whoever receives both copies can tell.
"""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment

from records import mail
from records.database import Connection, Database, House, Row
from web.calendar_file import calendar_file
from web.letters import KINDS, Kind
from web.settings import Settings


class NowhereToSend(Exception):
    """Neither SMTP_URL nor demo mode: the letter waits in the outbox."""


@dataclass(frozen=True)
class Written:
    """What a letter says; `calendar` is an iCalendar object or None."""

    text: str
    html: str
    calendar: str | None


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
            kind = KINDS[letter["kind"]]
            written = await self._write(connection, letter, kind)
            if written is None:
                await mail.mark_sent(connection, mail_id)
                return
            await self._keep(connection, mail_id, kind, written)
        if self._settings.smtp_url:
            await self._deliver(self._envelope(letter, kind, written), self._settings.smtp_url)
        elif not self._settings.demo:
            raise NowhereToSend
        async with self._database.transaction(house) as connection:
            await mail.mark_sent(connection, mail_id)

    async def _write(self, connection: Connection, letter: Row, kind: Kind) -> Written | None:
        """Text, HTML and, for an invitation and its like, the calendar file; None for what is true no more."""
        about = await kind.about(connection, letter) if kind.about else {}
        if about is None:
            return None
        values = {
            "about": about,
            "details": letter["details"],
            "letter": letter,
            "public_url": self._settings.public_url,
            "subject": kind.subject,
        }
        text, html = (
            self._templates.get_template(f"mail/{letter['kind']}.{end}").render(values) for end in ("txt", "html")
        )
        calendar = None
        if kind.method:
            sender, origin = self._settings.mail_from, self._settings.public_url
            calendar = calendar_file(
                kind.method,
                about,
                letter["recipient"],
                letter["posted_at"],
                sender,
                letter["organization_name"],
                origin,
                has_portal="token" not in letter["details"],
            )
        return Written(re.sub("\n{3,}", "\n\n", text), html, calendar)

    async def _keep(self, connection: Connection, mail_id: int, kind: Kind, written: Written) -> None:
        if kind.secret and not self._settings.demo:
            await mail.write(connection, mail_id, kind.subject, None, None, None)
        else:
            await mail.write(connection, mail_id, kind.subject, written.text, written.html, written.calendar)

    def _envelope(self, letter: Row, kind: Kind, written: Written) -> EmailMessage:
        """The mail. A calendar file is there twice: as an alternative, which calendars look for, and as a file."""
        message = EmailMessage(policy=SMTP)
        message["Subject"] = kind.subject
        message["From"] = self._settings.mail_from
        message["To"] = letter["recipient"]
        message["Message-ID"] = f"<{letter['message_id']}@{urlsplit(self._settings.public_url).hostname}>"
        message["Date"] = letter["posted_at"]
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(written.text)
        message.add_alternative(written.html, subtype="html")
        if written.calendar is not None:
            params = {"method": str(kind.method)}
            message.add_alternative(written.calendar, subtype="calendar", params=params)
            message.add_attachment(written.calendar, subtype="calendar", filename="session.ics", params=params)
        return message

    async def _deliver(self, message: EmailMessage, smtp_url: str) -> None:
        url = urlsplit(smtp_url)
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port,
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            timeout=30,
        )
