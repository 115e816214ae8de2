"""Several server processes of one Anteroom: who is told, who wins, who takes over; and databases that restart."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError
from playwright.async_api import Browser, Page, expect

from dispatch import seed
from records import schema
from records.database import Connection, connect
from records.embedded import EmbeddedServer
from records.provision import Place, provision
from tests.e2e.fleet import Fleet, LiveBoard, Node, Person, sailing
from tests.e2e.people import arrive
from tests.e2e.test_path import enter
from tests.support import PASSWORD_HASH, eventually
from tests.valkey import Valkey

Seeded = list[dict[str, Any]]


@pytest.fixture
async def fleet(place: Place, tmp_path: Path, valkey: Valkey) -> AsyncIterator[Fleet]:
    async with sailing(place, tmp_path, REDIS_URL=valkey.url) as sails:
        yield sails


@pytest.fixture
def clinic(seeded: Seeded) -> dict[str, Any]:
    return next(each for each in seeded[0]["clinics"] if each["name"] == "Family clinic")


@pytest.fixture
def hosts(seeded: Seeded) -> dict[str, str]:
    """Public ids of people by user name."""
    return {login["username"]: login["public_id"] for login in seeded[0]["logins"]}


def key() -> str:
    return uuid.uuid4().hex


def ask(clinic: dict[str, Any], at: datetime | None = None) -> dict[str, Any]:
    """A request to the clinic's group, now or at a time."""
    when = {"when": "scheduled", "times": [at.isoformat()]} if at else {"when": "now"}
    return {"clinic": clinic["public_id"], "service": clinic["services"][0], "key": key(), **when}


def later(minutes: int) -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=1, minutes=minutes)


async def submit(person: Person, at: str, fields: dict[str, Any]) -> str:
    status, told = await person.post("/requests", at, **fields)
    assert status == 200, told
    return str(told["request"])


async def test_a20_boards_leases_and_decisions_hold_across_two_processes_while_redis_comes_and_goes(
    fleet: Fleet, valkey: Valkey, clinic: dict[str, Any], hosts: dict[str, str]
) -> None:
    one, two = (node.url for node in fleet.nodes)
    sam, sofia, chloe = [await fleet.person(name) for name in ("sam", "sofia", "chloe")]
    boards = [await sam.board(one), await sofia.board(two)]
    fields = ask(clinic)
    request = await submit(chloe, one, fields)
    assert await submit(chloe, two, fields) == request  # the same key, the other process
    await eventually(lambda: all(board.pending == {request} for board in boards), 3)

    assert (await sam.post(f"/requests/{request}/deciding", one, open=True))[0] == 204
    await eventually(lambda: boards[1].deciding.get(request) == ["Sam Reyes"], 3)
    await asyncio.to_thread(valkey.stop)
    assert (await sam.post(f"/requests/{request}/deciding", two, open=True))[0] == 204
    second = await submit(chloe, two, ask(clinic, later(0)))
    await eventually(lambda: all(board.pending == {request, second} for board in boards), 3)
    await asyncio.to_thread(valkey.start)

    accepts = [
        sam.post(f"/requests/{request}/accept", one, host=hosts["ana"], key=key()),
        sofia.post(f"/requests/{request}/accept", two, host=hosts["ben"], key=key()),
    ]
    (won, _), (lost, told) = sorted(await asyncio.gather(*accepts), key=lambda answer: answer[0])
    assert (won, lost) == (200, 409)
    assert told["error"] == "already_decided" and told["decision"]["by"] in ("Sam Reyes", "Sofia Lind")
    await eventually(lambda: all(board.pending == {second} for board in boards), 3)

    async def heard_again() -> bool:
        await sofia.post(f"/requests/{second}/deciding", two, open=True)
        await asyncio.sleep(0.2)
        return boards[0].deciding.get(second) == ["Sofia Lind"]

    await eventually(heard_again, 10)


