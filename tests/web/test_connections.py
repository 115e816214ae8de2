"""Asking, deciding and writing over HTTP: both faces, the pages, what is pushed, and who sees none of it."""

import html
import re
from typing import Any

import pytest

from records.database import Connection
from tests.support import eventually, file_of
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from tests.web.organization import public_id

TASK = "connection requires action"
BOLD = "<img src=x onerror=alert(1)>"


async def ask(client: Visitor, practitioner: str, message: str = BOLD) -> dict[str, Any]:
    answer = await client.post(f"/practitioners/{practitioner}/ask", message=message)
    assert answer.status == 200, await answer.text()
    return dict(await answer.json())


async def decide(visitor: Visitor, marks: dict[str, Any]) -> Any:
    return await visitor.post("/my-clients/actions", **marks)


async def test_r054_to_r064_a_client_asks_and_the_practitioner_decides_by_one_update(
    site: Site, owner: Connection
) -> None:
    chloe, david, ana = [await site.visitor(name) for name in ("chloe", "david", "ana")]
    practitioner = await public_id(owner, "account", "ana")
    await find(chloe, practitioner)
    assert TASK not in await ana.text("/dashboard")
    asked, second = await ask(chloe, practitioner), await ask(david, practitioner, "")
    await ask_once_more(chloe, practitioner)
    await read_requests(ana)
    await accept_and_decline(ana, asked, second)
    assert "Chloe Adams" in await ana.text("/my-clients?q=adams")
    assert "David Mori" not in await ana.text("/my-clients")
    assert "Connected" in await chloe.text("/dashboard") and "Not accepted" in await david.text("/dashboard")
    answer = await david.post(f"/connection-requests/{second['request']}/withdraw")
    assert (answer.status, (await answer.json())["error"]) == (409, "connection_decided")
    assert (await ana.get(f"/my-clients/{await file_of(owner, 'david')}")).status == 404
    stood = await decide(ana, {f"decision-{second['request']}": "accept"})
    assert (await stood.json())["results"] == [
        {"request": second["request"], "state": "declined", "changed": False, "reasoned": False}
    ]


async def test_r054_whoever_withdraws_a_request_is_told_so_and_may_ask_again(site: Site, owner: Connection) -> None:
    chloe, practitioner = await site.visitor("chloe"), await public_id(owner, "account", "ana")
    asked = await ask(chloe, practitioner)
    shown = await (await chloe.submit(f"/connection-requests/{asked['request']}/withdraw")).text()
    assert "Your request is withdrawn" in shown and "Find a practitioner" in shown
    assert "Your request waits" not in shown
    assert (await ask(chloe, practitioner))["thread"] == asked["thread"]


