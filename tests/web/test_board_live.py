"""The board over HTTP and its socket: snapshot + events = snapshot, and who must not hear hears nothing."""

import asyncio
import re
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as Refused
from yarl import URL

from records.database import Connection
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.dispatch.factories import soon
from tests.support import cut_feeds, eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import Listener, connect


async def offer(site: Site, visitor: Visitor, clinic: str = "Family clinic") -> dict[str, Any]:
    """The fields of a request for the clinic's first service, read from the form as a browser would."""
    dashboard = await (await visitor.get("/dashboard")).text()
    (path,) = re.findall(
        rf'href="(/clinics/\w+/ask)">\s*<div class="card-body">\s*<h3 class="card-title">{clinic}', dashboard
    )
    form = await (await visitor.get(path)).text()
    fields = dict(re.findall(r'type="hidden" name="(clinic|key)" value="([^"]+)"', form))
    return {**fields, "service": re.findall(r'name="service" value="(\w+)"', form)[0]}


async def submit(site: Site, visitor: Visitor, **fields: str) -> dict[str, Any]:
    answer = await visitor.post("/requests", **(await offer(site, visitor) | fields))
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def rows_of(visitor: Visitor) -> list[str]:
    """The ids on the board now, in order."""
    return re.findall(r'data-id="(\w+)"', await (await visitor.get("/board/rows")).text())


def apply(rows: dict[str, int | None], listener: Listener) -> set[str]:
    """What a board shows after the events: the newest reading of each row wins."""
    shown = dict.fromkeys(rows, 0)
    newest: dict[str, int] = {}
    for change in listener.named("request.changed"):
        if change["read_at"] <= newest.get(change["id"], 0):
            continue
        newest[change["id"]] = change["read_at"]
        if change["html"] is None:
            shown.pop(change["id"], None)
        else:
            shown[change["id"]] = 1
    return set(shown)


async def test_a_new_request_reaches_the_schedulers_board_as_a_rendered_row(site: Site) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    board = await connect(sam)
    stored = await submit(site, chloe, note='<b>bold</b> & "quoted"')
    (change,) = await eventually(lambda: board.named("request.changed"))
    assert change["id"] == stored["request"]
    assert "Chloe Adams" in change["html"]
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; &#34;quoted&#34;" in change["html"]
    assert "<b>bold" not in change["html"]


@pytest.mark.parametrize("column", range(10), ids=[f"r{number}" for number in range(103, 113)])
async def test_r103_r104_r105_r106_r107_r108_r109_r110_r111_r112_the_board_has_every_column(
    site: Site, column: int
) -> None:
    expected = [
        ("Request #", "1"),
        ("Requestor", "Chloe Adams"),
        ("Request Type", "Now"),
        ("Virtual Clinic Patient Group", "Families"),
        ("Virtual Clinic Host Group", "Family doctors"),
        ("Request To", "Family doctors"),
        ("Service", "Video consultation"),
        ("Request Pending For", "data-age-ms"),
        ("Request Time(s)", "<time datetime"),
        ("Request Note", "A rash"),
    ][column]
    await submit(site, await site.visitor("chloe"), note="A rash")
    page = await (await (await site.visitor("sam")).get("/board")).text()
    headings = re.findall(r'<th scope="col">([^<]+)</th>', page)
    cells = re.findall(r"<t[hd][^>]* data-label=[^>]*>(.*?)</t[hd]>", page, re.DOTALL)
    assert headings[column] == expected[0]
    assert expected[1] in cells[column]


async def test_who_may_not_see_the_board_gets_the_answer_for_unknown_pages(site: Site) -> None:
    for username in ("chloe", "ana", "olivia"):
        visitor = await site.visitor(username)
        forbidden, unknown = await visitor.get("/board"), await visitor.get("/boards")
        assert forbidden.status == unknown.status == 404
        assert await forbidden.text() == (await unknown.text())


async def test_a_request_is_heard_by_its_schedulers_and_its_people_and_by_nobody_else(site: Site) -> None:
    listeners = {
        name: await connect(await site.visitor(name)) for name in ("sam", "sofia", "chloe", "david", "ana", "olivia")
    }
    listeners["stranger"] = await connect(await site.visitor("sam", "meadow"))
    chloe = await site.visitor("chloe")
    fields = await offer(site, chloe, "Talking clinic")
    await chloe.post("/requests", **fields)
    await submit(site, await site.visitor("chloe"))
    await eventually(lambda: len(listeners["sam"].named("request.changed")) == 2)
    await eventually(lambda: len(listeners["sofia"].named("request.changed")) == 1)
    await eventually(lambda: listeners["chloe"].named("dashboard.changed"))
    for name in ("david", "ana", "olivia", "stranger"):
        assert [event for event, _ in listeners[name].heard if event != "board.resync"] == [], name
    assert listeners["chloe"].named("request.changed") == []


