"""A simulated day against the real application, and what its people make of a page."""

import random
import subprocess
import sys

from records.database import Connection
from tests.support import PASSWORD
from tests.web.conftest import Site
from web.simulate import Day, NobodyHere, Simulation, filled, summary
from web.simulated import FormReader, Tally

ASK = """
<form><input type="hidden" name="clinic" value="c"><input type="hidden" name="key" value="k">
<input type="radio" name="service" value="s" required>
<select name="host"><option value="">Anyone</option><option value="h">Ana</option></select>
<select name="times"><option value="">Choose</option><option value="2030-01-01T10:00:00+00:00">10:00</option></select>
<select name="answer-1" required><option value="">Choose</option><option>Yes</option><option>No</option></select>
<textarea name="note"></textarea></form><a href="/clinics/c/ask">Ask</a>"""


def test_a_form_is_read_and_filled_as_a_person_does() -> None:
    form = FormReader(ASK)
    assert form.choices["host"] == ["h"] and form.choices["answer-1"] == ["Yes", "No"]
    assert form.links == ["/clinics/c/ask"]
    fields = filled(form, {"service": "s", "host": ""}, random.Random(1))
    assert fields["when"] == ["scheduled"] and fields["times"] == ["2030-01-01T10:00:00+00:00"]
    assert fields["answer-1"][0] in ("Yes", "No") and (fields["clinic"], fields["key"]) == (["c"], ["k"])
    assert fields == filled(form, {"service": "s", "host": ""}, random.Random(1))


def day(site: Site, **changes: object) -> Day:
    people: dict[str, object] = {"clients": ("chloe", "david"), "schedulers": ("sam", "sofia"), "hosts": ("ana", "mia")}
    chosen = {"rate": 240.0, "minutes": 0.2, "seed": 7, "think_seconds": 0.6, **people, **changes}
    return Day(url=site.url, organization="harbor", password=PASSWORD, **chosen)  # type: ignore[arg-type]


async def test_a_simulated_day_asks_and_decides_and_breaks_nothing(site: Site, owner: Connection) -> None:
    simulation = Simulation(day(site))
    await simulation.run()
    tally = simulation.tally
    assert tally.broken == 0, tally.done
    asked = await owner.fetchval("SELECT count(*) FROM request")
    assert asked >= tally.count("ask") > 3
    states = {
        row["state"]: row["n"] for row in await owner.fetch("SELECT state, count(*) AS n FROM request GROUP BY 1")
    }
    assert states.get("accepted", 0) >= tally.count("accept") > 0, tally.done
    assert await owner.fetchval("SELECT count(DISTINCT kind) FROM request") == 2
    assert tally.count("sign in") == 6, "once a person"
    assert summary(tally).row_count == len({verb for verb, _ in tally.done})


async def test_a_day_without_its_people_says_so(site: Site) -> None:
    simulation = Simulation(day(site, clients=("nobody",), schedulers=(), hosts=()))
    try:
        await simulation.run()
    except NobodyHere:
        return
    raise AssertionError("nobody was missed")


def test_what_is_refused_and_what_is_not_answered_are_told_apart() -> None:
    tally = Tally()
    for answer in ("ok", "host_busy", "no answer", "failed"):
        tally.add("accept", answer, 0.1)
    assert (tally.count("accept"), tally.broken) == (1, 2)


def test_the_command_against_no_server_is_one_line_and_exit_code_2() -> None:
    command = [sys.executable, "-m", "web", "simulate", "--url", "http://127.0.0.1:1", "--minutes", "0.1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
