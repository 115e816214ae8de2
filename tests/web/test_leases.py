"""Leases in one process and shared through a real Valkey, which is restarted, hung and lost on the way."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import eventually
from tests.valkey import Valkey
from tests.web.conftest import Site
from tests.web.live_client import connect
from web.keys import LEASES
from web.leases import Leases
from web.presence import Presence, here
from web.shared_leases import SharedLeases, create

Start = Callable[..., Awaitable[Leases]]
TOPIC = "deciding:r1"


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Runs leases until the test ends."""
    running: list[tuple[Leases, asyncio.Task[None]]] = []

    async def begin(leases: Leases) -> Leases:
        running.append((leases, asyncio.create_task(leases.run())))
        return leases

    yield begin
    for leases, task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await leases.close()


def shared(valkey: Valkey, house: str = "http://house") -> SharedLeases:
    leases = SharedLeases(valkey.url, house)
    leases.settle_seconds = 0.1
    leases.liveness_seconds = 0.3
    return leases


def listen(leases: Leases) -> list[str]:
    told: list[str] = []

    async def hear(topic: str) -> None:
        told.append(topic)

    leases.on_change(hear)
    return told


async def holds(leases: Leases, topic: str, expected: dict[str, str]) -> bool:
    return await leases.holders(topic) == expected


async def test_a_lease_is_told_once_renewed_silently_and_ends_by_itself(start: Start) -> None:
    leases = await start(create(None, "http://house"))
    told = listen(leases)
    await leases.hold(TOPIC, "ana", "Ana Duarte", 0.5)
    await eventually(lambda: told == [TOPIC])
    await leases.hold(TOPIC, "ana", "Ana Duarte", 1)
    assert await leases.holders(TOPIC) == {"ana": "Ana Duarte"}
    await eventually(lambda: told == [TOPIC, TOPIC], 3)
    assert await leases.holders(TOPIC) == {}
    assert not leases.away


async def test_a_released_lease_is_gone_at_once_and_twice_does_no_harm(start: Start) -> None:
    leases = await start(Leases())
    told = listen(leases)
    await leases.hold(TOPIC, "ana", "Ana", 30)
    await leases.hold(TOPIC, "ben", "Ben", 30)
    await leases.release(TOPIC, "ana")
    await leases.release(TOPIC, "ana")
    assert await leases.holders(TOPIC) == {"ben": "Ben"}
    await eventually(lambda: told)
    await leases.release("deciding:other", "ana")
    assert await leases.holders("deciding:other") == {}


async def test_a_listener_that_fails_stops_nobody(start: Start) -> None:
    leases = await start(Leases())

    async def fail(topic: str) -> None:
        raise ZeroDivisionError

    leases.on_change(fail)
    told = listen(leases)
    await leases.hold(TOPIC, "ana", "Ana", 30)
    await eventually(lambda: told == [TOPIC])
    await leases.hold("deciding:r2", "ana", "Ana", 30)
    await eventually(lambda: told == [TOPIC, "deciding:r2"])


async def test_processes_share_leases_and_are_told_of_every_change(start: Start, valkey: Valkey) -> None:
    one, two, stranger = shared(valkey), shared(valkey), shared(valkey, "http://another")
    for leases in (one, two, stranger):
        await start(leases)
    await eventually(lambda: not (one.away or two.away or stranger.away))
    told, others = listen(two), listen(stranger)
    await one.hold(TOPIC, "ana", "Ana [*] Duarte", 1)
    await eventually(lambda: holds(two, TOPIC, {"ana": "Ana [*] Duarte"}), 1)
    assert told == [TOPIC]
    await eventually(lambda: holds(two, TOPIC, {}), 3)
    await eventually(lambda: told == [TOPIC, TOPIC], 1)
    await one.hold(TOPIC, "ana", "Ana", 30)
    await eventually(lambda: holds(two, TOPIC, {"ana": "Ana"}))
    await two.release(TOPIC, "ana")  # by way of the other process, as a round-robin proxy does
    await eventually(lambda: holds(one, TOPIC, {}), 1)
    assert others == []
    assert await stranger.holders(TOPIC) == {}


