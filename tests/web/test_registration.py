"""Registering over HTTP, and what the three kinds of clients may then do (R-030 to R-032)."""

import re
from pathlib import Path
from typing import Any

import pytest

from people.registering import Said
from records.database import Connection
from tests.dispatch.factories import booked_session
from tests.people.registrants import PASSWORD, RITA, department
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from web.keys import DATABASE
from web.pages.registration import TYPED


async def mailed(owner: Connection, kind: str, email: str) -> str:
    """The text of the newest letter of this kind to that address, once it is sent (demo mode keeps it)."""
    query = "SELECT body_text FROM mail WHERE kind = $1 AND recipient = $2 ORDER BY id DESC LIMIT 1"
    return str(await eventually(lambda: owner.fetchval(query, kind, email), 20, f"no {kind} was mailed"))


async def form_post(visitor: Visitor, path: str, **fields: Any) -> Any:
    """As a page's form does it."""
    return await visitor.post(path, {"Origin": visitor.site.url}, **fields)


async def registered(site: Site, owner: Connection, **changed: Any) -> Visitor:
    """Somebody who registered, followed the mail's link and confirmed."""
    visitor, fields = await site.visitor(), RITA | changed
    sent = await form_post(visitor, "/at/harbor/register", **fields)
    assert sent.status == 303, await sent.text()
    text = await mailed(owner, "confirm_registration", fields["email"])
    path = re.search(r"/at/harbor/confirm/[\w-]+", text)[0]  # type: ignore[index]
    early = await form_post(visitor, "/at/harbor/sign-in", login=fields["email"], password=fields["password"])
    assert f'href="{sent.headers["Location"]}">Nothing came?</a>' in await early.text()
    looked = await visitor.get(path)
    assert looked.status == 200 and ">Confirm</button>" in await looked.text()
    done = await form_post(visitor, path, password=fields["password"])
    assert (done.status, done.headers["Location"]) == (303, "/dashboard")
    return visitor


async def test_r020_r021_r022_r041_r204_register_confirm_and_wait(site: Site, owner: Connection) -> None:
    stranger = await site.visitor()
    for page in ("/at/harbor", "/at/harbor/sign-in"):
        text = await (await stranger.get(page)).text()
        assert '<a class="btn" href="/at/harbor/register">Sign Up</a>' in text or (
            '<a href="/at/harbor/register">Sign Up</a>' in text
        )
        assert "If your clinic has seen you before" in text
    form = await (await stranger.get("/at/harbor/register?email=x%40example.org")).text()
    assert 'value="x@example.org"' in form and "I am not sure" in form and "use its invitation instead:" in form
    visitor = await registered(site, owner)
    assert (await visitor.session.get("/at/harbor/register", allow_redirects=False)).status == 303
    page = await (await visitor.get("/dashboard")).text()
    assert "Your account waits for approval" in page and "finds the right department" in page
    told = await mailed(owner, "new_client", "olivia@harbor.example")
    assert "needs approval" in told and "Rita" not in told and "sleep" not in told
    assert "/at/harbor/sign-in?then=/account/notifications" in told, "where one switches it off oneself (R-024)"
    again = await site.visitor()
    assert (await again.post("/at/harbor/sign-in", login="rita", password=PASSWORD)).status == 200
    await owner.execute("UPDATE account SET state = 'active' WHERE username = 'rita'")
    assert "waits for approval" not in await (await visitor.get("/dashboard/live")).text()


async def test_a06_the_page_answers_alike_whether_or_not_the_address_is_known(site: Site, owner: Connection) -> None:
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'david'")
    await owner.execute("UPDATE account SET state = 'unverified', password_hash = NULL WHERE username = 'ben'")
    told: list[Any] = []
    emails = ("nobody@example.org", "chloe@harbor.example", "david@harbor.example", "ben@harbor.example")
    for email in emails:
        visitor = await site.visitor()
        answer = await form_post(visitor, "/at/harbor/register", **RITA | {"email": email})
        way = answer.headers["Location"]
        shown = await (await visitor.get(way)).text()
        resent = await form_post(visitor, f"{way}/resend")
        refused = await visitor.post("/at/harbor/sign-in", login=email, password=PASSWORD)
        plain = [re.sub(r"[0-9a-f]{32}", "", text).replace(email, "") for text in (way, shown)]
        told.append((answer.status, *plain, resent.status, refused.status, (await refused.json())["error"]))
    assert all(each == told[0] for each in told)
    assert told[0][-1] == "unconfirmed"
    assert "You have an account there already" in await mailed(owner, "known_registration", "chloe@harbor.example")
    assert "not active" in await mailed(owner, "known_registration", "david@harbor.example")
    assert "/setup/" in await mailed(owner, "setup", "ben@harbor.example")


