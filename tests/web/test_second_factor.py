"""A second step for staff: authenticator codes and recovery codes."""

import asyncio
import re
import time
from typing import Any

import pyotp
import pytest

from people import second_factor
from records.database import Connection
from tests.support import PASSWORD, actor, eventually
from tests.web.conftest import Site, Visitor
from tests.web.test_passwords import letter
from web.keys import DATABASE


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.HOTP(secret).at(int(time.time()) // 30 + steps)


async def enrolled(site: Site, username: str = "ana") -> tuple[str, list[str]]:
    """Turn it on for this person; the secret and the recovery codes. Later codes must be of a later step."""
    visitor = await site.visitor(username)
    page = await (await visitor.get("/account/second-factor")).text()
    secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0]
    answer = await visitor.post("/account/second-factor", secret=secret, code=code_of(secret, -1), current=PASSWORD)
    assert answer.status == 200, await answer.text()
    return secret, (await answer.json())["recovery_codes"]


async def half(site: Site, username: str = "ana") -> Visitor:
    """Somebody whose password was right."""
    visitor = await site.visitor()
    told = await (await visitor.post("/at/harbor/sign-in", login=username, password=PASSWORD)).json()
    assert told["second_step"] is True
    return visitor


async def is_in(visitor: Visitor) -> bool:
    return (await visitor.get("/dashboard", allow_redirects=False)).status == 200


async def enter(visitor: Visitor, code: str) -> Any:
    return await visitor.post("/at/harbor/sign-in/code", code=code)


async def test_the_password_alone_signs_nobody_in_and_the_code_does(site: Site, owner: Connection) -> None:
    secret, _ = await enrolled(site)
    visitor = await half(site)
    assert not await is_in(visitor)
    assert "anteroom=" not in visitor.cookie()
    assert (await enter(visitor, "000000")).status == 401
    assert not await is_in(visitor)
    assert (await enter(visitor, code_of(secret))).status == 200
    assert await is_in(visitor)
    assert "A second step was added" in await letter(owner, "account_notice", "ana@harbor.example")


async def test_the_steps_cookie_is_good_once_and_signs_in_nothing_by_itself(site: Site) -> None:
    secret, codes = await enrolled(site)
    visitor = await half(site)
    step = visitor.cookie()
    await enter(visitor, code_of(secret))
    thief = await site.visitor()
    token = re.findall("anteroom-step=([^;]+)", step)[0]
    headers = {"Cookie": f"anteroom-step={token}; anteroom={token}", "Origin": site.url, "Accept": "application/json"}
    assert (await thief.post("/at/harbor/sign-in/code", headers=headers, code=codes[0])).status == 401
    assert (await thief.get("/dashboard", headers=headers, allow_redirects=False)).status == 401


async def test_a_code_counts_once_even_for_two_at_the_same_moment(site: Site) -> None:
    secret, _ = await enrolled(site)
    pair = [await half(site), await half(site)]
    code = code_of(secret)
    statuses = sorted([answer.status for answer in await asyncio.gather(*(enter(each, code) for each in pair))])
    assert statuses == [200, 401]
    third = await half(site)
    assert (await enter(third, code)).status == 401


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_differ_by_one_step(site: Site, steps: int, good: bool) -> None:
    database = site.app[DATABASE]
    ana = await actor(database, "ana")
    secret = second_factor.new_secret()
    async with database.system() as connection:
        await second_factor.turn_on(connection, ana, secret, code_of(secret))
        await connection.execute("UPDATE account SET totp_step = NULL WHERE id = $1", ana.account_id)
    visitor = await half(site)
    if time.time() % 30 > 28:
        await asyncio.sleep(2.5)  # the code is made and checked in one step
    assert ((await enter(visitor, code_of(secret, steps))).status == 200) is good


async def test_a_recovery_code_signs_in_once_and_its_use_is_mailed(site: Site, owner: Connection) -> None:
    _, codes = await enrolled(site)
    assert len(set(codes)) == 10
    visitor = await half(site)
    assert (await enter(visitor, codes[0].upper().replace("-", " "))).status == 200
    assert (await enter(await half(site), codes[0])).status == 401
    stored = str(await owner.fetch("SELECT * FROM recovery_code"))
    assert codes[1] not in stored

    async def told() -> bool:
        return "You have 9 left" in await letter(owner, "account_notice", "ana@harbor.example")

    await eventually(told)


