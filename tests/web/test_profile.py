"""One's own profile: name, zone, address, mails and signed-in browsers; for staff and clients alike."""

import re
from typing import Any

from records.database import Connection
from tests.support import PASSWORD, eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from tests.web.test_passwords import letter

NEW = "a quiet harbour at dawn"


HARBOR = "organization_id = (SELECT id FROM organization WHERE slug = 'harbor')"


async def account(owner: Connection, username: str) -> tuple[Any, ...]:
    row = await owner.fetchrow(f"SELECT name, time_zone, email FROM account WHERE username = $1 AND {HARBOR}", username)
    return tuple(row)


async def test_everybody_sets_their_zone_and_staff_their_name_while_a_file_keeps_a_clients(
    site: Site, owner: Connection
) -> None:
    ana, chloe = await site.visitor("ana"), await site.visitor("chloe")
    answer = await ana.post("/account/profile", name="  Ana   Duarte Lima ", time_zone="Asia/Tokyo")
    assert answer.status == 200, await answer.text()
    assert (await account(owner, "ana"))[:2] == ("Ana Duarte Lima", "Asia/Tokyo")
    assert 'data-time-zone="Asia/Tokyo"' in await (await ana.get("/dashboard")).text()
    known = (await account(owner, "chloe"))[0]
    assert (await chloe.post("/account/profile", name="Somebody Else", time_zone="Europe/Paris")).status == 200
    assert (await account(owner, "chloe"))[:2] == (known, "Europe/Paris")
    assert 'name="name"' not in await (await chloe.get("/account/profile")).text()
    form = {"Origin": site.url}
    answer = await ana.post("/account/profile", headers=form, name="Ana", time_zone="Moon/Base")
    assert answer.status == 422
    assert "Choose one like Europe/Lisbon" in await answer.text()
    assert (await ana.post("/account/profile", name=" ", time_zone="")).status == 422
    assert (await ana.post("/account/profile", time_zone="")).status == 200
    assert (await account(owner, "ana"))[:2] == ("Ana Duarte Lima", None)
    assert "data-time-zone" not in await (await ana.get("/dashboard")).text()


async def test_r042_a_new_address_counts_when_its_mail_is_opened_and_the_old_one_is_told(
    site: Site, owner: Connection
) -> None:
    chloe, stranger = await site.visitor("chloe"), await site.visitor()
    old, new = "chloe@harbor.example", "chloe.new@example.org"
    wrongs: tuple[dict[str, Any], ...] = (
        {"email": new, "current": "wrong"},
        {"email": "no address", "current": PASSWORD},
        {"email": old},
    )
    for wrong in wrongs:
        assert (await chloe.post("/account/email", **wrong)).status == 422
    assert (await chloe.post("/account/email", email="first@example.org", current=PASSWORD)).status == 200
    first = re.findall(r"(/at/harbor/email/\S+)", await letter(owner, "email_change", "first@example.org"))[0]
    assert (await chloe.post("/account/email", email=" Chloe.New@example.org", current=PASSWORD)).status == 200
    path = re.findall(r"(/at/harbor/email/\S+)", await letter(owner, "email_change", new))[0]
    told = "SELECT count(*) FROM mail WHERE kind = 'account_notice' AND recipient = $1 AND body_text LIKE $2"
    await eventually(lambda: owner.fetchval(told, old, f"%change your address to {new}.%"))
    for _ in range(2):
        assert "Use this address" in await (await stranger.get(path)).text(), "looking changes nothing"
    assert (await stranger.get(path)).headers["Referrer-Policy"] == "no-referrer"
    assert (await account(owner, "chloe"))[2] == old
    for void in (first, path.replace("harbor", "meadow")):
        assert (await stranger.post(void)).status == 404
    await stranger.post("/at/harbor/forgot", login="chloe")
    assert (await stranger.post(path)).status == 200
    assert (await stranger.post(path)).status == 404
    assert (await account(owner, "chloe"))[2] == new
    assert await owner.fetchval(f"SELECT email FROM client WHERE email LIKE 'chloe%' AND {HARBOR}") == new
    assert await owner.fetchval("SELECT count(*) FROM password_reset WHERE used_at IS NULL") == 0
    assert "was changed" in await letter(owner, "account_notice", new)
    assert (await stranger.post("/at/harbor/sign-in", login=new, password=PASSWORD)).status == 200


async def test_a_taken_address_answers_alike_and_a_new_password_ends_a_change_under_way(
    site: Site, owner: Connection
) -> None:
    chloe = await site.visitor("chloe")
    answers = [
        await (await chloe.post("/account/email", email=email, current=PASSWORD)).text()
        for email in ("free@example.org", "david@harbor.example", "late@example.org")
    ]
    assert len(set(answers)) == 1
    assert "belongs to an account already" in await letter(owner, "email_taken", "david@harbor.example")
    path = re.findall(r"(/at/harbor/email/\S+)", await letter(owner, "email_change", "late@example.org"))[0]
    await owner.execute(f"UPDATE account SET email = 'late@example.org' WHERE username = 'david' AND {HARBOR}")
    late = await chloe.post(path)
    assert (late.status, (await late.json())["error"]) == (409, "address_taken")
    assert (await chloe.post("/account/password", current=PASSWORD, password=NEW)).status == 200
    assert (await chloe.post(path)).status == 404
    assert (await chloe.post("/account/email", email="b@example.org", current=NEW)).status == 200
    assert (await chloe.post("/account/email", email="c@example.org", current=NEW)).status == 200
    assert (await chloe.post("/account/email", email="d@example.org", current=NEW)).status == 429


async def test_r024_who_switched_a_mail_off_gets_none_and_duties_cannot_be_switched_off(
    site: Site, owner: Connection
) -> None:
    olivia, chloe = await site.visitor("olivia"), await site.visitor("chloe")
    page = await (await olivia.get("/account/notifications")).text()
    assert re.search(r'value="new_client" checked', page)
    assert "always come" in page
    assert 'value="new_client"' not in await (await chloe.get("/account/notifications")).text()
    await owner.execute("UPDATE account SET unwanted_mail = '{new_client}' WHERE username = 'chloe'")
    assert (await chloe.post("/account/notifications", wanted="")).status == 200
    assert (await olivia.post("/account/notifications", wanted="message")).status == 200
    told = f"SELECT unwanted_mail FROM account WHERE username = $1 AND {HARBOR}"
    unwanted = await owner.fetchval(told, "chloe")
    assert {"expired", "message", "new_client"} <= set(unwanted), "what the staff set stays"
    unwanted = await owner.fetchval(told, "olivia")
    assert "new_client" in unwanted and "message" not in unwanted
    assert 'value="new_client" >' in await (await olivia.get("/account/notifications")).text()
    assert "account_notice" not in await owner.fetchval(told, "chloe")


async def test_one_browser_is_signed_out_with_its_sockets_and_only_by_its_owner(site: Site, owner: Connection) -> None:
    here, there, other = [await site.visitor(name) for name in ("chloe", "chloe", "david")]
    socket = await connect(there)
    page = await (await here.get("/account/security")).text()
    (one,) = re.findall(r'action="(/account/sign-ins/\w{32}/end)"', page)
    assert (await other.post(one)).status == 404
    assert (await here.post(one)).status == 200
    await eventually(lambda: not socket.connected, 5)
    assert (await there.get("/dashboard", allow_redirects=False)).status == 303
    assert (await here.get("/dashboard", allow_redirects=False)).status == 200
    assert (await here.post(one)).status == 404
