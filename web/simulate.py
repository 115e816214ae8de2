"""`anteroom simulate`: a busy day against a running server. Clients ask and take back, schedulers decide, hosts come
and go and end their visits; what they want is drawn from a seed, what they get is up to the server."""

import asyncio
import random
import secrets
import statistics
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from web.simulated import Browser, Fields, FormReader, Tally

NOTES = ("", "A rash since Monday", "I would rather talk in the morning", "It is about my results", "Fever again")
RESPONSES = ("", "See you soon.", "Please have your list of medicines at hand.")


@dataclass(frozen=True)
class Day:
    """`rate` is requests a minute; the people are user names of one organization."""

    url: str
    organization: str
    password: str
    rate: float
    minutes: float
    seed: int
    clients: tuple[str, ...]
    schedulers: tuple[str, ...]
    hosts: tuple[str, ...]
    think_seconds: float = 6.0


class Simulation:
    """Runs one day. `tally` may be read while it does."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.tally = Tally()
        self._random = random.Random(day.seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._taken: set[str] = set()

    async def run(self) -> None:
        """Sign everybody in, live the day, close the pages. Raises `NobodyHere` if no client can sign in."""
        clients, schedulers, hosts = [
            [self._browser(name) for name in names] for names in (self.day.clients, self.day.schedulers, self.day.hosts)
        ]
        everybody = [*clients, *schedulers, *hosts]
        try:
            for person in everybody:
                if await person.sign_in(self.day.password):
                    await person.open_page()
            asking = [person for person in clients if person.signed_in]
            if not asking:
                raise NobodyHere
            with suppress(TimeoutError):
                async with asyncio.timeout(self.day.minutes * 60), asyncio.TaskGroup() as group:
                    group.create_task(self._ask(asking))
                    for person in schedulers:
                        if person.signed_in:
                            group.create_task(self._decide(person, self._dice()))
                    for person in hosts:
                        if person.signed_in:
                            group.create_task(self._host(person, self._dice()))
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for person in everybody:
                await person.close()

    def _browser(self, username: str) -> Browser:
        return Browser(self.day.url, self.day.organization, username, self.tally)

    def _dice(self) -> random.Random:
        """Everybody's own, so that one person's luck does not depend on another's speed."""
        return random.Random(self._random.random())

    def _later(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Clients

    async def _ask(self, clients: list[Browser]) -> None:
        dice = self._dice()
        while True:
            self._later(self._one_request(dice.choice(clients), self._dice()))
            await asyncio.sleep(dice.expovariate(self.day.rate / 60))

    async def _one_request(self, client: Browser, dice: random.Random) -> None:
        clinics = [link for link in (await client.read("/dashboard")).links if link.endswith("/ask")]
        if not clinics:
            return
        path = dice.choice(clinics)
        form = await client.read(path)
        chosen = {"service": dice.choice(form.choices.get("service") or [""])}
        chosen["host"] = dice.choice(["", "", *form.choices.get("host", [])])
        form = await client.read(f"{path}?service={chosen['service']}&host={chosen['host']}")
        status, told = await client.post("ask", "/requests", filled(form, chosen, dice))
        if status == 200 and dice.random() < 0.15:
            await asyncio.sleep(dice.uniform(1, 5) * self.day.think_seconds)
            await client.post("withdraw", f"/requests/{told['request']}/withdraw", {"key": [secrets.token_urlsafe(12)]})

    # Schedulers

    async def _decide(self, scheduler: Browser, dice: random.Random) -> None:
        while True:
            await asyncio.sleep(dice.uniform(0.3, 1) * self.day.think_seconds)
            rows = [row for row in await scheduler.board() if row["id"] not in self._taken or dice.random() < 0.1]
            if rows:
                await self._one_decision(scheduler, rows[0], dice)

    async def _one_decision(self, scheduler: Browser, row: dict[str, Any], dice: random.Random) -> None:
        path = f"/requests/{row['id']}"
        self._taken.add(row["id"])
        await scheduler.post("open a dialog", f"{path}/deciding", {"open": ["true"]})
        form = await scheduler.read(f"{path}/assign?part")
        await asyncio.sleep(dice.uniform(0.2, 1) * self.day.think_seconds)
        fields = {"response": [dice.choice(RESPONSES)], "key": [secrets.token_urlsafe(12)]}
        if dice.random() < 0.15 or not form.choices.get("host"):
            await scheduler.post("decline", f"{path}/decline", fields)
        else:
            time_ = dice.choice([value for value in form.choices.get("time", ["0"]) if value.isdecimal()] or ["0"])
            fields |= {"host": [dice.choice(form.choices["host"])], "time": [time_]}
            status, _ = await scheduler.post("accept", f"{path}/accept", fields)
            if status != 200:
                self._taken.discard(row["id"])
        await scheduler.post("close a dialog", f"{path}/deciding", {"open": ["false"]})

    # Hosts

    async def _host(self, host: Browser, dice: random.Random) -> None:
        """Look at the dashboard now and then: end visits that go on, switch the toggles off and on."""
        while True:
            await asyncio.sleep(dice.uniform(1, 3) * self.day.think_seconds)
            page = await host.read("/dashboard")
            visits = [link for link in page.links if link.startswith("/sessions/")]
            if visits and dice.random() < 0.6:
                await host.post("end a visit", f"{dice.choice(visits)}/end", {})
            toggles = list(zip(page.choices.get("clinic", []), page.choices.get("on", []), strict=False))
            if toggles and dice.random() < 0.2:
                clinic, on = dice.choice(toggles)
                verb = "switch on" if on == "true" else "switch off"
                await host.post(verb, "/availability/on-demand", {"clinic": [clinic], "on": [on]})


class NobodyHere(Exception):
    """No client of the day could sign in."""


def filled(form: FormReader, chosen: dict[str, str], dice: random.Random) -> Fields:
    """The ask form as a person fills it: Now or times, what must be answered, perhaps a note."""
    fields: Fields = {name: [value] for name, value in chosen.items()}
    fields |= {name: form.choices[name][:1] for name in ("clinic", "key") if name in form.choices}
    free = [value for value in form.choices.get("times", []) if value]
    calendar = bool(free) or "since" in form.choices
    if calendar or dice.random() < 0.4:
        count = dice.randint(1, 3)
        times = dice.sample(free, min(count, len(free))) if calendar else _times(dice, count)
        fields |= {"when": ["scheduled"], "times": list(dict.fromkeys(times)), "zone": ["UTC"]}
    else:
        fields["when"] = ["now"]
    for name, values in form.choices.items():
        if name.startswith("answer-") and (name in form.required or dice.random() < 0.5):
            fields[name] = [dice.choice([value for value in values if value] or ["As before"])]
    fields["note"] = [dice.choice(NOTES)]
    return fields


def _times(dice: random.Random, count: int) -> list[str]:
    """Quarter hours of the coming weeks."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return [(start + timedelta(minutes=15 * dice.randrange(4 * 24 * 21))).isoformat() for _ in range(count)]


async def show(simulation: Simulation, console: Console) -> None:
    """Run it with one line of progress; print the summary."""
    began = time.monotonic()
    running = asyncio.create_task(simulation.run())
    with Live(_line(simulation, 0), console=console, refresh_per_second=4, transient=True) as live:
        while not running.done():
            await asyncio.wait({running}, timeout=0.5)
            live.update(_line(simulation, time.monotonic() - began))
    await running
    console.print(summary(simulation.tally))


def _line(simulation: Simulation, seconds: float) -> str:
    tally = simulation.tally
    asked = tally.took["ask"]
    median = f"{statistics.median(asked) * 1000:.0f} ms" if asked else "-"
    return (
        f"{seconds:5.0f} s of {simulation.day.minutes * 60:.0f}  asked {tally.count('ask')} (median {median})  "
        f"accepted {tally.count('accept')}  declined {tally.count('decline')}  withdrawn {tally.count('withdraw')}  "
        f"unanswered {tally.broken}"
    )


def summary(tally: Tally) -> Table:
    """One row for each thing that was done: how often, how answered, how fast."""
    table = Table(title="What happened", title_justify="left")
    for column in ("what", "ok", "refused", "median ms", "95% ms"):
        table.add_column(column, justify="left" if column in ("what", "refused") else "right")
    for verb in sorted({verb for verb, _ in tally.done}):
        others = [f"{number} {answer}" for (what, answer), number in sorted(tally.done.items())
                  if what == verb and answer != "ok"]  # fmt: skip
        took = sorted(tally.took[verb])
        slow = took[min(len(took) - 1, int(len(took) * 0.95))]
        median = statistics.median(took)
        numbers = (f"{median * 1000:.0f}", f"{slow * 1000:.0f}")
        table.add_row(verb, str(tally.count(verb)), ", ".join(others), *numbers)
    return table
