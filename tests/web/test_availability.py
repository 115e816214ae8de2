"""Hours, toggles and free times over HTTP; presence and the switch-off of those who left (R-070, R-098, A-10)."""

import re
import time
from datetime import date, timedelta
from typing import Any

from records.database import Connection, Database
from tests.dispatch.timetable import Rule, write
from tests.support import actor, eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from web.absence import Absence
from web.keys import LEASES
from web.leases import Leases
from web.presence import here

LATER = date.today() + timedelta(days=20)


async def hours_of(who: Visitor) -> list[dict[str, Any]]:
    answer = await who.get(f"/availability/week?from={LATER}&until={LATER + timedelta(days=7)}")
    assert answer.status == 200
    return list((await answer.json())["hours"])


async def test_r098_typed_hours_are_added_changed_and_removed_and_removal_can_be_undone(site: Site) -> None:
    ana = await site.visitor("ana")
    added = await ana.post("/availability/hours", kind="weekly", weekday="1", starts="09:00", ends="12:00")
    assert added.status == 200
    whole = await ana.post("/availability/hours", kind="closed", day=str(LATER), whole_day="true")
    assert whole.status == 200
    drawn = await hours_of(ana)
    only = next(each for each in drawn if each["kind"] == "weekly")
    assert (only["starts"][11:16], only["ends"][11:16]) == ("09:00", "12:00")
    closed = next(each for each in drawn if each["kind"] == "closed")
    assert (closed["starts"], closed["ends"]) == (f"{LATER}T00:00:00", f"{LATER + timedelta(days=1)}T00:00:00")

    weekly = next(each for each in drawn if each["kind"] == "weekly")["id"]
    moved = await ana.post(f"/availability/hours/{weekly}", kind="weekly", weekday="2", starts="10:00", ends="00:00")
    assert moved.status == 200
    weekly = next(each for each in await hours_of(ana) if each["kind"] == "weekly")
    assert weekly["starts"].endswith("T10:00:00") and weekly["ends"].endswith("T00:00:00")

    removed = await (await ana.post(f"/availability/hours/{weekly['id']}/remove")).json()
    assert [each["kind"] for each in await hours_of(ana)] == ["closed"]
    assert (await ana.post("/availability/hours", **removed["removed"])).status == 200
    assert {each["kind"] for each in await hours_of(ana)} == {"closed", "weekly"}


async def test_r098_a_refused_form_comes_back_with_the_error_and_what_was_typed(site: Site) -> None:
    ana = await site.visitor("ana")
    form = {"Origin": site.url}
    answer = await ana.post("/availability/hours", form, kind="weekly", weekday="3", starts="12:00", ends="09:00")
    text = await answer.text()
    assert answer.status == 422
    assert "The end must be after the beginning" in text
    assert re.search(r'id="weekly-starts" name="starts" value="12:00"', text)
    assert re.search(r'<option value="3" selected>', text)
    answer = await ana.post("/availability/settings", form, time_zone="Atlantis/City", buffer_before="7")
    text = await answer.text()
    assert answer.status == 422
    assert "This time zone is not known" in text
    assert 'value="Atlantis/City"' in text and 'name="buffer_before" min="0"' in text and 'value="7"' in text


async def test_r098_without_script_removing_leads_to_a_page_that_offers_to_undo_it(site: Site) -> None:
    ana = await site.visitor("ana")
    form = {"Origin": site.url}
    added = await ana.post("/availability/hours", form, kind="weekly", weekday="1", starts="09:00", ends="24:00")
    assert (added.status, added.headers["Location"]) == (303, "/availability")
    weekly = next(each for each in await hours_of(ana) if each["kind"] == "weekly")["id"]
    removed = await ana.post(f"/availability/hours/{weekly}/remove", form)
    text = await (await ana.get(removed.headers["Location"])).text()
    assert "Removed: Monday, 09:00 to 24:00." in text
    assert "Undo" in text


