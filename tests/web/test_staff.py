"""The Staff tab, departments and the client portal's address over HTTP: pages, forms, rights, both faces."""

import re
from dataclasses import dataclass
from typing import Any

from records.database import Connection
from tests.web.conftest import Site, Visitor
from tests.web.organization import public_id

PAGES = ("", "/edit", "/profile")


async def form_post(visitor: Visitor, path: str, **fields: Any) -> Any:
    """As a browser's form: no JSON."""
    data = [(name, one) for name, given in fields.items() for one in (given if isinstance(given, list) else [given])]
    return await visitor.session.post(path, data=data, headers={"Origin": visitor.site.url}, allow_redirects=False)


async def test_r023_r050_staff_are_made_edited_and_closed_by_forms(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    family = await public_id(owner, "department", "Family medicine")
    mental = await public_id(owner, "department", "Mental health")

    # A form that is refused comes back with all that was typed and ticked.
    typed: dict[str, Any] = {
        "name": "Nadia Noor",
        "email": "nadia",
        "practises_in": ["", family],
        "practitioner": ["false", "true"],
        "roles": ["", f"scheduler:{mental}"],
        "notified": "false",
    }
    refused = await form_post(olivia, "/staff", **typed)
    text = await refused.text()
    assert refused.status == 422
    assert 'id="email-error"' in text and 'value="Nadia Noor"' in text
    assert re.search(rf'value="{family}" checked', text) and not re.search(rf'value="{mental}" checked', text)
    assert re.search(rf'value="scheduler:{mental}" checked', text)
    assert re.search(r'name="practitioner" value="true" checked', text)
    assert not re.search(r'name="notified" value="true" checked', text)

    made = await form_post(olivia, "/staff", **typed | {"email": "nadia@harbor.example"})
    here = made.headers["Location"].partition("?")[0]
    record = await (await olivia.get(made.headers["Location"])).text()
    assert "a mail with a link to set it up is on its way" in record
    assert "Not set up yet" in record and "Send the link again" in record
    assert "Not received" in record
    edit = await (await olivia.get(f"{here}/edit")).text()
    assert re.search(rf'value="{family}" checked', edit)
    version = re.search(r'name="version" value="(\w+)"', edit)
    assert version is not None
    typed |= {"email": "nadia@harbor.example", "version": version[1]}
    saved = await form_post(olivia, here, **typed | {"notified": "true"})
    assert saved.headers["Location"] == f"{here}?done=saved"
    stale = await form_post(olivia, here, **typed)
    conflict = await stale.text()
    assert stale.status == 409 and "changed this while you were editing it" in conflict
    assert re.search(r"Receive New Client Notifications</th><td>on</td><td>off</td>", conflict)
    assert (await form_post(olivia, f"{here}/setup")).headers["Location"] == f"{here}?done=sent"
    closed = await form_post(olivia, f"{here}/active", active="false")
    assert "All its sign-ins have ended" in await (await olivia.get(closed.headers["Location"])).text()
    assert "Nadia Noor" not in await (await olivia.get("/staff")).text()
    assert "Not shown to clients while the account is not active." in await (await olivia.get(here)).text()
    assert "Nadia Noor" in await (await olivia.get("/staff?state=inactive")).text()
    assert "Nobody fits" in await (await olivia.get("/staff?search=zzz")).text()


async def test_r001_everybody_else_finds_no_staff_tab(site: Site, owner: Connection) -> None:
    ana = await public_id(owner, "account", "ana")
    for username in ("sam", "ana", "chloe"):
        visitor = await site.visitor(username)
        assert 'href="/staff"' not in await (await visitor.get("/help")).text()
        for path in ("/staff", "/staff/new", "/organization/departments", "/organization/portal", f"/staff/{ana}"):
            assert (await visitor.get(path)).status == 404, (username, path)
        assert (await visitor.post("/staff", name="x", email="x@y.example", practitioner="true")).status == 404
        assert (await visitor.post(f"/staff/{ana}/active", active="false")).status == 404


async def test_r003_department_roles_reach_their_department_only(site: Site, owner: Connection) -> None:
    ana, mia = await public_id(owner, "account", "ana"), await public_id(owner, "account", "mia")
    dora, carl = await site.visitor("dora"), await site.visitor("carl")
    for visitor in (dora, carl):
        listed = await (await visitor.get("/staff")).text()
        assert "Ana Duarte" in listed and "Mia Torres" not in listed
        assert (await visitor.get(f"/staff/{ana}")).status == 200
        for part in PAGES:
            assert (await visitor.get(f"/staff/{mia}{part}")).status == 404
    assert (await carl.get(f"/staff/{ana}/edit")).status == 404
    assert (await carl.get(f"/staff/{ana}/profile")).status == 404
    assert (await dora.get(f"/staff/{ana}/edit")).status == 200
    assert (await dora.get("/organization/departments")).status == 404
    assert (await dora.post("/organization/portal", registration="invite_only")).status == 404


async def test_departments_are_added_and_renamed_and_the_portal_has_an_address_to_copy(
    site: Site, owner: Connection
) -> None:
    olivia = await site.visitor("olivia")
    taken = await form_post(olivia, "/organization/departments", name=" family  MEDICINE")
    assert taken.status == 422 and "Another department has this name already." in await taken.text()
    added = await (await olivia.post("/organization/departments", name="Sleep")).json()
    here = f"/organization/departments/{added['department']}"
    assert (await form_post(olivia, here, name="Sleep lab")).headers["Location"].endswith("?done=saved")
    listed = await (await olivia.get("/organization/departments")).text()
    assert "Sleep lab" in listed and "4 practitioners" in listed
    stranger = await site.visitor("olivia", "meadow")
    assert (await stranger.get(here)).status == (await stranger.post(f"{here}/remove")).status == 404
    used = f"/organization/departments/{await public_id(owner, 'department', 'Mental health')}/remove"
    kept = await form_post(olivia, used)
    assert kept.status == 409 and "belong to this department" in await kept.text()
    assert (await form_post(olivia, f"{here}/remove")).headers["Location"].endswith("?done=removed")
    listed = await (await olivia.get("/organization/departments")).text()
    assert "Sleep lab" not in listed and "Mental health" in listed

    shown = await (await olivia.get("/organization/portal")).text()
    assert f'value="{site.url}/at/harbor"' in shown
    assert re.search(r'value="open" checked', shown)
    assert (await olivia.post("/organization/portal", registration="closed")).status == 422
    assert (await olivia.post("/organization/portal", registration="invite_only")).status == 200
    assert await owner.fetchval("SELECT registration FROM organization WHERE slug = 'harbor'") == "invite_only"
    assert (
        "An organization administrator changes this."
        in await (await (await site.visitor("carl")).get("/organization/portal")).text()
    )


async def test_a_practitioner_writes_their_own_public_profile(site: Site, owner: Connection) -> None:
    ana = await site.visitor("ana")
    here = "/account/public-profile"
    saved = await form_post(ana, here, title="Family doctor", about="For <all>", takes_connections="false")
    shown = await (await ana.get(saved.headers["Location"])).text()
    assert "Saved." in shown and "For &lt;all&gt;" in shown and 'value="Family doctor"' in shown
    long = await form_post(ana, here, title="x" * 101)
    assert long.status == 422 and "under 100 characters" in await long.text()
    assert (await (await site.visitor("olivia")).get("/account/public-profile")).status == 404
    seen = await (await site.visitor("dora")).get(f"/staff/{await public_id(owner, 'account', 'ana')}")
    assert "Takes no connection requests." in await seen.text()


@dataclass
class Chart:
    """Who is who: public ids."""

    ana: str
    sam: str
    chloe: str
    david: str
    family: str
    mental: str


async def charted(owner: Connection) -> Chart:
    ana, sam = [await public_id(owner, "account", name) for name in ("ana", "sam")]
    family, mental = [await public_id(owner, "department", name) for name in ("Family medicine", "Mental health")]
    chloe, david = [
        await owner.fetchval(
            "SELECT client.public_id FROM client JOIN organization ON organization.id = organization_id "
            "WHERE first_name = $1 AND slug = 'harbor'",
            name,
        )
        for name in ("Chloe", "David")
    ]
    return Chart(ana, sam, chloe, david, family, mental)


async def test_r051_nobody_has_clients_before_practitioner_is_saved(site: Site, owner: Connection) -> None:
    olivia, who = await site.visitor("olivia"), await charted(owner)
    sam = f"/staff/{who.sam}/clients"
    assert 'data-testid="not-practitioner"' in await (await olivia.get(sam)).text()
    refused = await olivia.post(sam, add=who.chloe)
    assert (refused.status, (await refused.json())["error"]) == (409, "not_practitioner")


async def test_r050_clients_are_found_and_associated_from_the_staffs_side(site: Site, owner: Connection) -> None:
    olivia, carl, who = await site.visitor("olivia"), await site.visitor("carl"), await charted(owner)
    ana = f"/staff/{who.ana}/clients"
    shown = await (await olivia.get(f"{ana}?find=adams,+chl")).text()
    assert "Chloe Adams" in shown and "David Mori" not in shown
    assert "No active client" in await (await olivia.get(f"{ana}?find=zzz")).text()
    # Who sees only a department's clients finds none of the others.
    assert "No active client" in await (await carl.get(f"{ana}?find=chloe")).text()
    assert (await carl.post(ana, add=who.chloe)).status == 404
    saved = await form_post(olivia, ana, add=[who.chloe, who.david], find="")
    assert saved.headers["Location"] == f"{ana}?done=saved"
    listed = await (await carl.get(ana)).text()
    assert "Chloe Adams" in listed and "David Mori" in listed
    assert (await (await carl.post(ana, remove=who.david)).json())["removed"] == [who.david]


async def practise_in(olivia: Visitor, who: Chart, *departments: str) -> Any:
    """Save Ana with these departments."""
    edited = {"name": "Ana Duarte", "email": "ana@harbor.example", "practitioner": "true"}
    return await form_post(olivia, f"/staff/{who.ana}", **edited, practises_in=list(departments))


async def test_r053_a_practitioner_of_two_departments_shares_one_with_a_client_and_moves_them(
    site: Site, owner: Connection
) -> None:
    olivia, who = await site.visitor("olivia"), await charted(owner)
    ana = f"/staff/{who.ana}/clients"
    assert (await practise_in(olivia, who, who.family, who.mental)).status == 303
    unclear = await form_post(olivia, ana, add=who.david, find="david")
    text = await unclear.text()
    assert unclear.status == 422 and "Choose one department" in text
    assert re.search(rf'value="{who.david}" checked', text)
    assert (await olivia.post(ana, add=who.david, department=who.mental)).status == 200
    kept = await (await practise_in(olivia, who, who.family)).text()
    assert "1 client there: move or end these associations" in kept
    assert "move them under Client associations" in kept
    for target, told in ((who.mental, "in this department already"), ("", "Choose one department")):
        nowhere = await form_post(olivia, f"{ana}/move", origin=who.mental, target=target)
        text = await nowhere.text()
        assert nowhere.status == 422 and told in text and 'aria-describedby="error-target"' in text
        assert re.search(r'clients" aria-current="page">Client associations', text), "the tab stays where one was"
    assert (await (await olivia.post(f"{ana}/move", origin=who.mental, target=who.family)).json())["moved"] == 1
    assert (await practise_in(olivia, who, who.family)).status == 303
    assert "David Mori" in await (await olivia.get(f"/staff/{who.ana}")).text()
