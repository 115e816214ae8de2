"""A forgotten password: the mail, the link, and what it must not tell."""

import re
import statistics
import time
from typing import Any

import pytest

from records.database import Connection
from tests.support import PASSWORD, eventually
from tests.web.conftest import Site
from tests.web.live_client import connect

NEW = "a quiet harbour at dawn"
FORM = {"Sec-Fetch-Site": "same-origin"}


async def letter(owner: Connection, kind: str, recipient: str) -> str:
    """The newest letter of this kind, once it is sent."""

    async def sent() -> Any:
        return await owner.fetchval(
            "SELECT body_text FROM mail WHERE kind = $1 AND recipient = $2 AND sent_at IS NOT NULL ORDER BY id DESC",
            kind,
            recipient,
        )

    return str(await eventually(sent))


async def link(site: Site, owner: Connection, login: str = "chloe") -> str:
    """The path that the mail to Chloe leads to."""
    visitor = await site.visitor()
    assert (await visitor.post("/at/harbor/forgot", login=login)).status == 200
    return re.findall(r"(/at/harbor/reset/\S+)", await letter(owner, "reset", "chloe@harbor.example"))[0]


@pytest.mark.parametrize("login", ["chloe", " Chloe@Harbor.example"])
async def test_a_mailed_link_sets_a_new_password_once(site: Site, owner: Connection, login: str) -> None:
    path = await link(site, owner, login)
    visitor = await site.visitor()
    for _ in range(2):
        assert "Choose a new password" in await (await visitor.get(path)).text(), "looking uses nothing up"
    assert (await visitor.post(path, password=NEW)).status == 200
    assert (await visitor.post(path, password="another good one")).status == 404
    assert (await visitor.post("/at/harbor/sign-in", login="chloe", password=PASSWORD)).status == 401
    assert (await visitor.post("/at/harbor/sign-in", login="chloe", password=NEW)).status == 200


async def test_setting_it_signs_nobody_in_ends_every_sign_in_with_its_sockets_and_is_told_by_mail(
    site: Site, owner: Connection
) -> None:
    chloe = await site.visitor("chloe")
    socket = await connect(chloe)
    first, second = await link(site, owner), await link(site, owner)
    visitor = await site.visitor()
    await visitor.post(first, password=NEW)
    assert visitor.cookie() == ""
    assert (await chloe.get("/dashboard", allow_redirects=False)).status == 303
    await eventually(lambda: not socket.connected, 5)
    assert "Your password was changed" in await letter(owner, "account_notice", "chloe@harbor.example")
    assert (await visitor.post(second, password=NEW)).status == 404, "other links are void, too"


async def test_a_link_ends_after_an_hour_and_belongs_to_one_organization(site: Site, owner: Connection) -> None:
    path = await link(site, owner)
    visitor = await site.visitor()
    assert (await visitor.post(path.replace("harbor", "meadow"), password=NEW)).status == 404
    await owner.execute("UPDATE password_reset SET expires_at = now()")
    assert (await visitor.get(path)).status == 404
    assert (await visitor.post(path, password=NEW)).status == 404


async def test_an_account_that_was_closed_meanwhile_gets_no_new_password(site: Site, owner: Connection) -> None:
    path = await link(site, owner)
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    assert (await (await site.visitor()).post(path, password=NEW)).status == 404


@pytest.mark.parametrize(
    "weak", ["short", "chloe@harbor.example", "password123", "aaaaaaaaaaaa", "x" * 201, "Qwertyuiop"]
)
async def test_a_weak_password_is_refused_and_the_link_stays_good(site: Site, owner: Connection, weak: str) -> None:
    path = await link(site, owner)
    visitor = await site.visitor()
    told = await (await visitor.post(path, password=weak)).json()
    assert (told["error"], told["field"]) == ("invalid", "password")
    page = await visitor.post(path, headers=FORM, password=weak)
    assert page.status == 422
    assert 'aria-invalid="true"' in await page.text()
    assert (await visitor.post(path, password=NEW)).status == 200


