"""Passkeys: instead of the password, and after it."""

import json
from typing import Any

from records.database import Connection
from tests.support import PASSWORD
from tests.web.authenticator import Device
from tests.web.conftest import Site, Visitor
from tests.web.test_passwords import letter
from tests.web.test_second_factor import half, is_in

PASSKEY = "/at/harbor/sign-in/passkey"
AFTER_PASSWORD = "/at/harbor/sign-in/code/passkey"


async def asked(visitor: Visitor, path: str, **fields: Any) -> Any:
    answer = await visitor.post(f"{path}/begin", **fields)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def added(site: Site, username: str = "chloe", name: str = "My phone") -> tuple[Visitor, Device, list[str]]:
    """This person, a device with a passkey of theirs, and the recovery codes that came with it."""
    visitor, device = await site.visitor(username), Device(site.url)
    credential = device.create(await asked(visitor, "/account/passkeys", current=PASSWORD))
    answer = await visitor.post("/account/passkeys", name=name, credential=credential)
    assert answer.status == 200, await answer.text()
    return visitor, device, (await answer.json())["recovery_codes"]


async def enter(site: Site, device: Device, path: str = PASSKEY, visitor: Visitor | None = None, **how: Any) -> Any:
    """Sign in by this device."""
    visitor = visitor or await site.visitor()
    answer = await visitor.post(path, credential=device.sign(await asked(visitor, path), **how), then="/dashboard")
    return visitor, answer


async def test_a_passkey_signs_in_without_password_and_without_another_step(site: Site, owner: Connection) -> None:
    _, device, codes = await added(site)
    assert len(codes) == 10, "the first second step brings recovery codes"
    assert "A passkey was added to your sign-in: My phone" in await letter(
        owner, "account_notice", "chloe@harbor.example"
    )
    visitor, answer = await enter(site, device)
    assert answer.status == 200
    assert await is_in(visitor)
    verbs = "SELECT array_agg(verb ORDER BY id) FROM audit_line WHERE verb IN ('add_passkey', 'sign_in')"
    assert (await owner.fetchval(verbs)) == ["sign_in", "add_passkey", "sign_in"]