async def test_without_redis_both_processes_boards_follow_postgres_alone(
    place: Place, tmp_path: Path, clinic: dict[str, Any]
) -> None:
    async with sailing(place, tmp_path) as fleet:
        one, two = (node.url for node in fleet.nodes)
        sam, sofia, chloe = [await fleet.person(name) for name in ("sam", "sofia", "chloe")]
        boards = [await sam.board(one), await sofia.board(two)]
        request = await submit(chloe, fleet.url, ask(clinic))
        await eventually(lambda: all(board.pending == {request} for board in boards), 3)
        declines = [
            person.post(f"/requests/{request}/decline", at, key=key()) for person, at in ((sam, one), (sofia, two))
        ]
        assert sorted([status for status, _ in await asyncio.gather(*declines)]) == [200, 409]
        await eventually(lambda: all(board.pending == set() for board in boards), 3)


async def test_a_process_killed_between_commit_and_push_loses_nothing_and_repeats_nothing(
    fleet: Fleet, clinic: dict[str, Any], hosts: dict[str, str], owner: Connection
) -> None:
    """The kill follows the notification of the commit at once; a board of that process was told in no round or few."""
    first, second = fleet.nodes
    sam, sofia, chloe = [await fleet.person(name) for name in ("sam", "sofia", "chloe")]
    steady, shaken = await sofia.board(second.url), await sam.board()
    untold = 0
    for round_ in range(3):
        doomed = await sofia.board(first.url)
        request = await submit(chloe, second.url, ask(clinic, later(60 * round_)))
        await eventually(partial(all_have, [doomed, steady], request), 5)
        decision = {"host": hosts["ana"], "time": 1, "key": key()}
        answer = await killed_at_commit(owner, first, sam.post(f"/requests/{request}/accept", first.url, **decision))
        untold += request in doomed.pending
        await eventually(partial(none_has, [steady], request), 3)
        status, told = await sam.insist(f"/requests/{request}/accept", **decision)
        assert status == 200, told
        assert answer is None or answer == (200, told)
        await eventually(lambda: shaken.good and shaken.pending == steady.pending, 5, "boards differ")
        assert await owner.fetchval(SESSIONS_OF, request) == 1
        await doomed.close()
        await first.start()
    assert untold, "no kill came before its push; the test proves nothing"


SESSIONS_OF = "SELECT count(*) FROM session JOIN request ON request.id = request_id WHERE request.public_id = $1"


def all_have(boards: list[LiveBoard], request: str) -> bool:
    return all(request in board.pending for board in boards)


def none_has(boards: list[LiveBoard], request: str) -> bool:
    return not any(request in board.pending for board in boards)


async def killed_at_commit(
    owner: Connection, node: Node, step: Coroutine[Any, Any, tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any]] | None:
    """Kill the process as soon as a commit of anybody's is told; return what it still answered."""
    committed = asyncio.Event()

    def tell(*_: object) -> None:
        committed.set()

    await owner.add_listener("change", tell)
    answering = asyncio.create_task(step)
    await asyncio.wait_for(committed.wait(), 10)
    node.kill()
    await owner.remove_listener("change", tell)
    with suppress(ClientError, OSError, TimeoutError):
        return await answering
    return None