async def test_what_was_typed_stays_when_it_is_refused_but_the_password(site: Site) -> None:
    visitor = await site.visitor()
    for field, typed in (("email", "rita@"), ("username", "a b"), ("password", "short-one"), ("date_of_birth", "soon")):
        answer = await form_post(visitor, "/at/harbor/register", **RITA | {field: typed})
        page = await answer.text()
        assert answer.status == 422 and f'id="{field}-error"' in page
        assert "I sleep badly." in page and 'value="unsure" selected' in page and 'value="Roe"' in page
        assert PASSWORD not in page and "short-one" not in page
    taken = await form_post(visitor, "/at/harbor/register", **RITA | {"username": "Chloe"})
    assert taken.status == 422 and "has this user name already" in await taken.text()


async def test_a_scanner_that_opens_the_link_confirms_nothing_and_a_used_link_says_so(
    site: Site, owner: Connection
) -> None:
    visitor = await site.visitor()
    await visitor.post("/at/harbor/register", **RITA)
    path = re.search(r"/at/harbor/confirm/[\w-]+", await mailed(owner, "confirm_registration", RITA["email"]))[0]  # type: ignore[index]
    for _ in range(3):
        looked = await visitor.get(path)
        assert looked.status == 200 and looked.headers["Referrer-Policy"] == "no-referrer"
    assert await owner.fetchval("SELECT count(*) FROM account WHERE email = $1", RITA["email"]) == 0
    wrong = await form_post(visitor, path, password="something else")
    assert wrong.status == 422 and 'id="password-error"' in await wrong.text()
    await owner.execute("UPDATE registration SET sent_at = now() - interval '25 hours'")
    old = await visitor.get(path)
    resend = re.search(r'action="(/at/harbor/register/\w+/resend)"', await old.text())
    assert old.status == 404 and resend
    assert (await form_post(visitor, resend[1])).status == 303
    text = await eventually(lambda: newer(owner, path), 20)
    newest = re.search(r"/at/harbor/confirm/[\w-]+", text)[0]  # type: ignore[index]
    assert (await visitor.post(newest, password=PASSWORD)).status == 200
    back = await (await site.visitor()).get(resend[1].removesuffix("/resend"), allow_redirects=False)
    assert (back.status, back.headers["Location"]) == (303, "/at/harbor/sign-in")
    used = await visitor.get(newest)
    assert used.status == 404 and "was used already" in await used.text()


async def newer(owner: Connection, path: str) -> str | None:
    text = await mailed(owner, "confirm_registration", RITA["email"])
    return None if path in text else text


async def test_a01_where_practitioners_approve_the_form_offers_them_and_the_account_opens_by_itself(
    site: Site, owner: Connection
) -> None:
    visitor = await site.visitor()
    assert "Ana Duarte" not in await (await visitor.get("/at/harbor/register")).text()
    await owner.execute("UPDATE organization SET registration = 'by_practitioner'")
    form = await (await visitor.get("/at/harbor/register")).text()
    chosen = re.search(r'<option value="(\w+)"[^>]*>Ana Duarte', form)
    assert chosen is not None
    assert (await visitor.post("/at/harbor/register", **RITA, practitioner=chosen[1])).status == 200
    text = await mailed(owner, "confirm_registration", RITA["email"])
    link = re.search(r"/at/harbor/confirm/[\w-]+", text)
    assert link is not None and (await visitor.post(link[0], password=PASSWORD)).status == 200
    state = "SELECT state::text FROM account WHERE email = $1"
    await eventually(lambda: is_value(owner, state, "active"), 20)
    asked = "SELECT account.name FROM connection_request JOIN account ON account.id = practitioner_id"
    assert await owner.fetchval(asked) == "Ana Duarte"


async def is_value(owner: Connection, query: str, expected: str) -> bool:
    return bool(await owner.fetchval(query, RITA["email"]) == expected)


