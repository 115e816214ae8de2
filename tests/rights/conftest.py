"""The stage that all tests of rights share."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from aiohttp import web

from records.database import Connection
from records.provision import Place
from tests.rights import replay, world
from tests.rights.stage import Stage
from tests.web.conftest import serving
from web.keys import DATABASE, FILES


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of requests need no line each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def stage(quiet: None, place: Place, owner: Connection) -> AsyncIterator[Stage]:
    written: set[str] = set()

    def prepare(app: web.Application) -> None:
        replay.lift_limits(app)
        replay.rehearse(app, written)

    async with serving(place, {"operator_email": "desk@operator.example"}, prepare) as site:
        database = site.app[DATABASE]
        made = await world.build(database, owner, site.app[FILES])
        yield Stage(site.url, site.app, made, replay.Replay(site.url, written), database, owner)
