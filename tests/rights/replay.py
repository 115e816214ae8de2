"""Each cell of the table against a running server: somebody, an action, and what it is about.

Nothing lasts: the transactions of a cell's request are undone where they would commit, so every cell meets the same
world and all may run at once. Whether a refused one had written anything by then is seen there, too.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web

from people.access import Actor
from records.database import Connection, Database
from tests.rights.action import ALLOWED, HIDDEN, SIGNED_OUT, TOLD, Action, code_for, expected
from tests.rights.rows import ROWS, SYSTEM_ROWS
from tests.rights.world import NONE, ORGANIZATION, OWN, PLACES, Person, World, unknown
from web.errors import TABLE
from web.keys import DATABASE, LIMITS

HEADER = "X-Cell"
CHANGING = re.compile(
    r'name="key" value="[^"]+"|read[-_]at"?[=:] ?"?\d+|[A-Z2-7]{32}|([A-Z2-7]{4} ){7}[A-Z2-7]{4}|data:[^"]+'
)
"""What is new in each answer, whoever asks."""
SUCCESS = (200, 204, 303)
at_once = 12

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Undone(Exception):
    """The end of a rehearsed transaction."""


def rehearse(app: web.Application, written: set[str]) -> None:
    """Undo what requests with HEADER do, and note in `written` those that would have committed a change."""
    cell: ContextVar[str] = ContextVar("cell", default="")
    database = app[DATABASE]
    transaction, system = database.transaction, database.system

    @web.middleware
    async def mark(request: web.Request, handler: Handler) -> web.StreamResponse:
        token = cell.set(request.headers.get(HEADER, ""))
        try:
            return await handler(request)
        finally:
            cell.reset(token)

    def undoing(begin: Callable[..., Any], watched: bool) -> Callable[..., Any]:
        @asynccontextmanager
        async def undone(*tenant: Any) -> AsyncIterator[Connection]:
            try:
                async with begin(*tenant) as connection:
                    yield connection
                    if not cell.get():
                        return
                    if watched and await connection.fetchval("SELECT pg_current_xact_id_if_assigned()::text"):
                        written.add(cell.get())
                    raise Undone
            except Undone:
                pass

        return undone

    # The system role's transactions touch `seen_at` of whoever asks, so they are undone and not watched.
    database.transaction = undoing(transaction, True)  # type: ignore[method-assign]
    database.system = undoing(system, False)  # type: ignore[method-assign]
    app.middlewares.insert(0, mark)


async def without_limits(*_: Any) -> None:
    """Instead of counting tries: everybody here comes from one address."""


def lift_limits(app: web.Application) -> None:
    app[LIMITS].take = app[LIMITS].give_back = without_limits  # type: ignore[method-assign,assignment]


@dataclass(frozen=True)
class Cell:
    """`expects` is what the functions of access.py say."""

    person: Person
    action: Action
    relation: str
    ids: Mapping[str, str]
    expects: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.person.role}, {self.action.name}, {self.relation}: {self.expects}"


@dataclass(frozen=True)
class Answer:
    """As the asker sees it; in `location` and `body` the ids asked for and what is always new are left out."""

    status: int
    location: str
    body: str
    code: str


async def cells_of(database: Database, world: World, actions: tuple[Action, ...]) -> list[Cell]:
    """Everybody, doing everything, at every distance. A row is read once for all actions that are about it."""
    made = []
    for person in world.cast:
        rows: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}
        for action in actions:
            for relation in relations_of(person, action):
                ids = ids_of(world, person, action, relation)
                about = (action.of, tuple(sorted(ids.items())))
                if about not in rows:
                    rows[about] = await row_of(database, action, person.actor, ids)
                made.append(judged(person, action, relation, ids, rows[about]))
    return made


def relations_of(person: Person, action: Action) -> list[str]:
    """Everywhere. An ended sign-in is nobody's, so that nobody is sent everywhere, and it to one place."""
    if not names_in(action):
        return [NONE]
    return [OWN, NONE] if person.actor is None and person.cookie else [*PLACES, NONE]


async def cell(database: Database, world: World, person: Person, action: Action, relation: str) -> Cell:
    ids = ids_of(world, person, action, relation)
    return judged(person, action, relation, ids, await row_of(database, action, person.actor, ids))


def ids_of(world: World, person: Person, action: Action, relation: str) -> dict[str, str]:
    ids = filled(action, world.ids_for(person, OWN if relation == NONE else relation))
    return unknown(ids, names_in(action)) if relation == NONE else ids


def judged(person: Person, action: Action, relation: str, ids: Mapping[str, str], row: Any) -> Cell:
    expects = expected(action, person.actor, row)
    code = code_for(action, person.actor, row) if person.actor and expects == TOLD else ""
    return Cell(person, action, relation, ids, expects, code)


def filled(action: Action, ids: Mapping[str, str]) -> dict[str, str]:
    return {**ids, **{hole: ids[name] for hole, name in action.fill.items()}}


