"""The table's other sides: lists, ids of one thing under another, sockets, and programs with tokens."""

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar
from socketio.exceptions import ConnectionError as Refused

from people import access, tokens
from tests.rights.action import ALLOWED, HIDDEN, SIGNED_OUT, TOLD, Action
from tests.rights.listings import LISTINGS, Listing
from tests.rights.replay import Cell, cell, filled, names_in, row_of, written_out
from tests.rights.stage import Stage
from tests.rights.table import ACTIONS, VISITS
from tests.rights.world import DEPARTMENT, NONE, ORGANIZATION, OTHER, OWN, PLACES, Person, World, unknown
from tests.support import eventually
from tests.web.live_client import Listener, connect
from web.board_socket import NAMESPACE, account_room, clinic_room
from web.keys import SOCKETS
from web.scopes import ANY, SCOPES

KNOCK = next(action for action in VISITS if action.path.endswith("/knock"))
NO_IDS = {"later", "spare_name", "spare_email", "message"}
"""Also a message: what one never saw is read by nobody, whichever thread it is in."""
OF_DEPARTMENTS = {"client", "department", "newcomer"}
HOLE = re.compile(r"\{(\w+)\}")


# Lists


async def test_every_list_shows_what_its_right_opens_and_nothing_else(stage: Stage) -> None:
    wrongs, shown = [], 0
    async with ClientSession(stage.url, cookie_jar=DummyCookieJar()) as session:
        for person in stage.world.cast:
            for listing in LISTINGS:
                pages: dict[str, str] = {}
                for relation in PLACES:
                    ids = filled(listing.action, stage.world.ids_for(person, relation))
                    path = written_out(listing.path, ids)
                    if path not in pages:
                        pages[path] = await looked_at(session, path, person)
                    wanted = await should_show(stage, person, listing, relation)
                    shown += wanted
                    if (ids[listing.names] in pages[path]) != wanted:
                        wrongs.append((person.role, path, listing.names, relation, f"wanted: {wanted}"))
    assert not wrongs, "\n".join(map(str, wrongs))
    assert shown > len(LISTINGS)


async def looked_at(session: ClientSession, path: str, person: Person) -> str:
    """The page, or nothing if there is none."""
    async with session.get(path, headers={"Cookie": person.cookie}, allow_redirects=False) as answer:
        return await answer.text() if answer.status == 200 else ""


async def should_show(stage: Stage, person: Person, listing: Listing, relation: str) -> bool:
    one = await cell(stage.database, stage.world, person, listing.action, relation)
    return one.expects == ALLOWED


# Ids of one thing under another


async def test_a_part_of_something_else_is_not_found_under_what_is_ones_own(stage: Stage) -> None:
    cells = []
    for person in stage.world.cast:
        for action in ACTIONS:
            parts = HOLE.findall(action.path)[1:]
            strange = sorted(set(HOLE.findall(str(dict(action.sends)))) - names_in(action) - NO_IDS)
            if not (parts or strange) or not await may(stage, person, action):
                continue
            if parts:
                cells += misplaced(stage.world, person, action, set(parts), [DEPARTMENT, OTHER])
            for name in strange:
                refusing = replace(action, refused=(404, 422), does=f"{action.does} with another's {name}")
                cells += misplaced(stage.world, person, refusing, {name}, [OTHER, *nearer(person, name)])
    assert len(cells) > 50
    unexpected = await stage.replay.run(cells)
    assert not unexpected, "\n".join([f"{len(unexpected)} of {len(cells)}", *unexpected[:20]])


def nearer(person: Person, name: str) -> list[str]:
    """Where else such a thing is not to be found: for whoever has one department, in the other one (R-003)."""
    actor = person.actor
    bound = actor is not None and actor.sees_organization and not actor.is_organization_administrator
    return [ORGANIZATION] if bound and name in OF_DEPARTMENTS else []


async def may(stage: Stage, person: Person, action: Action) -> bool:
    return (await cell(stage.database, stage.world, person, action, OWN)).expects == ALLOWED


def misplaced(world: World, person: Person, action: Action, parts: set[str], relations: list[str]) -> list[Cell]:
    """The person's own thing, with parts of another."""
    own = filled(action, world.ids_for(person, OWN))
    made = [Cell(person, action, NONE, unknown(own, parts), HIDDEN)]
    for relation in relations:
        theirs = filled(action, world.ids[relation])
        made.append(Cell(person, action, relation, {**own, **{name: theirs[name] for name in parts}}, HIDDEN))
    return made


