"""Secure messages over HTTP: forms with files, both faces, what is pushed, and downloads that are never pages."""

import asyncio
import html
import mimetypes
import re
import resource
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientError, FormData

from portal import attachments
from records.database import Connection
from tests.portal.test_uploads import SCRIPT, bomb, pdf, photo
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from tests.web.organization import public_id
from web.keys import SETTINGS

BOLD = "<b>I sleep badly</b>"


@pytest.fixture
async def opened(owner: Connection) -> None:
    """Chloe is Ana's client, and Ana has a seat; so has Olivia."""
    await owner.execute("UPDATE organization SET portal_messages = true")
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, account.id, account_role.department_id FROM client "
        "JOIN account USING (organization_id) JOIN account_role ON account_role.account_id = account.id "
        "WHERE account.username = 'ana' AND client.first_name = 'Chloe'"
    )
    await owner.execute(
        "INSERT INTO portal_seat (account_id, organization_id, subscribed) SELECT id, organization_id, true "
        "FROM account WHERE username IN ('ana', 'olivia')"
    )


async def send(visitor: Visitor, path: str, *files: tuple[str, bytes], page: bool = False, **fields: Any) -> Any:
    """As a browser sends a form with files; a script asks for JSON."""
    form = FormData(quote_fields=False)
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            form.add_field(name, one)
    if not files:
        form.add_field("files", b"", filename="", content_type="application/octet-stream")
    for name, content in files:
        form.add_field("files", content, filename=name, content_type=mimetypes.guess_type(name)[0])
    headers = {"Origin": visitor.site.url} | ({} if page else {"Accept": "application/json"})
    return await visitor.session.post(path, data=form, headers=headers)


async def begin(visitor: Visitor, to: str, *files: tuple[str, bytes], **fields: Any) -> str:
    answer = await send(visitor, "/messages/new", *files, to=to, **{"subject": "Sleep", "body": BOLD, **fields})
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["thread"])


async def test_r150_from_choosing_whom_to_write_to_to_the_answer_with_a_file(
    site: Site, owner: Connection, opened: None
) -> None:
    chloe, ana = await site.visitor("chloe"), await site.visitor("ana")
    to = await public_id(owner, "account", "ana")
    assert f'href="/messages/new?to={to}"' in await chloe.text("/messages/new")
    assert "Message to Ana Duarte" in await chloe.text(f"/messages/new?to={to}")
    shown = await send(chloe, "/messages/new", ("IMG.png", photo()), page=True, to=to, subject="Sleep", body=BOLD)
    page = await shown.text()
    thread = shown.url.path
    assert re.fullmatch(r"/messages/\w{32}", thread) and shown.status == 200
    assert BOLD not in page and html.escape(BOLD) in page
    assert BOLD not in (listed := await ana.text("/messages")) and html.escape(BOLD) in listed and "1 unread" in listed
    (link,) = re.findall(rf'href="({thread}/attachments/\w+)" download', await ana.text(thread))
    assert ">IMG.jpg</a>" in await ana.text(thread)
    for who in (ana, chloe):
        answer = await who.get(link)
        content = await answer.read()
        assert content.startswith(b"\xff\xd8\xff") and b"GPS" not in content
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="IMG.jpg"')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert await owner.fetchval("SELECT count(*) FROM audit_line WHERE verb = 'download' AND noun = 'attachment'") == 2
    assert f'src="{link}?show=yes" alt="IMG.jpg"' in await ana.text(thread)
    answer = await ana.get(f"{link}?show=yes")
    assert (await answer.read()).startswith(b"\xff\xd8\xff") and answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="IMG.jpg"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert await owner.fetchval("SELECT count(*) FROM audit_line WHERE verb = 'read' AND noun = 'attachment'") == 1
    assert "img-src 'self' data: blob:;" in (await ana.get(thread)).headers["Content-Security-Policy"]
    answer = await send(ana, thread, ("answer.pdf", pdf()), ("a.txt", SCRIPT.encode()), body="Thank you")
    assert answer.status == 200, await answer.text()
    for name in ("answer.pdf", "a.txt"):
        assert f">{name}</a>" in await chloe.text(thread)
    others = set(re.findall(rf'href="({thread}/attachments/\w+)" download', await chloe.text(thread))) - {link}
    for other in others:
        assert (await chloe.get(f"{other}?show=yes")).headers["Content-Disposition"].startswith("attachment;")
    assert len(others) == 2 and (await chloe.text(thread)).count('<img class="thumbnail"') == 1
    ben = await site.visitor("ben")
    for path in (thread, link, f"{link}?show=yes", f"{thread}/attachments/unknown"):
        assert (await ben.get(path)).status == 404
    assert (await send(ben, thread, ("a.txt", b"hello"), body="hello")).status == 404
    other = await begin(chloe, to)
    assert (await chloe.get(f"/messages/{other}/attachments/{link.rsplit('/', 1)[1]}")).status == 404