async def test_an_unknown_account_looks_the_same_and_gets_no_mail(site: Site, owner: Connection) -> None:
    pages = []
    for login in ("chloe", "nobody"):
        answer = await (await site.visitor()).post("/at/harbor/forgot", headers={"Origin": site.url}, login=login)
        pages.append((answer.status, (await answer.text()).replace(login, "")))
    assert pages[0] == pages[1]
    await letter(owner, "reset", "chloe@harbor.example")
    assert await owner.fetchval("SELECT count(*) FROM mail") == 1
    assert await owner.fetchval("SELECT count(*) FROM password_reset") == 1


async def test_an_unknown_account_takes_the_same_time(site: Site, owner: Connection) -> None:
    visitor = await site.visitor()
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(10):
        await owner.execute("UPDATE account SET username = $1 WHERE username LIKE 'chloe%'", f"chloe{number}")
        for kind, login in (("known", f"chloe{number}"), ("unknown", f"nobody{number}")):
            began = time.perf_counter()
            await visitor.post("/at/harbor/forgot", login=login)
            took[kind].append(time.perf_counter() - began)
    medians = {kind: statistics.median(times) for kind, times in took.items()}
    assert abs(medians["known"] - medians["unknown"]) < 0.015


async def test_only_the_tokens_hash_is_kept_and_the_letters_secret_goes_once_it_is_sent(
    site: Site, owner: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await link(site, owner)
    token = path.rpartition("/")[2]
    visitor = await site.visitor()
    page = await visitor.get(path)
    await visitor.post(path, password=NEW)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert token not in "".join(capsys.readouterr())
    assert token not in str(await owner.fetch("SELECT * FROM password_reset"))

    async def emptied() -> bool:
        return token not in str(await owner.fetch("SELECT details FROM mail"))

    await eventually(emptied)


async def test_letters_are_limited_for_known_and_unknown_alike(site: Site) -> None:
    for login in ("chloe", "nobody"):
        visitor = await site.visitor()
        statuses = [(await visitor.post("/at/harbor/forgot", login=login)).status for _ in range(4)]
        assert statuses == [200, 200, 200, 429]


async def test_changing_it_while_signed_in_needs_the_old_one_and_signs_out_the_others(
    site: Site, owner: Connection
) -> None:
    here, there = await site.visitor("chloe"), await site.visitor("chloe")
    before = here.cookie()
    told = await (await here.post("/account/password", current="wrong", password=NEW)).json()
    assert told["field"] == "current"
    told = await (await here.post("/account/password", current=PASSWORD, password="chloe")).json()
    assert told["field"] == "password"
    assert (await here.post("/account/password", current=PASSWORD, password=NEW)).status == 200
    assert here.cookie() != before
    assert (await here.get("/dashboard", allow_redirects=False)).status == 200
    assert (await there.get("/dashboard", allow_redirects=False)).status == 303
    assert "Your password was changed" in await letter(owner, "account_notice", "chloe@harbor.example")


async def test_guessing_the_password_of_an_open_browser_is_limited(site: Site) -> None:
    chloe = await site.visitor("chloe")
    statuses = [(await chloe.post("/account/password", current="wrong", password=NEW)).status for _ in range(11)]
    assert statuses[-1] == 429
    assert (await chloe.post("/account/password", current=PASSWORD, password=NEW)).status == 429


async def test_signing_out_everywhere_else_leaves_this_browser(site: Site) -> None:
    here, there = await site.visitor("ana"), await site.visitor("ana")
    page = await (await here.get("/account/security")).text()
    assert page.count("· this browser") == 1 and "Sign out everywhere else" in page
    await here.post("/account/sign-ins/end")
    assert (await here.get("/dashboard", allow_redirects=False)).status == 200
    assert (await there.get("/dashboard", allow_redirects=False)).status == 303
    assert "Sign out everywhere else" not in await (await here.get("/account/security")).text()
