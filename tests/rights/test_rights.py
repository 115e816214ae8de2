"""Roles x actions x relation: what people/access.py says, replayed against the running server, every cell of it."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import structlog
from aiohttp.web import RouteDef

from records.database import Connection, Database
from records.provision import Place
from tests.rights import replay, world
from tests.rights.table import ACTIONS, OPEN
from tests.web.conftest import serving
from web.keys import DATABASE
from web.routes import ROUTES


@dataclass(frozen=True)
class Stage:
    """The running server, and the world in its database."""

    url: str
    world: world.World
    replay: replay.Replay
    database: Database


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of requests need no line each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def stage(quiet: None, place: Place, owner: Connection) -> AsyncIterator[Stage]:
    written: set[str] = set()

    def prepare(app):
        replay.lift_limits(app)
        replay.rehearse(app, written)

    async with serving(place, {"operator_email": "desk@operator.example"}, prepare) as site:
        database = site.app[DATABASE]
        made = await world.build(database, owner)
        yield Stage(site.url, made, replay.Replay(site.url, written), database)


def test_every_route_has_its_rights_in_the_table_or_a_reason_to_be_open() -> None:
    routes = {(route.method, route.path) for route in ROUTES if isinstance(route, RouteDef)}
    tabled = {action.route for action in ACTIONS}
    assert tabled <= routes
    assert {path for _, path in routes - tabled} == OPEN.keys()
    assert not {path for _, path in tabled} & OPEN.keys()


async def test_every_cell_ends_as_its_right_says_and_what_is_forbidden_answers_as_what_is_unknown(
    stage: Stage,
) -> None:
    cells = await replay.cells_of(stage.database, stage.world, ACTIONS)
    unexpected = await stage.replay.run(cells)
    assert not unexpected, "\n".join([f"{len(unexpected)} of {len(cells)}", *unexpected[:60]])
    assert min(Counter(cell.expects for cell in cells).values()) > 0
