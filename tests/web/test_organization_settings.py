"""Organization > Settings, and the first steps of an organization."""

from records.database import Connection
from tests.web.conftest import Site

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
