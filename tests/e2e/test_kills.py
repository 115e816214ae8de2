"""Processes killed at random while people work: what was acknowledged stays, once; boards end right; seals hold.

Short in `make test`; `make campaign` (ANTEROOM_CAMPAIGN=1) kills 200 times and says how far it is.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from records import chain
from records.database import Connection, connect
from records.provision import Place
from tests.e2e.fleet import Fleet, LiveBoard, Person, sailing
from tests.support import eventually

CAMPAIGN = bool(os.environ.get("ANTEROOM_CAMPAIGN"))
KILLS = 200 if CAMPAIGN else 3
SEED = int(os.environ.get("ANTEROOM_SEED", "3"))


class Desk:
    """Asks and decides for as long as it is open, and keeps the ledger of what was acknowledged."""

    def __init__(self, dice: random.Random, clinic: dict[str, Any], host: str, slots: Iterator[int]) -> None:
        self.asked: dict[str, dict[str, Any]] = {}
        self.decided: dict[str, tuple[str, dict[str, Any]]] = {}
        self.open = True
        self._dice = dice
        self._clinic = clinic
        self._host = host
        self._slots = slots

    def _key(self) -> str:
        return f"{self._dice.getrandbits(64):016x}"

    async def run(self, client: Person, one: Person, two: Person) -> None:
        """One request after the other; two people decide each at the same moment, one accepts and one declines."""
        while self.open:
            start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(
                days=1, minutes=30 * next(self._slots)
            )
            status, told = await client.insist(
                "/requests", clinic=self._clinic["public_id"], service=self._clinic["services"][0], when="scheduled",
                times=[start.isoformat()], key=self._key(),
            )  # fmt: skip
            assert status == 200, told
            request = told["request"]
            assert request not in self.asked, "two keys, one answer"
            self.asked[request] = told
            await self._contest(request, *self._dice.sample([one, two], 2))

    async def _contest(self, request: str, accepts: Person, declines: Person) -> None:
        path = f"/requests/{request}"
        answers = await asyncio.gather(
            accepts.insist(f"{path}/accept", host=self._host, time=1, key=self._key()),
            declines.insist(f"{path}/decline", key=self._key()),
        )
        won = [
            (verb, told)
            for verb, (status, told) in zip(("accepted", "declined"), answers, strict=True)
            if status == 200
        ]
        lost = [told for status, told in answers if status == 409]
        assert len(won) == len(lost) == 1, f"{request}: {answers}"
        assert lost[0]["error"] == "already_decided", lost
        self.decided[request] = won[0]


async def killing(fleet: Fleet, dice: random.Random, desks: list[Desk]) -> None:
    """Kill -9 a process at a random moment, start it again, KILLS times."""
    began = time.monotonic()
    for kill in range(1, KILLS + 1):
        await asyncio.sleep(dice.uniform(0.2, 1.5))
        node = dice.choice(fleet.nodes)
        node.kill()
        await asyncio.sleep(dice.uniform(0, 0.5))
        await node.start()
        if CAMPAIGN and kill % 10 == 0:
            decided = sum(len(desk.decided) for desk in desks)
            seconds = time.monotonic() - began
            print(f"{kill} of {KILLS} kills, {decided} decisions acknowledged, {seconds:.0f} s", flush=True)


async def test_kills_lose_no_acknowledged_decision_and_repeat_none(
    place: Place, tmp_path: Path, seeded: list[dict[str, Any]], owner: Connection
) -> None:
    """K-1. Whoever gets no answer asks again with the same key, at whichever process the proxy gives them."""
    clinic = next(each for each in seeded[0]["clinics"] if each["name"] == "Family clinic")
    ids = {login["username"]: login["public_id"] for login in seeded[0]["logins"]}
    dice = random.Random(SEED)
    slots = count()
    async with sailing(place, tmp_path) as fleet:
        sam, sofia, chloe, david = [await fleet.person(name) for name in ("sam", "sofia", "chloe", "david")]
        boards = [await sam.board(), await sofia.board(), await sam.board(fleet.nodes[0].url)]
        desks = [Desk(random.Random(dice.random()), clinic, ids[host], slots) for host in ("ana", "ben")]
        working = [
            asyncio.create_task(desk.run(client, sam, sofia))
            for desk, client in zip(desks, (chloe, david), strict=True)
        ]
        killer = asyncio.create_task(killing(fleet, dice, desks))
        await asyncio.wait([killer, *working], return_when=asyncio.FIRST_COMPLETED)
        for desk in desks:
            desk.open = False
        await asyncio.gather(killer, *working)
        await eventually(lambda: are_right(boards, owner), 5, "a board is not right")
    for desk in desks:
        assert desk.decided.keys() == desk.asked.keys()
    ledger = {request: decision for desk in desks for request, decision in desk.decided.items()}
    assert ledger, "nothing was decided"
    await assert_kept(owner, ledger)
    await assert_sealed(place)


async def are_right(boards: list[LiveBoard], owner: Connection) -> bool:
    rows = await owner.fetch("SELECT public_id FROM request WHERE state = 'pending'")
    pending = {row["public_id"] for row in rows}
    return all(board.good and board.pending == pending for board in boards)


async def assert_kept(owner: Connection, ledger: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Every acknowledged request and decision is there, as acknowledged, and in effect once."""
    rows = await owner.fetch(
        "SELECT request.public_id, request.state, array_remove(array_agg(session.public_id), NULL) AS sessions "
        "FROM request LEFT JOIN session ON session.request_id = request.id GROUP BY request.id"
    )
    assert {row["public_id"] for row in rows} == ledger.keys()
    for row in rows:
        verb, told = ledger[row["public_id"]]
        assert row["state"] == verb
        assert row["sessions"] == ([told["session"]] if verb == "accepted" else [])
    twice = await owner.fetch(
        "SELECT noun_id FROM audit_line WHERE noun = 'request' GROUP BY noun_id, verb HAVING count(*) > 1 "
        "UNION ALL SELECT about_id FROM mail GROUP BY about_id, kind, recipient HAVING count(*) > 1"
    )
    assert twice == []


async def assert_sealed(place: Place) -> None:
    connection = await connect(place.urls.system)
    try:
        assert [report.faults for report in await chain.verify(connection) if report.faults] == []
    finally:
        await connection.close()