async def test_what_a_device_signed_counts_once_and_only_for_us(site: Site, owner: Connection) -> None:
    _, device, _ = await added(site)
    visitor = await site.visitor()
    options = await asked(visitor, PASSKEY)
    used = device.sign(options)
    assert (await visitor.post(PASSKEY, credential=used)).status == 200
    strangers = Device(site.url)
    strangers.handle = device.handle
    options = await asked(visitor, PASSKEY)
    elsewhere = await asked(visitor, PASSKEY.replace("harbor", "meadow"))
    refused = {
        "the same once more": used,
        "a challenge of our own making": device.sign({**options, "challenge": "AAAA"}),
        "for another organization": device.sign(elsewhere),
        "on another site": device.sign(options, origin="https://evil.example"),
        "for another domain": device.sign({**options, "rpId": "evil.example"}),
        "under another name": device.sign(options, handle="c29tZWJvZHk"),
        "an unknown key": strangers.sign(options),
        "nothing": "",
        "no object": "[]",
        "no bytes": json.dumps({"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "%%"}}),
        "wrong types": json.dumps({"rawId": 7, "response": []}),
        "cut short": used[: len(used) // 2],
    }
    fresh = await site.visitor()
    for what, credential in refused.items():
        answer = await fresh.post(PASSKEY, credential=credential)
        assert (answer.status, (await answer.json())["error"]) == (401, "sign_in_refused"), what
    assert not await is_in(fresh)
    device.counter = 0
    _, answer = await enter(site, device)
    assert answer.status == 401, "a counter that goes back is a copy"
    device.counter, device.verified = 100, False
    _, answer = await enter(site, device)
    assert answer.status == 401, "alone it counts only if the device asked for its owner"
    await owner.execute("UPDATE passkey_challenge SET created_at = now() - interval '6 minutes'")
    device.verified = True
    answer = await fresh.post(PASSKEY, credential=device.sign(options))
    assert answer.status == 401, "too late"


async def test_after_a_password_it_is_the_second_step_and_a_recovery_code_helps_whoever_lost_it(site: Site) -> None:
    _, device, codes = await added(site)
    device.verified = False
    visitor = await half(site, "chloe")
    assert not await is_in(visitor)
    page = await (await visitor.get("/at/harbor/sign-in/code")).text()
    assert "Use a passkey" in page and "Recovery code" in page
    options = await asked(visitor, AFTER_PASSWORD)
    assert len(options["allowCredentials"]) == 1
    _, of_david, _ = await added(site, "david")
    assert (await visitor.post(AFTER_PASSWORD, credential=of_david.sign(options))).status == 401
    _, alone = await enter(site, device)
    assert alone.status == 401
    answer = await visitor.post(AFTER_PASSWORD, credential=device.sign(options))
    assert answer.status == 200
    assert await is_in(visitor)
    assert (await visitor.post(AFTER_PASSWORD, credential=device.sign(options))).status == 401
    again = await half(site, "chloe")
    assert (await again.post("/at/harbor/sign-in/code", code=codes[0])).status == 200
    nobody = await site.visitor()
    assert (await nobody.post(f"{AFTER_PASSWORD}/begin")).status == 401


async def test_several_passkeys_are_named_and_removed_by_their_owner_with_the_password(
    site: Site, owner: Connection
) -> None:
    chloe, device, _ = await added(site)
    answer = await chloe.post("/account/passkeys/begin", current="wrong")
    assert (answer.status, (await answer.json())["field"]) == (422, "current")
    again = device.create(await asked(chloe, "/account/passkeys", current=PASSWORD))
    assert (await chloe.post("/account/passkeys", name="Twice", credential=again)).status == 422
    nameless = Device(site.url).create(await asked(chloe, "/account/passkeys", current=PASSWORD))
    assert (await chloe.post("/account/passkeys", name=" ", credential=nameless)).status == 422
    assert (await chloe.post("/account/passkeys", name="Key", credential="")).status == 422
    david = await site.visitor("david")
    assert (await david.post("/account/passkeys", name="Key", credential=nameless)).status == 422, "another's challenge"
    assert (await (await chloe.post("/account/passkeys", name="Key", credential=nameless)).json())[
        "recovery_codes"
    ] == []
    first, second = [row[0] for row in await owner.fetch("SELECT public_id FROM passkey ORDER BY id")]
    page = await (await chloe.get("/account/security")).text()
    assert "My phone" in page and "Key" in page
    for path in (f"/account/passkeys/{first}", f"/account/passkeys/{first}/remove"):
        assert (await david.post(path, name="Mine", current=PASSWORD)).status == 404
    assert (await chloe.post(f"/account/passkeys/{first}", name=" Old  phone ")).status == 200
    assert (await chloe.post(f"/account/passkeys/{first}/remove", current="wrong")).status == 422
    assert await owner.fetchval("SELECT name FROM passkey WHERE public_id = $1", first) == "Old phone"
    assert (await chloe.post(f"/account/passkeys/{first}/remove", current=PASSWORD)).status == 200
    _, answer = await enter(site, device)
    assert answer.status == 401
    assert await owner.fetchval("SELECT count(*) FROM recovery_code") == 10, "there is a second step still"
    assert (await chloe.post(f"/account/passkeys/{second}/remove", current=PASSWORD)).status == 200
    assert await owner.fetchval("SELECT count(*) FROM recovery_code") == 0
    assert await is_in(await site.visitor("chloe")), "the password alone again"


async def test_r031_an_inactive_account_is_told_so_only_by_the_right_key(site: Site, owner: Connection) -> None:
    _, device, _ = await added(site)
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    _, answer = await enter(site, device)
    assert (answer.status, (await answer.json())["error"]) == (403, "account_inactive")