async def test_a_socket_without_a_sign_in_is_refused(site: Site) -> None:
    with pytest.raises(Refused):
        await connect(await site.visitor())


async def test_snapshot_and_events_make_the_next_snapshot(site: Site) -> None:
    sam, chloe, david = [await site.visitor(name) for name in ("sam", "chloe", "david")]
    await submit(site, chloe)
    board = await connect(sam)
    before: dict[str, int | None] = dict.fromkeys(await rows_of(sam), 0)
    later = [soon(hours).isoformat() for hours in (24, 25, 26)]
    asked = await asyncio.gather(
        *(submit(site, visitor, when="scheduled", times=time) for visitor in (chloe, david) for time in later)
    )
    await asyncio.gather(
        sam.post(f"/requests/{asked[0]['request']}/decline"),
        sam.post(f"/requests/{asked[4]['request']}/decline"),
        chloe.post(f"/requests/{asked[1]['request']}/withdraw"),
    )
    after = set(await rows_of(sam))
    assert len(after) == 4
    await eventually(lambda: apply(before, board) == after)


async def test_a_board_is_told_to_load_again_after_the_listener_was_dropped(
    site: Site, postgres: EmbeddedServer, place: Place
) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    board = await connect(sam)
    resyncs = len(board.named("board.resync"))
    assert await cut_feeds(postgres, place) == 1
    stored = await submit(site, chloe)
    await eventually(lambda: len(board.named("board.resync")) > resyncs, 5)
    assert await rows_of(sam) == [stored["request"]]


async def test_r110_the_age_is_the_servers_and_the_limit_is_the_clinics(site: Site, owner: Connection) -> None:
    sam = await site.visitor("sam")
    await submit(site, await site.visitor("chloe"))
    await owner.execute("UPDATE request SET submitted_at = now() - interval '301 seconds'")
    await owner.execute("UPDATE clinic SET red_after = interval '7 minutes'")
    row = await (await sam.get("/board/rows")).text()
    (age,) = re.findall(r'data-age-ms="(\d+)"', row)
    assert 301_000 <= int(age) < 311_000
    assert 'data-red-after-ms="420000"' in row


async def test_a_form_sent_twice_asks_once(site: Site, owner: Connection) -> None:
    chloe = await site.visitor("chloe")
    fields = await offer(site, chloe)
    first, second = await asyncio.gather(chloe.post("/requests", **fields), chloe.post("/requests", **fields))
    assert await first.json() == await second.json()
    assert await owner.fetchval("SELECT count(*) FROM request") == 1


async def test_what_was_typed_stays_when_the_form_is_refused(site: Site, owner: Connection) -> None:
    chloe = await site.visitor("chloe")
    fields = await offer(site, chloe) | {
        "when": "scheduled",
        "times": "2020-01-01T10:00",
        "note": "My knee hurts",
    }
    answer = await chloe.post("/requests", headers={"Origin": site.url}, **fields)
    page = await answer.text()
    assert answer.status == 422
    assert "Choose times that are still to come" in page
    assert "My knee hurts" in page
    assert 'value="2020-01-01T10:00"' in page
    assert await owner.fetchval("SELECT count(*) FROM request") == 0


@pytest.mark.parametrize(
    ("time", "instant"),
    [("2027-03-28T00:30", "2027-03-28 00:30:00+00:00"), ("2027-07-01T12:00", "2027-07-01 11:00:00+00:00")],
)
async def test_times_are_read_in_the_visitors_zone(site: Site, owner: Connection, time: str, instant: str) -> None:
    await submit(site, await site.visitor("chloe"), when="scheduled", times=time, zone="Europe/Lisbon")
    assert str(await owner.fetchval("SELECT starts_at FROM requested_time")) == instant


async def test_a_time_that_the_clocks_skip_is_refused(site: Site) -> None:
    chloe = await site.visitor("chloe")
    fields = await offer(site, chloe) | {
        "when": "scheduled",
        "times": "2027-03-28T01:30",
        "zone": "Europe/Lisbon",
    }
    told = await (await chloe.post("/requests", **fields)).json()
    assert told["field"] == "times"
    assert "skip" in told["message"]


