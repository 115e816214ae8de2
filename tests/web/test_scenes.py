"""Twelve scenes around admission, over HTTP and sockets, as people meet them."""

import pytest
from socketio.exceptions import ConnectionError as Refused

from dispatch import direct_links
from records.database import Connection
from records.provision import Place
from tests.support import actor, eventually
from tests.web.conftest import Site, serving
from tests.web.live_client import connect
from tests.web.test_session_socket import OFFER, Person, come
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


async def test_r179_scene_1_who_comes_early_waits_and_the_hosts_arrival_admits_nobody(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner, "29 minutes")
    client, admission = await knocked(site, session)
    assert client.last("participant.changed")["host"] == "absent"
    assert 0 < client.last("participant.changed")["ends_in_ms"] <= 49 * 60_000
    host = await come(site, "ben", session)
    await until_told(host, "waiting.changed")
    assert await refused(host, f"admissions/{admission}/admit") == (409, "not_now"), "the host is at the door only"
    assert client.last("participant.changed")["host"] == "absent"
    await host.post("knock", name="Dr Ben")
    assert (await until_told(client, "participant.changed", host="here"))["state"] == "waiting"
    assert client.last("room.changed") is None
    assert await owner.fetchval("SELECT state::text FROM session") == "scheduled"
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    assert await owner.fetchval("SELECT state::text FROM session") == "in_progress"


