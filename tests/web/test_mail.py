"""Mail through a real SMTP server, and into the demo mailbox."""

import asyncio
import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar

from records.database import Connection
from tests.dispatch.factories import soon
from tests.e2e.server import free_port
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.test_board_live import submit
from web.letters import KINDS


class Inbox:
    """What the mail server took in. `refuse` is how often it first answers `answer`; `slow` is how long it thinks."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = 0
        self.answer = "451 come back later"
        self.slow = 0.0
        self.url = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.slow)
        if self.refuse > 0:
            self.refuse -= 1
            return self.answer
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def to(self, name: str) -> list[EmailMessage]:
        """What a person of the organization harbor was sent."""
        return [mail for mail in self.mails if mail["To"] == (name if "@" in name else f"{name}@harbor.example")]


def receive(inbox: Inbox, port: int) -> Controller:
    server = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=30)
    server.start()
    return server


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    taken = Inbox()
    server = receive(taken, free_port())
    taken.url = f"smtp://127.0.0.1:{server.port}"
    yield taken
    server.stop()


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    if "inbox" not in request.fixturenames:
        return {}
    return {"smtp_url": request.getfixturevalue("inbox").url, "mail_from": "Harbor <desk@harbor.example>"}


async def accept(site: Site, response: str = "") -> dict[str, Any]:
    stored = await submit(site, await site.visitor("chloe"), note="private words")
    sam = await site.visitor("sam")
    dialog = await (await sam.get(f"/requests/{stored['request']}/assign?part")).text()
    host = dialog.split('name="host" value="')[1].split('"')[0]
    answer = await sam.post(f"/requests/{stored['request']}/accept", host=host, time="0", response=response)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_r080_r090_the_subject_is_exactly_video_session_request_and_the_service_is_named(
    site: Site, inbox: Inbox
) -> None:
    await submit(site, await site.visitor("chloe"), note="private words")
    await eventually(lambda: len(inbox.mails) == 2)
    (mail,) = inbox.to("sam@harbor.example")
    assert mail["Subject"] == "Video Session Request"
    for part in ("plain", "html"):
        body = mail.get_body((part,))
        assert body is not None
        assert "Video consultation" in body.get_content()
        assert "private words" not in body.get_content()


async def test_r083_r102_r208_the_requester_gets_one_invitation_with_details_calendar_file_and_portal_link(
    site: Site, inbox: Inbox, owner: Connection
) -> None:
    booked = await accept(site, "Bring your list & <papers>.")
    await eventually(lambda: inbox.to("chloe@harbor.example"))
    (mail,) = inbox.to("chloe@harbor.example")
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and html is not None
    assert f"{site.url}/at/harbor/sign-in?then=/sessions/{booked['session']}" in text.get_content()
    assert "Bring your list & <papers>." in text.get_content()
    assert "Bring your list &amp; &lt;papers&gt;." in html.get_content()
    method, event = event_of(mail)
    assert method == "REQUEST"
    starts_at = await owner.fetchval("SELECT starts_at FROM session")
    assert event.start == starts_at.replace(microsecond=0)
    assert str(event["UID"]).startswith(booked["session"])
    assert "private words" not in mail.as_string()


@pytest.mark.parametrize("answer", ["451 come back later", "550 not here"])
async def test_a_refusing_mail_server_delays_no_decision_and_loses_no_mail(
    site: Site, inbox: Inbox, answer: str
) -> None:
    inbox.refuse, inbox.answer = 3, answer
    await submit(site, await site.visitor("chloe"))
    await eventually(lambda: len(inbox.mails) == 2, 30)
    assert {mail["To"] for mail in inbox.mails} == {"sam@harbor.example", "sofia@harbor.example"}
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 2


async def test_r101_r209_a_declined_requester_is_told_with_the_response(site: Site, inbox: Inbox) -> None:
    stored = await submit(site, await site.visitor("chloe"))
    await (await site.visitor("sam")).post(f"/requests/{stored['request']}/decline", response="We are full today.")
    await eventually(lambda: inbox.to("chloe@harbor.example"))
    body = inbox.to("chloe@harbor.example")[0].get_body(("plain",))
    assert body is not None
    assert "We are full today." in body.get_content()


async def test_without_a_mail_server_the_demo_shows_its_mail_on_a_page(site: Site) -> None:
    booked = await accept(site)
    visitor = await site.visitor()

    async def invited() -> bool:
        page = await (await visitor.get("/mailbox")).text()
        return f"then=/sessions/{booked['session']}" in page and "chloe@harbor.example" in page

    await eventually(invited)


class TestOutsideTheDemo:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"demo": False}

    async def test_the_mailbox_does_not_exist(self, site: Site) -> None:
        visitor = await site.visitor()
        assert (await visitor.get("/mailbox")).status == 404

    async def test_mail_waits_in_the_outbox_until_there_is_a_way_out(self, site: Site, owner: Connection) -> None:
        await submit(site, await site.visitor("chloe"))

        async def tried() -> bool:
            return bool(
                await owner.fetchval("SELECT bool_and(attempts > 0) FROM pgqueuer WHERE entrypoint = 'send_mail'")
            )

        await eventually(tried, 15)
        assert await owner.fetchval("SELECT count(*) FROM mail WHERE sent_at IS NULL") == 2
        assert await owner.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send_mail'") == 2


async def test_what_is_logged_names_nobody(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    await accept(site, "secret response")
    await asyncio.sleep(0)
    written = "".join(capfd.readouterr())
    for secret in ("chloe", "Chloe", "private words", "secret response", "anteroom="):
        assert secret not in written


async def test_a_letter_that_failed_fifty_times_is_still_tried(site: Site, inbox: Inbox, owner: Connection) -> None:
    inbox.refuse = 10**6
    await submit(site, await site.visitor("chloe"))
    await eventually(lambda: inbox.refuse < 10**6)
    await owner.execute("UPDATE pgqueuer SET attempts = 50, execute_after = now() WHERE entrypoint = 'send_mail'")

    async def tried_again() -> bool:
        return bool(await owner.fetchval("SELECT min(attempts) > 50 FROM pgqueuer WHERE entrypoint = 'send_mail'"))

    await eventually(tried_again, 20)
    assert await owner.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send_mail'") == 2
    inbox.refuse = 0
    await owner.execute("UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = 'send_mail'")
    await eventually(lambda: len(inbox.mails) == 2, 20)


async def test_r171_r172_a30_the_invitations_link_leads_through_the_sign_in_to_the_session(site: Site) -> None:
    booked = await accept(site)
    link = f"/at/harbor/sign-in?then=/sessions/{booked['session']}"
    stranger, chloe = await site.visitor(), await site.visitor("chloe")
    assert f'name="then" value="/sessions/{booked["session"]}"' in await (await stranger.get(link)).text()
    assert (await chloe.get(link)).url.path == f"/sessions/{booked['session']}"


async def test_a_slow_mail_server_delays_no_decision(site: Site, inbox: Inbox) -> None:
    inbox.slow = 5
    began = time.monotonic()
    await accept(site)
    assert inbox.mails == [] and time.monotonic() - began < 5, "asked, looked at and decided before one mail was taken"
    inbox.slow = 0
    await eventually(lambda: inbox.to("chloe"), 30)


class TestWhileTheMailServerIsDown:
    port = free_port()

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"smtp_url": f"smtp://127.0.0.1:{self.port}", "demo": False}

    async def test_decisions_go_on_and_their_mail_comes_later(self, site: Site, owner: Connection) -> None:
        await accept(site, "Welcome.")
        assert await owner.fetchval("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL") == 0
        inbox = Inbox()
        server = receive(inbox, self.port)
        try:
            await owner.execute("UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = 'send_mail'")
            await eventually(lambda: len(inbox.mails) == 4, 30)
        finally:
            server.stop()
        assert {mail["To"].partition("@")[0] for mail in inbox.mails} == {"sam", "sofia", "chloe", "ana"}

    async def test_what_bears_a_secret_is_kept_nowhere_once_it_is_sent(self, site: Site, owner: Connection) -> None:
        await owner.execute("UPDATE client SET account_id = NULL WHERE first_name = 'Chloe'")
        await accept(site)
        inbox = Inbox()
        server = receive(inbox, self.port)
        try:
            await owner.execute("UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = 'send_mail'")
            await eventually(lambda: len(inbox.mails) == 4, 30)
        finally:
            server.stop()
        (link,) = re.findall(r"/join/([\w-]{43})", text_of(inbox.to("chloe")[0]))

        async def forgotten() -> bool:
            return not await owner.fetchval("SELECT count(*) FROM mail WHERE sent_at IS NULL")

        await eventually(forgotten)
        for row in await owner.fetch(
            "SELECT mail::text AS whole FROM mail UNION ALL SELECT direct_link::text FROM direct_link"
        ):
            assert link not in row["whole"]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def event_of(mail: EmailMessage) -> tuple[str, Any]:
    """The method and the event of a letter's calendar file, which is there twice, once for calendars, once to keep."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    texts = [part.get_payload(decode=True).replace(b"\r\n", b"\n") for part in parts]  # type: ignore[union-attr]
    assert len(texts) == 2 and texts[0] == texts[1]
    calendar = Calendar.from_ical(texts[0])
    (event,) = calendar.events
    assert parts[0].get_param("method") == str(calendar["METHOD"])
    return str(calendar["METHOD"]), event