async def test_a20_the_second_decision_is_told_who_decided_what(site: Site) -> None:
    sam, sofia, chloe = [await site.visitor(name) for name in ("sam", "sofia", "chloe")]
    stored = await submit(site, chloe)
    assert (await sam.post(f"/requests/{stored['request']}/decline")).status == 200
    answer = await sofia.post(f"/requests/{stored['request']}/decline")
    told = await answer.json()
    assert answer.status == 409
    assert told["error"] == "already_decided"
    assert (told["decision"]["state"], told["decision"]["by"]) == ("declined", "Sam Reyes")


async def test_alive_and_ready_are_told_apart(site: Site) -> None:
    visitor = await site.visitor()
    assert (await visitor.get("/healthz")).status == 200
    assert await (await visitor.get("/readyz")).json() == {"database": True, "feed": True, "staying": True}


async def assign_page(site: Site, visitor: Visitor, request: str) -> tuple[str, dict[str, str]]:
    """The page of the Assign form, and its providers: name -> public id."""
    page = await (await visitor.get(f"/requests/{request}/assign")).text()
    return page, {name: host for host, name in re.findall(r'value="(\w+)" required[^<]*<span>([^<]+)</span>', page)}


async def test_r094_r095_r098_assign_lists_the_clinics_providers_with_their_availability(
    site: Site, owner: Connection
) -> None:
    sam = await site.visitor("sam")
    await owner.execute(
        "UPDATE clinic_host SET on_demand = false FROM account WHERE account.id = account_id AND username = 'ben'"
    )
    stored = await submit(site, await site.visitor("chloe"))
    page, providers = await assign_page(site, sam, stored["request"])
    assert sorted(providers) == ["Ana Duarte", "Ben Okafor"]
    badges = re.findall(r'<span class="badge[^"]*">([^<]+)</span>', page)
    assert badges == ["Available", "Not Available"]


async def test_a_provider_who_is_in_a_session_is_not_called_available(site: Site) -> None:
    sam = await site.visitor("sam")
    first, second = [await submit(site, await site.visitor(name)) for name in ("chloe", "david")]
    _, providers = await assign_page(site, sam, first["request"])
    answer = await sam.post(f"/requests/{first['request']}/accept", host=providers["Ana Duarte"], time="0")
    assert answer.status == 200
    page, _ = await assign_page(site, sam, second["request"])
    assert re.findall(r'<span class="badge[^"]*">(\w+)', page) == ["Not", "Available"]
    assert "In a session now" in page


async def test_r084_r085_r126_a_host_declines_from_the_dashboard_with_notes(site: Site) -> None:
    ana, chloe = await site.visitor("ana"), await site.visitor("chloe")
    form = await (await chloe.get("/dashboard")).text()
    (path, *_) = re.findall(r'href="(/clinics/\w+/ask)"', form)
    (host,) = re.findall(r'<option value="(\w+)"\s*>Ana Duarte', await (await chloe.get(path)).text())
    stored = await submit(site, chloe, host=host)
    assert "Chloe Adams: Video consultation" in await (await ana.get("/dashboard")).text()
    await ana.post(f"/requests/{stored['request']}/decline", response="I am away today.")
    page = await (await chloe.get("/dashboard")).text()
    assert "declined" in page
    assert "I am away today." in page


async def test_r102_r126_an_accepted_requester_sees_the_response_and_the_meeting(site: Site) -> None:
    sam, chloe = await site.visitor("sam"), await site.visitor("chloe")
    stored = await submit(site, chloe)
    _, providers = await assign_page(site, sam, stored["request"])
    fields: dict[str, Any] = {"host": providers["Ana Duarte"], "time": "0", "response": "See you in a moment."}
    booked = await (await sam.post(f"/requests/{stored['request']}/accept", **fields)).json()
    page = await (await chloe.get("/dashboard")).text()
    for told in ("Booked with Ana Duarte", "See you in a moment.", f'href="/sessions/{booked["session"]}"'):
        assert told in page