async def test_r016_scene_2_while_the_host_is_away_nobody_is_admitted_and_they_come_back_as_host(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await host.socket.disconnect()
    await until_told(client, "participant.changed", host="absent", state="waiting")

    async def is_told() -> bool:
        return bool(await owner.fetchval("SELECT here_until <= now() FROM admission WHERE admitted_at IS NOT NULL"))

    await eventually(is_told)
    assert await refused(host, f"admissions/{admission}/admit") == (409, "not_now")
    assert await refused(host, "admit-all") == (409, "not_now")
    back = await open_page(host)
    assert (await back.until("admitted"))["role"] == "host"
    await until_told(client, "participant.changed", host="here")
    assert [each["name"] for each in back.last("waiting.changed")["waiting"]] == ["Chloe at the door"]
    assert await back.post("admit-all") == {"admitted": 1}
    await client.until("admitted")
    assert await owner.fetchval("SELECT count(*) FROM attendance") == 2, "no second knock"


async def test_r016_r017_scene_3_a_second_host_is_nobody_here(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    second = Person(await site.visitor("ana"), session, host.socket)
    with pytest.raises(Refused):
        await connect(second.visitor, "/session", {"session": session})
    steps = [f"admissions/{admission}/{verb}" for verb in ("admit", "deny", "send-back", "remove", "message")]
    for path in (*steps, "admit-all", "lock", "no-show", "end", "knock", "leave"):
        assert await refused(second, path) == (404, "not_found"), path
    for path in (*steps, "admit-all", "lock", "no-show", "end"):
        assert await refused(client, path) == (404, "not_found"), path
    newer = await open_page(host)
    await newer.until("admitted")
    await eventually(lambda: host.socket.named("participant.replaced"))
    assert client.last("participant.changed")["state"] == "waiting"
    assert await owner.fetchval("SELECT locked FROM session") is False


async def test_r179_scene_4_who_was_removed_returns_with_the_same_cookie_and_must_be_admitted_again(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    assert (await client.say("offer", sdp=OFFER))["ok"]
    await host.post(f"admissions/{admission}/remove", sentence="Please come back at four.")
    told = await client.until("removed")
    assert (told["sentence"], told["epoch"]) == ("Please come back at four.", 2)
    await eventually(lambda: host.last("room.changed")["people"] == [])
    client = await come_back(client)
    assert (await client.until("removed"))["sentence"] == "Please come back at four."
    for command in ("offer", "restart"):
        assert (await client.say(command, sdp=OFFER))["error"] == "not_allowed"
    assert client.last("room.changed") is None
    assert (await client.post("knock", name="Chloe again"))["state"] == "waiting"
    assert (await client.until("waiting"))["sentence"] == ""
    assert await refused(host, f"admissions/{admission}/remove") == (409, "not_now")
    await host.post(f"admissions/{admission}/admit")
    assert (await client.until("admitted"))["epoch"] == 3
    assert await stays(owner) == [
        ("Dr Ben", True, None, None),
        ("Chloe at the door", True, "removed", "ben"),
        ("Chloe again", True, None, None),
    ]


async def test_r179_scene_5_who_is_denied_is_told_so_and_may_knock_again(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    assert await refused(host, f"admissions/{admission}/deny", sentence="x" * 301) == (422, "invalid")
    for _ in range(2):
        answer = await host.post(f"admissions/{admission}/deny", sentence="Not today.")
        assert answer == {"state": "denied", "epoch": 2}, "twice is once"
    assert (await client.until("denied"))["sentence"] == "Not today."
    await until_told(host, "waiting.changed", waiting=[])
    assert await refused(host, f"admissions/{admission}/admit") == (409, "not_now")
    await client.post("knock", name="Chloe again")
    assert (await client.until("waiting"))["sentence"] == ""
    assert (await who_waits(host))["name"] == "Chloe again"


async def test_r179_scene_6_a_restart_lets_nobody_in_and_puts_nobody_out(place: Place, owner: Connection) -> None:
    session = await booked(owner)
    async with serving(place, {}) as site:
        host, (client, admission) = await entered(site, session), await knocked(site, session)
        await host.post("lock", locked="true")
    async with serving(place, {}) as site:
        client = await come(site, "chloe", session)
        told = await client.until("waiting")
        assert (told["epoch"], told["locked"], told["host"]) == (1, True, "absent")
        assert (await client.say("offer", sdp=OFFER))["ok"]
        host = await come(site, "ben", session)
        assert (await host.until("admitted"))["role"] == "host"
        await host.post(f"admissions/{admission}/admit")
        await client.until("admitted")
    async with serving(place, {}) as site:
        client, host = await come(site, "chloe", session), await come(site, "ben", session)
        assert (await client.until("admitted"))["epoch"] == 1
        others = await until_told(client, "room.changed")
        await eventually(lambda: [each["name"] for each in client.last("room.changed")["people"]] == ["Dr Ben"])
        assert others["slots"] == {}
        await until_told(host, "waiting.changed", locked=True, waiting=[])
    assert await owner.fetchval("SELECT count(*) FROM attendance") == 2


async def test_a15_scene_7_whose_link_is_revoked_is_out_at_once(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, client = await entered(site, session), await by_link(site, session, await link_of(site, session))
    admission = (await client.post("knock", name="Chloe by link"))["admission"]
    row = await who_waits(host)
    assert (row["by_link"], row["other_device"]) == (True, False)
    await host.post(f"admissions/{admission}/admit")
    await eventually(lambda: host.last("room.changed")["people"])
    ben = await actor(site.app[DATABASE], "ben")
    async with site.app[DATABASE].transaction(ben) as connection:
        session_id = await connection.fetchval("SELECT id FROM session WHERE public_id = $1", session)
        await direct_links.revoke(connection, ben, session_id)
    await eventually(lambda: not client.socket.connected)
    await eventually(lambda: host.last("room.changed")["people"] == [])
    assert await refused(client, "knock", name="Chloe by link") == (401, "link_ended")
    with pytest.raises(Refused):
        await open_page(client)


async def test_scene_8_when_the_appointment_is_cancelled_whoever_waits_is_told_so(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner, "5 minutes")
    host, (client, _) = await entered(site, session), await knocked(site, session)
    sam = await site.visitor("sam")
    assert (await sam.post(f"/sessions/{session}/cancel", reason="Ben is ill")).status == 200
    for person in (client, host):
        assert (await person.until("left"))["sentence"] == "The session was cancelled."
        assert await refused(person, "knock", name="Again") == (403, "not_open")
        with pytest.raises(Refused):
            await come_back(person)
    assert [stay[2:] for stay in await stays(owner)] == [("ended", "sam")] * 2


async def test_scene_8_a_session_that_is_moved_or_given_away_has_an_open_door_and_a_fresh_waiting_room(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, (client, _) = await entered(site, session), await knocked(site, session)
    await host.post("lock", locked="true")
    sam, ana = await site.visitor("sam"), await actor(site.app[DATABASE], "ana")
    given = await sam.post(f"/sessions/{session}/reassign", host=ana.public_id, reason="Ben is ill")
    assert given.status == 200, await given.text()
    assert (await host.until("left"))["sentence"] == "Another provider has this session now."
    await until_told(client, "participant.changed", state="waiting", locked=False, host="absent")
    heir = await come(site, "ana", session)
    await heir.post("knock", name="Dr Ana")
    await until_told(client, "participant.changed", state="waiting", host="here")
    assert (await who_waits(heir))["name"] == "Chloe at the door"
    assert await refused(host, "admit-all") == (404, "not_found")


async def test_scene_9_of_two_tabs_the_newest_has_the_visit_and_both_are_one_person(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, (older, admission) = await entered(site, session), await knocked(site, session)
    newer = await open_page(older)
    await newer.until("waiting")
    await eventually(lambda: older.socket.named("participant.replaced"))
    assert len(host.last("waiting.changed")["waiting"]) == 1
    await host.post(f"admissions/{admission}/admit")
    await newer.until("admitted")
    await eventually(lambda: [each["name"] for each in host.last("room.changed")["people"]] == ["Chloe at the door"])
    assert older.last("participant.changed")["state"] == "waiting", "the older one hears nothing more"
    assert older.last("room.changed") is None


async def test_r016_scene_10_a_demoted_host_is_out_and_admits_nobody(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await owner.execute("DELETE FROM account_role WHERE role = 'practitioner'")
    await until_told(client, "participant.changed", host="absent")
    await eventually(lambda: "/session" not in host.socket.namespaces)
    for path in (f"admissions/{admission}/admit", "admit-all", "lock"):
        assert await refused(host, path) == (404, "not_found")
    with pytest.raises(Refused):
        await open_page(host)
    assert client.last("participant.changed")["state"] == "waiting"


async def test_a15_scene_11_a_forwarded_link_inherits_neither_knock_nor_admission(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    token = await link_of(site, session)
    host, first = await entered(site, session), await by_link(site, session, token)
    admission = (await first.post("knock", name="Chloe by link"))["admission"]
    await host.post(f"admissions/{admission}/admit")
    await first.until("admitted")
    second = await by_link(site, session, token)
    assert (await second.until("arriving"))["epoch"] == 0
    assert (await second.say("offer", sdp=OFFER))["error"] == "not_allowed"
    assert await refused(second, "knock", name="Somebody else") == (409, "not_now")
    assert (await second.visitor.post(f"/sessions/{session}/leave")).status == 200
    assert "Chloe by link" not in await (await second.visitor.get(f"/sessions/{session}")).text()
    assert first.socket.connected and first.last("participant.changed")["state"] == "admitted"

    await first.socket.disconnect()
    await eventually(lambda: host.last("room.changed")["people"] == [])
    await eventually(lambda: _may_knock(second))
    assert (await host.visitor.post(f"/sessions/{session}/admissions/{admission}/admit", epoch=1)).status == 409, (
        "the host saw the first"
    )
    row = await who_waits(host)
    assert row["epoch"] > 1
    assert (row["name"], row["by_link"], row["other_device"]) == ("Somebody else", True, True)
    assert second.last("room.changed") is None
    first = await open_page(first)
    assert (await first.until("left"))["role"] == "client"
    assert (await first.say("offer", sdp=OFFER))["error"] == "not_allowed"
    assert "Somebody else" not in str(first.socket.heard)
    assert [stay[2] for stay in await stays(owner)] == [None, "vanished", None]


async def _may_knock(person: Person) -> bool:
    answer = await person.visitor.post(f"/sessions/{person.session}/knock", name="Somebody else")
    return bool(answer.status == 200)


async def test_scene_12_after_the_end_nobody_is_in_and_nobody_knocks(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    await host.post("end")
    for person in (client, host):
        assert (await person.until("left"))["sentence"] == "The visit has ended."
        assert await refused(person, "knock", name="Again") == (403, "not_open")
    for path in (f"admissions/{admission}/admit", "lock", "no-show"):
        assert await refused(host, path) == (409, "not_now"), path
    with pytest.raises(Refused):
        await come_back(client)
    assert await owner.fetchval("SELECT state::text FROM session") == "ended"
    assert [stay[2:] for stay in await stays(owner)] == [("ended", "ben")] * 2