def addresses(event: Any) -> list[str]:
    listed = event.get("attendee", [])
    return [str(one) for one in (listed if isinstance(listed, list) else [listed])]


async def book(site: Site, hours: int) -> str:
    """Chloe's request for one time, accepted for Ana by sam; the session's public id."""
    stored = await submit(site, await site.visitor("chloe"), when="scheduled", times=soon(hours).isoformat())
    sam = await site.visitor("sam")
    host = await host_named(sam, stored["request"], "Ana Duarte")
    answer = await sam.post(f"/requests/{stored['request']}/accept", host=host, time="1")
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["session"])


async def host_named(visitor: Visitor, request: str, name: str) -> str:
    dialog = await (await visitor.get(f"/requests/{request}/assign?part")).text()
    return re.findall(rf'name="host" value="(\w+)"[^>]*>\s*<span>{name}', dialog)[0]


async def change(visitor: Visitor, session: str, verb: str, **fields: str) -> None:
    reason = fields.pop("reason", "A burst pipe.")
    answer = await visitor.post(f"/sessions/{session}/{verb}", reason=reason, **fields)  # type: ignore[arg-type]
    assert answer.status == 200, await answer.text()


async def test_r208_a_session_moved_twice_and_cancelled_reads_back_as_one_event(site: Site, inbox: Inbox) -> None:
    """Whatever the order of arrival: the letter with the highest SEQUENCE says how things stand (RFC 5546)."""
    session = await book(site, 48)
    sam = await site.visitor("sam")
    await change(sam, session, "reschedule", starts_at=soon(50).isoformat())
    await change(sam, session, "reschedule", starts_at=soon(52).isoformat())
    await change(sam, session, "cancel")
    await eventually(lambda: len(inbox.to("chloe")) == 4 and len(inbox.to("ana")) >= 4, 20)
    for name, other in (("chloe", "Ana Duarte"), ("ana", "Chloe Adams")):
        read = sorted(
            (event_of(mail) for mail in inbox.to(name) if "calendar" in mail.as_string()),
            key=lambda each: int(each[1]["SEQUENCE"]),
        )
        assert [(method, int(event["SEQUENCE"])) for method, event in read] == [
            ("REQUEST", 0),
            ("REQUEST", 1),
            ("REQUEST", 2),
            ("CANCEL", 3),
        ]
        assert len({str(event["UID"]) for _, event in read}) == 1
        assert [event.start for _, event in read] == [soon(48), soon(50), soon(52), soon(52)]
        assert {event.start.tzname() for _, event in read} == {"UTC"}
        assert [str(event["STATUS"]) for _, event in read] == ["CONFIRMED"] * 3 + ["CANCELLED"]
        for _, event in read:
            assert addresses(event) == [f"mailto:{name}@harbor.example"]
            assert str(event["ORGANIZER"]) == "mailto:desk@harbor.example"
            assert other in str(event["SUMMARY"]) and event["DTSTAMP"].dt.tzname() == "UTC"
    subjects = {mail["Subject"] for mail in inbox.mails}
    assert not [subject for subject in subjects if "consultation" in subject or "Chloe" in subject]
    moved = next(mail for mail in inbox.to("chloe") if "new time" in mail["Subject"])
    assert "A burst pipe." in text_of(moved)


