"""The visit's socket with a real database, feed and relay: who may join, and how rows reach the people in the room."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as Refused

from records.database import Connection, Unavailable
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.support import cut_feeds, eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import Listener, connect
from web.keys import FEED, SOCKETS
from web.session_socket import SessionSocket

OFFER = (Path(__file__).parent.parent / "media" / "chromium_offer.sdp").read_text()
BOOK = """
    WITH associated AS (
        INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
        SELECT clinic.organization_id, client.id, host.id, clinic.department_id
        FROM clinic JOIN account AS host ON host.organization_id = clinic.organization_id AND host.username = 'ben'
        JOIN client ON client.organization_id = clinic.organization_id AND client.email = 'chloe@harbor.example'
        WHERE clinic.name = 'Family clinic'
        ON CONFLICT DO NOTHING
    )
    INSERT INTO session (organization_id, clinic_id, host_id, client_id, service_name, starts_at, ends_at)
    SELECT clinic.organization_id, clinic.id, host.id, client.id, 'Video consultation',
           clock_now() + $1::interval, clock_now() + $1::interval + '20 minutes'
    FROM organization
    JOIN clinic ON clinic.organization_id = organization.id AND clinic.name = 'Family clinic'
    JOIN account AS host ON host.organization_id = organization.id AND host.username = 'ben'
    JOIN account ON account.organization_id = organization.id AND account.username = 'chloe'
    JOIN client ON client.account_id = account.id
    WHERE organization.slug = 'harbor'
    RETURNING public_id"""

Book = Callable[[str], Awaitable[str]]


@pytest.fixture
def book(owner: Connection) -> Book:
    """Books a session of Ben and Chloe that begins in so long."""

    async def insert(begins_in: str = "0 minutes") -> str:
        return str(await owner.fetchval(BOOK.replace("$1", f"'{begins_in}'")))

    return insert


@dataclass
class Person:
    """Somebody signed in, at one session's page."""

    visitor: Visitor
    session: str
    socket: Listener

    async def post(self, path: str, **fields: Any) -> dict[str, Any]:
        answer = await self.visitor.post(f"/sessions/{self.session}/{path}", **fields)
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())

    async def say(self, name: str, **data: Any) -> dict[str, Any]:
        return dict(await self.socket.call(name, data, namespace="/session"))

    def last(self, name: str) -> Any:
        told = self.socket.named(name)
        return told[-1] if told else None

    async def until(self, state: str) -> dict[str, Any]:
        def reached() -> Any:
            told = self.last("participant.changed")
            return told if told and told["state"] == state else None

        return dict(await eventually(reached))


async def come(site: Site, username: str, session: str) -> Person:
    visitor = await site.visitor(username)
    return Person(visitor, session, await connect(visitor, "/session", {"session": session}))


async def inside(site: Site, session: str) -> tuple[Person, Person]:
    """The host has entered and let the client in."""
    host, client = await come(site, "ben", session), await come(site, "chloe", session)
    await host.post("knock", name="Dr Ben")
    knocked = await client.post("knock", name="Chloe")
    await host.post(f"admissions/{knocked['admission']}/admit")
    await client.until("admitted")
    await host.until("admitted")
    return host, client


