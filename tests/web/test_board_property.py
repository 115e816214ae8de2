"""Snapshot + events = snapshot, whatever happens in whatever order: a stateful property test over HTTP and sockets.

The short form is the same at each run. `ANTEROOM_CAMPAIGN=1` gives the long one, different each time.
"""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any, ClassVar, TypeVar

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from records.database import Connection, connect
from records.embedded import EmbeddedServer
from records.provision import Place
from tests.dispatch.agenda import put_session
from tests.dispatch.factories import soon
from tests.support import cut_feeds, eventually
from tests.web.board_model import Board, Rows, open_board, open_wall
from tests.web.conftest import Site, serving

CAMPAIGN = os.environ.get("ANTEROOM_CAMPAIGN") == "1"
ALL_PHASES = tuple(Phase)
FORM = settings(
    max_examples=100 if CAMPAIGN else 8,
    stateful_step_count=50 if CAMPAIGN else 40,
    derandomize=not CAMPAIGN,
    phases=ALL_PHASES if CAMPAIGN else (Phase.generate,),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
HOSTS = ("ana", "ben")
OF_HARBOR = (
    "(SELECT account.id FROM account JOIN organization ON organization.id = organization_id "
    "WHERE slug = 'harbor' AND username = '{}')"
)
FAMILY = (
    "(SELECT clinic.id FROM clinic JOIN organization ON organization.id = organization_id "
    "WHERE slug = 'harbor' AND clinic.name = 'Family clinic')"
)
FIRST: tuple[tuple[str, str, list[int]], ...] = (
    ("chloe", "", [1, 3]), ("chloe", "ana", [2]), ("david", "", []), ("david", "ben", [])
)  # fmt: skip
T = TypeVar("T")


class World:
    """One served application, and the boards that are open on it."""

    def __init__(self, postgres: EmbeddedServer, place: Place) -> None:
        self._postgres, self._place = postgres, place
        self._runner, self._stack = asyncio.Runner(), AsyncExitStack()
        self.boards: dict[str, Board] = {}

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(step)

    async def open(self) -> None:
        self.site: Site = await self._stack.enter_async_context(serving(self._place, {}))
        self.owner: Connection = await connect(self._place.owner)
        self._stack.push_async_callback(self.owner.close)
        self.people = {name: await self.site.visitor(name) for name in ("sam", "sofia", "chloe", "david")}
        self.people["stranger"] = await self.site.visitor("sam", "meadow")
        self.clinic, self.service = await self.owner.fetchrow(
            f"SELECT clinic.public_id, service.public_id FROM clinic JOIN service ON service.clinic_id = clinic.id "
            f"WHERE clinic.id = {FAMILY} ORDER BY service.id LIMIT 1"
        )
        self.hosts = {
            name: await self.owner.fetchval(f"SELECT public_id FROM account WHERE id = {OF_HARBOR.format(name)}")
            for name in HOSTS
        }

    async def close(self) -> None:
        for board in self.boards.values():
            await board.listener.disconnect()
        await self._stack.aclose()

    def end(self) -> None:
        self.run(self.close())
        self._runner.close()

    async def begin(self) -> None:
        """Nothing is pending and nobody has a session; the lane keeps what was."""
        await self.owner.execute("UPDATE session SET state = 'cancelled' WHERE state IN ('scheduled', 'in_progress')")
        await self.owner.execute(
            "UPDATE request SET state = 'withdrawn', decided_at = clock_now() WHERE state = 'pending'"
        )
        for name in ("sam", "sofia", "stranger", "wall"):
            await self.open_board(name)

    async def open_board(self, name: str) -> None:
        if name in self.boards:
            await self.boards[name].listener.disconnect()
        visitor = self.people["sam" if name in ("wall", "late") else name]
        self.boards[name] = await (open_wall(visitor) if name == "wall" else open_board(visitor))

    async def cut(self) -> None:
        await cut_feeds(self._postgres, self._place)

    async def pending(self) -> list[str]:
        rows = await self.owner.fetch("SELECT public_id FROM request WHERE state = 'pending' ORDER BY id")
        return [row["public_id"] for row in rows]

    async def sessions(self) -> list[str]:
        rows = await self.owner.fetch("SELECT public_id FROM session WHERE state = 'scheduled' ORDER BY id")
        return [row["public_id"] for row in rows]

    async def look(self) -> None:
        """Every board is right; a board whose socket was ended, because its rights changed, came back first."""
        for name, board in self.boards.items():
            if not board.listener.connected:
                await self.open_board(name)
            await self.boards[name].comes_right(20)
        assert await self.boards["stranger"].shown() == Rows()


class BoardMachine(RuleBasedStateMachine):
    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.world.run(self.world.begin())
        for client, host, hours in FIRST:
            self._ask(client, host, hours)

    @rule(
        client=st.sampled_from(("chloe", "david")),
        host=st.sampled_from(("", *HOSTS)),
        hours=st.lists(st.integers(1, 8), max_size=3, unique=True),
    )
    def ask(self, client: str, host: str, hours: list[int]) -> None:
        self._ask(client, host, hours)

    def _ask(self, client: str, host: str, hours: list[int]) -> None:
        fields: dict[str, Any] = {"clinic": self.world.clinic, "service": self.world.service, "note": "A & <b>"}
        if host:
            fields["host"] = self.world.hosts[host]
        if hours:
            fields |= {"when": "scheduled", "times": [soon(24 + hour).isoformat() for hour in hours]}
        self._post(client, "/requests", **fields)

    @rule(which=st.integers(0, 9), host=st.sampled_from(HOSTS))
    def accept(self, which: int, host: str) -> None:
        if request := self._one(self.world.pending(), which):
            answer = {"host": self.world.hosts[host], "response": "Come in"}
            for time in ("0", "1"):  # one of them is right for its kind
                self._post("sam", f"/requests/{request}/accept", time=time, **answer)

    @rule(which=st.integers(0, 9), verb=st.sampled_from(("decline", "withdraw")), who=st.sampled_from(("sam", "chloe")))
    def decide(self, which: int, verb: str, who: str) -> None:
        if request := self._one(self.world.pending(), which):
            self._post(who, f"/requests/{request}/{verb}")

    @rule(host=st.sampled_from(HOSTS), client=st.sampled_from(("chloe", "david")), hour=st.integers(-2, 10))
    def book(self, host: str, client: str, hour: int) -> None:
        with suppress(asyncpg.ExclusionViolationError):
            self.world.run(put_session(self.world.owner, soon(24 + hour), soon(25 + hour), host, client))

    @rule(which=st.integers(0, 9), host=st.sampled_from(HOSTS), hour=st.integers(-2, 10))
    def move(self, which: int, host: str, hour: int) -> None:
        if session := self._one(self.world.sessions(), which):
            change = f"UPDATE session SET starts_at = $2, ends_at = $3, host_id = {OF_HARBOR.format(host)} "
            with suppress(asyncpg.ExclusionViolationError):
                self._sql(f"{change} WHERE public_id = $1", session, soon(24 + hour), soon(25 + hour))

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        if session := self._one(self.world.sessions(), which):
            self._sql("UPDATE session SET state = 'cancelled' WHERE public_id = $1", session)

    @rule(host=st.sampled_from(HOSTS))
    def toggle(self, host: str) -> None:
        self._sql(f"UPDATE clinic_host SET on_demand = NOT on_demand WHERE account_id = {OF_HARBOR.format(host)}")

    @rule(host=st.sampled_from(HOSTS), hour=st.integers(0, 23))
    def change_hours(self, host: str, hour: int) -> None:
        self._sql(
            "INSERT INTO weekly_hours (organization_id, host_id, weekday, starts_minute, ends_minute) "
            "SELECT organization_id, account_id, day, $1, 1440 FROM host, generate_series(1, 7) AS day "
            f"WHERE account_id = {OF_HARBOR.format(host)}",
            hour * 60,
        )

    @rule(mode=st.sampled_from(("on_demand", "calendar")))
    def change_clinic(self, mode: str) -> None:
        self._sql(f"UPDATE clinic SET availability = $1::text::availability_mode WHERE id = {FAMILY}", mode)

    @rule(name=st.sampled_from(("Chloe Adams", "Chloé Adams-Berg")))
    def rename(self, name: str) -> None:
        self._sql(f"UPDATE account SET name = $1 WHERE id = {OF_HARBOR.format('chloe')}", name)

    @rule()
    def take_off_or_put_on(self) -> None:
        """Sofia's clinic is taken from her, or given back. Her socket is ended; her next one hears what is hers."""
        board = self.world.boards["sofia"]
        serves = f"clinic_id = {FAMILY} AND account_id = {OF_HARBOR.format('sofia')}"
        if not self.world.run(self.world.owner.fetch(f"DELETE FROM clinic_scheduler WHERE {serves} RETURNING 1")):
            self._sql(
                "INSERT INTO clinic_scheduler (organization_id, clinic_id, account_id) "
                f"SELECT organization_id, id, {OF_HARBOR.format('sofia')} FROM clinic WHERE id = {FAMILY}"
            )
        self.world.run(eventually(lambda: not board.listener.connected))
        self.world.run(self.world.open_board("sofia"))

    @rule(often=st.integers(0, 4))
    def cut_the_feed(self, often: int) -> None:
        """Seldom: a resync makes every board right, whatever it had missed."""
        if often == 4:
            self.world.run(self.world.cut())

    @rule()
    def open_another(self) -> None:
        """A board that comes later, and replaces the one that came later before."""
        self.world.run(self.world.open_board("late"))

    @rule()
    def look(self) -> None:
        self.world.run(self.world.look())

    def teardown(self) -> None:
        self.world.run(self.world.look())

    def _post(self, who: str, path: str, **fields: Any) -> None:
        """Refusals are as good as any answer: they change nothing."""
        answer = self.world.run(self.world.people[who].post(path, **fields))
        assert answer.status in (200, 404, 409, 422), answer.status

    def _sql(self, statement: str, *values: Any) -> None:
        self.world.run(self.world.owner.execute(statement, *values))

    def _one(self, known: Coroutine[Any, Any, list[str]], which: int) -> str | None:
        found = self.world.run(known)
        return found[which % len(found)] if found else None


def test_snapshot_and_events_make_the_next_snapshot_whatever_happens(postgres: EmbeddedServer, place: Place) -> None:
    world = World(postgres, place)
    world.run(world.open())
    machine = type("TheBoardMachine", (BoardMachine,), {"world": world})
    try:
        run_state_machine_as_test(machine, settings=FORM)
    finally:
        world.end()
