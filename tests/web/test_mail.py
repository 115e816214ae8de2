"""Mail through a real SMTP server, and into the demo mailbox."""

import asyncio
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar

from records.database import Connection
from tests.e2e.server import free_port
from tests.support import eventually
from tests.web.conftest import Site
from tests.web.test_board_live import submit


class Inbox:
    """What the mail server took in. `refuse` is how often it first answers 451."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse > 0:
            self.refuse -= 1
            return "451 come back later"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == recipient]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    taken = Inbox()
    server = Controller(taken, hostname="127.0.0.1", port=free_port(), ready_timeout=30)
    server.start()
    taken.url = f"smtp://127.0.0.1:{server.port}"  # type: ignore[attr-defined]
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
    (attached,) = mail.iter_attachments()
    event = next(iter(Calendar.from_ical(attached.get_content()).events))
    starts_at = await owner.fetchval("SELECT starts_at FROM session")
    assert event.start == starts_at.replace(microsecond=0)
    assert str(event["UID"]).startswith(booked["session"])
    assert "private words" not in mail.as_string()


async def test_a_refusing_mail_server_delays_no_decision_and_loses_no_mail(site: Site, inbox: Inbox) -> None:
    inbox.refuse = 3
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
    await owner.execute("UPDATE pgqueuer SET attempts = 50, execute_after = now()")

    async def tried_again() -> bool:
        return bool(await owner.fetchval("SELECT max(attempts) > 50 FROM pgqueuer WHERE entrypoint = 'send_mail'"))

    await eventually(tried_again, 20)
    assert await owner.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'send_mail'") == 2
    inbox.refuse = 0
    await owner.execute("UPDATE pgqueuer SET execute_after = now()")
    await eventually(lambda: len(inbox.mails) == 2, 20)


async def test_r172_the_invitations_link_leads_through_the_sign_in_to_the_session(site: Site) -> None:
    booked = await accept(site)
    link = f"/at/harbor/sign-in?then=/sessions/{booked['session']}"
    stranger, chloe = await site.visitor(), await site.visitor("chloe")
    assert f'name="then" value="/sessions/{booked["session"]}"' in await (await stranger.get(link)).text()
    assert (await chloe.get(link)).url.path == f"/sessions/{booked['session']}"