async def test_what_a_former_host_is_told_names_nobody_new(site: Site, inbox: Inbox) -> None:
    session = await book(site, 48)
    sam = await site.visitor("sam")
    page = await (await sam.get(f"/sessions/{session}/manage")).text()
    (ben,) = re.findall(r'<option value="(\w+)"[^>]*>Ben Okafor', page)
    await change(sam, session, "reassign", host=ben)
    await eventually(lambda: any("no longer" in mail["Subject"] for mail in inbox.to("ana")) and inbox.to("ben"), 20)
    (released,) = [mail for mail in inbox.to("ana") if "no longer" in mail["Subject"]]
    method, event = event_of(released)
    # Uninvited from an event that goes on: STATUS must not be there (RFC 5546, 3.2.5).
    assert (method, int(event["SEQUENCE"]), "STATUS" in event) == ("CANCEL", 1, False)
    assert addresses(event) == ["mailto:ana@harbor.example"]
    everything = "".join(part.get_content() for part in released.walk() if not part.is_multipart())
    assert "Ben" not in everything and "ben@" not in everything and "chloe@" not in everything
    (assigned,) = [mail for mail in inbox.to("ben") if "assigned" in mail["Subject"]]
    assert event_of(assigned)[0] == "REQUEST"
    assert "Ben Okafor" in text_of(next(mail for mail in inbox.to("chloe") if "another host" in mail["Subject"]))


