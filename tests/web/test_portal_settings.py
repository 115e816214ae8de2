"""Organization > Client Portal over HTTP and the socket: switches, seats, the login link, and who hears of it."""

import re
from typing import Any

from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from tests.web.organization import administrator, public_id

SETTINGS = "/organization/portal/settings"


async def test_r133_the_settings_say_whom_they_concern_and_keep_what_is_switched(site: Site) -> None:
    olivia, dora = await administrator(site), await site.visitor("dora")
    shown = await (await olivia.get(SETTINGS)).text()
    assert "everybody" in shown and "5 practitioners" in shown and "0 seats" in shown
    assert (await olivia.post(SETTINGS, forms="false", messages="true")).status == 200
    again = await (await olivia.get(SETTINGS)).text()
    assert again.count("checked") == 2
    assert "An organization administrator changes this" in await (await dora.get(SETTINGS)).text()
    assert (await dora.post(SETTINGS, forms="true")).status == 404
    assert (await (await site.visitor("ana")).get(SETTINGS)).status == 404


async def test_two_administrators_who_switch_at_once_notice_each_other(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    seen = re.search(r'name="version" value="(\w+)"', await (await olivia.get(SETTINGS)).text())
    assert seen is not None
    assert (await olivia.post(SETTINGS, forms="false", version=seen[1])).status == 200
    again = await olivia.post(SETTINGS, {"Origin": site.url}, forms="true", messages="true", version=seen[1])
    shown = await again.text()
    assert again.status == 409 and "Olivia Marsh changed this" in shown and "What differs" in shown
    assert not await owner.fetchval("SELECT portal_forms OR portal_messages FROM organization WHERE slug = 'harbor'")


async def test_a18_the_subscription_counts_what_is_billed(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    for username in ("ana", "mia", "olivia"):
        account = await public_id(owner, "account", username)
        answer = await olivia.post(f"/organization/portal/seats/{account}", subscribed="true")
        assert answer.status == 200
    record = await (await olivia.get(f"/staff/{await public_id(owner, 'account', 'ana')}")).text()
    assert "Has a seat · may not invite clients" in record
    assert 'href="/invitations/new"' in await (await olivia.get("/organization/portal")).text()
    shown = await (await olivia.get("/organization/portal/subscription")).text()
    assert "3 seats" in shown and "2 billed" in shown
    assert (await (await site.visitor("dora")).get("/organization/portal/subscription")).status == 404
    refused = await olivia.post(
        f"/organization/portal/seats/{await public_id(owner, 'account', 'sam')}", subscribed="true"
    )
    assert refused.status == 422


async def test_r043_the_login_link_is_mailed_from_both_places(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    client = await owner.fetchval("SELECT client.public_id FROM client WHERE email = 'chloe@harbor.example'")
    assert (await olivia.post("/organization/portal/login-link", email="chloe@harbor.example")).status == 200
    assert (await olivia.post(f"/clients/{client}/login-link")).status == 200
    form = {"Origin": site.url}
    refused = await olivia.post("/organization/portal/login-link", form, email="nobody@harbor.example")
    assert refused.status == 422
    assert 'value="nobody@harbor.example"' in await refused.text()

    async def sent() -> Any:
        found = await owner.fetch(
            "SELECT subject, body_text FROM mail WHERE kind = 'login_link' AND sent_at IS NOT NULL"
        )
        return len(found) == 2 and found

    for letter in await eventually(sent):
        assert letter["subject"] == "How to sign in"
        assert "/at/harbor/sign-in" in letter["body_text"]


async def test_r009_what_is_switched_reaches_every_open_page_of_the_organization_at_once(
    site: Site, owner: Connection
) -> None:
    olivia = await administrator(site)
    pages = [await connect(await site.visitor(username)) for username in ("chloe", "ana", "olivia")]
    elsewhere = await connect(await site.visitor("chloe", "meadow"))

    def told(times: int) -> Any:
        return lambda: all(len(page.named("portal.changed")) == times for page in pages)

    await olivia.post(SETTINGS, messages="true")
    await eventually(told(1), 2)
    account = await public_id(owner, "account", "ana")
    await olivia.post(f"/organization/portal/seats/{account}", subscribed="true")
    await eventually(told(2), 2)
    assert elsewhere.named("portal.changed") == []
    for page in (*pages, elsewhere):
        await page.disconnect()
