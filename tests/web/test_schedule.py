"""Clients choose their own times over HTTP: the week, booking, moving, the waitlist; and a practitioner's switches."""

import html
import re
from datetime import timedelta
from typing import Any

from records.database import Connection, Database
from tests.dispatch.choosing import (
    add_client,
    associate,
    booked,
    choose,
    ids,
    join,
    let_choose,
    office,
)
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from web.keys import SETTINGS, TEMPLATES
from web.mailer import Mailer


async def text_of(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    text = await answer.text()
    assert answer.status == status, text
    return html.unescape(text)


def instant(text: str) -> str:
    return text.replace("+00:00", "Z")


async def test_r078_a_client_chooses_a_time_of_the_week_and_it_is_booked(site: Site, owner: Connection) -> None:
    chloe = await site.visitor("chloe")
    assert (await chloe.get("/schedule")).status == 403, "the feature is off, and whoever could have it is told so"
    assert 'href="/schedule"' not in await text_of(chloe, "/dashboard")
    await owner.execute("UPDATE organization SET portal_scheduling = true")
    assert "lets clients choose times" in await text_of(chloe, "/schedule")
    for page in ("/dashboard", "/account/sessions"):
        assert 'href="/schedule"' not in await text_of(chloe, page), "nobody lets them"
    await let_choose(owner)
    known = await ids(owner)
    page = await text_of(chloe, "/schedule")
    assert 'href="/schedule"' in await text_of(chloe, "/dashboard") and "Nora Weiss" in page
    query = f"host={known['host']}&service={known['service']}&from={office(10).date()}"
    week = await text_of(chloe, f"/schedule?{query}&part=yes")
    assert "<html" not in week and "Europe/Lisbon" in week
    (link,) = re.findall(
        rf'href="(/schedule/book\?[^"]*{instant(office(10).isoformat()).replace(":", "%3A")}[^"]*)"', week
    )
    form = await text_of(chloe, link)
    assert "Book this time?" in form
    (time,) = re.findall(r'name="time" value="([^"]+)"', form)
    answer = await chloe.post("/schedule", host=known["host"], service=known["service"], time=time)
    told = await answer.json()
    assert answer.status == 200 and told["session"], told
    sessions = await text_of(chloe, "/account/sessions?done=booked")
    assert "It is booked." in sessions and f"/sessions/{told['session']}/move" in sessions
    late = await chloe.post("/schedule", {"Origin": site.url}, host=known["host"], service=known["service"], time=time)
    assert 'data-testid="confirms"' not in sessions
    await owner.execute("UPDATE host SET confirms = true")
    sessions = await text_of(chloe, "/account/sessions")
    assert "Nora Weiss confirms each time" in sessions and f"/sessions/{told['session']}/move" not in sessions
    (again,) = re.findall(r'href="(/schedule\?[^"]*)#times" aria-label="Ask for another time with Nora Weiss', sessions)
    assert "accepts or declines" in await text_of(chloe, again)
    await owner.execute("UPDATE host SET confirms = false")
    assert late.status == 409 and "Look at the free times" in await late.text()
    stranger = await site.visitor("chloe", "meadow")
    assert (await stranger.get(f"/schedule?{query}")).status == 404


async def test_the_week_is_of_the_viewers_zone_and_leads_to_where_something_is_free(
    site: Site, owner: Connection
) -> None:
    await let_choose(owner)
    chloe, known = await site.visitor("chloe"), await ids(owner)
    query = f"/schedule?host={known['host']}&service={known['service']}&part=yes"
    monday = office(10) + timedelta(days=7 - office(10).weekday())
    weekend = await text_of(chloe, f"{query}&from={monday.date()}")
    assert weekend.count("is-joined") == 1 and weekend.count('<span class="run"> to Sun') == 1
    assert weekend.count('class="week-day') == 7
    far = await text_of(chloe, f"{query}&zone=Asia/Tokyo&from={office(10).date()}")
    assert "Asia/Tokyo" in far and ">18:00<" in far and ">10:00<" not in far
    assert "Europe/Lisbon" in await text_of(chloe, f"{query}&zone=Mars/Olympus&from=yesterday")
    await owner.execute("UPDATE host SET minimum_notice = '30 days', horizon = '45 days'")
    empty = await text_of(chloe, query)
    assert "Nothing is free in this week." in empty
    link = re.search(r'<a href="([^"]+)">The next time is on', empty)
    assert link is not None and 'data-testid="week"' in await text_of(chloe, link[1])
    await owner.execute("DELETE FROM weekly_hours")
    assert "in the weeks after either" in await text_of(chloe, query)
    answer = await chloe.get(query.replace("&part=yes", ""), headers={"Accept": "application/json"})
    assert (await answer.json())["times"] == []
    assert (await chloe.get("/schedule?host=x&service=y")).status == 404
    ids_of: dict[str, Any] = {"host": known["host"], "service": known["service"]}
    for odd in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2030-01-01T10:00", "\u0661", ""):
        assert (await chloe.post("/schedule", **ids_of, time=odd)).status == 422, odd
    assert (await chloe.get(f"/schedule/book?host={known['host']}&service={known['service']}&time=soon")).status == 422


async def test_a16_a_service_by_request_leads_to_the_receipt_and_asks_the_clinics_form(
    site: Site, owner: Connection
) -> None:
    await let_choose(owner)
    await owner.execute(
        "INSERT INTO form_field (organization_id, clinic_id, position, kind, label, required) "
        "SELECT organization_id, id, 1, 'short_text', 'Where does it hurt?', true FROM clinic "
        "WHERE name = 'Planned care'"
    )
    chloe, known = await site.visitor("chloe"), await ids(owner, service="Health check")
    field = await owner.fetchval(
        "SELECT form_field.public_id FROM form_field JOIN clinic ON clinic.id = clinic_id WHERE clinic.public_id = $1 "
        "AND label = 'Where does it hurt?'",
        known["clinic"],
    )
    said = {"host": known["host"], "service": known["service"], "time": office(10).isoformat(), "note": "Since May"}
    refused = await chloe.post("/schedule", {"Origin": site.url}, **said)
    text = await refused.text()
    assert refused.status == 422 and f'id="error-answer-{field}"' in text and "Since May" in text
    sent = await chloe.post("/schedule", {"Origin": site.url}, **said, **{f"answer-{field}": "Here"})
    assert sent.status == 303 and sent.headers["Location"].startswith("/requests/")
    assert "waiting for an answer" in await text_of(chloe, sent.headers["Location"])


async def test_r122_moving_within_limits_and_too_late_says_whom_to_call(
    site: Site, owner: Connection, database: Database
) -> None:
    await let_choose(owner)
    session = await booked(database, "chloe", office(10))
    chloe, david = await site.visitor("chloe"), await site.visitor("david")
    path = f"/sessions/{session}/move"
    assert "Choose the new time" in await text_of(chloe, f"{path}?from={office(10).date()}")
    confirm = await text_of(chloe, f"{path}?time={instant(office(11).isoformat())}")
    assert "Move it" in confirm and 'name="sequence" value="0"' in confirm
    for path_of_others in (path, f"/sessions/{'x' * 32}/move"):
        assert (await david.get(path_of_others)).status == 404
    assert (await chloe.post(path, time=office(11).isoformat(), sequence=0)).status == 200
    second = await chloe.post(path, {"Origin": site.url}, time=office(12).isoformat())
    assert second.status == 409 and "just been taken" in await second.text()
    await owner.execute(
        "UPDATE clinic SET client_move_before = '20 days', client_cancel_before = '20 days', "
        "contact = 'the desk, 210 000'"
    )
    assert "the desk, 210 000" in await text_of(chloe, path, 409)
    card = await text_of(chloe, "/account/sessions")
    assert "To cancel, call the desk, 210 000." in card and path not in card and f"{session}/cancel" not in card
    refused = await chloe.post(f"/sessions/{session}/cancel")
    assert (refused.status, (await refused.json())["error"]) == (409, "too_late")


async def test_a_freed_time_reaches_the_dashboard_and_the_mail_and_is_taken_there(
    site: Site, owner: Connection, database: Database
) -> None:
    await let_choose(owner)
    session = await booked(database, "chloe", office(10))
    david, chloe, known = await site.visitor("david"), await site.visitor("chloe"), await ids(owner)
    wish = {"host": known["host"], "service": known["service"], "starts": "09:00", "ends": "", "zone": "Europe/Lisbon"}
    assert "Join the waitlist" in await text_of(
        david, f"/schedule/wait?host={known['host']}&service={known['service']}"
    )
    refused = await david.post("/waitlist", {"Origin": site.url}, **wish, weekdays="")
    assert refused.status == 422 and 'value="09:00"' in await refused.text()
    days = [("weekdays", str(day)) for day in range(1, 6)]
    joined = await david.session.post(
        "/waitlist",
        data=[*{**wish, "ends": "12:00"}.items(), *days],
        headers={"Origin": site.url, "Accept": "application/json"},
    )
    assert joined.status == 200, await joined.text()
    assert "09:00 to 12:00 (Europe/Lisbon)" in await text_of(david, "/schedule")
    assert 'data-testid="place-booked"' not in await text_of(david, "/schedule")
    own = await choose(database, "david", office(11))
    assert "Leave the waitlist if you need no other time." in await text_of(david, "/schedule")
    await owner.execute("UPDATE session SET state = 'cancelled' WHERE public_id = $1", own.session)
    assert 'data-testid="place-booked"' not in await text_of(david, "/schedule")
    socket = await connect(david)
    assert (await chloe.post(f"/sessions/{session}/cancel")).status == 200
    await eventually(lambda: "dashboard.changed" in [name for name, _ in socket.heard], 5)
    dashboard = await text_of(david, "/dashboard/live")
    assert "A time has become free" in dashboard
    (offer,) = re.findall(r"/offers/(\w{32})/accept", dashboard)
    letter = await eventually(
        lambda: owner.fetchrow("SELECT * FROM mail WHERE kind = 'offer' AND body_text IS NOT NULL")
    )
    assert letter["subject"] == "A time has become free" and "then=/schedule" in letter["body_text"]
    assert (await chloe.post(f"/offers/{offer}/accept")).status == 404
    taken = await david.post(f"/offers/{offer}/accept", {"Origin": site.url})
    assert (taken.status, taken.headers.get("Location")) == (303, "/account/sessions?done=booked")
    assert (await david.post(f"/offers/{offer}/decline")).status == 409
    assert "Your waitlist" not in await text_of(david, "/schedule")


async def test_r079_a_practitioners_own_switches(site: Site, owner: Connection, database: Database) -> None:
    nora, theo = await site.visitor("nora"), await site.visitor("theo")
    assert "Self-scheduling: clients choose" not in await text_of(nora, "/availability")
    await let_choose(owner)
    await join(database, "chloe")
    page = await text_of(nora, "/availability")
    assert "Self-scheduling: clients choose" in page and page.count('name="services" value="') == 3
    assert "Let my clients choose times" in page and "Chloe Adams" in page
    assert "ask an organization administrator" in (await text_of(theo, "/availability")).lower()
    await owner.execute("DELETE FROM self_scheduled")
    assert not re.search(r'name="services" value="\w+"\s+checked', await text_of(nora, "/availability")), "hers: none"
    await owner.execute("UPDATE host SET self_scheduling = false")
    await owner.execute("DELETE FROM weekly_hours")
    first = await text_of(nora, "/availability")
    assert len(re.findall(r'name="services" value="\w+"\s+checked', first)) == 2, "all, to begin with"
    assert '<a href="#add-weekly">Add weekly hours</a> first' in first and 'id="add-weekly"' in first
    known = await ids(owner)
    none = await nora.post("/availability/self-scheduling", {"Origin": site.url}, on="true", services="")
    assert none.status == 422 and 'id="error-self_scheduling-services"' in await none.text()
    said: dict[str, Any] = {"on": "true", "services": known["service"], "waitlist": "true", "confirms": "true"}
    assert (await nora.post("/availability/self-scheduling", **said)).status == 200
    row = await owner.fetchrow(
        "SELECT self_scheduling, confirms, waitlist FROM host JOIN account ON account.id = account_id "
        "JOIN organization ON organization.id = account.organization_id WHERE username = 'nora' AND slug = 'harbor'"
    )
    assert tuple(row) == (True, True, True)
    assert (await theo.post("/availability/self-scheduling", **said)).status == 403


async def test_a_cancelled_or_moved_session_is_not_reminded_of_even_when_the_letter_was_posted(
    site: Site, owner: Connection, database: Database
) -> None:
    await let_choose(owner)
    session = await booked(database, "chloe", office(10))
    key = await owner.fetchval("SELECT id FROM session WHERE public_id = $1", session)
    posted = (
        "INSERT INTO mail (organization_id, kind, recipient, about_id, details) SELECT organization_id, 'reminder', "
        "'chloe@harbor.example', id, json_build_object('other', 'Nora Weiss', 'starts_at', $2::text, "
        "'ends_at', ends_at::text, 'opens_at', starts_at::text, 'reason', '', 'sequence', 0) FROM session "
        "WHERE id = $1 RETURNING id"
    )
    times = (office(10), office(10) + timedelta(hours=1))
    mails = [await owner.fetchval(posted, key, time.isoformat()) for time in times]
    mailer = Mailer(database, site.app[TEMPLATES], site.app[SETTINGS])
    for mail in mails:
        await mailer.send(mail)
    bodies = [await owner.fetchval("SELECT body_text FROM mail WHERE id = $1", mail) for mail in mails]
    assert "This is a reminder of your video session." in bodies[0] and bodies[1] is None
    assert await owner.fetchval("SELECT sent_at IS NOT NULL FROM mail WHERE id = $1", mails[1])
    assert "reminder of" in await text_of(await site.visitor("chloe"), "/mailbox")


async def test_r120_the_history_is_chosen_by_ending_and_person_and_paged(
    site: Site, owner: Connection, database: Database
) -> None:
    await let_choose(owner)
    await let_choose(owner, "theo", ("chloe",))
    for number, host in enumerate(("nora", "theo")):
        await choose(database, "chloe", office(10 + number), host=host)
    await owner.execute(
        "INSERT INTO session (organization_id, clinic_id, host_id, client_id, visitor_id, service_name, starts_at, "
        "ends_at, state) SELECT organization_id, clinic_id, host_id, client_id, visitor_id, 'Visit ' || number, "
        "starts_at - number * interval '1 day' - interval '10 days', ends_at - number * interval '1 day' - interval "
        "'10 days', (ARRAY['ended', 'cancelled', 'no_show'])[1 + number % 3]::session_state "
        "FROM session, generate_series(1, 40) AS number"
    )
    chloe, theo = await site.visitor("chloe"), await ids(owner, "theo")
    page = await text_of(chloe, "/account/sessions?show=missed")
    assert page.count('data-testid="session"') == 25 and page.count(">missed<") == 25
    following = re.search(r'href="(/account/sessions\?show=missed&before=\w+)"', page)
    assert following is not None
    assert (await text_of(chloe, following[1])).count('data-testid="session"') == 1
    with_theo = await text_of(chloe, f"/account/sessions?with={theo['host']}&show=cancelled")
    assert with_theo.count('data-testid="session"') == 14 and "with Nora Weiss" not in with_theo
    assert "There are none like that." in await text_of(chloe, "/account/sessions?with=nobody")
    assert (await text_of(chloe, "/account/sessions?show=odd")).count("Past or cancelled") == 1
    await add_client(owner, "somebody")
    await associate(owner, "somebody", "theo")
    assert "Somebody Cast" not in await text_of(await site.visitor("theo"), "/account/sessions")
