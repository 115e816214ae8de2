"""Administrators' pages and posts over HTTP: every right, errors beside fields, both faces, two editors."""

import asyncio
import html
import re
from typing import Any

import pytest
from aiohttp.web import RouteDef

from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.organization import administrator, ids_of_a_clinic, public_id
from tests.web.organization import settings as clinic_settings
from web.routes import ROUTES

NO_CLINICS = re.compile("/organization/(portal|export)")
"""Whose these are, tests/rights says."""
ORGANIZATION = sorted(
    {
        (route.method, route.path)
        for route in ROUTES
        if isinstance(route, RouteDef) and "/organization/" in route.path and not NO_CLINICS.match(route.path)
    }
)
LINES = "SELECT count(*) FROM audit_line WHERE noun IN ('clinic', 'service', 'form_field', 'host', 'organization')"
OF_A_CLINIC = [(method, path) for method, path in ORGANIZATION if "{clinic}" in path]
NOT_FOR_COORDINATORS = ("/organization/clinics/new", "/organization/operator", "/organization/settings")
FIELDS: dict[str, Any] = {"name": "x", "offered": "false", "to": "1", "on": "false", "kind": "check", "label": "y"}


@pytest.mark.parametrize(
    ("username", "organization"),
    [("sam", "harbor"), ("chloe", "harbor"), ("ana", "harbor"), ("olivia", "meadow")],
    ids=["scheduler", "client", "practitioner", "another organization's administrator"],
)
async def test_r001_to_everybody_else_every_page_and_post_of_a_clinic_is_unknown(
    site: Site, owner: Connection, username: str, organization: str
) -> None:
    ids = await ids_of_a_clinic(owner)
    before = await owner.fetchval(LINES)
    visitor = await site.visitor(username, organization)
    for method, path in OF_A_CLINIC:
        address = path.format(**ids)
        answer = await (visitor.get(address) if method == "GET" else visitor.post(address, **FIELDS))
        assert answer.status == 404, (method, path)
    if organization == "harbor":
        for method, path in ORGANIZATION:
            address = path.format(**ids)
            answer = await (visitor.get(address) if method == "GET" else visitor.post(address, **FIELDS))
            assert answer.status == 404, (method, path)
    assert await owner.fetchval(LINES) == before
    assert await owner.fetchval("SELECT count(*) FROM clinic") == 6


async def test_r003_a_department_administrator_has_their_own_department_only(site: Site, owner: Connection) -> None:
    dora = await site.visitor("dora")
    listed = await (await dora.get("/organization/clinics")).text()
    assert "Family clinic" in listed
    assert "Planned care" in listed
    assert "Talking clinic" not in listed
    talking = await public_id(owner, "clinic", "Talking clinic")
    ids = await ids_of_a_clinic(owner) | {"clinic": talking}
    for method, path in OF_A_CLINIC:
        answer = await (dora.get(path.format(**ids)) if method == "GET" else dora.post(path.format(**ids), **FIELDS))
        assert answer.status == 404, (method, path)
    elsewhere = await clinic_settings(owner, department=await public_id(owner, "department", "Mental health"))
    for path in ("/organization/clinics", f"/organization/clinics/{await public_id(owner, 'clinic', 'Family clinic')}"):
        refused = await dora.post(path, **elsewhere)
        assert (refused.status, (await refused.json())["field"]) == (422, "department")
    assert (await dora.post("/organization/clinics", **await clinic_settings(owner))).status == 200