async def test_a_process_that_joins_later_knows_what_is_held(start: Start, valkey: Valkey) -> None:
    one = await start(shared(valkey))
    await eventually(lambda: not one.away)
    await one.hold(TOPIC, "ana", "Ana", 30)
    await eventually(lambda: holds(one, TOPIC, {"ana": "Ana"}))
    late = await start(shared(valkey))
    await eventually(lambda: not late.away)
    assert await late.holders(TOPIC) == {"ana": "Ana"}


async def test_redis_that_restarts_empty_is_told_again_and_nobody_blinks(start: Start, valkey: Valkey) -> None:
    one, two = await start(shared(valkey)), await start(shared(valkey))
    await eventually(lambda: not (one.away or two.away))
    await one.hold(TOPIC, "ana", "Ana", 30)
    await eventually(lambda: holds(two, TOPIC, {"ana": "Ana"}))
    told = listen(two)
    valkey.stop()
    await eventually(lambda: one.away and two.away)
    await one.hold("deciding:r2", "ana", "Ana", 30)  # raises nothing, and holds here
    assert await one.holders("deciding:r2") == {"ana": "Ana"}
    assert await two.holders(TOPIC) == {"ana": "Ana"}
    valkey.start()
    await eventually(lambda: not (one.away or two.away))
    await eventually(lambda: holds(two, "deciding:r2", {"ana": "Ana"}))
    assert TOPIC not in told
    late = await start(shared(valkey))
    await eventually(lambda: not late.away)
    assert await late.holders(TOPIC) == {"ana": "Ana"}
    await one.release(TOPIC, "ana")
    await eventually(lambda: holds(two, TOPIC, {}), 1)


async def test_a_redis_that_hangs_holds_nobody_up(start: Start, valkey: Valkey) -> None:
    one = await start(shared(valkey))
    await eventually(lambda: not one.away)
    valkey.send(signal.SIGSTOP)
    try:
        async with asyncio.timeout(3):
            await one.hold(TOPIC, "ana", "Ana", 30)
        await eventually(lambda: one.away, 3)
        async with asyncio.timeout(0.1):
            await one.hold(TOPIC, "ben", "Ben", 30)
            await one.release(TOPIC, "ana")
        assert await one.holders(TOPIC) == {"ben": "Ben"}
    finally:
        valkey.send(signal.SIGCONT)
    await eventually(lambda: not one.away)
    await eventually(lambda: "ben" in dict(one._held[TOPIC]))


async def test_without_any_redis_a_process_starts_and_is_away(start: Start, tmp_path: Path) -> None:
    lost = await start(shared(Valkey(tmp_path)))
    await lost.hold(TOPIC, "ana", "Ana", 30)
    assert await lost.holders(TOPIC) == {"ana": "Ana"}
    assert lost.away


async def test_a_person_is_here_while_any_page_is_open_in_any_process(start: Start) -> None:
    leases = await start(Leases())
    one, two = Presence(leases), Presence(leases)
    await one.opened("a", 7, "Ana")
    await one.opened("b", 7, "Ana")
    await two.opened("c", 7, "Ana")
    await one.closed("a")
    await one.closed("b")
    assert len(await leases.holders(here(7))) == 1
    await two.closed("c")
    await two.closed("c")
    assert await leases.holders(here(7)) == {}


async def test_presence_is_renewed_by_one_task_and_given_up_at_the_end(start: Start) -> None:
    leases = await start(Leases())
    presence = Presence(leases)
    presence.lease_seconds, presence.renew_seconds = 0.6, 0.1
    task = asyncio.create_task(presence.run())
    told = listen(leases)
    await presence.opened("a", 7, "Ana")
    await asyncio.sleep(1.5)
    assert told == [here(7)]
    assert await leases.holders(here(7))
    await presence.close()
    assert await leases.holders(here(7)) == {}
    task.cancel()


async def test_a10_a_socket_holds_its_person_here_while_it_is_open(site: Site) -> None:
    visitor = await site.visitor("ana")
    leases = site.app[LEASES]
    first, second = await connect(visitor), await connect(visitor)
    held = [topic for topic in leases._held if topic.startswith("here:")]
    assert len(held) == 1
    await first.disconnect()
    assert list((await leases.holders(held[0])).values()) == ["Ana Duarte"]
    await second.disconnect()
    await eventually(lambda: holds(leases, held[0], {}), 3)