async def test_a06_by_invitation_only_there_is_no_sign_up(site: Site, owner: Connection) -> None:
    await owner.execute("UPDATE organization SET registration = 'invite_only'")
    visitor = await site.visitor()
    for page in ("/at/harbor", "/at/harbor/sign-in"):
        assert "Sign Up" not in await (await visitor.get(page)).text()
    form = await visitor.get("/at/harbor/register")
    assert form.status == 403 and "by invitation only" in await form.text()
    refused = await visitor.post("/at/harbor/register", **RITA)
    assert (refused.status, (await refused.json())["error"]) == (403, "registration_closed")
    assert await owner.fetchval("SELECT count(*) FROM registration") == 0


async def test_registrations_are_limited_for_each_address_known_or_not(site: Site) -> None:
    visitor = await site.visitor()
    for email in ("nobody@example.org", "chloe@harbor.example"):
        answers = [await visitor.post("/at/harbor/register", **RITA | {"email": email}) for _ in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        way = (await answers[0].json())["then"]
        assert (await visitor.post(f"{way}/resend")).status == 429, "the mail once more counts alike"


async def test_r031_an_inactive_client_is_out_at_once_and_told_why_after_the_right_password_alone(
    site: Site, owner: Connection
) -> None:
    chloe = await site.visitor("chloe")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    assert (await chloe.get("/dashboard", allow_redirects=False)).status == 303
    assert (await chloe.get("/account/sessions", allow_redirects=False)).status == 303
    right = await chloe.post("/at/harbor/sign-in", login="chloe", password="anteroom-demo")
    wrong = await chloe.post("/at/harbor/sign-in", login="chloe", password="something else")
    assert [(await answer.json())["error"] for answer in (right, wrong)] == ["account_inactive", "sign_in_refused"]
    typed = {"login": "chloe", "password": "anteroom-demo"}
    shown = await chloe.session.post("/at/harbor/sign-in", data=typed, headers={"Origin": site.url})
    page = await shown.text()
    assert "is not active" in page and "aria-invalid" not in page, "the password was right"


async def test_r044_r172_the_sessions_mail_leads_whoever_has_no_account_to_the_form_filled_in(
    site: Site, owner: Connection
) -> None:
    await owner.execute("UPDATE account SET password_hash = NULL WHERE username = 'chloe'")
    await booked_session(site.app[DATABASE], "chloe", "ana")
    await booked_session(site.app[DATABASE], "david", "ben")
    text = await mailed(owner, "invitation", "chloe@harbor.example")
    path = re.search(r"/at/harbor/register\?email=\S+", text)
    assert path
    assert 'value="chloe@harbor.example"' in await (await (await site.visitor()).get(path[0])).text()
    assert "/register" not in await mailed(owner, "invitation", "david@harbor.example")


async def test_r025_staff_see_on_their_dashboard_how_many_wait_for_them(site: Site, owner: Connection) -> None:
    family = await department(owner)
    for username, chosen in (("rita", family), ("robin", "unsure")):
        await registered(site, owner, username=username, email=f"{username}@example.org", department=chosen)
    for who, shown in (
        ("olivia", "<strong>2</strong> client accounts wait"),
        ("dora", "<strong>1</strong> client account waits"),
    ):
        assert shown in await (await (await site.visitor(who)).get("/dashboard")).text()
    assert "for approval" not in await (await (await site.visitor("ana")).get("/dashboard")).text()


def test_r065_what_old_browsers_run_is_written_as_they_understand_it() -> None:
    script = Path("web/static/old_browser.js").read_text()
    assert not re.search(r"=>|`|\b(const|let|class|import|async)\b", script.partition("\n")[2])


@pytest.mark.parametrize("page", ["/at/harbor/sign-in", "/at/harbor/register", "/join"])
async def test_r065_help_for_old_browsers_is_linked_and_can_be_read_by_all(site: Site, page: str) -> None:
    visitor = await site.visitor()
    text = await (await visitor.get(page)).text()
    assert 'href="/help/browsers">Browsers</a>' in text
    assert '<script nomodule src="/static/old_browser.js">' in text and 'id="old-browser"' in text
    assert "Internet Explorer" in await (await visitor.get("/help/browsers")).text()


def test_r039_every_field_of_a_registration_is_on_the_form() -> None:
    assert set(TYPED) == {*Said.__dataclass_fields__, "username"}