async def test_r002_an_organization_administrator_has_every_department(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    listed = await (await olivia.get("/organization/clinics")).text()
    for name in ("Family clinic", "Planned care", "Talking clinic"):
        assert name in listed
        clinic = await public_id(owner, "clinic", name)
        for tab in ("", "/services", "/hosts", "/schedulers", "/form"):
            assert (await olivia.get(f"/organization/clinics/{clinic}{tab}")).status == 200


async def test_r001_a_care_coordinator_looks_and_changes_nothing(site: Site, owner: Connection) -> None:
    carl = await site.visitor("carl")
    ids = await ids_of_a_clinic(owner)
    for method, path in ORGANIZATION:
        address = path.format(**ids)
        answer = await (carl.get(address) if method == "GET" else carl.post(address, **FIELDS))
        looks = method == "GET" and path not in NOT_FOR_COORDINATORS and "departments" not in path
        assert answer.status == (200 if looks else 404), (method, path)
        if looks:
            text = await answer.text()
            assert not re.search(r"<button(?![^>]*(Sign out|data-copy))[^>]*>(?!Sign out)", text.split("<main")[1]), (
                path
            )


async def test_r077_a_clinic_is_built_whole_over_json(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    made = await (
        await olivia.post("/organization/clinics", **await clinic_settings(owner, red_after_seconds=120))
    ).json()
    here = f"/organization/clinics/{made['clinic']}"
    service = await olivia.post(f"{here}/services", name="Look at a mole", minutes=15, price="25,50")
    assert service.status == 200
    for people, one, username in (("hosts", "host", "ana"), ("schedulers", "scheduler", "sofia")):
        chosen: dict[str, Any] = {one: await public_id(owner, "account", username)}
        added = await olivia.post(f"{here}/{people}", **chosen)
        assert added.status == 200
    question = await olivia.post(f"{here}/form", kind="choice", label="Since when?", choices="Today\nLonger")
    assert question.status == 200
    row = await owner.fetchrow("SELECT * FROM clinic WHERE public_id = $1", made["clinic"])
    assert (row["name"], row["red_after"].total_seconds(), row["open"]) == ("Skin clinic", 120, True)
    price = await owner.fetchval("SELECT price FROM service WHERE clinic_id = $1", row["id"])
    assert str(price) == "25.50"
    verbs = await owner.fetch("SELECT verb FROM audit_line ORDER BY id DESC LIMIT 5")
    assert [line["verb"] for line in verbs] == ["create", "add_scheduler", "add_host", "create", "create"]


async def form_post(visitor: Visitor, path: str, **fields: Any) -> Any:
    """As a browser's form: no JSON."""
    return await visitor.post(path, headers={"Origin": visitor.site.url}, **fields)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "   ", "Please fill this in."),
        ("name", "x" * 201, "Please keep this under 200 characters."),
        ("red_after_seconds", "soon", "Please give a whole number."),
        ("red_after_seconds", "5", "Choose a number from 10 to 86400."),
        ("join_before_minutes", "-1", "Choose a number from 0 to 1440."),
        ("availability", "always", "Choose one of the two."),
        ("department", "nowhere", "Choose one of your departments."),
        ("name", "family CLINIC", "Another clinic has this name already."),
    ],
)
async def test_a_wrong_setting_is_told_beside_its_field_and_what_was_typed_stays(
    site: Site, owner: Connection, field: str, value: str, message: str
) -> None:
    olivia = await administrator(site)
    fields = await clinic_settings(owner, host_group="The <b>bold</b>", open="false", allow_override=["false", "true"])
    refused = await olivia.session.post(
        "/organization/clinics",
        data=[(name, one) for name, given in (fields | {field: value}).items() for one in _each(given)],
        headers={"Origin": site.url},
    )
    text = await refused.text()
    assert refused.status == 422
    assert f'id="error-{field}">{message}</div>' in text
    assert html.escape("The <b>bold</b>") in text
    assert re.search(r'name="allow_override" value="true" checked', text)
    assert not re.search(r'name="open" value="true" checked', text)
    assert await owner.fetchval("SELECT count(*) FROM clinic") == 6


def _each(given: Any) -> list[str]:
    return given if isinstance(given, list) else [given]


async def version_of(visitor: Visitor, path: str) -> str:
    found = re.search(r'name="version" value="(\w+)"', await (await visitor.get(path)).text())
    assert found is not None
    return found[1]


