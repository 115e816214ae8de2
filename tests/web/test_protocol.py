"""PROTOCOL.md says what the code does: every route, error and message, and none besides."""

import re
from pathlib import Path

from aiohttp.web import RouteDef, StaticDef

from signalling.errors import Refused
from signalling.messages import ACKS, COMMANDS, EVENTS, Ack, Command, Event
from web import board_socket, drain
from web.errors import TABLE
from web.routes import ROUTES

TEXT = Path("PROTOCOL.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The first table below a heading, without its head."""
    section = TEXT.split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines()[2:]]


def names(cell: str) -> set[str]:
    """The names in backquotes, without those in brackets: they are parts of the one before."""
    return set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", cell)))


def test_every_route_is_described_and_every_description_has_its_route() -> None:
    described = {(row[0], row[1].strip("`")) for row in rows("## HTTP")}
    built = {
        ("GET", route.prefix) if isinstance(route, StaticDef) else (route.method, route.path)
        for route in ROUTES
        if isinstance(route, RouteDef | StaticDef)
    }
    assert len(built) == len(ROUTES)
    assert described - {("GET", "/socket.io/")} == built


def test_every_error_is_described_with_its_status() -> None:
    described = {(row[0].strip("`"), row[1]) for row in rows("### Errors")}
    built = {(code, str(status)) for status, code in TABLE.values()}
    assert described - {("refused", "4xx"), ("failed", "500")} == built


def test_the_event_of_both_sockets_is_described() -> None:
    assert [(row[0], names(row[1])) for row in rows("## Sockets")] == [(f"`{drain.EVENT}`", {"back_in_ms"})]


def test_every_event_of_the_board_is_described() -> None:
    assert {row[0].strip("`") for row in rows("## Socket `/board`: boards and dashboards listen")} == set(
        board_socket.EVENTS
    )


def test_every_command_of_the_visit_is_described_with_its_fields_and_its_answer() -> None:
    described = {row[0].strip("`"): (names(row[1]), names(row[2])) for row in rows("### Commands, from the browser")}
    built = {name: (fields_of(command), fields_of(ACKS[name]) - {"ok"}) for name, command in COMMANDS.items()}
    assert described == built


def test_every_event_of_the_visit_is_described_with_its_fields() -> None:
    described = {row[0].strip("`"): names(row[1]) for row in rows("### Events, to the browser")}
    assert described == {name: fields_of(event) for name, event in EVENTS.items()}


def test_every_refusal_of_a_command_is_described() -> None:
    assert {row[0].strip("`") for row in rows("### Refusals of commands")} == {
        refusal.code for refusal in Refused.__subclasses__()
    }


def fields_of(model: type[Ack] | type[Command] | type[Event]) -> set[str]:
    return set(model.model_fields)


def test_every_command_takes_only_its_own_fields() -> None:
    assert {command.model_config.get("extra") for command in COMMANDS.values()} == {"forbid"}
