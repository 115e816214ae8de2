"""A session's page and its forms, and Scheduling > Sessions, over HTTP."""

import re

from records.database import Connection
from tests.dispatch.factories import soon
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import connect
from tests.web.test_board_live import submit
from tests.web.test_mail import book, change, host_named

FORM = {"Accept": "text/html"}


async def manage(visitor: Visitor, session: str) -> str:
    return await (await visitor.get(f"/sessions/{session}/manage")).text()


async def test_a_scheduler_finds_a_decided_session_moves_it_and_reads_its_history(site: Site) -> None:
    session = await book(site, 48)
    sam = await site.visitor("sam")
    listed = await (await sam.get("/scheduling/sessions")).text()
    assert f'href="/sessions/{session}/manage"' in listed and "Chloe Adams with Ana Duarte" in listed
    await change(sam, session, "reschedule", starts_at=soon(50).isoformat())
    page = await manage(sam, session)
    assert "moved it from" in page and "accepted it for Ana Duarte" in page and "A burst pipe." in page


async def test_the_list_shows_one_providers_sessions_when_asked(site: Site) -> None:
    await book(site, 48)
    sam = await site.visitor("sam")
    page = await (await sam.get("/scheduling/sessions")).text()
    ids = dict(re.findall(r'<option value="(\w+)"[^>]*>([^<]+)</option>', page))
    ben = next(key for key, name in ids.items() if name == "Ben Okafor")
    assert (
        "No sessions are to come with this provider" in await (await sam.get(f"/scheduling/sessions?host={ben}")).text()
    )


async def test_what_is_not_ones_own_to_arrange_looks_unknown(site: Site) -> None:
    session = await book(site, 48)
    for name, organization in (("ben", "harbor"), ("chloe", "harbor"), ("sam", "meadow")):
        visitor = await site.visitor(name, organization)
        assert (await visitor.get(f"/sessions/{session}/manage")).status == 404
        answer = await visitor.post(f"/sessions/{session}/reschedule", starts_at=soon(50).isoformat(), reason="x")
        assert answer.status == 404
    for name in ("chloe", "ana"):
        assert (await (await site.visitor(name)).get("/scheduling/sessions")).status == 404


async def test_a_refused_form_comes_back_with_what_was_typed_and_the_error_at_its_field(site: Site) -> None:
    session = await book(site, 48)
    sam = await site.visitor("sam")
    headers = {"Origin": site.url, **FORM}
    for fields, told in (
        ({"starts_at": "2020-01-01T10:00", "reason": "typed before"}, "still to come"),
        ({"starts_at": "2020-01-01T10:00", "reason": "typed before", "zone": "Nowhere"}, "time zone is not known"),
        ({"starts_at": "", "reason": "typed before"}, "Choose a time"),
        ({"starts_at": soon(48).isoformat(), "reason": "typed before", "sequence": "7"}, "changed meanwhile"),
    ):
        answer = await sam.post(f"/sessions/{session}/reschedule", headers=headers, **fields)
        page = await answer.text()
        assert answer.status in (409, 422) and told in page and "typed before" in page
    answer = await sam.post(f"/sessions/{session}/cancel", headers=headers, reason=" ")
    assert answer.status == 422 and 'id="error-cancel-reason"' in await answer.text()


async def test_a_change_sent_twice_happens_once(site: Site, owner: Connection) -> None:
    session = await book(site, 48)
    sam = await site.visitor("sam")
    for _ in range(2):
        await change(sam, session, "reschedule", starts_at=soon(50).isoformat(), key="one-intent-one-key")
    assert await owner.fetchval("SELECT sequence FROM session") == 1


async def test_a_client_cancels_from_the_dashboard_and_both_sides_see_it_live(site: Site) -> None:
    session = await book(site, 48)
    chloe, ana = await site.visitor("chloe"), await site.visitor("ana")
    watching = [await connect(chloe), await connect(ana)]
    assert f'action="/sessions/{session}/cancel?from=dashboard"' in await (await chloe.get("/dashboard")).text()
    headers = {"Origin": site.url, **FORM}
    answer = await chloe.post(f"/sessions/{session}/cancel", headers=headers, reason="", sequence="0")
    assert answer.status == 303
    for listener in watching:
        await eventually(lambda listener=listener: listener.named("dashboard.changed"))  # type: ignore[misc]
    assert "cancelled" in await (await ana.get("/dashboard/live")).text()


