"""Invitations over HTTP: the forms and what they say, the mails, and where the link leads."""

import re
from typing import Any

import pytest

from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.organization import administrator, public_id

IRIS: dict[str, Any] = {
    "first_name": "Iris",
    "last_name": "Berg",
    "email": "iris@words.example",
    "date_of_birth": "1991-02-03",
}
SETUP: dict[str, Any] = {"username": "iris", "password": "a kettle sings at dawn"}


async def letter(owner: Connection, kind: str = "portal_invitation", count: int = 1) -> Any:
    """The newest of so many that were sent."""

    async def sent() -> Any:
        read = "SELECT recipient, subject, details FROM mail WHERE kind = $1 AND sent_at IS NOT NULL ORDER BY id"
        found = await owner.fetch(read, kind)
        return found[-1] if len(found) == count else None

    return await eventually(sent)


async def body(site: Site, owner: Connection) -> str:
    """The newest letter, whose secrets the demo's mailbox alone keeps."""
    await letter(owner)
    shown = await (await (await site.visitor()).get("/mailbox")).text()
    return shown


async def ticked(page: str) -> list[str]:
    return re.findall(r'name="forms" value="(\w+)"', page)


async def set_up(site: Site, owner: Connection) -> tuple[Visitor, Any]:
    link = re.search(r"/at/harbor/setup/[\w-]+", await body(site, owner))
    assert link is not None
    visitor = await site.visitor()
    return visitor, await visitor.post(link[0], **SETUP)


async def test_r140_the_invitation_leads_through_the_account_to_the_forms(site: Site, owner: Connection) -> None:
    """R-006, R-141, R-210."""
    olivia = await administrator(site)
    forms = await ticked(await (await olivia.get("/invitations/new")).text())
    assert len(forms) == 3, "R-143"
    made = await olivia.post("/invitations", **IRIS, forms=forms[0])
    told = await made.json()
    assert (told["invited"], told["forms"]) == (True, 1)
    sent = await letter(owner)
    assert (sent["recipient"], sent["subject"]) == ("iris@words.example", "Your invitation to the client portal")
    shown = await body(site, owner)
    assert "Olivia Marsh of Harbor Health invites you" in shown and "a form waits" in shown
    iris, answer = await set_up(site, owner)
    then = (await answer.json())["then"]
    assert then == "/forms?done=ready"
    assert "Your account is ready. One form waits for you" in await (await iris.get(then)).text()
    assert (await iris.get("/dashboard")).status == 200
    page = await (await olivia.get(f"/clients/{told['client']}/invitation")).text()
    assert "Uses the portal" in page and "Accepted" in page
    assert "Accepted" in await (await olivia.get("/invitations?state=accepted")).text()


async def test_r040_without_forms_the_client_lands_on_the_dashboard(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    await olivia.post("/invitations", **IRIS)
    assert "a form waits" not in await body(site, owner)
    _, answer = await set_up(site, owner)
    assert (await answer.json())["then"] == "/dashboard"


async def test_a06_the_form_comes_back_with_the_file_that_is_there_and_what_was_typed(
    site: Site, owner: Connection
) -> None:
    olivia = await administrator(site)
    form = {"Origin": site.url}
    forms = await ticked(await (await olivia.get("/invitations/new")).text())
    client = await owner.fetchval("SELECT public_id FROM client WHERE email = 'chloe@harbor.example'")
    alike: dict[str, Any] = {**IRIS, "first_name": "Chloe", "last_name": "Adams", "date_of_birth": "1990-01-01"}
    again = await olivia.post("/invitations", form, **alike, forms=forms[0])
    shown = await again.text()
    assert again.status == 409
    assert f"/clients/{client}/invitation" in shown and 'name="anyway"' in shown
    assert 'value="Adams"' in shown and re.search(rf'value="{forms[0]}"\s+checked', shown)
    wrong = await olivia.post("/invitations", form, **{**alike, "department": "none"}, anyway="true")
    shown = await wrong.text()
    assert wrong.status == 422 and f"/clients/{client}/invitation" in shown
    assert re.search(r'name="anyway" value="true" checked', shown)
    assert await owner.fetchval("SELECT count(*) FROM invitation") == 0


@pytest.mark.parametrize("page", ["/invitations", "/clients"])
async def test_r042_an_address_that_is_taken_is_told_with_whose_it_is_and_offers_no_second_file(
    site: Site, owner: Connection, page: str
) -> None:
    olivia = await administrator(site)
    client = await owner.fetchval("SELECT public_id FROM client WHERE email = 'chloe@harbor.example'")
    ana = await owner.fetchval("SELECT public_id FROM account WHERE email = 'ana@harbor.example'")
    for address, told in (("chloe", f"/clients/{client}"), ("ana", f"/staff/{ana}")):
        for anyway in ("", "true"):
            typed = {**IRIS, "email": f"{address}@harbor.example", "anyway": anyway}
            answer = await olivia.post(page, {"Origin": site.url}, **typed)
            shown = await answer.text()
            assert answer.status == 422 and "address of their own" in shown
            assert f'href="{told}' in shown and 'name="anyway"' not in shown


async def test_r007_a_therapist_who_is_allowed_finds_the_way_and_the_others_find_none(
    site: Site, owner: Connection
) -> None:
    olivia, ana = await administrator(site), await site.visitor("ana")
    client = await owner.fetchval("SELECT public_id FROM client WHERE email = 'chloe@harbor.example'")
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, account.id, account_role.department_id FROM client "
        "JOIN account ON account.organization_id = client.organization_id AND username = 'ana' "
        "JOIN account_role ON account_role.account_id = account.id WHERE client.public_id = $1",
        client,
    )
    page, mine = f"/clients/{client}/invitation", f"/my-clients/{client}"
    assert (await ana.get(page)).status == 404 and (await ana.get("/invitations")).status == 404
    assert page not in await (await ana.get(mine)).text()
    account = await public_id(owner, "account", "ana")
    await olivia.post(f"/organization/portal/seats/{account}", may_invite="true")
    assert page in await (await ana.get(mine)).text()
    shown = await (await ana.get(page)).text()
    assert "Uses the portal" in shown and "Send the forms" in shown
    told = await ana.post(page, forms=(await ticked(shown))[0])
    assert await told.json() == {"client": client, "invited": False, "forms": 1}
    assert "Invite somebody" not in await (await ana.get("/invitations")).text()
    await olivia.post(f"/organization/portal/seats/{account}", may_invite="false")
    assert (await ana.get(page)).status == 404 and (await ana.post(page)).status == 404


async def test_resending_and_taking_back_from_the_list(site: Site, owner: Connection) -> None:
    olivia = await administrator(site)
    await olivia.post("/invitations", **IRIS)
    invitation = await owner.fetchval("SELECT public_id FROM invitation")
    assert f"/invitations/{invitation}/revoke" in await (await olivia.get("/invitations")).text()
    again = await olivia.post(f"/invitations/{invitation}/resend", {"Origin": site.url}, back="list")
    assert again.headers["Location"] == "/invitations?done=resent"
    await letter(owner, count=2)
    assert (await olivia.post(f"/invitations/{invitation}/revoke")).status == 200
    assert (await (await olivia.post(f"/invitations/{invitation}/revoke")).json())["error"] == "invitation_ended"
    shown = await (await olivia.get("/invitations")).text()
    assert "Taken back" in shown and "/resend" not in shown
    assert (await olivia.post("/at/harbor/forgot", login="iris@words.example")).status == 200
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE kind IN ('setup', 'portal_invitation', 'reset')") == 2
