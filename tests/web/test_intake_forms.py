"""Organization > Client Portal > Intake Forms over HTTP: build, publish, send, follow up, and read."""

import re

import pytest

from people.access import Actor
from records.database import Connection, Database
from tests.portal.intake_people import answer, published, send
from tests.support import actor, eventually, file_of
from tests.web.conftest import Site

FORMS = "/organization/portal/forms"
BOLD = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def olivia(database: Database) -> Actor:
    return await actor(database, "olivia")


async def test_r143_r144_an_administrator_finds_the_standard_forms_and_builds_one_of_their_own(site: Site) -> None:
    olivia = await site.visitor("olivia")
    page = await olivia.text(FORMS)
    for name in ("Standard Intake Questionnaire", "Informed Consent for Psychotherapy", "Notice of Privacy Practices"):
        assert f"<strong>{name}</strong>" in page
    assert page.count("Example text: review it") == 3 and "Intake Forms</a>" in await olivia.text(
        "/organization/portal"
    )

    made = await olivia.submit(FORMS, {"name": "Recording"})
    form = made.url.path
    assert form.startswith(f"{FORMS}/") and "The form is empty" in await made.text()
    assert (await olivia.submit(FORMS, {"name": "Recording"})).status == 422
    added = await olivia.submit(f"{form}/fields", {"revision": "0", "kind": "consent", "label": BOLD})
    page = await added.text()
    assert BOLD not in page and "Nobody can be sent this form" in page
    key = re.findall(r'id="field-(\w{8})"', page)[0]
    assert added.history[-1].headers["Location"] == f"{form}?done=added&at={key}#field-{key}"
    assert page.count('data-testid="done"') == 1 and page.index("Added.") > page.index('id="field-')
    refused = await olivia.submit(
        f"{form}/fields", {"revision": "1", "kind": "choice", "label": "Which", "choices": "one"}
    )
    page = await refused.text()
    assert refused.status == 422 and "Give at least two choices" in page and ">Which</textarea>" in page
    scale = {"revision": "1", "kind": "scale", "label": "How much", "least": "1", "most": "5", "required": "true"}
    page = await (await olivia.submit(f"{form}/fields", scale)).text()
    first, second = re.findall(r'id="field-(\w{8})"', page)
    moved = await olivia.submit(f"{form}/fields/{second}/move", {"revision": "2", "to": "1"})
    assert re.findall(r'id="field-(\w{8})"', await moved.text()) == [second, first]
    assert "Scale" in await olivia.text(f"{form}/fields/{second}")
    changed = await olivia.submit(
        f"{form}/fields/{second}", {"revision": "3", "label": "How often", "least": "0", "most": "3"}
    )
    assert changed.status == 200 and "How often" in await changed.text()
    preview = await olivia.text(f"{form}/preview")
    assert preview.count('type="radio"') == 4 and "(optional)" in preview
    await olivia.submit(f"{form}/fields/{second}/remove", {"revision": "4"})
    published = await olivia.submit(f"{form}/publish", {"revision": "5"})
    assert "Published. From now on this version is sent" in await published.text()
    assert (await olivia.post(f"{form}/publish", revision="5")).status == 422
    copy = await olivia.submit(f"{form}/duplicate", {})
    assert "Recording (copy)" in await copy.text()
    await olivia.submit(f"{form}/archive", {})
    assert f'href="{form}"' not in await olivia.text(FORMS) and f'href="{form}"' in await olivia.text(
        f"{FORMS}?archived"
    )


async def test_r144_of_two_editors_the_second_is_told_and_keeps_what_they_typed(
    site: Site, database: Database, olivia: Actor
) -> None:
    async with database.transaction(olivia) as connection:
        form = f"{FORMS}/{await published(connection, olivia)}"
    one, other = await site.visitor("olivia"), await site.visitor("olivia")
    field = re.findall(r'id="field-(\w{8})"', await one.text(form))[0]
    assert (await one.post(f"{form}/fields/{field}", revision="3", label="First name")).status == 200
    for path, sent in (
        (f"{form}/fields/{field}", {"label": "Last name"}),
        (f"{form}/fields", {"label": "Last name", "kind": "date"}),
    ):
        refused = await other.submit(path, {"revision": "3", **sent})
        page = await refused.text()
        assert refused.status == 409 and "Olivia Marsh changed this while you were editing it" in page
        assert ">Last name</textarea>" in page and 'name="revision" value="4"' in page and "First name" in page