async def test_a_visit_is_held_by_one_process_and_taken_over_when_it_dies(
    fleet: Fleet, browser: Browser, clinic: dict[str, Any], hosts: dict[str, str], owner: Connection
) -> None:
    """The pages come through the proxy and follow `elsewhere`; after kill -9 the other process has the room, and nobody
    knocks twice."""
    chloe, sam = await fleet.person("chloe"), await fleet.person("sam")
    request = await submit(chloe, fleet.url, ask(clinic))
    status, accepted = await sam.post(f"/requests/{request}/accept", host=hosts["ana"], key=key())
    assert status == 200
    session = accepted["session"]

    pages: dict[str, Page] = {}
    for who, name in (("chloe", "Chloe A."), ("ana", "Dr Duarte")):
        pages[who] = await arrive(browser, fleet, who)  # type: ignore[arg-type]
        await pages[who].goto(f"/sessions/{session}")
        await enter(pages[who], name)
    await pages["ana"].get_by_test_id("admit").click()
    await expect(pages["chloe"].get_by_test_id("stage")).to_contain_text("Dr Duarte")

    holder = await owner.fetchval("SELECT node FROM visit_room")
    (dies,) = [node for node in fleet.nodes if node.url == holder]
    (stays,) = [node for node in fleet.nodes if node.url != holder]
    refused = await chloe.socket(stays.url, session)
    assert refused.refusal["data"]["node"] == holder if "data" in refused.refusal else refused.refusal["node"] == holder
    dies.kill()
    await eventually(lambda: is_held_by(owner, stays.url), 40)
    for who, other in (("chloe", "Dr Duarte"), ("ana", "Chloe A.")):
        await expect(pages[who].get_by_test_id("stage")).to_contain_text(other, timeout=20_000)
    assert await owner.fetchval("SELECT term FROM visit_room") == 2
    assert await owner.fetchval("SELECT array_agg(epoch) FROM admission") == [1, 1]


async def is_held_by(owner: Connection, node: str) -> bool:
    return bool(await owner.fetchval("SELECT node = $1 FROM visit_room", node))


# A database of its own that restarts


@pytest.fixture
async def restarting(tmp_path: Path) -> AsyncIterator[tuple[EmbeddedServer, Place]]:
    """A real PostgreSQL of the test's own, with one seeded organization."""
    server = EmbeddedServer(tmp_path / "postgres", {"fsync": "off"})
    await asyncio.to_thread(server.start)
    place = await provision(server)
    connection = await connect(place.owner)
    await schema.migrate(connection)
    await seed.organization(connection, "harbor", "Harbor Health", PASSWORD_HASH, "Europe/Lisbon")
    await connection.close()
    yield server, place
    await asyncio.to_thread(server.stop)


async def clinic_of(place: Place) -> dict[str, Any]:
    connection = await connect(place.owner)
    row = await connection.fetchrow(
        "SELECT clinic.public_id, service.public_id AS service FROM clinic JOIN service ON clinic_id = clinic.id "
        "WHERE clinic.name = 'Family clinic' LIMIT 1"
    )
    await connection.close()
    return {"public_id": row["public_id"], "services": [row["service"]]}


async def test_every_board_is_right_within_five_seconds_of_a_database_restart_without_a_reload(
    restarting: tuple[EmbeddedServer, Place], tmp_path: Path
) -> None:
    postgres, place = restarting
    clinic = await clinic_of(place)
    async with sailing(place, tmp_path) as fleet:
        sam, sofia, chloe = [await fleet.person(name) for name in ("sam", "sofia", "chloe")]
        boards: list[LiveBoard] = [await sam.board(fleet.nodes[0].url), await sofia.board(fleet.nodes[1].url)]
        request = await submit(chloe, fleet.url, ask(clinic))
        await eventually(lambda: all(board.pending == {request} for board in boards), 3)
        await asyncio.to_thread(postgres.stop)
        status, _ = await sam.post(f"/requests/{request}/decline", fleet.nodes[0].url, key=key())
        assert status == 503  # never a success that was none
        await asyncio.to_thread(postgres.start)
        owner = await connect(place.owner)
        # What happens while no process listens yet: no notification will ever tell of it.
        await owner.execute("UPDATE request SET state = 'withdrawn', decided_at = clock_now()")
        await owner.close()
        await eventually(lambda: all(board.good and board.pending == set() for board in boards), 5)
        after = await chloe.insist("/requests", **ask(clinic))
        assert after[0] == 200
        await eventually(lambda: all(board.pending == {after[1]["request"]} for board in boards), 3)
