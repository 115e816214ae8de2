"""Forms over HTTP, as their client meets them: saved as they go, by script and without, on two devices."""

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from people.access import Actor
from records.database import Connection, Database
from tests.portal.intake_people import file_of, published, send
from tests.support import actor, eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect

SEVERAL = (
    {"kind": "section", "label": "About <b>you</b>"},
    {"kind": "paragraph", "label": "Read <script>alert(1)</script> this."},
    {"kind": "short_text", "label": "Your name", "required": True, "hint": "As on your card."},
    {"kind": "long_text", "label": "Story"},
    {"kind": "choice", "label": "Colour", "choices": ["Red", "Blue"]},
    {"kind": "choices", "label": "Days", "choices": ["Monday", "Friday"]},
    {"kind": "date", "label": "Since", "required": True},
    {"kind": "scale", "label": "How much", "least": 0, "most": 3},
    {"kind": "consent", "label": "I agree."},
    {"kind": "signature", "label": "Signature"},
)
BOLD = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def olivia(database: Database) -> Actor:
    return await actor(database, "olivia")


@pytest.fixture
async def intake(database: Database, olivia: Actor) -> AsyncIterator[str]:
    """What Chloe has before her."""
    chloe = await actor(database, "chloe")
    async with database.transaction(olivia) as connection:
        form = await published(connection, olivia, "First visit", SEVERAL)
        (sent,) = await send(connection, olivia, chloe, form)
    yield sent


async def keys(owner: Connection, intake: str) -> dict[str, str]:
    """Label of a question -> the name of its input."""
    content = await owner.fetchval(
        "SELECT content FROM intake JOIN intake_form_version AS version ON version.id = version_id "
        "WHERE intake.public_id = $1",
        intake,
    )
    return {field["label"]: f"answer-{field['key']}" for field in content["fields"]}


async def save(visitor: Visitor, intake: str, **fields: Any) -> Any:
    return await visitor.post(f"/forms/{intake}", **fields)


async def test_r140_a_client_fills_in_saves_and_goes_on_with_and_without_scripts(
    site: Site, owner: Connection, intake: str
) -> None:
    chloe = await site.visitor("chloe")
    name = await keys(owner, intake)
    for path in ("/dashboard", "/forms"):
        assert f'href="/forms/{intake}"' in await chloe.text(path)
    page = await chloe.text(f"/forms/{intake}")
    assert "<script>alert" not in page and "Read &lt;script&gt;" in page and "About &lt;b&gt;you" in page
    assert "0 of 3 required answers" in page

    typed = {"revision": "0", name["Your name"]: BOLD, name["Days"]: ["Friday"], name["How much"]: "0"}
    answer = await save(chloe, intake, **typed)
    assert await answer.json() == {"intake": intake, "revision": 1, "answered": 1, "of": 3, "then": ""}
    page = await chloe.text(f"/forms/{intake}")
    assert BOLD not in page and f'value="{BOLD.replace("<", "&lt;").replace(">", "&gt;")}"' in page
    assert re.search(r'value="Friday"\s+checked', page) and re.search(r'value="0" checked', page)

    fields = [("revision", "1"), ("then", "review"), (name["Your name"], "Chloe"), (name["Days"], "Monday")]
    led = await chloe.submit(f"/forms/{intake}", [*fields, (name["Days"], "Friday")])
    assert led.url.path_qs == f"/forms/{intake}?check=1"
    page = await led.text()
    assert page.count("Please answer this.") == 1 and "Please tick this to go on." in page
    assert f'<a href="#{name["Since"]}">Since</a>' in page and 'aria-invalid="true"' in page

    done = [("revision", "2"), ("then", "review"), (name["Your name"], "Chloe"), (name["Since"], "2020-03-05")]
    led = await chloe.submit(f"/forms/{intake}", [*done, (name["I agree."], "on"), (name["Days"], "Friday")])
    assert led.url.path == f"/forms/{intake}/review"
    page = await led.text()
    for said in ("Chloe", "5 March 2020", "Agreed", "Friday", "Not answered"):
        assert said in page
    assert "Monday" not in page
    assert (await chloe.submit(f"/forms/{intake}", [*done[:1], ("then", "later")])).status == 409
    led = await chloe.submit(f"/forms/{intake}", [("revision", "3"), ("then", "later"), *done[2:]])
    assert led.url.path == "/forms" and "Saved. Go on whenever you like" in await led.text()