def files_kept(site: Site) -> int:
    return sum(path.is_file() for path in site.app[SETTINGS].files_folder.rglob("*"))


REFUSED: tuple[tuple[list[tuple[str, bytes]], str], ...] = (
    ([("photo.png", b"MZ\x90\x00" + bytes(99))], "photo.png: Only pictures"),
    ([("fake.png", SCRIPT.encode())], "fake.png: Its name says that it is a picture, but it holds text with markup"),
    ([("small.png", bomb(20_000, 20_000))], "million pixels"),
    ([("a.txt", b"fine"), ("b.pdf", pdf(b"<</S /Launch>>"))], "b.pdf: This PDF holds a program"),
    ([("big.txt", b"x" * (10 * 1024 * 1024 + 1))], "big.txt: This file is larger than 10 MB"),
    ([(f"{number}.txt", b"x") for number in range(6)], "At most 5 files"),
    ([("empty.txt", b"")], "This file is empty"),
)


async def test_what_is_refused_is_told_beside_the_field_and_the_message_stays(
    site: Site, owner: Connection, opened: None
) -> None:
    chloe = await site.visitor("chloe")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    for files, why in REFUSED:
        refused = await send(chloe, thread, *files, page=True, body="Typed with care")
        page = await refused.text()
        assert refused.status == 422 and why in html.unescape(page) and ">Typed with care</textarea>" in page
        assert 'id="error-files"' in page and "is-invalid" in page
        answer = await send(chloe, thread, *files, body="Typed with care")
        assert (answer.status, (await answer.json())["field"]) == (422, "files")
    assert await owner.fetchval("SELECT count(*) FROM message") == 1
    assert await owner.fetchval("SELECT count(*) FROM stored_file") == 0


async def test_a_key_stands_for_its_files_too_and_sends_them_once(site: Site, owner: Connection, opened: None) -> None:
    chloe = await site.visitor("chloe")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    sent = [await send(chloe, thread, ("a.txt", b"one"), body="Here", key="only-once") for _ in range(2)]
    assert [answer.status for answer in sent] == [200, 200]
    assert await sent[0].json() == await sent[1].json()
    other = await send(chloe, thread, ("a.txt", b"two"), body="Here", key="only-once")
    assert (other.status, (await other.json())["error"]) == (409, "key_reused")
    assert await owner.fetchval("SELECT count(*) FROM attachment") == 1
    assert await owner.fetchval("SELECT count(*) FROM message") == 2


