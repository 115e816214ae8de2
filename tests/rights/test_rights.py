"""Roles x actions x relation: what people/access.py says, replayed against the running server, every cell of it."""

import inspect
import os
import re
from collections import Counter

from aiohttp.web import RouteDef

from people import access
from tests.rights import listings, printed, replay, table
from tests.rights.stage import Stage
from tests.rights.table import ACTIONS, OPEN
from web.routes import ROUTES


def test_every_route_has_its_rights_in_the_table_or_a_reason_to_be_open() -> None:
    routes = {(route.method, route.path) for route in ROUTES if isinstance(route, RouteDef)}
    tabled = {action.route for action in ACTIONS}
    assert tabled <= routes
    assert {path for _, path in routes - tabled} == OPEN.keys()
    assert not {path for _, path in tabled} & OPEN.keys()


ELSEWHERE = {"may_know_session": "tests/web/test_trust.py: what keeps a host busy is named to few"}


def test_every_right_of_access_is_asked_by_the_table() -> None:
    rights = {name for name in vars(access) if name.startswith("may_")}
    asked = set(re.findall(r"access\.(may_\w+)", inspect.getsource(table) + inspect.getsource(listings)))
    assert rights - asked == ELSEWHERE.keys()


async def test_every_cell_ends_as_its_right_says_and_what_is_forbidden_answers_as_what_is_unknown(
    stage: Stage,
) -> None:
    cells = await replay.cells_of(stage.database, stage.world, ACTIONS)
    unexpected = await stage.replay.run(cells)
    assert not unexpected, "\n".join([f"{len(unexpected)} of {len(cells)}", *unexpected[:60]])
    assert min(Counter(cell.expects for cell in cells).values()) > 0


async def test_the_printed_table_is_what_the_code_says(stage: Stage) -> None:
    told = printed.page(await replay.cells_of(stage.database, stage.world, ACTIONS))
    if os.environ.get("ANTEROOM_WRITE_RIGHTS"):
        printed.PAGE.write_text(told)
    assert printed.PAGE.read_text() == told, "make rights-table"