async def test_a_form_that_is_refused_comes_back_with_what_was_typed(site: Site) -> None:
    sam = await site.visitor("sam")
    stored = await submit(site, await site.visitor("chloe"))
    _, providers = await assign_page(site, sam, stored["request"])
    await sam.post(f"/requests/{stored['request']}/decline")
    fields = {"host": providers["Ben Okafor"], "time": "0", "response": "Come in, please."}
    answer = await sam.post(f"/requests/{stored['request']}/accept", headers={"Origin": site.url}, **fields)
    page = await answer.text()
    assert answer.status == 409
    assert "This request was already declined by Sam Reyes." in page
    assert "Come in, please." in page
    assert re.search(rf'value="{providers["Ben Okafor"]}" required[^>]*\schecked', page)


async def test_r072_a_service_shows_name_description_and_duration_when_asking(site: Site) -> None:
    chloe = await site.visitor("chloe")
    dashboard = await (await chloe.get("/dashboard")).text()
    page = await (await chloe.get(re.findall(r'href="(/clinics/\w+/ask)"', dashboard)[0])).text()
    for told in ("Video consultation", "20 min", "Talk to a doctor about what bothers you."):
        assert told in page


async def test_r091_scheduling_requests_is_in_the_schedulers_top_bar_and_in_nobody_elses(site: Site) -> None:
    for name, expected in (("sam", True), ("ana", False), ("chloe", False)):
        page = await (await (await site.visitor(name)).get("/")).text()
        assert ('href="/board"' in page) is expected, name


async def test_a_key_used_again_for_another_action_is_refused(site: Site, owner: Connection) -> None:
    sam = await site.visitor("sam")
    first, second = [await submit(site, await site.visitor(name)) for name in ("chloe", "david")]
    _, providers = await assign_page(site, sam, first["request"])
    fields: dict[str, Any] = {"host": providers["Ana Duarte"], "time": "0", "key": "my-own-key"}
    assert (await sam.post(f"/requests/{first['request']}/accept", **fields)).status == 200
    other_request = await sam.post(f"/requests/{second['request']}/accept", **fields)
    other_host = await sam.post(f"/requests/{first['request']}/accept", **(fields | {"host": providers["Ben Okafor"]}))
    for answer in (other_request, other_host):
        assert (answer.status, (await answer.json())["error"]) == (409, "key_reused")
    assert await owner.fetchval("SELECT count(*) FROM session") == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"note": "a\0b"}, "note"),
        ({"key": "key\0key\0"}, "key"),
        ({"when": "scheduled", "times": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "times"),
        ({"when": "scheduled", "times": "9999-12-31T23:59", "zone": "America/New_York"}, "times"),
        ({"when": "scheduled", "times": "2030-01-01T00:00", "zone": "../etc/passwd"}, "times"),
        ({"when": "scheduled", "times": "tomorrow"}, "times"),
        ({"when": "never"}, "when"),
        ({"note": "x" * 2001}, "note"),
    ],
)
async def test_odd_input_is_a_clear_error_by_its_field_and_changes_nothing(
    site: Site, owner: Connection, fields: dict[str, str], field: str
) -> None:
    chloe = await site.visitor("chloe")
    answer = await chloe.post("/requests", **(await offer(site, chloe) | fields))
    assert (answer.status, (await answer.json())["field"]) == (422, field)
    assert await owner.fetchval("SELECT count(*) FROM request") == 0


@pytest.mark.parametrize("time", ["99999999999", "-1", str(2**70), "soon"])
async def test_an_odd_rank_is_refused(site: Site, time: str) -> None:
    sam = await site.visitor("sam")
    stored = await submit(site, await site.visitor("chloe"))
    answer = await sam.post(f"/requests/{stored['request']}/accept", host="x", time=time)
    assert (answer.status, (await answer.json())["field"]) == (422, "time")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("application/x-www-form-urlencoded; charset=none", b"a=b"),
        ("application/json", b"["),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(site: Site, content_type: str, body: bytes) -> None:
    chloe = await site.visitor("chloe")
    headers = {"Origin": site.url, "Accept": "application/json", "Content-Type": content_type}
    answer = await chloe.session.post("/requests", data=body, headers=headers)
    assert answer.status == 422


@pytest.mark.parametrize(
    "path", ["/sessions/%00", "/requests/%ff%fe/assign", "/at/%0d%0a", "/clinics/..%2f..%2fetc/ask"]
)
async def test_an_odd_path_is_an_unknown_page(site: Site, path: str) -> None:
    chloe = await site.visitor("chloe")
    assert (await chloe.session.get(URL(site.url + path, encoded=True))).status == 404