async def test_codes_are_limited_and_a_right_one_waits_too(site: Site) -> None:
    secret, _ = await enrolled(site)
    visitor = await half(site)
    assert [(await enter(visitor, f"00000{number}")).status for number in range(6)] == [401] * 5 + [429]
    assert (await enter(await half(site), code_of(secret))).status == 429


async def test_the_second_step_ends_after_ten_minutes(site: Site, owner: Connection) -> None:
    secret, _ = await enrolled(site)
    visitor = await half(site)
    await owner.execute("UPDATE second_step SET created_at = now() - interval '11 minutes'")
    assert (await enter(visitor, code_of(secret))).status == 401
    page = await visitor.post("/at/harbor/sign-in/code", headers={"Origin": site.url}, code=code_of(secret))
    assert "begin again" in (await page.text()).lower()


async def test_a_new_password_ends_a_half_sign_in(site: Site) -> None:
    secret, _ = await enrolled(site)
    visitor = await half(site)
    ana = await half(site)
    await enter(ana, code_of(secret))
    assert (await ana.post("/account/password", current=PASSWORD, password="a quiet harbour at dawn")).status == 200
    assert (await enter(visitor, code_of(secret, 1))).status == 401


async def test_turning_it_on_needs_the_password_and_a_right_code(site: Site, owner: Connection) -> None:
    ana = await site.visitor("ana")
    secret = second_factor.new_secret()
    wrongs: tuple[dict[str, Any], ...] = (
        {"secret": secret, "code": "000000", "current": PASSWORD},
        {"secret": secret, "code": code_of(secret), "current": "wrong"},
        {"secret": "A" * 24, "code": code_of("A" * 24), "current": PASSWORD},
        {"secret": "1" * 32, "code": "000000", "current": PASSWORD},
    )
    for wrong in wrongs:
        assert (await ana.post("/account/second-factor", **wrong)).status == 422
    assert await owner.fetchval("SELECT count(*) FROM account WHERE totp_secret IS NOT NULL") == 0


async def test_removing_it_needs_the_password_and_forgets_the_recovery_codes(site: Site, owner: Connection) -> None:
    secret, codes = await enrolled(site)
    ana = await half(site)
    await enter(ana, code_of(secret))
    assert (await ana.post("/account/second-factor/remove", current="wrong")).status == 422
    fresh = (await (await ana.post("/account/recovery-codes", current=PASSWORD)).json())["recovery_codes"]
    assert not set(fresh) & set(codes)
    assert (await ana.post("/account/second-factor/remove", current=PASSWORD)).status == 200
    assert await owner.fetchval("SELECT count(*) FROM recovery_code") == 0
    again = await site.visitor("ana")
    assert await is_in(again)


async def test_clients_have_it_too_and_who_has_no_password_is_led_to_one(site: Site, owner: Connection) -> None:
    secret, _ = await enrolled(site, "chloe")
    chloe = await half(site, "chloe")
    assert (await enter(chloe, code_of(secret))).status == 200
    await owner.execute("UPDATE account SET password_hash = NULL WHERE username = 'chloe'")
    assert (await chloe.get("/account/second-factor")).status == 404
    page = await (await chloe.get("/account/security")).text()
    assert "/at/harbor/forgot" in page and "Second step" not in page


async def test_the_page_comes_back_to_where_the_person_wanted_to_go(site: Site) -> None:
    secret, _ = await enrolled(site)
    visitor = await site.visitor()
    form = {"Origin": site.url}
    answer = await visitor.post(
        "/at/harbor/sign-in", headers=form, login="ana", password=PASSWORD, then="/sessions/abc?x=1"
    )
    assert answer.headers["Location"] == "/at/harbor/sign-in/code?then=/sessions/abc%3Fx%3D1"
    page = await (await visitor.get(answer.headers["Location"])).text()
    then = re.findall('name="then" value="([^"]+)"', page)[0]
    answer = await visitor.post("/at/harbor/sign-in/code", headers=form, code=code_of(secret), then=then)
    assert (answer.status, answer.headers["Location"]) == (303, "/sessions/abc?x=1")
