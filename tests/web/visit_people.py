"""People at a visit as tests write it: what they post, and what their page is told."""

from typing import Any

from dispatch import direct_links
from records.database import Connection
from tests.support import actor, eventually
from tests.web.conftest import Site
from tests.web.live_client import connect
from tests.web.test_direct_link import follow
from tests.web.test_session_socket import BOOK, Person, come
from web.keys import DATABASE


async def booked(owner: Connection, begins_in: str = "0 minutes") -> str:
    """A session of Ben and Chloe; its public id."""
    return str(await owner.fetchval(BOOK.replace("$1", f"'{begins_in}'")))


async def come_back(person: Person) -> Person:
    """The same browser, with the same cookie, on a fresh page."""
    await person.socket.disconnect()
    return await open_page(person)


async def open_page(person: Person) -> Person:
    socket = await connect(person.visitor, "/session", {"session": person.session})
    return Person(person.visitor, person.session, socket)


async def by_link(site: Site, session: str, token: str) -> Person:
    """A browser of its own that comes by this direct link."""
    visitor = await site.visitor()
    await follow(visitor, token)
    return Person(visitor, session, await connect(visitor, "/session", {"session": session}))


async def link_of(site: Site, session: str, username: str = "chloe") -> str:
    who = await actor(site.app[DATABASE], username)
    async with site.app[DATABASE].transaction(who) as connection:
        session_id = await connection.fetchval("SELECT id FROM session WHERE public_id = $1", session)
        return await direct_links.make(connection, session_id, who.account_id)


async def entered(site: Site, session: str) -> Person:
    """The host, in the visit."""
    host = await come(site, "ben", session)
    await host.post("knock", name="Dr Ben")
    await host.until("admitted")
    return host


async def knocked(site: Site, session: str, username: str = "chloe") -> tuple[Person, str]:
    """A client in the waiting room, and the public id of their admission."""
    client = await come(site, username, session)
    admission = (await client.post("knock", name="Chloe at the door"))["admission"]
    await client.until("waiting")
    return client, admission


async def refused(person: Person, path: str, **fields: Any) -> tuple[int, str]:
    """The status and the code with which a step of the visit is refused."""
    answer = await person.visitor.post(f"/sessions/{person.session}/{path}", **fields)
    return answer.status, (await answer.json())["error"]


async def until_told(person: Person, event: str, **wanted: Any) -> dict[str, Any]:
    """Wait until the newest event of this name says all this."""

    def told() -> Any:
        last = person.last(event)
        return last if last and all(last[name] == value for name, value in wanted.items()) else None

    return dict(await eventually(told, what=f"{event} {wanted}"))


async def who_waits(host: Person) -> dict[str, Any]:
    """The only row of the host's panel, as soon as there is one."""

    def told() -> Any:
        last = host.last("waiting.changed")
        return last and last["waiting"]

    (row,) = await eventually(told)
    return dict(row)


async def stays(owner: Connection) -> list[tuple[Any, ...]]:
    """The record: name, admitted or not, ending, ended by whom."""
    rows = await owner.fetch(
        "SELECT attendance.name, admitted_at IS NOT NULL, ending::text, username FROM attendance "
        "LEFT JOIN account ON account.id = ended_by ORDER BY attendance.id"
    )
    return [tuple(row) for row in rows]