async def test_wrong_fields_are_refused_by_name(site: Site) -> None:
    ana = await site.visitor("ana")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "monthly"}, "kind"),
        ({"kind": "weekly", "weekday": "8", "starts": "09:00", "ends": "10:00"}, "weekday"),
        ({"kind": "weekly", "weekday": "1", "starts": "9", "ends": "10:00"}, "starts"),
        ({"kind": "weekly", "weekday": "1", "starts": "09:00", "ends": "1x:00"}, "ends"),
        ({"kind": "weekly", "weekday": "1", "starts": "09:60", "ends": "10:00"}, "starts"),
        ({"kind": "open", "day": "someday", "starts": "09:00", "ends": "10:00"}, "day"),
        ({"kind": "open", "day": "2020-01-01", "starts": "09:00", "ends": "10:00"}, "day"),
    ]
    for fields, field in wrong:
        answer = await ana.post("/availability/hours", **fields)
        assert (answer.status, (await answer.json())["field"]) == (422, field), fields
    assert (await ana.get("/availability/week?from=x&until=y")).status == 422


async def test_r014_a_scheduler_looks_at_a_hosts_hours_and_changes_nothing(site: Site, database: Database) -> None:
    ana = await actor(database, "ana")
    sam, chloe, ben = [await site.visitor(name) for name in ("sam", "chloe", "ben")]
    shown = await sam.get(f"/availability?host={ana.public_id}")
    assert shown.status == 200
    assert "Availability of Ana Duarte" in (text := await shown.text()) and "Add weekly hours" not in text
    for other in (chloe, ben):
        assert (await other.get(f"/availability?host={ana.public_id}")).status == 404
    assert (await sam.get("/availability")).status == 404
    posted = await sam.post("/availability/hours", kind="weekly", weekday="1", starts="09:00", ends="12:00")
    assert posted.status == 404


async def toggle_of(who: Visitor) -> tuple[str, str]:
    """The clinic of the first toggle on the dashboard, and what it says."""
    text = await (await who.get("/dashboard/live")).text()
    form = text.split('action="/availability/on-demand"', 1)[1].split("</form>", 1)[0]
    clinic = re.search(r'name="clinic" value="(\w+)"', form)
    assert clinic is not None
    return clinic[1], form


async def test_r098_the_toggle_changes_the_dashboard_and_is_pushed_to_it(site: Site) -> None:
    ana = await site.visitor("ana")
    page = await connect(ana)
    clinic, said = await toggle_of(ana)
    assert "You are available" in said
    answer = await ana.post("/availability/on-demand", clinic=clinic, on="false")
    assert await answer.json() == {"clinic": clinic, "on": False}
    await eventually(lambda: page.named("dashboard.changed"))
    await page.disconnect()
    assert "You are not available" in (await toggle_of(ana))[1]
    assert (await (await site.visitor("chloe")).post("/availability/on-demand", clinic=clinic, on="true")).status == 404


async def test_a10_a_host_is_switched_off_two_minutes_after_the_last_page_and_told(
    database: Database, owner: Connection
) -> None:
    ana, leases = await actor(database, "ana"), Leases()
    absence = Absence(database, leases)
    now = time.monotonic()

    async def is_on() -> bool:
        return bool(await owner.fetchval("SELECT on_demand FROM clinic_host WHERE account_id = $1", ana.account_id))

    await owner.execute("UPDATE clinic_host SET on_demand = (account_id = $1)", ana.account_id)
    await leases.hold(here(ana.account_id), "page", "Ana", 3600)
    await absence.sweep(now)
    await absence.sweep(now + 500)
    assert await is_on()

    await leases.release(here(ana.account_id), "page")
    await absence.sweep(now + 600)
    await absence.sweep(now + 719)
    assert await is_on(), "a page that is reopened within two minutes is in time"
    await leases.hold(here(ana.account_id), "page", "Ana", 3600)
    await absence.sweep(now + 725)
    await leases.release(here(ana.account_id), "page")
    await absence.sweep(now + 730)
    await absence.sweep(now + 849)
    assert await is_on()
    await absence.sweep(now + 850)
    assert not await is_on()
    letters = await owner.fetch("SELECT recipient, details FROM mail WHERE kind = 'switched_off'")
    assert [letter["recipient"] for letter in letters] == ["ana@harbor.example"]
    assert re.fullmatch(r"\d\d:\d\d", letters[0]["details"]["clock"])


class AwayLeases(Leases):
    """Redis cannot be reached: who is there in other processes is not known."""

    away_now = True

    @property
    def away(self) -> bool:
        return self.away_now