async def test_r140_a_second_device_shows_both_answers_and_then_the_person_decides(
    site: Site, owner: Connection, intake: str
) -> None:
    phone, desk = await site.visitor("chloe"), await site.visitor("chloe")
    name = (await keys(owner, intake))["Your name"]
    assert (await save(phone, intake, revision="0", **{name: "Phone"})).status == 200
    refused = await save(desk, intake, revision="0", **{name: "Desk"})
    assert (refused.status, (await refused.json())["error"]) == (409, "saved_elsewhere")
    shown = await desk.submit(f"/forms/{intake}", {"revision": "0", name: "Desk"})
    page = await shown.text()
    assert shown.status == 409 and 'name="revision" value="1"' in page
    assert 'value="Desk"' in page and "<span>Phone</span>" in page
    assert (await desk.submit(f"/forms/{intake}", {"revision": "1", name: "Desk"})).status == 200
    stands = await owner.fetchval("SELECT answers FROM intake WHERE public_id = $1", intake)
    assert list(stands.values()) == ["Desk"]


async def test_what_no_browser_would_send_is_refused_beside_its_question_with_the_rest_kept(
    site: Site, owner: Connection, intake: str
) -> None:
    chloe = await site.visitor("chloe")
    name = await keys(owner, intake)
    shown = await chloe.submit(
        f"/forms/{intake}", {"revision": "0", name["Your name"]: "x" * 201, name["Story"]: "kept"}
    )
    page = await shown.text()
    assert shown.status == 422 and "Please keep this under 200 characters." in page and ">kept</textarea>" in page
    for wrong in ({"answer-unknown": "x"}, {name["Signature"]: "x"}, {name["How much"]: "9"}, {"revision": "x"}):
        answer = await save(chloe, intake, **{"revision": "0", **wrong})
        assert answer.status == 422, wrong
    assert await owner.fetchval("SELECT state::text FROM intake WHERE public_id = $1", intake) == "sent"


async def test_a_form_is_nobody_elses_and_gone_when_withdrawn_or_switched_off(
    site: Site, owner: Connection, intake: str
) -> None:
    chloe = await site.visitor("chloe")
    for username in ("david", "ana", "olivia", "sam"):
        other = await site.visitor(username)
        for path in (f"/forms/{intake}", f"/forms/{intake}/review"):
            await other.text(path, 404)
        assert (await other.post(f"/forms/{intake}", revision="0")).status == 404
    await owner.execute("UPDATE organization SET portal_forms = false WHERE slug = 'harbor'")
    assert 'href="/forms"' not in await chloe.text("/dashboard")
    for path in ("/forms", f"/forms/{intake}"):
        assert "data-feature-off" in await chloe.text(path, 403)
    for came_from, back in (
        (f"{site.url}/dashboard?x=1", True),
        (f"{site.url}//words.example/", False),
        ("https://words.example/dashboard?x=1", False),
        ("http://[", False),
    ):
        page = await (await chloe.get("/forms", headers={"Referer": came_from})).text()
        assert ('href="/dashboard?x=1">Back</a>' in page, ">Back</a>" in page) == (back, back)
    await owner.execute("UPDATE organization SET portal_forms = true WHERE slug = 'harbor'")
    await owner.execute("UPDATE intake SET state = 'withdrawn', ended_at = now() WHERE public_id = $1", intake)
    await chloe.text(f"/forms/{intake}", 404)
    assert intake not in await chloe.text("/forms")