# Sockets


@dataclass(frozen=True)
class Page:
    """What tests.web.live_client needs of a visitor."""

    site: Any
    person: Person

    def cookie(self) -> str:
        return self.person.cookie


async def open_socket(stage: Stage, person: Person, namespace: str, auth: Any = None) -> tuple[Listener | None, str]:
    """The socket, or none and the words of the refusal."""
    try:
        return await connect(Page(stage, person), namespace, auth), ""  # type: ignore[arg-type]
    except Refused as refusal:
        return None, str(refusal)


async def test_the_board_socket_joins_exactly_the_rooms_of_ones_rights(stage: Stage) -> None:
    sockets = stage.app[SOCKETS]
    clinic_keys = {relation: await stage.key("clinic", stage.world.ids[relation]["clinic"]) for relation in PLACES}
    for person in stage.world.cast:
        socket, refusal = await open_socket(stage, person, NAMESPACE)
        if person.actor is None or not access.may_use_portal(person.actor):
            assert socket is None and "signed out" in refusal, person.role
            continue
        assert socket is not None, (person.role, refusal)
        rooms = set(sockets.rooms(socket.get_sid(NAMESPACE), namespace=NAMESPACE))
        assert {room for room in rooms if room.startswith("account:")} == {account_room(person.actor.account_id)}
        for relation, key in clinic_keys.items():
            row = await row_of(stage.database, BOARD.action, person.actor, stage.world.ids[relation])
            heard = row is not None and BOARD.right(person.actor, row)
            assert (clinic_room(key) in rooms) == heard, (person.role, relation)
        hears_organization = access.may_see_board(person.actor) or person.actor.is_host
        assert any(room.startswith("organization:") for room in rooms) == hears_organization, person.role
        await socket.disconnect()


BOARD = next(listing for listing in LISTINGS if listing.path == "/board")


async def test_r017_the_visit_socket_opens_to_whoever_may_join_and_tells_the_host_alone_who_waits(
    stage: Stage,
) -> None:
    opened = 0
    for person in stage.world.cast:
        nobodys = ""
        for relation in [NONE, *PLACES]:
            one = await cell(stage.database, stage.world, person, KNOCK, relation)
            socket, refusal = await open_socket(stage, person, "/session", {"session": one.ids["session"]})
            nobodys = nobodys or refusal
            where = (person.role, relation, refusal)
            assert (socket is not None) == (one.expects == ALLOWED), where
            if one.expects == TOLD:
                assert one.code in refusal, where
            elif one.expects == HIDDEN:
                assert refusal == nobodys and "not_found" in refusal, where
            elif one.expects == SIGNED_OUT:
                assert "signed_out" in refusal, where
            if socket is not None and person.actor is not None:
                opened += 1
                row = await row_of(stage.database, KNOCK, person.actor, one.ids)
                await told(socket, "participant.changed")
                if access.may_host(person.actor, row):
                    await told(socket, "waiting.changed")
                else:
                    assert not socket.named("waiting.changed"), where
                await socket.disconnect()
    assert opened >= 4


async def told(socket: Listener, event: str) -> None:
    await eventually(lambda: socket.named(event), what=event)


# Programs


@pytest.mark.parametrize("role", ["practitioner", "organization administrator"])
async def test_a_token_opens_the_routes_of_its_scope_with_its_accounts_rights(stage: Stage, role: str) -> None:
    person = next(one for one in stage.world.cast if one.role == role)
    assert person.actor is not None
    cells = []
    for scope in tokens.SCOPES:
        async with stage.database.system() as connection:
            _, bearer = await tokens.create(connection, person.actor, scope, [scope], 1)
        program = replace(person, role=f"{role} with {scope}", cookie="", bearer=bearer)
        for action in ACTIONS:
            for relation in (NONE, OWN) if action.of else (NONE,):
                known = await cell(stage.database, stage.world, person, action, relation)
                cells.append(in_scope(known, program, scope))
    assert {one.expects for one in cells} == {ALLOWED, TOLD, HIDDEN}
    unexpected = await stage.replay.run(cells)
    assert not unexpected, "\n".join([f"{len(unexpected)} of {len(cells)}", *unexpected[:20]])


def in_scope(known: Cell, program: Person, scope: str) -> Cell:
    if SCOPES.get(known.action.route) in (ANY, scope):
        return replace(known, person=program)
    return replace(known, person=program, expects=TOLD, code="out_of_scope")
