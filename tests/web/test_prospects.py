"""The way in without an account, over HTTP."""

import re
from typing import Any

from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site, Visitor


async def mailed_code(owner: Connection, email: str) -> str:
    """What stands in the newest code mail to that address, once it is sent (demo mode keeps it)."""
    query = "SELECT body_text FROM mail WHERE kind = 'code' AND recipient = $1 ORDER BY id DESC LIMIT 1"
    text = await eventually(lambda: owner.fetchval(query, email), 20, "no code was mailed")
    return re.search(r"\b\d{6}\b", text)[0]  # type: ignore[index]


async def come_in(site: Site, owner: Connection, email: str = "nina@example.org", then: str = "/dashboard") -> Visitor:
    visitor = await site.visitor()
    told = await (await visitor.post("/at/harbor/ask", name="Nina New", email=email, then=then)).json()
    code = await mailed_code(owner, email)
    answer = await visitor.post(f"/at/harbor/ask/{told['confirmation']}", code=code, then=then)
    assert (await answer.json())["then"] == then
    return visitor


async def test_r070_a23_a_prospect_follows_a_link_with_a_choice_and_arrives_at_the_form_filled_in(
    site: Site, owner: Connection
) -> None:
    clinic, service = await owner.fetchrow(
        "SELECT clinic.public_id, service.public_id FROM service JOIN clinic ON clinic.id = clinic_id "
        "JOIN organization ON organization.id = clinic.organization_id "
        "WHERE slug = 'harbor' AND service.name = 'Follow-up'"
    )
    visitor = await site.visitor()
    page = await (await visitor.get(f"/at/harbor/ask?clinic={clinic}&service={service}")).text()
    then = f"/clinics/{clinic}/ask?service={service}"
    assert f'name="then" value="{then}"' in page
    headers = {"Origin": site.url}
    sent = await visitor.post("/at/harbor/ask", headers, name="Nina New", email="nina@example.org", then=then)
    assert sent.status == 303
    code = await mailed_code(owner, "nina@example.org")
    typed = await visitor.post(sent.headers["Location"].partition("?")[0], headers, code=code, then=then)
    assert (typed.status, typed.headers["Location"]) == (303, then)
    form = await (await visitor.get(then)).text()
    assert re.search(rf'value="{service}" required\s+checked', form)
    asked = await (await visitor.post("/requests", clinic=clinic, service=service)).json()
    board = await (await (await site.visitor("sam")).get("/board")).text()
    assert asked["number"] == 1 and "Nina New" in board
    again = await site.visitor()
    assert (await again.get("/dashboard", allow_redirects=False)).status == 303
    back = await come_in(site, owner)
    assert "Follow-up" in await (await back.get("/dashboard")).text()
    taken_back = await back.post(f"/requests/{asked['request']}/withdraw")
    assert (await taken_back.json())["state"] == "withdrawn"


async def test_the_page_answers_alike_whether_or_not_the_address_has_an_account(site: Site, owner: Connection) -> None:
    told: list[Any] = []
    for email in ("nobody@example.org", "chloe@harbor.example", "ana@harbor.example"):
        visitor = await site.visitor()
        answer = await visitor.post("/at/harbor/ask", {"Origin": site.url}, name="N", email=email, then="/dashboard")
        way = answer.headers["Location"]
        shown = await visitor.get(way)
        wrong = await visitor.post(way.partition("?")[0], {"Origin": site.url}, code="nonsense")
        way = re.sub(r"[0-9a-f]{32}", "", way)
        told.append((answer.status, way, await shown.text(), wrong.status, await wrong.text()))
    assert told[0] == told[1] == told[2]
    sent = "SELECT count(*) FROM mail WHERE kind = 'known_account' AND body_text LIKE '%/at/harbor/sign-in%'"
    await eventually(lambda: owner.fetchval(f"SELECT ({sent}) = 2"), 20)


async def test_what_was_typed_stays_when_it_is_refused(site: Site) -> None:
    visitor = await site.visitor()
    answer = await visitor.post("/at/harbor/ask", {"Origin": site.url}, name="Nina", email="nina@", then="/x")
    page = await answer.text()
    assert answer.status == 422 and 'id="error-email"' in page
    assert 'value="Nina"' in page and 'value="nina@"' in page and 'value="/x"' in page


async def test_a23_a_prospect_sees_no_more_than_a_client(site: Site, owner: Connection) -> None:
    visitor = await come_in(site, owner)
    for path in ("/board", "/organization/clinics"):
        assert (await visitor.get(path, allow_redirects=False)).status == 404
    signed_in = await visitor.get("/at/harbor/ask", allow_redirects=False)
    assert (signed_in.status, signed_in.headers["Location"]) == (303, "/dashboard")


async def test_codes_are_limited_for_each_address(site: Site) -> None:
    visitor = await site.visitor()
    answers = [await visitor.post("/at/harbor/ask", name="N", email="n@example.org") for _ in range(7)]
    assert [answer.status for answer in answers][:3] == [200] * 3
    assert answers[-1].status == 429