async def test_a_list_that_ends_early_says_so(site: Site, owner: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    chloe, ana = await site.visitor("chloe"), await site.visitor("ana")
    practitioner = await public_id(owner, "account", "ana")
    assert (await decide(ana, {f"decision-{(await ask(chloe, practitioner))['request']}": "accept"})).status == 200
    cut = "These are the first 1. Search to see others."
    assert cut not in await chloe.text("/practitioners") + await ana.text("/my-clients")
    for module in ("practitioners", "own_clients"):
        monkeypatch.setattr(f"portal.{module}.most_listed", 1)
    assert cut in await chloe.text("/practitioners") and cut in await ana.text("/my-clients")


async def find(client: Visitor, practitioner: str) -> None:
    assert "Ana Duarte" in await client.text("/practitioners?q=fam+ana")
    assert "Nobody was found" in await client.text("/practitioners?q=nobody")
    assert "Ask to connect" in await client.text(f"/practitioners/{practitioner}")


async def ask_once_more(client: Visitor, practitioner: str) -> None:
    again = await client.submit(f"/practitioners/{practitioner}/ask", message="once more")
    assert again.status == 409
    shown = await again.text()
    assert "You have asked this practitioner already" in shown and "Your request waits" in shown


async def read_requests(ana: Visitor) -> None:
    """Two tasks; the requests, one without a message; and what the first one said of themselves."""
    dashboard = await ana.text("/dashboard")
    assert dashboard.count(f">{TASK}</a>") == 2 and "Pending Tasks" in dashboard
    page = await ana.text("/my-clients/actions")
    assert BOLD not in page and html.escape(BOLD) in page
    assert "No message was sent with this request." in page
    assert "if-accepted" not in page  # one department: nothing to choose
    file = re.findall(r'href="/my-clients/(\w{32})"', page)[0]
    profile = await ana.text(f"/my-clients/{file}")
    assert "Asks to be connected with you" in profile and "1 January 1990" in profile and BOLD not in profile


async def accept_and_decline(ana: Visitor, asked: dict[str, Any], second: dict[str, Any]) -> None:
    """By one Update, without a reason for the second; a reason that comes with an acceptance is sent to nobody."""
    nothing = await ana.submit("/my-clients/actions", **{f"decision-{asked['request']}": ""})
    assert nothing.status == 422 and "Mark at least one request" in await nothing.text()
    told = await ana.submit(
        "/my-clients/actions",
        **{f"decision-{asked['request']}": "accept", f"decision-{second['request']}": "decline"},
        **{f"reason-{second['request']}": "", f"reason-{asked['request']}": "not sent"},
    )
    outcome = re.sub(r"\s+", " ", await told.text())
    assert "<strong>Chloe Adams</strong>: accepted. You may meet from now on." in outcome
    assert "<strong>David Mori</strong>: rejected without a reason." in outcome
    assert "Please tell the client why</a>" in outcome
    assert "No connection requests wait for you." in outcome
    for message in ("not sent", TASK):
        assert message not in await ana.text(f"/messages/{asked['thread']}")


async def test_a28_the_department_is_asked_for_and_all_marks_stay(site: Site, owner: Connection) -> None:
    await owner.execute(
        "INSERT INTO account_role SELECT account.organization_id, account.id, 'practitioner', department.id "
        "FROM account JOIN department USING (organization_id) WHERE department.name = 'Mental health' AND "
        "username = 'ana'"
    )
    chloe, david, ana = [await site.visitor(name) for name in ("chloe", "david", "ana")]
    practitioner = await public_id(owner, "account", "ana")
    asked, second = await ask(chloe, practitioner), await ask(david, practitioner)
    marks = {
        f"decision-{asked['request']}": "accept",
        f"decision-{second['request']}": "decline",
        f"reason-{second['request']}": "Too far away.",
    }
    refused = await ana.submit("/my-clients/actions", **marks, **{f"department-{asked['request']}": ""})
    shown = await refused.text()
    assert refused.status == 422 and "Choose the department for this connection." in shown
    assert "Too far away." in shown and shown.count("checked") == 2
    assert "dashboard.js" not in shown  # nothing fetched afresh may take the error and the marks away
    assert await owner.fetchval("SELECT count(*) FROM connection_request WHERE state = 'pending'") == 2
    marks[f"department-{asked['request']}"] = await public_id(owner, "department", "Mental health")
    done = await ana.submit("/my-clients/actions", **marks)
    assert "The client can read your reason." in await done.text()
    assert "Too far away." in await david.text(f"/messages/{second['thread']}")
    assert "Mental health" in await ana.text("/my-clients")


async def test_r062_messages_are_answered_read_and_pushed_to_their_members_alone(site: Site, owner: Connection) -> None:
    chloe, ana, ben = [await site.visitor(name) for name in ("chloe", "ana", "ben")]
    at_chloe, at_ana, at_ben = [await connect(who) for who in (chloe, ana, ben)]
    try:
        asked = await ask(chloe, await public_id(owner, "account", "ana"), "Hello there")
        thread = f"/messages/{asked['thread']}"
        await eventually(lambda: at_ana.named("dashboard.changed") and at_chloe.named("dashboard.changed"))
        assert "1 unread" in await ana.text("/messages") and "unread" not in await chloe.text("/messages?part")
        page = await ana.text(thread)
        assert "Hello there" in page and TASK in page and "is-new" in page
        until = re.findall(r'data-read="(\w+)"', page)[0]
        assert (await ana.post(f"{thread}/read", until=until)).status == 200
        assert "data-read" not in await ana.text(f"{thread}?part")
        before = len(at_chloe.named("dashboard.changed"))
        assert (await ana.submit(thread, body="Tell me more.")).status == 200
        await eventually(lambda: len(at_chloe.named("dashboard.changed")) > before)
        assert "Tell me more." in await chloe.text(thread)
        told = (await chloe.text("/dashboard")).split('id="messages-heading"')[1].split("</section>")[0]
        assert "1 unread message" in told
        assert await owner.fetchval("SELECT state FROM connection_request") == "pending"
        empty = await ana.submit(thread, body="  ")
        assert empty.status == 422 and "Please write something." in await empty.text()
        assert (await ben.get(thread)).status == 404
        for path in (thread, f"{thread}/read"):
            assert (await ben.post(path, body="x", until=until)).status == 404
        assert at_ben.named("dashboard.changed") == []
        assert (await chloe.post(f"/connection-requests/{asked['request']}/withdraw")).status == 200
        assert TASK not in await ana.text("/dashboard")
    finally:
        for listener in (at_chloe, at_ana, at_ben):
            await listener.disconnect()


async def test_r205_mails_say_that_there_is_something_and_not_what(site: Site, owner: Connection) -> None:
    chloe, ana = await site.visitor("chloe"), await site.visitor("ana")
    asked = await ask(chloe, await public_id(owner, "account", "ana"), "A secret")
    await decide(ana, {f"decision-{asked['request']}": "accept"})
    letters = {}

    async def sent() -> bool:
        rows = await owner.fetch("SELECT * FROM mail WHERE sent_at IS NOT NULL")
        letters.update({row["kind"]: row for row in rows})
        return {"message", "connection"} <= letters.keys()

    await eventually(sent)
    for kind, recipient, path in (
        ("message", "ana@harbor.example", f"/messages/{asked['thread']}"),
        ("connection", "chloe@harbor.example", "/dashboard"),
    ):
        letter = letters[kind]
        assert letter["recipient"] == recipient and path in letter["body_text"] and path in letter["body_html"]
        for secret in ("secret", "Chloe", "accept"):
            assert secret not in letter["subject"] + letter["body_text"] + letter["body_html"], (kind, secret)


async def test_a01_a_pending_client_reads_messages_and_is_told_why_not_more(site: Site, owner: Connection) -> None:
    chloe, practitioner = await site.visitor("chloe"), await public_id(owner, "account", "ana")
    asked = await ask(chloe, practitioner)
    await owner.execute("UPDATE account SET state = 'pending' WHERE username = 'chloe'")
    for path in ("/practitioners", f"/practitioners/{practitioner}"):
        page = await chloe.text(path, 403)
        assert "waits for approval" in page and "<h1>Not open yet</h1>" in page
    answer = await chloe.post(f"/practitioners/{practitioner}/ask", message="")
    assert (answer.status, (await answer.json())["error"]) == (403, "awaiting_approval")
    dashboard = await chloe.text("/dashboard")
    assert "Find a practitioner" not in dashboard and "Your practitioners" not in dashboard
    assert (await chloe.get(f"/messages/{asked['thread']}")).status == 200


async def test_r063_a_client_reads_that_a_connected_practitioner_is_not_there_any_more(
    site: Site, owner: Connection
) -> None:
    chloe, ana = await site.visitor("chloe"), await site.visitor("ana")
    asked = await ask(chloe, await public_id(owner, "account", "ana"))
    answer = await decide(ana, {f"decision-{asked['request']}": "accept"})
    assert answer.status == 200, await answer.text()
    assert "You may meet in video visits." in await chloe.text("/dashboard")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'ana'")
    dashboard = await chloe.text("/dashboard")
    assert "Sees no clients just now." in dashboard and "You may meet in video visits." not in dashboard


async def test_r012_to_everybody_else_my_clients_and_practitioners_do_not_exist(site: Site, owner: Connection) -> None:
    chloe, file = await site.visitor("chloe"), await file_of(owner, "chloe")
    practitioner = await public_id(owner, "account", "ana")
    asked = await ask(chloe, practitioner)
    decision = {f"decision-{asked['request']}": "accept"}
    for username, organization in (("olivia", "harbor"), ("sam", "harbor"), ("ben", "harbor"), ("ana", "meadow")):
        who = await site.visitor(username, organization)
        paths = [f"/my-clients/{file}", f"/practitioners/{practitioner}", f"/messages/{asked['thread']}"]
        if username in ("olivia", "sam"):
            paths += ["/my-clients", "/my-clients/actions", "/practitioners"]
        for path in paths:
            assert (await who.get(path)).status == 404, (username, path)
        assert (await decide(who, decision)).status == 404
        assert (await who.post(f"/connection-requests/{asked['request']}/withdraw")).status == 404
        assert TASK not in await who.text("/dashboard")
    assert await owner.fetchval("SELECT state FROM connection_request") == "pending"


async def test_asking_and_writing_without_end_is_limited(site: Site, owner: Connection) -> None:
    chloe = await site.visitor("chloe")
    asked = await ask(chloe, await public_id(owner, "account", "ana"))
    for path, fields, most in (
        ("/practitioners/unknown/ask", {"message": ""}, 19),  # one is spent
        (f"/messages/{asked['thread']}", {"body": "again"}, 30),
    ):
        statuses = [(await chloe.submit(path, **fields)).status for _ in range(most + 1)]
        assert 429 not in statuses[:most] and statuses[most] == 429, path
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind = 'message'") == 1
