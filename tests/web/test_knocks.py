"""Knocks reach every page of the host at whose door somebody waits, and nobody else's (R-016, R-017)."""

from typing import Any

import pytest

from records.database import Connection
from tests.dispatch.agenda import associate, put_session
from tests.dispatch.factories import soon
from tests.support import eventually
from tests.web.conftest import Site, Visitor
from tests.web.live_client import Listener, connect


@pytest.fixture
async def session(owner: Connection) -> str:
    """Ana and David, within the join window."""
    session = await put_session(owner, soon(0), soon(1))
    await associate(owner, session)
    return session


async def knock(visitor: Visitor, session: str, name: str = "David K.") -> Any:
    answer = await visitor.post(f"/sessions/{session}/knock", name=name)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def told(listener: Listener, *names: str) -> dict[str, Any]:
    """The newest state, once it names these people."""

    def reached() -> Any:
        states = listener.named("knocks.changed")
        return states[-1] if states and [one["name"] for one in states[-1]["knocks"]] == list(names) else None

    return dict(await eventually(reached))


async def test_r016_a_host_hears_of_a_knock_on_any_page_and_of_its_end(site: Site, session: str) -> None:
    ana, david = await site.visitor("ana"), await site.visitor("david")
    listener = await connect(ana)
    admission = (await knock(david, session))["admission"]
    state = await told(listener, "David K.")
    (one,) = state["knocks"]
    assert (one["admission"], one["session"], one["epoch"]) == (admission, session, 1)
    assert 0 <= one["waited_ms"] < 10_000 and one["closes_in_ms"] > 25 * 60_000
    loaded = await (await ana.get("/knocks")).json()
    assert loaded["read_at"] > state["read_at"]
    assert [(each["admission"], each["service"]) for each in loaded["knocks"]] == [(admission, "Laid by a test")]

    await david.post(f"/sessions/{session}/leave")
    await told(listener)
    await knock(david, session)
    (again,) = (await told(listener, "David K."))["knocks"]
    assert again["epoch"] > one["epoch"]


async def test_r017_nobody_but_the_host_hears_of_a_knock(site: Site, session: str) -> None:
    others = [("ben", "harbor"), ("sam", "harbor"), ("olivia", "harbor"), ("chloe", "harbor"), ("ana", "meadow")]
    david, ana = await site.visitor("david"), await connect(await site.visitor("ana"))
    listeners = [await connect(await site.visitor(*who)) for who in others]
    own = await connect(david)
    await knock(david, session)
    await told(ana, "David K.")
    for name in ("david", "chloe", "sam"):
        assert (await (await site.visitor(name)).get("/knocks")).status == 404
    assert (await (await (await site.visitor("ben")).get("/knocks")).json())["knocks"] == []
    assert not any(listener.named("knocks.changed") for listener in [*listeners, own])


async def test_a_session_that_gets_another_host_takes_its_knocks_along(
    site: Site, session: str, owner: Connection
) -> None:
    ana, ben = await connect(await site.visitor("ana")), await connect(await site.visitor("ben"))
    await knock(await site.visitor("david"), session)
    await told(ana, "David K.")
    await owner.execute(
        "UPDATE session SET host_id = account.id FROM account, organization WHERE session.public_id = $1"
        " AND account.username = 'ben' AND organization.id = account.organization_id AND slug = 'harbor'",
        session,
    )
    await told(ben, "David K.")
    await told(ana)


async def test_a_door_that_has_closed_has_nobody_before_it(site: Site, session: str, owner: Connection) -> None:
    ana = await site.visitor("ana")
    await knock(await site.visitor("david"), session)
    await owner.execute(
        "UPDATE session SET starts_at = starts_at - interval '3 hours', ends_at = ends_at - interval '3 hours'"
    )
    assert (await (await ana.get("/knocks")).json())["knocks"] == []