async def test_of_two_who_edit_at_once_the_second_is_told_and_sees_both(site: Site, owner: Connection) -> None:
    olivia, dora = await administrator(site), await site.visitor("dora")
    here = f"/organization/clinics/{await public_id(owner, 'clinic', 'Family clinic')}"
    version = await version_of(olivia, here)
    assert (await dora.post(here, **await clinic_settings(owner, version=version, red_after_seconds=200))).status == 200
    mine = await clinic_settings(owner, version=version, red_after_seconds=400)
    told = await olivia.post(here, **mine)
    assert (told.status, (await told.json())["error"]) == (409, "edited")
    again = await form_post(olivia, here, **mine)
    text = await again.text()
    assert again.status == 409
    assert "Dora Kent changed this while you were editing it." in text
    assert re.search(r"Red limit</th><td>200</td><td>400</td>", text)
    assert 'value="400"' in text
    fresh = re.search(r'name="version" value="(\w+)"', text)
    assert fresh is not None
    saved = await form_post(olivia, here, **mine | {"version": fresh[1]})
    assert saved.status == 303
    stands = await owner.fetchval("SELECT extract(epoch FROM red_after)::int FROM clinic WHERE name = 'Skin clinic'")
    assert stands == 400


async def test_an_error_does_not_forget_which_version_its_person_saw(site: Site, owner: Connection) -> None:
    olivia, dora = await administrator(site), await site.visitor("dora")
    here = f"/organization/clinics/{await public_id(owner, 'clinic', 'Family clinic')}"
    version = await version_of(olivia, here)
    await dora.post(here, **await clinic_settings(owner, name="Dora's"))
    wrong = await clinic_settings(owner, red_after_seconds="x", version=version)
    text = await (await form_post(olivia, here, **wrong)).text()
    assert f'name="version" value="{version}"' in text


async def test_a_service_and_a_question_saved_meanwhile_are_not_overwritten(site: Site, owner: Connection) -> None:
    olivia, dora = await administrator(site), await site.visitor("dora")
    ids = await ids_of_a_clinic(owner)
    here = f"/organization/clinics/{ids['clinic']}"
    for path, name, first, second in (
        (f"{here}/services/{ids['service']}", "name", "Dora's name", "Olivia's name"),
        (f"{here}/form/{ids['field']}", "label", "Dora's question", "Olivia's question"),
    ):
        fields: dict[str, Any] = {"version": await version_of(olivia, path), "minutes": 10, "kind": "short_text"}
        assert (await dora.post(path, **fields | {name: first})).status == 200
        text = await (await form_post(olivia, path, **fields | {name: second})).text()
        assert "Dora Kent changed this" in text
        assert f"<td>{html.escape(first)}</td><td>{html.escape(second)}</td>".replace("&#x27;", "&#39;") in text


