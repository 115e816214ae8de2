"""Personal API tokens: what they open, and everything that they do not."""

import re
from typing import Any

import pytest
from aiohttp.web import RouteDef

from people.tokens import SCOPES as KNOWN
from records.database import Connection
from tests.support import PASSWORD
from tests.web.conftest import Site, Visitor
from web.routes import ROUTES
from web.scopes import ANY, SCOPES

PRIVATE = ("/account/", "/at/{organization}/", "/sign-out", "/join", "/mailbox")


async def token(visitor: Visitor, *scopes: str, **fields: Any) -> str:
    answer = await visitor.session.post(
        "/account/tokens",
        json={"name": "a program", "scopes": list(scopes), "current": PASSWORD, **fields},
        headers={"Origin": visitor.site.url, "Accept": "application/json"},
    )
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["token"])


async def call(site: Site, method: str, path: str, bearer: str, **headers: str) -> Any:
    program = await site.visitor()
    given = {"Authorization": f"Bearer {bearer}", **headers}
    return await program.session.request(method, path, headers=given, allow_redirects=False)


def test_every_scope_of_the_table_is_known_and_every_route_of_it_exists() -> None:
    routes = {(route.method, route.path) for route in ROUTES if isinstance(route, RouteDef)}
    assert set(SCOPES) <= routes
    assert set(SCOPES.values()) <= KNOWN.keys() | {ANY}


def test_nothing_private_is_open_to_any_token() -> None:
    assert [path for _, path in SCOPES if path.startswith(PRIVATE)] == []


async def test_a_token_is_shown_once_can_be_recognised_and_only_its_hash_is_kept(site: Site, owner: Connection) -> None:
    sam = await site.visitor("sam")
    made = await token(sam, "board:read")
    assert re.fullmatch(r"anteroom_[\w-]{43}", made)
    for name, told in (("sam", True), ("chloe", False)):
        profile = await (await (await site.visitor(name)).get("/account/profile")).text()
        assert ("API tokens" in profile) is told
        assert ('<a class="nav-link " href="/account/sessions"' in profile) is not told
    page = await (await sam.get("/account/tokens")).text()
    assert "a program" in page and made not in page
    stored = str(await owner.fetch("SELECT *, token_hash::text FROM api_token"))
    assert made not in stored and made.encode().hex() not in stored


async def test_a_scope_opens_its_routes_and_no_other(site: Site) -> None:
    sam = await site.visitor("sam")
    reader = await token(sam, "board:read")
    assert (await call(site, "GET", "/board/rows", reader)).status == 200
    assert (await call(site, "HEAD", "/board/rows", reader)).status == 200
    refused = await call(site, "POST", "/requests/x/accept", reader)
    assert (refused.status, (await refused.json())["error"]) == (403, "out_of_scope")
    writer = await token(sam, "requests:write")
    assert (await call(site, "GET", "/board/rows", writer)).status == 403
    assert (await call(site, "POST", "/requests/x/accept", writer)).status == 404


async def test_a_token_of_every_scope_opens_no_route_that_is_for_browsers_only(site: Site) -> None:
    everything = await token(await site.visitor("olivia"), *KNOWN)
    for route in ROUTES:
        if isinstance(route, RouteDef) and (route.method, route.path) not in SCOPES:
            path = re.sub(r"\{(\w+)\}", "harbor", route.path)
            answer = await call(site, route.method, path, everything)
            assert (answer.status, (await answer.json())["error"]) == (403, "out_of_scope"), route.path


async def test_a_tokens_rights_never_exceed_the_accounts(site: Site) -> None:
    everything = await token(await site.visitor("chloe"), *KNOWN)
    assert (await call(site, "GET", "/board/rows", everything)).status == 404
    assert (await call(site, "GET", "/dashboard/live", everything)).status == 200


