"""The waiting room's rules over HTTP and sockets, who is held to be here, and the record that lasts."""

import time
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as Refused

from dispatch.closing import Closing
from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site
from tests.web.test_session_socket import Person, come
from tests.web.visit_people import (
    booked,
    by_link,
    come_back,
    entered,
    knocked,
    link_of,
    open_page,
    refused,
    stays,
    until_told,
    who_waits,
)
from web.keys import DATABASE
from web.session_socket import SessionSocket

AWAY = (
    "UPDATE admission SET here_until = clock_now() - interval '11 minutes' "
    "WHERE admitted_by IS DISTINCT FROM account_id"
)


async def admitted(site: Site, session: str) -> tuple[Person, Person, str]:
    """The host, the client whom they let in, and the client's admission."""
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    return host, client, admission


async def test_r179_at_a_locked_door_nobody_knocks_and_whoever_waits_or_is_in_stays(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    assert await host.post("lock", locked="true") == {"locked": True}
    await until_told(client, "participant.changed", locked=True, state="waiting")
    await until_told(host, "waiting.changed", locked=True)
    assert (await client.post("knock", name="Chloe"))["state"] == "waiting", "knocking twice is knocking once"
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    await host.post(f"admissions/{admission}/send-back")
    await client.until("waiting")
    await client.post("leave")
    status = await refused(client, "knock", name="Chloe")
    assert status == (409, "door_locked")
    assert (await client.visitor.post(f"/sessions/{session}/knock", name="Chloe")).status == 409
    assert await host.post("knock", name="Dr Ben") == {"admission": await own_admission(owner), **inside(1)}
    await host.post("lock", locked="false")
    assert (await client.post("knock", name="Chloe"))["state"] == "waiting"


def inside(epoch: int) -> dict[str, Any]:
    return {"state": "admitted", "epoch": epoch}


async def own_admission(owner: Connection) -> str:
    return str(await owner.fetchval("SELECT public_id FROM admission WHERE account_id = admitted_by"))


async def test_r179_who_is_sent_back_waits_anew_and_is_told_what_the_host_writes(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, client, admission = await admitted(site, session)
    assert await refused(host, f"admissions/{admission}/message", text="Hello") == (409, "not_now"), "not while inside"
    assert await host.post(f"admissions/{admission}/send-back") == {"state": "waiting", "epoch": 2}
    told = await client.until("waiting")
    assert (told["admitted_ms"], told["message"]) == (None, "") and told["waited_ms"] < 5000
    await eventually(lambda: host.last("room.changed")["people"] == [])
    await host.post(f"admissions/{admission}/message", text="  Two minutes more.  ")
    await until_told(client, "participant.changed", message="Two minutes more.")
    assert await refused(host, f"admissions/{admission}/message", text="x" * 301) == (422, "invalid")
    await host.post(f"admissions/{admission}/message", text="")
    await until_told(client, "participant.changed", message="")
    await host.post(f"admissions/{admission}/admit")
    assert (await client.until("admitted"))["epoch"] == 2
    own = await own_admission(owner)
    for verb in ("remove", "send-back", "deny"):
        assert await refused(host, f"admissions/{own}/{verb}") == (409, "not_now"), "nobody puts themselves out so"
    assert [stay[1:] for stay in await stays(owner)] == [
        (True, None, None),
        (True, "sent_back", "ben"),
        (True, None, None),
    ]


async def test_r017_the_host_sees_which_devices_a_waiting_person_has_and_nobody_else_does(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, (client, _) = await entered(site, session), await knocked(site, session)
    assert (await who_waits(host))["camera"] is None
    assert (await client.say("devices", camera=False, microphone=True))["ok"]
    await eventually(lambda: host.last("waiting.changed")["waiting"][0]["microphone"] is True)
    assert (await who_waits(host))["camera"] is False
    assert "devices" not in str(client.socket.heard) and client.last("waiting.changed") is None


async def test_r179_admit_all_lets_in_whose_page_is_open(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, _) = await entered(site, session), await knocked(site, session)
    await client.socket.disconnect()
    await eventually(lambda: host.last("waiting.changed")["waiting"][0]["present"] is False)
    await eventually(lambda: _nobody_admitted(host))
    back = await open_page(client)
    await back.until("waiting")
    assert await host.post("admit-all") == {"admitted": 1}
    await back.until("admitted")


async def _nobody_admitted(host: Person) -> bool:
    return await host.post("admit-all") == {"admitted": 0}


async def test_scene_who_waits_learns_that_the_host_is_in_another_visit(site: Site, owner: Connection) -> None:
    earlier, later = await booked(owner, "-20 minutes"), await booked(owner)
    client, _ = await knocked(site, later)
    assert client.last("participant.changed")["host"] == "absent"
    host = await entered(site, earlier)
    await until_told(client, "participant.changed", host="elsewhere")
    assert "Dr Ben" not in str(client.socket.heard)
    await host.post("leave")
    await until_told(client, "participant.changed", host="absent")
    again = await come_back(host)
    await again.post("knock", name="Dr Ben")
    await until_told(client, "participant.changed", host="elsewhere")
    await again.socket.disconnect()
    await until_told(client, "participant.changed", host="absent")


async def test_scene_within_ten_minutes_a_return_is_no_knock_and_afterwards_it_is_one(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, client, admission = await admitted(site, session)
    await client.socket.disconnect()
    await eventually(lambda: host.last("room.changed")["people"] == [])
    await owner.execute(AWAY.replace("11 minutes", "9 minutes"))
    client = await open_page(client)
    assert (await client.until("admitted"))["epoch"] == 1
    await client.socket.disconnect()
    await eventually(lambda: host.last("room.changed")["people"] == [])

    async def is_told() -> bool:
        return bool(await owner.fetchval("SELECT bool_or(here_until <= now()) FROM admission"))

    await eventually(is_told)
    await owner.execute(AWAY)
    client = await open_page(client)
    assert (await client.until("left"))["sentence"] == ""
    assert (await client.say("offer", sdp="v=0"))["error"] == "not_allowed"
    assert (await client.post("knock", name="Chloe"))["state"] == "waiting"
    assert await refused(host, f"admissions/{admission}/remove") == (409, "not_now")
    record = await owner.fetch("SELECT ending::text, ended_at - admitted_at < '1 second' FROM attendance ORDER BY id")
    assert record[1]["ending"] == "vanished" and record[1][1], "they left when they were last here"


async def test_scene_a_person_whose_page_gives_no_sign_of_life_is_gone_within_ten_seconds(
    site: Site, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await booked(owner)
    host, client, _ = await admitted(site, session)
    await eventually(lambda: host.last("room.changed")["people"])

    async def say_nothing(*_: Any) -> None:
        """The network drops whatever the page sends, and no end of the connection comes either."""

    monkeypatch.setattr(client.socket.eio, "_send_packet", say_nothing)
    since = time.monotonic()
    await eventually(lambda: host.last("room.changed")["people"] == [], 12)
    assert 3 < time.monotonic() - since < 10
    assert SessionSocket.silent_seconds + SessionSocket.look_seconds + 2 < 10
    assert host.socket.connected, "whoever answers stays"


async def test_the_record_shows_on_the_sessions_page_and_who_arranges_it_reads_it(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, client, admission = await admitted(site, session)
    sam = await site.visitor("sam")
    before = await (await sam.get(f"/sessions/{session}/manage")).text()
    assert "still in the visit" in before and 'data-testid="no-show"' not in before
    await host.post(f"admissions/{admission}/remove")
    await client.until("removed")
    await client.post("knock", name="Chloe again")
    await host.post(f"admissions/{admission}/deny")
    await host.post("end")
    page = " ".join((await (await sam.get(f"/sessions/{session}/manage")).text()).split())
    for words in (
        "<strong>Dr Ben</strong> (host): came in",
        "<strong>Chloe at the door</strong>: knocked",
        "let in by Ben Okafor",
        "removed by Ben Okafor",
        "<strong>Chloe again</strong>: knocked",
        "not let in by Ben Okafor",
        "ended by Ben Okafor",
    ):
        assert words in page, words
    assert "still" not in page.split("attendance-heading")[1].split("history-heading")[0]
    assert (await client.visitor.get(f"/sessions/{session}/manage")).status == 404
    assert (await (await site.visitor("ana")).get(f"/sessions/{session}/manage")).status == 404


async def test_a_no_show_is_one_click_of_the_host_from_the_start_on(site: Site, owner: Connection) -> None:
    session = await booked(owner, "5 minutes")
    client, _ = await knocked(site, session)
    ben, sam = await site.visitor("ben"), await site.visitor("sam")
    page, path = f"/sessions/{session}/manage", f"/sessions/{session}/no-show"
    assert (await (await ben.post(path)).json())["message"] == "The session has not begun yet."
    assert 'data-testid="no-show"' not in await (await ben.get(page)).text()
    await owner.execute("UPDATE session SET starts_at = starts_at - interval '10 minutes'")
    assert 'data-testid="no-show"' in await (await ben.get(page)).text()
    assert 'data-testid="no-show"' not in await (await sam.get(page)).text()
    again = await ben.post(path, headers={"Origin": site.url})
    assert again.status == 409 and "Somebody is in the waiting room" in await again.text()
    await client.post("leave")
    done = await ben.post(path, headers={"Origin": site.url})
    assert (done.status, done.headers["Location"]) == (303, f"{page}?done=no_show")
    assert (await ben.post(path)).status == 200, "twice is once"
    shown = await (await ben.get(f"{page}?done=no_show")).text()
    assert "It is noted that nobody came." in shown and "noted that nobody came" in shown.split("history-heading")[-1]
    assert await owner.fetchval("SELECT state::text FROM session") == "no_show"
    assert await refused(client, "knock", name="Chloe") == (403, "not_open")


async def test_a14_a_visit_that_runs_over_goes_on_and_ends_when_its_host_has_been_gone_for_long(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, client, _ = await admitted(site, session)
    later = await booked(owner, "2 hours")
    await owner.execute(
        "UPDATE session SET starts_at = starts_at - interval '2 hours', ends_at = ends_at - interval '2 hours'"
    )
    closing = Closing(site.app[DATABASE])
    await closing.sweep()
    client, host = await come_back(client), await come_back(host)
    await client.until("admitted")
    await host.until("admitted")
    assert (await client.visitor.get(f"/sessions/{session}")).status == 200
    assert "Waiting room" in await (await client.visitor.get(f"/sessions/{session}")).text()
    await client.post("leave")
    assert await refused(client, "knock", name="Again") == (403, "not_open"), "back in, but nobody comes anew"
    await host.socket.disconnect()
    away = "SELECT here_until <= clock_now() FROM admission WHERE state = 'admitted'"
    await eventually(lambda: owner.fetchval(away))
    state = "SELECT state::text FROM session WHERE public_id = $1"
    await closing.sweep()
    assert await owner.fetchval(state, session) == "in_progress", "a host who reloads ends nothing"
    await owner.execute(
        "UPDATE admission SET here_until = clock_now() - interval '11 minutes' WHERE state = 'admitted'"
    )
    await closing.sweep()
    assert await owner.fetchval(state, session) == "ended"
    with pytest.raises(Refused):
        await open_page(host)
    assert [stay[2:] for stay in await stays(owner)] == [("ended", None), ("left", "chloe")]
    assert await owner.fetchval("SELECT state::text FROM session WHERE public_id = $1", later) == "scheduled"


async def test_a14_a_visit_that_runs_over_goes_on_for_whoever_came_by_a_link(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, client = await entered(site, session), await by_link(site, session, await link_of(site, session))
    admission = (await client.post("knock", name="Chloe by link"))["admission"]
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    await owner.execute(
        "UPDATE session SET starts_at = starts_at - interval '2 hours', ends_at = ends_at - interval '2 hours'"
    )
    await owner.execute("UPDATE sign_in SET expires_at = expires_at - interval '2 hours' WHERE session_id IS NOT NULL")
    client = await come_back(client)
    await client.until("admitted")
    await client.post("leave")
    assert await refused(client, "knock", name="Again") == (403, "not_open")


async def test_who_knocks_ever_again_must_wait_and_a_reload_is_no_knock(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    client, _ = await knocked(site, session)
    for _ in range(20):
        await client.post("knock", name="Chloe")
    for _ in range(9):
        await client.post("leave")
        await client.post("knock", name="Chloe")
    await client.post("leave")
    assert await refused(client, "knock", name="Chloe") == (429, "too_many")
    assert len(await stays(owner)) == 10
    await owner.execute("UPDATE attendance SET knocked_at = knocked_at - interval '5 minutes'")
    await client.post("knock", name="Chloe")


async def test_a14_whoever_still_waits_when_the_door_closes_is_told_so(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    client = await come(site, "chloe", session)
    await client.post("knock", name="Chloe")
    await client.until("waiting")
    await owner.execute(
        "UPDATE session SET starts_at = starts_at - interval '2 hours', ends_at = ends_at - interval '2 hours'"
    )
    await Closing(site.app[DATABASE]).sweep()
    assert (await client.until("left"))["sentence"] == "The time for this session is over."
    assert await owner.fetchval("SELECT state::text FROM session") == "scheduled", (
        "whether it was missed, the host says"
    )