async def test_t17_without_end_of_it_a_post_fills_neither_memory_nor_disk(
    site: Site, owner: Connection, opened: None
) -> None:
    chloe = await site.visitor("chloe")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nhello\r\n'
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        while sent < 2 << 30:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    headers = {
        "Origin": site.url,
        "Accept": "application/json",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        async with chloe.session.post(thread, data=endless(), headers=headers) as answer:
            assert answer.status == 422, await answer.text()
    except ClientError:
        pass  # cut off while it was still sending
    assert sent < 200 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120 * 1024  # both ends are in this process
    assert files_kept(site) == 0
    assert await owner.fetchval("SELECT count(*) FROM message") == 1
    assert (await send(chloe, thread, body="Still here")).status == 200


NO_FORMS = (
    b"no parts at all",
    b"--x\r\n\r\nno name\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n\xff\xfe\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\na\0b\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n' + b"y" * 70_000 + b"\r\n--x--\r\n",
    b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(50)) + b"--x--\r\n",
    b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="body"\r\nContent-Transfer-Encoding: nonsense\r\n\r\nhi\r\n--x--',
    b'--x\r\nContent-Disposition: form-data; name="body"\r\nContent-Encoding: gzip\r\n\r\nhi\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="body"\r\n',
)


async def test_a_form_that_is_none_is_refused(site: Site, owner: Connection, opened: None) -> None:
    chloe = await site.visitor("chloe")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    headers = {"Origin": site.url, "Accept": "application/json", "Content-Type": "multipart/form-data; boundary=x"}
    for body in NO_FORMS:
        answer = await chloe.session.post(thread, data=body, headers=headers)
        assert answer.status == 422, (body[:99], await answer.text())
    good = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nhi\r\n--x--\r\n'
    foreign = await chloe.session.post(thread, data=good, headers=headers | {"Origin": "https://elsewhere.example"})
    assert foreign.status == 403
    assert await owner.fetchval("SELECT count(*) FROM message") == 1