async def test_a08_the_dialog_offers_an_overlap_only_where_the_clinic_allows_it_and_there_is_one(
    site: Site, owner: Connection
) -> None:
    await book(site, 48)
    david, sam = await site.visitor("david"), await site.visitor("sam")
    near = await submit(site, david, when="scheduled", times=soon(49).isoformat())
    truly = await submit(site, david, when="scheduled", times=soon(48, minutes=10).isoformat())

    async def dialog(request: str) -> str:
        return await (await sam.get(f"/requests/{request}/assign?part")).text()

    assert "Possible Conflicting Sessions" in await dialog(near["request"])
    assert "Book anyway" not in await dialog(truly["request"]) and "overlaps" in await dialog(truly["request"])
    await owner.execute("UPDATE clinic SET allow_override = true")
    assert "Book anyway" in await dialog(truly["request"]) and "Book anyway" not in await dialog(near["request"])
    host = await host_named(sam, truly["request"], "Ana Duarte")
    path = f"/requests/{truly['request']}/accept"
    assert (await sam.post(path, host=host, time="1")).status == 409
    assert (await sam.post(path, host=host, time="1", overlap="true")).status == 200
    assert await owner.fetchval("SELECT array_agg(override ORDER BY id) FROM session") == [False, True]


async def test_a08_a_refusal_tells_nothing_of_the_other_session(site: Site) -> None:
    await book(site, 48)
    stored = await submit(site, await site.visitor("david"), when="scheduled", times=soon(48, minutes=10).isoformat())
    sam = await site.visitor("sam")
    host = await host_named(sam, stored["request"], "Ana Duarte")
    answer = await sam.post(f"/requests/{stored['request']}/accept", host=host, time="1", overlap="true")
    body = await answer.text()
    assert answer.status == 409 and '"host_busy"' in body and "Chloe" not in body
    dialog = await (await sam.get(f"/requests/{stored['request']}/assign?part")).text()
    assert "Chloe" not in dialog


async def test_the_suggestion_is_the_provider_longest_without_an_assignment(site: Site) -> None:
    await book(site, 48)
    stored = await submit(site, await site.visitor("david"))
    dialog = await (await (await site.visitor("sam")).get(f"/requests/{stored['request']}/assign?part")).text()
    blocks = dialog.split('data-testid="provider"')[1:]
    (suggested,) = [block for block in blocks if "Suggested" in block]
    assert "Ben Okafor" in suggested and "no visit in the last 30 days" in suggested


async def test_a05_the_dialog_says_that_accepting_associates(site: Site) -> None:
    stored = await submit(site, await site.visitor("chloe"))
    sam = await site.visitor("sam")
    dialog = await (await sam.get(f"/requests/{stored['request']}/assign?part")).text()
    assert "Accepting associates Chloe Adams with Ana Duarte (Family medicine)." in dialog
    host = await host_named(sam, stored["request"], "Ana Duarte")
    await sam.post(f"/requests/{stored['request']}/accept", host=host, time="0")
    again = await submit(site, await site.visitor("chloe"))
    dialog = await (await sam.get(f"/requests/{again['request']}/assign?part")).text()
    assert "with Ana Duarte (Family" not in dialog and "with Ben Okafor (Family" in dialog


async def test_a11_hosts_who_see_the_groups_queue_hear_of_it_live_and_take_it(site: Site, owner: Connection) -> None:
    await owner.execute("UPDATE clinic SET hosts_see_group_queue = true")
    await book(site, 48)
    ana, ben = await site.visitor("ana"), await site.visitor("ben")
    listening = await connect(ana)
    stored = await submit(site, await site.visitor("david"), when="scheduled", times=soon(49).isoformat())
    await eventually(lambda: listening.named("dashboard.changed"))
    page = await (await ana.get("/dashboard/live")).text()
    assert "to anyone of Family doctors" in page and "Possible Conflicting Sessions" in page
    assert "/decline" not in page
    (own,) = re.findall(r'name="host" value="(\w+)"', page)
    path = f"/requests/{stored['request']}"
    assert (await ana.post(f"{path}/accept", host=own, time="1")).status == 200
    late = await ben.post(f"{path}/accept", host=own, time="1")
    assert late.status == 404, "ben takes it for nobody else"
    assert "to anyone of" not in await (await ben.get("/dashboard/live")).text()


async def test_a_program_reads_providers_and_sessions_as_json(site: Site) -> None:
    await book(site, 48)
    stored = await submit(site, await site.visitor("david"), when="scheduled", times=soon(48, minutes=10).isoformat())
    sam = await site.visitor("sam")
    answer = await sam.get(f"/requests/{stored['request']}/assign", headers={"Accept": "application/json"})
    told = {each["name"]: each for each in (await answer.json())["providers"]}
    (time,) = told["Ana Duarte"]["times"]
    assert (time["time"], time["free"], time["near"][0]["overlaps"]) == (1, False, True)
    assert told["Ben Okafor"]["suggested"] and told["Ben Okafor"]["available"]
    listed = await (await sam.get("/scheduling/sessions", headers={"Accept": "application/json"})).json()
    assert [(row["host_name"], row["sequence"]) for row in listed["sessions"]] == [("Ana Duarte", 0)]