async def test_a_create_with_a_key_that_is_sent_twice_happens_once(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    fields = await clinic_settings(owner, key="the same key")
    answers = await asyncio.gather(*(olivia.post("/organization/clinics", **fields) for _ in range(4)))
    assert len({(await answer.json())["clinic"] for answer in answers}) == 1
    assert await owner.fetchval("SELECT count(*) FROM clinic WHERE name = 'Skin clinic'") == 1
    other = await olivia.post("/organization/clinics", **fields | {"name": "Another"})
    assert (other.status, (await other.json())["error"]) == (409, "key_reused")


async def test_a_removed_host_can_be_put_back_from_the_page(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    ids = await ids_of_a_clinic(owner)
    here = f"/organization/clinics/{ids['clinic']}"
    gone = await form_post(olivia, f"{here}/hosts/{ids['host']}/remove")
    assert gone.headers["Location"] == f"{here}/hosts?removed={ids['host']}"
    text = await (await olivia.get(gone.headers["Location"])).text()
    assert "Ana Duarte is no longer a host of this clinic." in text
    assert f'name="host" value="{ids["host"]}">Undo</button>' in text
    assert (await form_post(olivia, f"{here}/hosts", host=ids["host"])).status == 303


async def test_a25_the_organizations_switch_is_its_administrators_alone(site: Site, owner: Connection) -> None:
    for username, status in (("dora", 404), ("carl", 404), ("olivia", 200)):
        visitor = await site.visitor(username)
        assert (await visitor.post("/organization/requests", on="false")).status == status
    assert await owner.fetchval("SELECT requests_open FROM organization WHERE slug = 'harbor'") is False
    assert await owner.fetchval("SELECT requests_open FROM organization WHERE slug = 'meadow'") is True
    text = await (await (await site.visitor("olivia")).get("/dashboard")).text()
    assert "Session requests are off for the whole organization." in text


async def test_a25_a_hosts_switch_is_for_administrators_of_a_department_of_theirs(
    site: Site, owner: Connection
) -> None:
    dora = await site.visitor("dora")
    for username, status in (("ana", 200), ("mia", 404), ("chloe", 404)):
        host = await public_id(owner, "account", username)
        assert (await dora.post(f"/organization/hosts/{host}/requests", on="false")).status == status
    text = await (await dora.get("/organization/requests")).text()
    assert "Takes no requests" in text
    assert "Mia Torres" not in text
    assert "Taking no requests: Ana Duarte." in await (await dora.get("/dashboard")).text()


async def test_without_an_operators_address_there_is_no_such_form(site: Site) -> None:
    olivia = await administrator(site)
    assert "/organization/operator" not in await (await olivia.get("/organization/clinics")).text()
    assert (await olivia.get("/organization/operator")).status == 404
    assert (await olivia.post("/organization/operator", subject="other", text="Hello")).status == 404


@pytest.mark.parametrize("settings", [{"operator_email": "desk@example.org"}])
async def test_r015_r071_administrators_ask_the_operator_by_mail_and_are_told_that_it_was_sent(
    site: Site, owner: Connection
) -> None:
    dora = await site.visitor("dora")
    refused = await form_post(dora, "/organization/operator", subject="feature", text=" ")
    assert 'id="error-text">Please say what you need.' in await refused.text()
    sent = await form_post(dora, "/organization/operator", subject="feature", text="Requests for: Skin check, 15 min")
    assert sent.status == 303
    assert "was sent to the operator" in await (await dora.get(sent.headers["Location"])).text()

    async def letter() -> Any:
        return await owner.fetchrow("SELECT * FROM mail WHERE kind = 'operator' AND sent_at IS NOT NULL")

    arrived = await eventually(letter)
    assert arrived["recipient"] == "desk@example.org"
    assert "Dora Kent" in arrived["body_text"]
    assert "dora@harbor.example" in arrived["body_text"]
    assert "Skin check, 15 min" in arrived["body_text"]
    for username in ("carl", "sam", "chloe"):
        visitor = await site.visitor(username)
        assert (await visitor.get("/organization/operator")).status == 404


async def test_r081_administrators_and_coordinators_begin_with_their_clinics(site: Site) -> None:
    for username, sees in (("olivia", True), ("dora", False), ("carl", False)):
        text = await (await (await site.visitor(username)).get("/dashboard")).text()
        assert "Your clinics now" in text
        assert "Family clinic" in text
        assert ("Talking clinic" in text) == sees
        assert "not built" not in text
    assert "Your clinics now" not in await (await (await site.visitor("ana")).get("/dashboard")).text()


async def test_stored_html_is_shown_as_text_everywhere(site: Site, owner: Connection) -> None:
    olivia, bold = await administrator(site), "<img src=x onerror=alert(1)>"
    fields = await clinic_settings(owner, name=bold, patient_group=bold, host_group=bold)
    here = f"/organization/clinics/{(await (await olivia.post('/organization/clinics', **fields)).json())['clinic']}"
    await olivia.post(f"{here}/services", name=bold, description=bold, minutes=10)
    await olivia.post(f"{here}/form", kind="choice", label=bold, choices=f"{bold}\nno")
    for path in ("/organization/clinics", "/dashboard", here, f"{here}/services", f"{here}/form", f"{here}/hosts"):
        text = await (await olivia.get(path)).text()
        assert bold not in text, path
        assert html.escape(bold) in text, path