async def test_an_organizations_day_is_full_for_files_and_not_for_words(
    site: Site, owner: Connection, opened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "most_bytes_a_day", 5)
    chloe = await site.visitor("chloe")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    answers = await asyncio.gather(*(send(chloe, thread, ("a.txt", b"123"), body="hi") for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422]
    assert (await send(chloe, thread, body="hi")).status == 200
    await owner.execute("ALTER TABLE stored_file DISABLE TRIGGER USER")
    await owner.execute("UPDATE stored_file SET stored_at = stored_at - interval '25 hours'")
    assert (await send(chloe, thread, ("a.txt", b"123"), body="hi")).status == 200


async def test_the_unread_number_and_seen_follow_at_once_and_only_for_members(
    site: Site, owner: Connection, opened: None
) -> None:
    chloe, ana, ben = [await site.visitor(name) for name in ("chloe", "ana", "ben")]
    at_chloe, at_ana, at_ben = [await connect(who) for who in (chloe, ana, ben)]

    async def number(who: Visitor) -> int:
        return int((await (await who.get("/messages/unread")).json())["unread"])

    try:
        thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
        await eventually(lambda: at_ana.named("messages.changed"))
        assert [await number(who) for who in (chloe, ana, ben)] == [0, 1, 0]
        assert "Seen" not in await chloe.text(thread)
        (until,) = re.findall(r'data-read="(\w+)"', await ana.text(thread))
        at_chloe.heard.clear()
        assert (await ana.post(f"{thread}/read", until=until)).status == 200
        await eventually(lambda: at_chloe.named("dashboard.changed"))
        assert 'data-testid="seen">Seen ' in await chloe.text(thread)
        assert 'data-testid="seen"' not in await ana.text(thread)
        assert await number(ana) == 0
        assert at_ben.named("messages.changed") == at_ben.named("dashboard.changed") == []
    finally:
        for listener in (at_chloe, at_ana, at_ben):
            await listener.disconnect()


async def test_r009_r133_switched_off_it_is_gone_from_every_page(site: Site, owner: Connection, opened: None) -> None:
    chloe, ana, olivia = [await site.visitor(name) for name in ("chloe", "ana", "olivia")]
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    assert 'href="/messages"' in await olivia.text("/staff")
    assert "Write a message" in await chloe.text("/messages")
    await owner.execute("UPDATE organization SET portal_messages = false")
    for who in (chloe, ana):
        for path in (thread, "/messages/new"):
            answer = await who.get(path, headers={"Accept": "application/json"})
            assert (answer.status, (await answer.json())["error"]) == (403, "feature_off")
        answer = await send(who, thread, body="hello")
        assert (answer.status, (await answer.json())["error"]) == (403, "feature_off")
        page = await who.text("/messages")
        assert "Write a message" not in page and "Sleep" not in page
        assert "Nothing was found." in await who.text("/messages?q=sleep")
        assert (await (await who.get("/messages/unread")).json()) == {"unread": 0}
    assert 'href="/messages"' not in await olivia.text("/staff")
    await owner.execute("UPDATE organization SET portal_messages = true")
    assert "1 unread" in await ana.text("/messages") and "Sleep" in await chloe.text("/messages?q=badly")


async def test_a_closed_thread_says_why_and_gives_back_what_was_typed(
    site: Site, owner: Connection, opened: None
) -> None:
    chloe, ana = await site.visitor("chloe"), await site.visitor("ana")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    await owner.execute("DELETE FROM association")
    for who, why in (
        (chloe, "takes no messages from you here now"),
        (ana, "You are not connected with Chloe Adams now"),
    ):
        page = await who.text(thread)
        assert why in page and "<textarea" not in page and html.escape(BOLD) in page
        refused = await send(who, thread, ("a.txt", b"x"), page=True, body="Typed with care")
        shown = await refused.text()
        assert refused.status == 409 and why in shown and "Typed with care" in shown
    answer = await send(chloe, thread, body="hello")
    assert (answer.status, (await answer.json())["error"]) == (409, "cannot_write")
    assert await owner.fetchval("SELECT count(*) FROM message") == 1


async def test_r123_a_care_team_writes_and_its_client_meets_nothing_of_it(
    opened: None, site: Site, owner: Connection
) -> None:
    """`opened` comes before `site`, so that no news of it is left to be told."""
    chloe, ana, olivia = [await site.visitor(name) for name in ("chloe", "ana", "olivia")]
    at_chloe = await connect(chloe)
    client = await owner.fetchval(
        "SELECT client.public_id FROM client JOIN organization ON organization.id = organization_id "
        "WHERE first_name = 'Chloe' AND slug = 'harbor'"
    )
    try:
        assert f"/messages/team?client={client}" in await ana.text(f"/my-clients/{client}")
        assert f"/messages/new?to={client}" in await olivia.text(f"/clients/{client}")
        assert "Olivia Marsh" in await ana.text(f"/messages/team?client={client}")
        said = {"client": client, "subject": "Sleep", "body": "She sleeps badly"}
        unticked = await send(ana, "/messages/team", page=True, **said)
        shown = await unticked.text()
        assert unticked.status == 422 and "Choose at least one person" in shown and "She sleeps badly" in shown
        members = [await public_id(owner, "account", "olivia")]
        answer = await send(ana, "/messages/team", ("a.txt", b"x"), members=members, **said)
        assert answer.status == 200, await answer.text()
        thread = f"/messages/{(await answer.json())['thread']}"
        page = await olivia.text(thread)
        (link,) = re.findall(rf'href="({thread}/attachments/\w+)"', page)
        assert "She sleeps badly" in page and "Chloe Adams, who never sees this" in page
        for path in (thread, link, f"/messages/team?client={client}"):
            assert (await chloe.get(path)).status == 404
        for path in ("/messages", "/dashboard"):
            assert "sleeps" not in await chloe.text(path)
        assert "Nothing was found." in await chloe.text("/messages?q=sleeps")
        assert "1 message was found." in await olivia.text("/messages?q=sleeps")
        assert (await (await chloe.get("/messages/unread")).json()) == {"unread": 0}
        assert at_chloe.named("messages.changed") == at_chloe.named("dashboard.changed") == []
    finally:
        await at_chloe.disconnect()


async def test_files_without_end_are_limited_and_words_are_not(site: Site, owner: Connection, opened: None) -> None:
    chloe = await site.visitor("chloe")
    thread = f"/messages/{await begin(chloe, await public_id(owner, 'account', 'ana'))}"
    statuses = [(await send(chloe, thread, ("a.txt", b"x"), body="hi")).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert (await send(chloe, thread, body="hi")).status == 200