async def test_a10_nobody_is_judged_while_leases_cannot_be_seen_nor_by_a_fresh_server(
    database: Database, owner: Connection
) -> None:
    leases = AwayLeases()
    absence = Absence(database, leases)

    async def on() -> int:
        return int(await owner.fetchval("SELECT count(*) FROM clinic_host WHERE on_demand"))

    all_of_them = await on()
    for moment in (0, 500):
        await absence.sweep(moment)
    leases.away_now = False
    for moment in (1000, 1119):
        await absence.sweep(moment)
    assert await on() == all_of_them
    other_process = Absence(database, leases)
    await other_process.sweep(1120)
    assert await on() == all_of_them
    await absence.sweep(1120)
    assert await on() == 0
    await other_process.sweep(1300)
    assert await owner.fetchval("SELECT count(*) FROM mail") == all_of_them


async def test_a10_an_open_page_keeps_a_host_on_and_its_end_does_not(
    site: Site, database: Database, owner: Connection
) -> None:
    ana = await site.visitor("ana")
    who = await actor(database, "ana")
    absence = Absence(database, site.app[LEASES])
    absence.limit_seconds = 0

    async def switched_off_at() -> Any:
        return await owner.fetchval("SELECT switched_off_at FROM clinic_host WHERE account_id = $1", who.account_id)

    page = await connect(ana)
    await eventually(lambda: site.app[LEASES].holders(here(who.account_id)))
    await absence.sweep(time.monotonic())
    assert await switched_off_at() is None
    await page.disconnect()

    async def sweep() -> Any:
        await absence.sweep(time.monotonic())
        return await switched_off_at()

    await eventually(sweep)
    _, said = await toggle_of(ana)
    assert "because all your pages were closed" in said
    sent = "SELECT subject, body_text FROM mail WHERE sent_at IS NOT NULL AND recipient = 'ana@harbor.example'"
    letter = (await eventually(lambda: owner.fetch(sent)))[0]
    assert letter["subject"] == "You were switched off"
    assert "Family clinic" in letter["body_text"]


async def clinic_page(who: Visitor, clinic: str, organization: str = "harbor", query: str = "") -> tuple[int, str]:
    answer = await who.get(f"/at/{organization}/clinics/{clinic}{query}")
    return answer.status, await answer.text()


async def test_r070_anybody_sees_a_clinics_free_times_and_nothing_else(
    site: Site, database: Database, owner: Connection
) -> None:
    anybody, ana = await site.visitor(), await actor(database, "ana")
    public_id = await owner.fetchval(
        "SELECT public_id FROM clinic WHERE name = 'Family clinic' AND organization_id = $1", ana.organization_id
    )
    await owner.execute("UPDATE clinic SET availability = 'calendar'")
    status, text = await clinic_page(anybody, public_id)
    assert status == 200 and "No free times in the coming weeks" in text

    async with database.transaction(ana) as connection:
        await write(connection, ana, "Europe/Lisbon", [Rule(LATER, 540, 600)])
    _, text = await clinic_page(anybody, public_id)
    assert "No free times in this week" in text and "The next one is on" in text
    _, text = await clinic_page(anybody, public_id, query=f"?from={LATER}&part")
    starts = re.findall(r'data-starts="([^"]+)"', text)
    assert len(starts) == 3 and ">09:00</a>" in text and ">09:30</a>" in text
    assert f"time={starts[0].replace(':', '%3A')}" in text
    assert "Booked" not in text and "<html" not in text

    _, text = await clinic_page(await site.visitor("ben"), public_id, query=f"?from={LATER}&part")
    assert text.count("data-starts") == 3 and "/ask" not in text, "staff look, and ask for nothing"

    assert (await clinic_page(anybody, public_id, "meadow"))[0] == 404
    assert (await clinic_page(anybody, "unknown"))[0] == 404
    for strange in ("?from=9999-99-99", "?from=0001-01-01", "?from=9999-12-31", "?service=no&host=no"):
        assert (await clinic_page(anybody, public_id, query=strange))[0] == 200
    await owner.execute("UPDATE organization SET requests_open = false")
    _, text = await clinic_page(anybody, public_id)
    assert "takes no requests" in text and "data-starts" not in text


async def test_a10_now_is_shown_while_somebody_is_available_on_demand(site: Site, owner: Connection) -> None:
    anybody = await site.visitor()
    clinic = await owner.fetchval("SELECT public_id FROM clinic WHERE name = 'Family clinic' ORDER BY id LIMIT 1")
    _, text = await clinic_page(anybody, clinic)
    assert "Available at once: <strong>Ana Duarte, Ben Okafor</strong>" in text
    await owner.execute("UPDATE clinic_host SET on_demand = false")
    _, text = await clinic_page(anybody, clinic)
    assert "Nobody is available at this moment" in text and "Ask for a visit now" not in text
