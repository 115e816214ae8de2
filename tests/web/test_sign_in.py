"""Signing in and out, and what a page of another site cannot do."""

import asyncio
import re

import pytest
import structlog

from records.database import Connection
from records.database import connect as open_connection
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.support import PASSWORD, eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from web.keys import PASSWORDS


@pytest.mark.parametrize("login", ["chloe", "CHLOE", "chloe@harbor.example", " Chloe@Harbor.example "])
async def test_a07_user_name_and_email_both_sign_in(site: Site, login: str) -> None:
    visitor = await site.visitor()
    answer = await visitor.post("/at/harbor/sign-in", login=login, password=PASSWORD)
    assert answer.status == 200
    assert (await visitor.get("/dashboard")).status == 200


async def test_r081_hosts_and_clients_land_on_their_dashboard_and_schedulers_on_the_board(site: Site) -> None:
    for username, path in (("ana", "/dashboard"), ("chloe", "/dashboard"), ("sam", "/board")):
        visitor = await site.visitor(username)
        assert (await visitor.get("/")).url.path == path


async def test_unknown_account_unknown_clinic_and_wrong_password_answer_alike(site: Site) -> None:
    visitor = await site.visitor()
    answers = []
    for path, login in (("/at/harbor", "chloe"), ("/at/harbor", "nobody"), ("/at/nowhere", "chloe")):
        answer = await visitor.post(f"{path}/sign-in", login=login, password="wrong")
        answers.append((answer.status, await answer.text()))
    assert len(set(answers)) == 1
    assert answers[0][0] == 401


async def test_r031_an_inactive_client_cannot_sign_in_and_is_told_so(site: Site, owner: Connection) -> None:
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    visitor = await site.visitor()
    told = await (await visitor.post("/at/harbor/sign-in", login="chloe", password=PASSWORD)).json()
    assert told["error"] == "account_inactive"
    guessed = await (await visitor.post("/at/harbor/sign-in", login="chloe", password="wrong")).json()
    assert guessed["error"] == "sign_in_refused"


async def test_a_wrong_password_keeps_the_user_name_and_shows_the_error_by_the_form(site: Site) -> None:
    visitor = await site.visitor()
    answer = await visitor.post("/at/harbor/sign-in", headers={"Origin": site.url}, login="chloe", password="x")
    page = await answer.text()
    assert answer.status == 401
    assert 'value="chloe"' in page
    assert "The user name or the password is not right." in page


async def test_each_sign_in_has_a_new_token_and_only_its_hash_is_stored(site: Site, owner: Connection) -> None:
    first, second = await site.visitor("chloe"), await site.visitor("chloe")
    assert first.cookie() != second.cookie()
    token = first.cookie().partition("=")[2]
    stored = await owner.fetchval("SELECT string_agg(token_hash::text, ' ') FROM sign_in")
    assert token not in stored
    assert token.encode().hex() not in stored


async def test_signing_out_ends_the_cookie_everywhere(site: Site) -> None:
    visitor = await site.visitor("chloe")
    stolen = visitor.cookie()
    assert (await visitor.post("/sign-out")).status == 303
    thief = await site.visitor()
    answer = await thief.get("/dashboard", headers={"Cookie": stolen}, allow_redirects=False)
    assert answer.status == 303


@pytest.mark.parametrize(
    "age",
    ["UPDATE sign_in SET seen_at = now() - interval '61 minutes'", "UPDATE sign_in SET expires_at = now()"],
)
async def test_a_sign_in_ends_when_idle_or_old(site: Site, owner: Connection, age: str) -> None:
    visitor = await site.visitor("chloe")
    await owner.execute(age)
    assert (await visitor.get("/dashboard", allow_redirects=False)).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "X-Forwarded-Host": "evil.example"},
        {},
    ],
)
async def test_a_post_from_another_site_changes_nothing(site: Site, owner: Connection, headers: dict[str, str]) -> None:
    visitor = await site.visitor("chloe")
    clinic, service = await owner.fetchrow(
        "SELECT clinic.public_id, service.public_id FROM clinic JOIN service ON clinic_id = clinic.id "
        "JOIN organization ON organization.id = clinic.organization_id WHERE slug = 'harbor' LIMIT 1"
    )
    answer = await visitor.post("/requests", headers=headers, clinic=clinic, service=service)
    assert answer.status == 403
    assert await owner.fetchval("SELECT count(*) FROM request") == 0


async def test_a_sign_in_never_leads_to_another_site(site: Site) -> None:
    for then in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/x\nSet-Cookie: a=b",
    ):
        visitor = await site.visitor()
        answer = await visitor.post(
            "/at/harbor/sign-in", headers={"Origin": site.url}, login="chloe", password=PASSWORD, then=then
        )
        assert answer.headers["Location"] == "/dashboard"


async def test_every_page_forbids_framing_and_foreign_scripts_and_only_a_visit_may_use_the_camera(
    site: Site,
) -> None:
    visitor = await site.visitor("chloe")
    for path in ("/dashboard", "/", "/nowhere", "/static/style.css"):
        answer = await visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "camera=()" in answer.headers["Permissions-Policy"]
    visit = await visitor.get("/sessions/unknown")
    assert "camera=(self)" in visit.headers["Permissions-Policy"]