def names_in(action: Action) -> set[str]:
    """The ids by which an action says what it is about: its path's, else its query's and body's."""
    if not action.of:
        return set()
    holes = re.findall(r"\{(\w+)\}", action.path) or re.findall(r"\{(\w+)\}", action.query)
    return set(holes or re.findall(r"\{(\w+)\}", str(dict(action.sends))))


async def row_of(database: Database, action: Action, actor: Actor | None, ids: Mapping[str, str]) -> Any:
    if actor is None or not action.of:
        return None
    if action.of in SYSTEM_ROWS:
        async with database.system() as connection:
            return await connection.fetchrow(SYSTEM_ROWS[action.of], ids[action.of], actor.organization_id)
    async with database.transaction(actor) as connection:
        return await ROWS[action.of](connection, actor, ids)


class Replay:
    """Sends cells; says what is wrong with each that did not end as it should."""

    def __init__(self, url: str, written: set[str]) -> None:
        self._url = url
        self._written = written
        self._gate = asyncio.Semaphore(at_once)
        self._sent = 0

    async def run(self, cells: list[Cell]) -> list[str]:
        """What is unexpected, in words; nothing if all is well."""
        groups: dict[tuple[str, str], list[Cell]] = {}
        for one in cells:
            groups.setdefault((one.person.role, one.action.name), []).append(one)
        async with ClientSession(self._url, cookie_jar=DummyCookieJar()) as session:
            wrongs = await asyncio.gather(*(self._judge(session, group) for group in groups.values()))
        return [wrong for group in wrongs for wrong in group]

    async def _judge(self, session: ClientSession, group: list[Cell]) -> list[str]:
        """One person and one action: what nobody has comes first, for all that is hidden must answer like it."""
        wrongs: list[str] = []
        nobodys: dict[str, Answer] = {}
        async with self._gate:
            for one in sorted(group, key=lambda one: one.relation != NONE):
                for face in self._faces(one):
                    got, wrote = await self._send(session, one, face)
                    nobodys.setdefault(face, got)
                    if wrong := self._wrong(one, face, got, wrote, nobodys[face]):
                        wrongs.append(f"{one} ({face}): {wrong}")
        return wrongs

    def _faces(self, one: Cell) -> tuple[str, ...]:
        """Programs have one face. What is allowed is looked at as people see it; what is not, in both faces where it is
        nearest and where it is nobody's, else in one of them."""
        if one.person.bearer:
            return ("json",)
        if one.expects == ALLOWED:
            return ("form",)
        return {OWN: ("json", "form"), NONE: ("json", "form"), ORGANIZATION: ("form",)}.get(one.relation, ("json",))

    def _wrong(self, one: Cell, face: str, got: Answer, wrote: bool, nobodys: Answer) -> str:
        if one.expects == ALLOWED:
            fine = got.status in (*SUCCESS, *one.action.meets) and not got.location.startswith("/?then=")
            return "" if fine else f"got {got}"
        if wrote:
            return "refused, yet something was written"
        if one.expects == TOLD:
            status = next(status for status, code in TABLE.values() if code == one.code)
            fine = got.status == status and (face == "form" or got.code == one.code)
            return "" if fine else f"got {got}"
        if not self._is_a_no(one, got, face):
            return f"got {got}"
        return "" if got == nobodys else f"{got} is not what nobody's answers: {nobodys}"

    def _is_a_no(self, one: Cell, got: Answer, face: str) -> bool:
        if one.expects == HIDDEN:
            return got.status in (404, *one.action.refused)
        assert one.expects == SIGNED_OUT
        return got.status == 401 if face == "json" else got.status == 303 and got.location.startswith("/?then=")

    async def _send(self, session: ClientSession, one: Cell, face: str) -> tuple[Answer, bool]:
        """The answer, and whether it would have changed anything."""
        self._sent += 1
        number, ids = str(self._sent), one.ids
        path = written_out(one.action.path, ids)
        if one.action.query:
            path += "?" + written_out(one.action.query, ids)
        headers = {HEADER: number, "Origin": self._url, "Cookie": one.person.cookie}
        if one.person.bearer:
            headers["Authorization"] = f"Bearer {one.person.bearer}"
        if face == "json":
            headers["Accept"] = "application/json"
        fields = {
            written_out(name, ids): written_out(value, ids) if isinstance(value, str) else str(value).lower()
            for name, value in one.action.sends.items()
        }
        sent: dict[str, Any] = {"data": fields} if one.action.method == "POST" else {}
        async with session.request(one.action.method, path, headers=headers, allow_redirects=False, **sent) as answer:
            text = (await answer.read()).decode(errors="replace")
            code = (await answer.json()).get("error", "") if face == "json" and answer.status >= 400 else ""
            location = answer.headers.get("Location", "")
        known = {ids[name]: "id" for name in names_in(one.action)}
        if one.person.actor is not None:
            known[one.person.actor.public_id] = "id"  # on every page of theirs
        return Answer(answer.status, plain(location, known), plain(text, known), code), number in self._written


def written_out(text: str, ids: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda hole: ids[hole[1]], text)


def plain(text: str, ids: Mapping[str, str]) -> str:
    for one, name in ids.items():
        text = text.replace(one, name)
    return CHANGING.sub("", text)