async def test_a_token_acts_without_an_origin_and_a_cookie_beside_it_counts_for_nothing(
    site: Site, owner: Connection
) -> None:
    chloe, sam = await site.visitor("chloe"), await site.visitor("sam")
    clinic, service = await owner.fetchrow(
        "SELECT clinic.public_id, service.public_id FROM clinic JOIN service ON clinic_id = clinic.id "
        "JOIN organization ON organization.id = clinic.organization_id "
        "WHERE slug = 'harbor' AND clinic.name = 'Family clinic' LIMIT 1"
    )
    made = await token(chloe, "requests:write")
    program = await site.visitor()
    answer = await program.session.post(
        "/requests",
        json={"clinic": clinic, "service": service},
        headers={"Authorization": f"Bearer {made}", "Origin": "https://elsewhere.example", "Cookie": sam.cookie()},
    )
    assert answer.status == 200, await answer.text()
    requester = await owner.fetchval("SELECT username FROM request JOIN account ON account.id = requester_id")
    assert requester == "chloe"


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE account SET state = 'inactive' WHERE username = 'sam'",
        "UPDATE api_token SET expires_at = now()",
        "UPDATE api_token SET revoked_at = now()",
    ],
    ids=["inactive", "expired", "revoked"],
)
async def test_a_token_ends_with_its_account_its_time_or_its_owners_word(
    site: Site, owner: Connection, ending: str
) -> None:
    made = await token(await site.visitor("sam"), "board:read")
    assert (await call(site, "GET", "/board/rows", made)).status == 200
    await owner.execute(ending)
    refused = await call(site, "GET", "/board/rows", made)
    assert (refused.status, (await refused.json())["error"]) == (401, "token_refused")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_a_role_that_is_lost_is_lost_to_the_token_too(site: Site, owner: Connection) -> None:
    made = await token(await site.visitor("sam"), "board:read")
    await owner.execute("DELETE FROM account_role WHERE role = 'scheduler'")
    assert (await call(site, "GET", "/board/rows", made)).status == 404


async def test_revoking_is_for_the_owner_alone(site: Site, owner: Connection) -> None:
    sam, sofia = await site.visitor("sam"), await site.visitor("sofia")
    made = await token(sam, "board:read")
    public_id = await owner.fetchval("SELECT public_id FROM api_token")
    assert (await sofia.post(f"/account/tokens/{public_id}/revoke")).status == 404
    assert (await call(site, "GET", "/board/rows", made)).status == 200
    assert (await sam.post(f"/account/tokens/{public_id}/revoke")).status == 200
    assert (await call(site, "GET", "/board/rows", made)).status == 401
    assert (await sam.post(f"/account/tokens/{public_id}/revoke")).status == 404


async def test_the_last_use_is_shown(site: Site) -> None:
    sam = await site.visitor("sam")
    made = await token(sam, "board:read")
    assert "never used" in await (await sam.get("/account/tokens")).text()
    await call(site, "GET", "/board/rows", made)
    assert "last used" in await (await sam.get("/account/tokens")).text()


async def test_guessing_tokens_is_limited_and_a_right_one_never_waits(site: Site) -> None:
    made = await token(await site.visitor("sam"), "board:read")
    statuses = [(await call(site, "GET", "/board/rows", f"anteroom_{number}")).status for number in range(61)]
    assert statuses == [401] * 60 + [429]
    assert (await call(site, "GET", "/board/rows", made)).status == 200


@pytest.mark.parametrize("where", ["header", "auth"])
async def test_a_token_opens_no_socket(site: Site, where: str) -> None:
    made = await token(await site.visitor("sam"), *KNOWN)
    program = await site.visitor()
    headers = {"Origin": site.url} | ({"Authorization": f"Bearer {made}"} if where == "header" else {})
    if where == "header":
        answer = await program.session.get("/socket.io/?EIO=4&transport=websocket", headers=headers)
        assert answer.status == 403
        return
    async with program.session.ws_connect("/socket.io/?EIO=4&transport=websocket", headers=headers) as socket:
        await socket.receive_str()
        await socket.send_str('40/board,{"token":"' + made + '"}')
        assert "signed out" in await socket.receive_str()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 366}, "days"),
        ({"days": 0}, "days"),
    ],
)
async def test_a_wrong_token_form_is_told_beside_its_field_and_stores_nothing(
    site: Site, owner: Connection, fields: dict[str, Any], field: str
) -> None:
    sam = await site.visitor("sam")
    given = {"name": "wall", "scopes": ["board:read"], "days": 30, "current": PASSWORD, **fields}
    answer = await sam.session.post(
        "/account/tokens", json=given, headers={"Origin": site.url, "Accept": "application/json"}
    )
    assert (answer.status, (await answer.json())["field"]) == (422, field)
    page = await sam.session.post("/account/tokens", json=given, headers={"Origin": site.url})
    assert page.status == 422
    assert 'role="alert"' in await page.text()
    assert await owner.fetchval("SELECT count(*) FROM api_token") == 0