async def test_pages_hold_no_inline_script_and_no_inline_style(site: Site) -> None:
    for username in ("chloe", "ana", "sam"):
        page = await (await (await site.visitor(username)).get("/")).text()
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        assert re.findall(r"\s(?:style|on\w+)=", page) == []


async def test_signing_out_closes_the_sockets(site: Site) -> None:
    visitor = await site.visitor("sam")
    client = await connect(visitor)
    await visitor.post("/sign-out")
    await eventually(lambda: not client.connected, 5)


async def test_a_flood_of_sign_ins_keeps_nobody_else_waiting(site: Site) -> None:
    chloe, stranger = await site.visitor("chloe"), await site.visitor()
    flood = [
        asyncio.create_task(stranger.post("/at/harbor/sign-in", login=f"guess{number}", password="guess"))
        for number in range(24)
    ]
    await eventually(lambda: site.app[PASSWORDS].waiting >= 10)
    assert (await chloe.get("/dashboard")).status == 200
    assert not all(task.done() for task in flood), "the page was served while passwords were still being checked"
    assert {(await task).status for task in flood} == {401}


async def test_whoever_must_sign_in_first_comes_back_to_where_they_wanted_to_go(site: Site) -> None:
    visitor = await site.visitor()
    answer = await visitor.get("/dashboard", allow_redirects=False)
    assert answer.headers["Location"] == "/?then=/dashboard"
    page = await (await visitor.get("/?then=/sessions/abc")).text()
    assert "/at/harbor/sign-in?then=/sessions/abc" in page


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE account SET state = 'inactive' WHERE username = 'sam'",
        "DELETE FROM sign_in",
        "UPDATE sign_in SET expires_at = now()",
        "UPDATE sign_in SET seen_at = now() - interval '2 hours'",
    ],
    ids=["inactive", "signed out", "too old", "idle"],
)
async def test_an_open_socket_ends_with_its_sign_in(site: Site, owner: Connection, ending: str) -> None:
    client = await connect(await site.visitor("sam"))
    await owner.execute(ending)
    await eventually(lambda: not client.connected, 5)


async def test_watching_a_board_keeps_its_sign_in_from_going_idle(site: Site, owner: Connection) -> None:
    client = await connect(await site.visitor("sam"))
    await owner.execute("UPDATE sign_in SET seen_at = now() - interval '59 minutes'")

    async def touched() -> bool:
        return bool(await owner.fetchval("SELECT bool_and(seen_at > now() - interval '1 minute') FROM sign_in"))

    await eventually(touched, 5)
    assert client.connected


async def test_odd_cookies_of_others_do_not_sign_a_socket_out(site: Site) -> None:
    sam = await site.visitor("sam")
    headers = {"Cookie": 'x={"a":1}; ' + sam.cookie(), "Origin": site.url}
    visitor = await site.visitor()
    async with visitor.session.ws_connect("/socket.io/?EIO=4&transport=websocket", headers=headers) as socket:
        assert (await socket.receive_str()).startswith("0{")
        await socket.send_str("40/board,")
        assert (await socket.receive_str()).startswith('40/board,{"sid":')


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_database_that_is_away_is_told_as_such_and_not_as_our_fault(
    site: Site, postgres: EmbeddedServer, place: Place, signed_in: bool
) -> None:
    visitor = await site.visitor("chloe" if signed_in else None)
    name = place.owner.split("@/")[1].split("?")[0]
    connection = await open_connection(postgres.url())
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    answer = await visitor.get("/at/harbor", headers={"Accept": "application/json"})
    assert answer.status == 503
    assert (await answer.json())["error"] == "unavailable"
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "OURS"}, 303),
        ({"Origin": "OURS/"}, 403),
        ({"Origin": "OURS.evil.example"}, 403),
        ({"Origin": "OURS, http://evil.example"}, 403),
        ({"Referer": "OURS/dashboard"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
    ],
)
async def test_a_post_counts_only_with_our_own_origin_or_same_origin_fetch_metadata(
    site: Site, headers: dict[str, str], status: int
) -> None:
    visitor = await site.visitor("chloe")
    given = {name: value.replace("OURS", site.url) for name, value in headers.items()}
    assert (await visitor.post("/sign-out", headers=given)).status == status
    signed_in = (await visitor.get("/dashboard", allow_redirects=False)).status == 200
    assert signed_in is (status == 403)


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "OURS/", "OURS:1", "HTTP://127.0.0.1"])
async def test_a_socket_needs_exactly_our_origin(site: Site, origin: str | None) -> None:
    visitor = await site.visitor("sam")
    headers = {} if origin is None else {"Origin": origin.replace("OURS", site.url)}
    headers["X-Forwarded-Host"] = "evil.example"
    answer = await visitor.session.get("/socket.io/?EIO=4&transport=websocket", headers=headers)
    assert answer.status == 403