async def test_r008_a_form_that_came_back_is_a_task_of_its_sender_and_of_the_practitioners_until_they_look(
    site: Site, owner: Connection, database: Database, intake: str
) -> None:
    chloe, olivia, ana, mia, david = [await site.visitor(name) for name in ("chloe", "olivia", "ana", "mia", "david")]
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, ana.account_id, (SELECT min(id) FROM department "
        "WHERE department.organization_id = client.organization_id) FROM intake JOIN client ON client.id = client_id "
        "CROSS JOIN (SELECT $2::bigint AS account_id) AS ana WHERE intake.public_id = $1 ON CONFLICT DO NOTHING",
        intake,
        (await actor(database, "ana")).account_id,
    )
    assert "came back" not in await olivia.text("/dashboard") + await ana.text("/dashboard")
    sockets = [await connect(visitor) for visitor in (olivia, ana)]
    path = await signed(chloe, owner, intake)
    assert 'data-testid="next-form"' not in await chloe.text("/forms?done=signed")
    for socket in sockets:
        await eventually(partial(socket.named, "dashboard.changed"))
        await socket.disconnect()
    for visitor in (olivia, ana):
        assert f'href="{path}"' in await visitor.text("/dashboard/live")
    for visitor in (mia, david, chloe):
        assert "came back" not in await visitor.text("/dashboard")

    letters = "SELECT recipient, subject, body_text FROM mail WHERE kind = 'form_returned' AND sent_at IS NOT NULL"

    async def sent() -> Any:
        found = await owner.fetch(letters)
        return len(found) == 2 and found

    told = await eventually(sent)
    assert {row["recipient"] for row in told} == {"olivia@harbor.example", "ana@harbor.example"}
    for row in told:
        assert row["subject"] == "A client has sent something back" and path in row["body_text"]
        assert "First visit" not in row["body_text"] and "Chloe" not in row["body_text"]
    await ana.text(path)
    assert "came back" not in await ana.text("/dashboard") and "came back" in await olivia.text("/dashboard")
    await owner.execute("UPDATE organization SET portal_forms = false WHERE slug = 'harbor'")
    assert "came back" not in await olivia.text("/dashboard")


async def test_after_signing_the_next_form_that_waits_is_offered(
    site: Site, owner: Connection, database: Database, intake: str, olivia: Actor
) -> None:
    chloe, who = await site.visitor("chloe"), await actor(database, "chloe")
    async with database.transaction(olivia) as connection:
        (later,) = await send(connection, olivia, who, await published(connection, olivia, "Second visit"))
    await signed(chloe, owner, intake)
    led = await chloe.text("/forms?done=signed")
    assert f'Next: <a href="/forms/{later}" data-testid="next-form">Second visit</a>.' in led


async def signed(chloe: Visitor, owner: Connection, intake: str) -> str:
    """Fill in and sign; return where the staff reads the answers."""
    name = await keys(owner, intake)
    given = {name["Your name"]: "Chloe", name["Since"]: "2020-03-05", name["I agree."]: "on"}
    assert (await save(chloe, intake, revision="0", **given)).status == 200
    field = f"name-{name['Signature'].removeprefix('answer-')}"
    given = {"revision": "1", "agree": "true", field: "Chloe Adams"}
    done = await save(chloe, f"{intake}/sign", **given)
    assert done.status == 200, await done.text()
    client = await owner.fetchval(
        "SELECT client.public_id FROM intake JOIN client ON client.id = client_id WHERE intake.public_id = $1", intake
    )
    return f"/clients/{client}/forms/{intake}"


async def test_r145_an_open_dashboard_shows_a_form_that_is_sent(
    site: Site, database: Database, owner: Connection, olivia: Actor
) -> None:
    chloe = await site.visitor("chloe")
    socket = await connect(chloe)
    assert "Forms to fill in" not in await chloe.text("/dashboard/live")
    who = await actor(database, "chloe")
    async with database.transaction(olivia) as connection:
        await send(connection, olivia, who, await published(connection, olivia))
        assert await file_of(connection, who)
    await eventually(lambda: "dashboard.changed" in [name for name, _ in socket.heard])
    assert "Forms to fill in" in await chloe.text("/dashboard/live")
