"""A stay outlasts what happens around it: a newer link, another host, a page that is away. And one link fills no
room."""

from functools import partial

import pytest
from socketio.exceptions import ConnectionError as Refused

from dispatch import direct_links
from records.database import Connection
from tests.support import actor, eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from tests.web.test_direct_link import follow
from tests.web.test_session_socket import Person, come
from tests.web.visit_people import booked, by_link, entered, knocked, link_of, open_page, refused, until_told, who_waits
from web.keys import DATABASE


async def test_a15_a_new_link_puts_nobody_out_and_the_old_one_opens_nothing(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    old = await link_of(site, session)
    host, client = await entered(site, session), await by_link(site, session, old)
    other = await by_link(site, session, old)
    admission = (await client.post("knock", name="Chloe by link"))["admission"]
    sent = await host.visitor.post(f"/sessions/{session}/links/send")
    assert sent.status == 200, await sent.text()
    await eventually(lambda: not other.socket.connected, what="a page of the old link that neither waits nor is in")
    stranger = await site.visitor()
    assert (await stranger.get(f"/join/{old}")).status == 404
    client = await open_page(client)
    await client.until("waiting")
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    await link_of(site, session)
    client = await open_page(client)
    assert (await client.until("admitted"))["epoch"] == 1, "a reload is no knock"
    assert (await client.visitor.get(f"/sessions/{session}")).status == 200
    await client.post("leave")
    await eventually(lambda: not client.socket.connected)
    assert await refused(client, "knock", name="Chloe again") == (401, "link_ended")
    with pytest.raises(Refused, match="link_ended"):
        await open_page(client)
    newest = await by_link(site, session, await link_of(site, session))
    assert (await newest.post("knock", name="Chloe again"))["state"] == "waiting"


async def test_a15_who_stays_by_an_older_link_is_out_when_links_are_ended_on_purpose(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    host, client = await entered(site, session), await by_link(site, session, await link_of(site, session))
    await client.post("knock", name="Chloe by link")
    await link_of(site, session)
    assert client.socket.connected
    assert (await host.visitor.post(f"/sessions/{session}/links/revoke")).status == 200
    assert (await client.until("left"))["sentence"] == "Your link to this visit was ended."
    await eventually(lambda: not client.socket.connected)
    ben = await actor(site.app[DATABASE], "ben")
    async with site.app[DATABASE].transaction(ben) as connection:
        session_id = await connection.fetchval("SELECT id FROM session WHERE public_id = $1", session)
        await direct_links.revoke(connection, ben, session_id)
    assert await owner.fetchval("SELECT count(*) FROM direct_link WHERE replaced OR revoked_at IS NULL") == 0


async def test_a23_who_waits_by_a_link_goes_on_waiting_when_the_session_is_given_away(
    site: Site, owner: Connection
) -> None:
    session = await booked(owner)
    await owner.execute(
        "UPDATE session SET client_id = NULL, visitor_id = client.account_id FROM client WHERE client.id = client_id"
    )
    await owner.execute("DELETE FROM association")
    client = await by_link(site, session, await link_of(site, session))
    await client.post("knock", name="Chloe by link")
    sam, ana = await site.visitor("sam"), await actor(site.app[DATABASE], "ana")
    given = await sam.post(f"/sessions/{session}/reassign", host=ana.public_id, reason="Ben is ill")
    assert given.status == 200, await given.text()
    assert await owner.fetchval("SELECT count(*) FROM direct_link WHERE replaced") == 1, "the letter brings a new link"
    heir = await come(site, "ana", session)
    await heir.post("knock", name="Dr Ana")
    await until_told(client, "participant.changed", state="waiting", host="here")
    assert (await who_waits(heir))["present"]
    assert await heir.post("admit-all") == {"admitted": 1}
    await client.until("admitted")


async def test_a15_one_link_fills_no_room(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    token = await link_of(site, session)
    first = await by_link(site, session, token)
    await first.post("knock", name="Chloe by link")
    await first.until("waiting")
    others = [await by_link(site, session, token) for _ in range(4)]
    assert all(other.socket.connected for other in others)
    for oldest in others[:2]:
        others.append(await by_link(site, session, token))
        await eventually(partial(_is_put_out, oldest))
    assert all("/session" in other.socket.namespaces for other in others[2:])
    assert first.socket.connected and not first.last("participant.replaced"), "whoever waits is in nobody's way"
    ben = await entered(site, session)
    assert ben.last("participant.changed")["state"] == "admitted", "and others' pages are not counted"


def _is_put_out(person: Person) -> bool:
    return person.last("participant.replaced") == {"crowded": True} and "/session" not in person.socket.namespaces


async def test_r017_who_is_let_in_and_away_shows_to_the_host_and_can_be_put_out(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await host.post(f"admissions/{admission}/admit")
    await client.until("admitted")
    await until_told(host, "waiting.changed", away=[])
    await client.socket.disconnect()
    away = {"admission": admission, "name": "Chloe at the door", "relation": ""}
    await until_told(host, "waiting.changed", away=[away], waiting=[])
    host = await open_page(host)
    await until_told(host, "waiting.changed", away=[away])
    await host.post(f"admissions/{admission}/remove", sentence="See you tomorrow.")
    await until_told(host, "waiting.changed", away=[])
    client = await open_page(client)
    assert (await client.until("removed"))["sentence"] == "See you tomorrow."
    assert client.last("waiting.changed") is None


async def test_the_host_reads_again_what_they_wrote_after_a_reload(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    host, (client, admission) = await entered(site, session), await knocked(site, session)
    await host.post(f"admissions/{admission}/message", text="Five minutes, please.")
    await until_told(client, "participant.changed", message="Five minutes, please.")
    host = await open_page(host)
    assert (await who_waits(host))["message"] == "Five minutes, please."
    await host.post(f"admissions/{admission}/message", text="")
    await eventually(lambda: host.last("waiting.changed")["waiting"][0]["message"] == "")


async def test_a_no_show_is_undone_within_a_day_unless_the_time_was_given_away(site: Site, owner: Connection) -> None:
    session = await booked(owner, "-5 minutes")
    ben, sam = await site.visitor("ben"), await site.visitor("sam")
    page, path = f"/sessions/{session}/manage", f"/sessions/{session}/no-show/undo"
    assert (await ben.post(f"/sessions/{session}/no-show")).status == 200
    assert "undo-no-show" in await (await ben.get(page)).text()
    assert "undo-no-show" not in await (await sam.get(page)).text()
    for other in (sam, await site.visitor("chloe"), await site.visitor("ana")):
        assert (await other.post(path)).status == 404
    taken = await booked(owner, "0 minutes")
    again = await ben.post(path, headers={"Origin": site.url})
    assert again.status == 409 and "has a session at that time" in (await again.text())
    await owner.execute("UPDATE session SET state = 'cancelled' WHERE public_id = $1", taken)
    done = await ben.post(path, headers={"Origin": site.url})
    assert (done.status, done.headers["Location"]) == (303, f"{page}?done=undo_no_show")
    assert (await ben.post(path)).status == 200, "twice is once"
    shown = await (await ben.get(f"{page}?done=undo_no_show")).text()
    assert "The no-show is undone." in shown and "took back that nobody came" in shown
    client, _ = await knocked(site, session)
    assert client.last("participant.changed")["state"] == "waiting"
    await client.post("leave")
    assert (await ben.post(f"/sessions/{session}/no-show")).status == 200
    await owner.execute(
        "UPDATE session SET starts_at = starts_at - interval '2 days', ends_at = ends_at - interval '2 days'"
    )
    assert (await ben.post(path)).status == 409
    assert "undo-no-show" not in await (await ben.get(page)).text()


async def test_a15_whoever_follows_a_newer_link_goes_on_in_their_place(site: Site, owner: Connection) -> None:
    session = await booked(owner)
    client = await by_link(site, session, await link_of(site, session))
    await client.post("knock", name="Chloe by link")
    await client.until("waiting")
    newer = await link_of(site, session)
    led = await client.visitor.get(f"/join/{newer}", allow_redirects=False)
    assert led.headers["Location"] == f"/sessions/{session}"
    await client.visitor.post("/sign-out")
    assert await follow(client.visitor, newer) == session
    back = Person(client.visitor, session, await connect(client.visitor, "/session", {"session": session}))
    assert (await back.until("waiting"))["epoch"] == 1