async def test_an_account_that_loses_its_role_loses_its_board_at_once(site: Site, owner: Connection) -> None:
    sam = await site.visitor("sam")
    client = await connect(sam)
    await owner.execute(
        "DELETE FROM account_role WHERE role = 'scheduler' AND account_id = (SELECT id FROM account "
        "WHERE username = 'sam' AND organization_id = (SELECT id FROM organization WHERE slug = 'harbor'))"
    )
    await eventually(lambda: not client.connected, 5)
    assert (await sam.get("/board")).status == 404


async def test_whoever_is_signed_out_meanwhile_is_told_and_comes_back_to_the_page(
    site: Site, owner: Connection
) -> None:
    ana = await site.visitor("ana")
    await owner.execute("DELETE FROM sign_in")
    page = await ana.get("/dashboard?day=2")
    assert page.url.path == "/at/harbor/sign-in"
    assert dict(page.url.query) == {"then": "/dashboard?day=2", "ended": "1"}
    text = await page.text()
    assert "Your sign-in has ended" in text
    assert 'name="then" value="/dashboard?day=2"' in text


async def test_a_form_that_was_sent_signed_out_leads_back_to_its_page_and_a_script_is_told(
    site: Site, owner: Connection
) -> None:
    ana = await site.visitor("ana")
    await owner.execute("DELETE FROM sign_in")
    form = {"Origin": site.url, "Referer": f"{site.url}/sessions/abc"}
    assert (await ana.post("/sessions/abc/knock", headers=form)).headers["Location"] == "/?then=/sessions/abc&ended=1"
    foreign = {"Origin": site.url, "Referer": "http://evil.example/x"}
    location = (await ana.post("/sessions/abc/knock", headers=foreign)).headers["Location"]
    assert location == "/?then=/dashboard&ended=1"
    told = await ana.post("/sessions/abc/knock")
    assert (told.status, (await told.json())["error"]) == (401, "signed_out")


async def test_with_several_organizations_people_are_led_back_to_their_own(site: Site, owner: Connection) -> None:
    ana = await site.visitor("ana", organization="meadow")
    await owner.execute("DELETE FROM sign_in")
    page = await ana.get("/dashboard")
    assert page.url.path == "/at/meadow/sign-in"
    stranger = await site.visitor()
    assert (await stranger.get("/dashboard")).url.path == "/"


async def test_signing_in_again_in_the_same_browser_ends_the_older_sign_in(site: Site) -> None:
    visitor = await site.visitor("chloe")
    older = visitor.cookie()
    await visitor.post("/at/harbor/sign-in", login="ana", password=PASSWORD)
    thief = await site.visitor()
    answer = await thief.get("/dashboard", headers={"Cookie": older}, allow_redirects=False)
    assert answer.status == 303


async def test_a_token_that_somebody_planted_is_never_taken_over(site: Site) -> None:
    visitor = await site.visitor()
    planted = {"Cookie": "anteroom=planted", "Origin": site.url, "Accept": "application/json"}
    answer = await visitor.post("/at/harbor/sign-in", headers=planted, login="chloe", password=PASSWORD)
    assert answer.cookies["anteroom"].value != "planted"
    thief = await site.visitor()
    assert (await thief.get("/dashboard", headers={"Cookie": "anteroom=planted"}, allow_redirects=False)).status == 303


@pytest.mark.parametrize(
    ("username", "start", "sees"),
    [
        ("olivia", "/dashboard", "Organization"),
        ("dora", "/dashboard", "Organization"),
        ("carl", "/dashboard", "Organization"),
        ("ana", "/dashboard", "Dashboard"),
        ("sam", "/board", "Scheduling"),
        ("chloe", "/dashboard", "Dashboard"),
    ],
)
async def test_r018_r081_every_role_lands_on_its_own_dashboard(
    site: Site, username: str, start: str, sees: str
) -> None:
    visitor = await site.visitor()
    form = {"Origin": site.url}
    answer = await visitor.post("/at/harbor/sign-in", headers=form, login=username, password=PASSWORD)
    assert answer.status == 303
    page = await visitor.get(answer.headers["Location"])
    assert (page.status, page.url.path) == (200, start)
    assert sees in await page.text()


async def test_r081_somebody_with_several_roles_lands_on_the_dashboard_and_finds_the_board(
    site: Site, owner: Connection
) -> None:
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role) "
        "SELECT organization_id, id, 'scheduler' FROM account WHERE username = 'ana'"
    )
    page = await (await site.visitor("ana")).get("/")
    assert page.url.path == "/dashboard"
    assert 'href="/board"' in await page.text()


async def test_a_browser_that_leaves_while_it_sends_is_no_failure_of_ours(site: Site) -> None:
    port = int(site.url.rsplit(":", 1)[1])
    with structlog.testing.capture_logs() as logged:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /at/harbor/sign-in HTTP/1.1\r\nHost: x\r\nOrigin: {site.url}\r\nContent-Length: 90\r\n"
        writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin=ch".encode())
        await writer.drain()
        await asyncio.sleep(0.2)  # the head is taken, the rest is waited for
        writer.close()
        await eventually(lambda: [line for line in logged if line["event"] in ("request", "request.failed")])
    assert "request.failed" not in {line["event"] for line in logged}