@pytest.mark.parametrize(("username", "organization"), [("david", "harbor"), ("sam", "harbor"), ("chloe", "meadow")])
async def test_a_stranger_is_refused_as_if_there_were_no_session(site: Site, book: Book, username, organization):
    session = await book("0 minutes")
    stranger = await site.visitor(username, organization)
    told = []
    for named in (session, "0" * 32):
        with pytest.raises(Refused) as refused:
            await connect(stranger, "/session", {"session": named})
        told.append(str(refused.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("auth", [None, {}, {"session": None}, {"session": ["x"]}, "x"])
async def test_a_socket_that_names_no_session_is_refused(site: Site, auth):
    with pytest.raises(Refused):
        await connect(await site.visitor("chloe"), "/session", auth)


async def test_who_is_signed_out_is_refused(site: Site, book: Book):
    with pytest.raises(Refused):
        await connect(await site.visitor(), "/session", {"session": await book("0 minutes")})


@pytest.mark.parametrize("begins_in", ["31 minutes", "-51 minutes"])
async def test_r173_nobody_joins_outside_the_join_window(site: Site, book: Book, begins_in):
    session = await book(begins_in)
    for username in ("chloe", "ben"):
        with pytest.raises(Refused):
            await connect(await site.visitor(username), "/session", {"session": session})


async def test_a_room_of_another_node_is_not_served_here(site: Site, book: Book, owner: Connection):
    session = await book("0 minutes")
    await owner.execute(
        "INSERT INTO visit_room (session_id, organization_id, node, leased_until) "
        "SELECT id, organization_id, 'http://elsewhere.test', clock_now() + '1 minute' FROM session"
    )
    with pytest.raises(Refused) as refused:
        await connect(await site.visitor("chloe"), "/session", {"session": session})
    assert "http://elsewhere.test" in str(refused.value)  # the page connects there
    await owner.execute("UPDATE visit_room SET leased_until = clock_now() - interval '1 second'")
    client = await come(site, "chloe", session)
    assert (await client.until("arriving"))["role"] == "client"
    assert await owner.fetchval("SELECT term FROM visit_room") == 2


async def test_a_process_that_is_stopped_gives_its_rooms_up(site: Site, book: Book, owner: Connection):
    session = await book("0 minutes")
    client = await come(site, "chloe", session)
    await client.until("arriving")
    await site.app[SOCKETS].namespace_handlers["/session"]._visits.close()
    assert await owner.fetchval("SELECT leased_until < clock_now() FROM visit_room")


async def test_knock_admission_and_leave_reach_the_people_whom_they_concern(site: Site, book: Book):
    session = await book("0 minutes")
    client = await come(site, "chloe", session)
    assert (await client.until("arriving"))["host"] == "absent"
    knocked = await client.post("knock", name="Chloe at the door")
    waits = await client.until("waiting")
    assert (waits["name"], waits["admitted_ms"]) == ("Chloe at the door", None)
    assert 0 <= waits["waited_ms"] < 10_000

    host = await come(site, "ben", session)
    await host.post("knock", name="Dr Ben")
    await eventually(lambda: client.last("participant.changed")["host"] == "here")
    (waiting,) = (await eventually(lambda: host.last("waiting.changed")))["waiting"]
    assert (waiting["admission"], waiting["name"], waiting["present"]) == (
        knocked["admission"],
        "Chloe at the door",
        True,
    )
    assert client.last("room.changed") is None

    await host.post(f"admissions/{knocked['admission']}/admit")
    await client.until("admitted")
    await eventually(lambda: host.last("waiting.changed")["waiting"] == [])
    others = await eventually(lambda: client.last("room.changed"))
    assert [person["name"] for person in others["people"]] == ["Dr Ben"]

    await client.post("leave")
    await client.until("left")
    await eventually(lambda: host.last("room.changed")["people"] == [])
    assert "waiting.changed" not in {name for name, _ in client.socket.heard}


async def test_r179_offers_are_taken_from_the_knock_on_and_answered_by_the_relay(site: Site, book: Book):
    client = await come(site, "chloe", await book("0 minutes"))
    assert (await client.say("offer", sdp=OFFER))["error"] == "not_allowed"
    await client.post("knock", name="Chloe")
    await client.until("waiting")
    answer = await client.say("offer", sdp=OFFER)
    assert answer["ok"] and "a=ice-lite" in answer["sdp"]
    assert [line["kind"] for line in answer["published"]] == ["microphone", "camera", "screen"]
    assert (await client.say("offer", sdp="v=0"))["error"] == "bad_offer"
    assert (await client.say("sing"))["error"] == "malformed"
    assert "Ben" not in json.dumps(client.socket.heard)


async def test_a_return_is_no_second_knock(site: Site, book: Book):
    session = await book("0 minutes")
    host, client = await inside(site, session)
    await client.socket.disconnect()
    again = await come(site, "chloe", session)
    told = await again.until("admitted")
    assert told["epoch"] == 1
    others = await eventually(lambda: again.last("room.changed"))
    assert [person["name"] for person in others["people"]] == ["Dr Ben"]
    assert host.last("waiting.changed")["waiting"] == []


async def test_the_newest_window_has_the_visit(site: Site, book: Book):
    session = await book("0 minutes")
    _, older = await inside(site, session)
    newer = await come(site, "chloe", session)
    await newer.until("admitted")
    await eventually(lambda: older.socket.named("participant.replaced"))
    await eventually(lambda: not older.socket.connected)


async def test_what_happened_while_the_feed_was_cut_is_caught_up(
    site: Site, book: Book, postgres: EmbeddedServer, place: Place
):
    client = await come(site, "chloe", await book("0 minutes"))
    await client.until("arriving")
    assert await cut_feeds(postgres, place) > 0
    await client.post("knock", name="Chloe")
    assert (await client.until("waiting"))["epoch"] == 1


async def test_r179_whoever_is_let_in_does_not_wait_for_the_feed(
    site: Site, book: Book, postgres: EmbeddedServer, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await book("0 minutes")
    host, client = await come(site, "ben", session), await come(site, "chloe", session)
    await host.post("knock", name="Dr Ben")
    await host.until("admitted")
    admission = (await client.post("knock", name="Chloe"))["admission"]
    await client.until("waiting")

    async def refused(*_: str) -> None:
        raise Unavailable

    with monkeypatch.context() as away:
        away.setattr("records.feed.connect", refused)
        assert await cut_feeds(postgres, place) == 1
        await eventually(lambda: not site.app[FEED].connected.is_set())
        await host.post(f"admissions/{admission}/admit")
        await client.until("admitted")
        await eventually(lambda: [person["name"] for person in host.last("room.changed")["people"]] == ["Chloe"])


async def test_signing_out_ends_the_visit_in_this_browser(site: Site, book: Book):
    client = await come(site, "chloe", await book("0 minutes"))
    await client.visitor.post("/sign-out")
    await eventually(lambda: not client.socket.connected)


async def test_r031_a_client_whose_account_is_closed_is_out_of_the_waiting_room_at_once(
    site: Site, book: Book, owner: Connection
):
    client = await come(site, "chloe", await book("0 minutes"))
    await client.post("knock", name="Chloe")
    await client.until("waiting")
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'chloe'")
    await eventually(lambda: not client.socket.connected)
    with pytest.raises(Exception, match="signed_out"):
        await connect(client.visitor, "/session", {"session": client.session})


async def test_a_browser_that_goes_while_it_joins_leaves_no_ghost(
    site: Site, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await book("0 minutes")
    sids: asyncio.Queue[str] = asyncio.Queue()
    gone = asyncio.Event()
    join = SessionSocket._join

    async def slow_join(self: SessionSocket, sid: str, *rest: Any) -> None:
        sids.put_nowait(sid)
        await gone.wait()
        await join(self, sid, *rest)

    monkeypatch.setattr(SessionSocket, "_join", slow_join)
    visitor = await site.visitor("chloe")
    coming = asyncio.create_task(connect(visitor, "/session", {"session": session}))
    sockets = site.app[SOCKETS]
    await sockets.manager.disconnect(await sids.get(), "/session")
    gone.set()
    await asyncio.gather(coming, return_exceptions=True)
    visits = sockets.namespace_handlers["/session"]
    await eventually(lambda: not visits._places and not visits._visits.rooms.live, 15)