async def test_r145_an_administrator_sends_to_several_follows_up_and_takes_back(
    site: Site, database: Database, owner: Connection, olivia: Actor
) -> None:
    admin = await site.visitor("olivia")
    async with database.transaction(olivia) as connection:
        form = await published(connection, olivia)
    chloe, david = await file_of(owner, "chloe"), await file_of(owner, "david")
    page = await admin.text(f"{FORMS}/send?forms={form}&clients={chloe}&search=dav")
    assert re.search(rf'value="{form}" checked', page) and re.search(rf'value="{chloe}" checked', page)
    assert f'value="{david}" >' in page
    for fields, said in ((("forms", form), "at least one client"), (("clients", chloe), "at least one form")):
        refused = await admin.submit(f"{FORMS}/send", [fields])
        page = await refused.text()
        assert refused.status == 422 and said in page and re.search(rf'value="{fields[1]}" checked', page)
    sent = await admin.submit(f"{FORMS}/send", [("forms", form), ("clients", chloe), ("clients", david)])
    said = await sent.text()
    assert "Sent to 2 clients" in said and "Your question was sent" not in said
    assert (await admin.submit(f"{FORMS}/send", [("forms", form), ("clients", chloe)])).status == 409

    listed = await admin.text(f"{FORMS}/sent")
    assert "Chloe Adams" in listed and "David Mori" in listed and listed.count("Not begun") == 2
    assert "Chloe Adams" not in await admin.text(f"{FORMS}/sent?search=mori")
    intake = await owner.fetchval(
        "SELECT intake.public_id FROM intake JOIN client ON client.id = client_id WHERE client.public_id = $1", david
    )
    reminded = await admin.submit(f"/intakes/{intake}/remind", {"back": "sent"})
    assert reminded.url.path == f"{FORMS}/sent" and "We mailed a reminder." in await reminded.text()
    back = await admin.submit(f"/intakes/{intake}/withdraw", {"back": "client"})
    assert back.url.path == f"/clients/{david}/forms" and "Taken back" in await back.text()
    assert "David Mori" in await admin.text(f"{FORMS}/sent?list=withdrawn")
    again = await admin.submit(f"/clients/{david}/forms", {"forms": form})
    assert "Sent. We told the client by mail." in await again.text()


async def test_r145_the_mails_lead_to_the_forms_and_say_nothing_of_them(
    site: Site, database: Database, owner: Connection, olivia: Actor
) -> None:
    admin = await site.visitor("olivia")
    async with database.transaction(olivia) as connection:
        (intake,) = await send(connection, olivia, await actor(database, "chloe"), await published(connection, olivia))
    assert (await admin.post(f"/intakes/{intake}/remind")).status == 200

    async def letters() -> list[tuple[str, str]]:
        told = "SELECT subject, body_text FROM mail WHERE kind IN ('forms', 'form_reminder') AND sent_at IS NOT NULL"
        return [(row["subject"], row["body_text"]) for row in await owner.fetch(told)]

    async def both() -> bool:
        return len(await letters()) == 2

    await eventually(both)
    for subject, body in await letters():
        assert "/at/harbor/sign-in?then=/forms" in body
        assert "About you" not in subject + body and "Olivia" not in body


async def test_r008_a02_a_practitioner_sees_the_forms_of_their_own_clients_and_sends_if_enabled(
    site: Site, database: Database, owner: Connection, olivia: Actor
) -> None:
    """R-007, R-130: no seat is needed to see them."""
    ana, ben = await site.visitor("ana"), await site.visitor("ben")
    client, who = await file_of(owner, "chloe"), await actor(database, "ana")
    await owner.execute(
        "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
        "SELECT client.organization_id, client.id, $2, account_role.department_id FROM client, account_role "
        "WHERE client.public_id = $1 AND account_role.account_id = $2 AND role = 'practitioner' ON CONFLICT DO NOTHING",
        client,
        who.account_id,
    )
    async with database.transaction(olivia) as connection:
        form = await published(connection, olivia)
        (intake,) = await send(connection, olivia, await actor(database, "chloe"), form)
        await answer(connection, await actor(database, "chloe"), intake, Your_name="Chlo")
    page = await ana.text(f"/clients/{client}/forms")
    assert "About you" in page and "Begun" in page and "/remind" not in page and "Send forms" not in page
    await ana.text(f"/clients/{client}/forms/{intake}", 404)
    profile = await ana.text(f"/my-clients/{client}")
    assert f'href="/clients/{client}/forms"' in profile and "No intake form has been completed yet" in profile
    await ben.text(f"/clients/{client}/forms", 404)
    assert (await ana.post(f"/clients/{client}/forms", forms=form)).status == 404
    await owner.execute(
        "INSERT INTO portal_seat (account_id, organization_id, may_invite) VALUES ($1, $2, true) "
        "ON CONFLICT (account_id) DO UPDATE SET may_invite = true",
        who.account_id,
        who.organization_id,
    )
    page = await ana.text(f"/clients/{client}/forms")
    assert "/remind" in page and "Standard Intake Questionnaire" in page
    assert (await ana.post(f"/intakes/{intake}/withdraw")).status == 200
    sent = await (await ana.post(f"/clients/{client}/forms", forms=form)).json()
    assert [one["client"] for one in sent["sent"]] == [client]
    assert (await ben.post(f"/intakes/{sent['sent'][0]['intake']}/withdraw")).status == 404


async def test_r134_where_forms_are_off_no_page_has_them(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    client = await file_of(owner, "chloe")
    await owner.execute("UPDATE organization SET portal_forms = false WHERE slug = 'harbor'")
    for path in (FORMS, f"{FORMS}/sent", f"{FORMS}/send", f"/clients/{client}/forms"):
        await olivia.text(path, 403)
    assert (await olivia.post(FORMS, name="New")).status == 403
    assert FORMS not in await olivia.text("/organization/portal")
    assert f"/clients/{client}/forms" not in await olivia.text(f"/clients/{client}")