async def test_withdrawing_is_told_to_those_who_were_asked(site: Site, inbox: Inbox) -> None:
    chloe = await site.visitor("chloe")
    stored = await submit(site, chloe)
    await chloe.post(f"/requests/{stored['request']}/withdraw")
    await eventually(lambda: len(inbox.mails) == 4, 20)
    for name in ("sam", "sofia"):
        assert {mail["Subject"] for mail in inbox.to(name)} == {
            "Video Session Request",
            "Video Session Request withdrawn",
        }


async def test_a_guests_invitation_names_the_host_alone_and_bears_a_link(
    site: Site, inbox: Inbox, owner: Connection
) -> None:
    booked = await accept(site)
    guest: dict[str, Any] = {"name": "Iris Berg", "email": "iris@words.example", "relation": "interpreter"}
    sam = await site.visitor("sam")
    assert (await sam.post(f"/sessions/{booked['session']}/guests", **guest)).status == 200
    await eventually(lambda: inbox.to(guest["email"]))
    (mail,) = inbox.to(guest["email"])
    assert mail["Subject"] == "You are invited to a video visit"
    host = await owner.fetchval("SELECT account.name FROM session JOIN account ON account.id = host_id")
    assert host in text_of(mail) and re.search(r"/join/[\w-]{43}\s", text_of(mail))
    method, event = event_of(mail)
    assert method == "REQUEST" and "URL" not in event, "a guest has no portal"
    for secret in ("Chloe", "Video consultation", "private words"):
        assert secret not in mail.as_string()
    assert all(KINDS[kind].secret for kind in ("guest", "guest_moved", "link")), "what bears a link is kept nowhere"
