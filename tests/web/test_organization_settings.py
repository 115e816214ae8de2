"""Organization > Settings, and the first steps of an organization."""

import re
from typing import Any

from records.database import Connection
from tests.web.conftest import Site

PORTAL = {"Choose what the portal has"}
NAMED = "SELECT name, time_zone FROM organization WHERE slug = 'harbor'"


async def test_an_administrator_names_the_organization_and_its_zone(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    wrong = await olivia.post("/organization/settings", name="Harbor & Sons", time_zone="Mars/Olympus")
    assert (wrong.status, (await wrong.json())["field"]) == (422, "time_zone")
    wrong = await olivia.post("/organization/settings", name=" ", time_zone="Europe/Lisbon")
    assert (wrong.status, (await wrong.json())["field"]) == (422, "name")
    again = await olivia.post(
        "/organization/settings", {"Origin": site.url}, name="Harbor & Sons", time_zone="Mars/Olympus"
    )
    assert "Harbor &amp; Sons" in await again.text()  # what was typed stays
    for _ in range(2):  # the same again changes nothing
        answer = await olivia.post("/organization/settings", name=" Harbor  & Sons ", time_zone="Europe/Lisbon")
        assert answer.status == 200
    assert tuple(await owner.fetchrow(NAMED)) == ("Harbor & Sons", "Europe/Lisbon")
    lines = "SELECT count(*) FROM audit_line WHERE noun = 'organization' AND details ->> 'name' = 'Harbor & Sons'"
    assert await owner.fetchval(lines) == 1
    chloe = await site.visitor("chloe")
    assert "Harbor &amp; Sons" in await (await chloe.get("/at/harbor")).text()


async def test_r190_a_new_organization_is_led_through_its_first_steps(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    for table in ("weekly_hours", "special_hours"):
        await owner.execute(f"DELETE FROM {table}")
    await owner.execute("UPDATE clinic_host SET on_demand = false")
    await owner.execute("UPDATE organization SET requests_open = false WHERE slug = 'harbor'")
    shown = await (await olivia.get("/dashboard")).text()
    assert 'data-testid="first-steps"' in shown
    assert missing(shown) == {"Say when a host is there", "Switch session requests on"} | PORTAL
    assert (await olivia.post("/organization/requests", on="true")).status == 200
    ana = await site.visitor("ana")
    hours: dict[str, Any] = {"kind": "weekly", "weekday": "1", "starts": "09:00", "ends": "12:00"}
    assert (await ana.post("/availability/hours", **hours)).status == 200
    assert missing(await (await olivia.get("/dashboard")).text()) == PORTAL


async def test_r190_the_first_steps_are_hidden_and_found_again_under_help(site: Site, owner: Connection) -> None:
    olivia, dora = await site.visitor("olivia"), await site.visitor("dora")
    await owner.execute("UPDATE organization SET requests_open = false")
    assert 'data-testid="first-steps"' not in await (await dora.get("/dashboard")).text()
    assert (await dora.get("/first-steps")).status == 404
    assert (await olivia.post("/first-steps", wanted="false")).status == 200
    assert 'data-testid="first-steps"' not in await (await olivia.get("/dashboard")).text()
    assert 'href="/first-steps"' in await (await olivia.get("/help")).text()
    assert "Switch session requests on" in missing(await (await olivia.get("/first-steps")).text())
    assert 'href="/invitations/new"' in await (await olivia.get("/first-steps")).text()
    await owner.execute("UPDATE organization SET portal_forms = false WHERE slug = 'harbor'")
    assert 'href="/clients/new"' in await (await olivia.get("/first-steps")).text()
    assert (await olivia.post("/first-steps", wanted="true")).status == 200
    assert 'data-testid="first-steps"' in await (await olivia.get("/dashboard")).text()


def missing(page: str) -> set[str]:
    """The steps that are not ticked off."""
    steps = re.findall(r'data-testid="step" class="(step-done)?">.*?<a href="[^"]+">([^<]+)', page, re.DOTALL)
    return {title for done, title in steps if not done}
