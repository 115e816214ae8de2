"""Knock, admit, leave and the other durable steps of a visit. The live room follows them through the feed."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from dispatch import admissions, changes, sessions
from people.access import Actor
from records.database import Connection, Row
from web.auth import signed_in, visiting
from web.keys import VISITS
from web.pages.manage import again_at
from web.posting import Again, Flag, Message, Nothing, Posted, post, post_about

Act = Callable[[Connection, Row, Any], Awaitable[Any]]
Find = Callable[[Connection, Actor, str], Awaitable[Row]]


class Knock(Posted):
    """POST `/sessions/{session}/knock`: the name confirmed at the door (R-175)."""

    name: Message = ""


class Seen(Posted):
    """What the host answers: the knock of this `epoch`, if it is given."""

    epoch: int | None = None


class Said(Seen):
    """Deny and remove: `sentence` is what the person is told, if anything."""

    sentence: Message = ""


class Told(Seen):
    """POST `/sessions/{session}/admissions/{admission}/message`: an empty `text` takes the message back."""

    text: Message = ""


class Lock(Posted):
    """POST `/sessions/{session}/lock`."""

    locked: Flag = True


@visiting
async def knock(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/knock`."""

    async def act(connection: Connection, session: Row, posted: Knock) -> dict[str, Any]:
        admission = await admissions.knock(connection, actor, session, posted.name)
        return {"admission": admission["public_id"], **_state(admission)}

    return await _step(request, actor, "knock", Knock, act, sessions.open_door)


@signed_in
async def admit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admissions/{admission}/admit`."""

    async def act(connection: Connection, session: Row, admission: str, posted: Seen) -> Row:
        row = await admissions.admit(connection, actor, session, admission, posted.epoch)
        admitted.append(row)
        return row

    admitted: list[Row] = []
    response = await _answer(request, actor, "admit", Seen, act)
    request.app[VISITS].admitted(request.match_info["session"], admitted)
    return response


@signed_in
async def admit_all(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admit-all`."""

    async def act(connection: Connection, session: Row, _: Nothing) -> dict[str, Any]:
        admitted.extend(await admissions.admit_all(connection, actor, session))
        return {"admitted": len(admitted)}

    admitted: list[Row] = []
    response = await _step(request, actor, "admit_all", Nothing, act)
    request.app[VISITS].admitted(request.match_info["session"], admitted)
    return response


@signed_in
async def deny(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admissions/{admission}/deny`."""

    async def act(connection: Connection, session: Row, admission: str, posted: Said) -> Row:
        return await admissions.deny(connection, actor, session, admission, posted.sentence, posted.epoch)

    return await _answer(request, actor, "deny", Said, act)


@signed_in
async def remove(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admissions/{admission}/remove`."""

    async def act(connection: Connection, session: Row, admission: str, posted: Said) -> Row:
        return await admissions.remove(connection, actor, session, admission, posted.sentence)

    return await _answer(request, actor, "remove", Said, act)


@signed_in
async def send_back(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admissions/{admission}/send-back`."""

    async def act(connection: Connection, session: Row, admission: str, _: Nothing) -> Row:
        return await admissions.send_back(connection, actor, session, admission)

    return await _answer(request, actor, "send_back", Nothing, act)


@signed_in
async def message(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admissions/{admission}/message`."""

    async def act(connection: Connection, session: Row, admission: str, posted: Told) -> Row:
        return await admissions.message(connection, actor, session, admission, posted.text, posted.epoch)

    return await _answer(request, actor, "message", Told, act)


@signed_in
async def lock(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/lock`."""

    async def act(connection: Connection, session: Row, posted: Lock) -> dict[str, Any]:
        await admissions.lock(connection, actor, session, posted.locked)
        return {"locked": posted.locked}

    return await _step(request, actor, "lock", Lock, act)


@visiting
async def leave(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/leave`."""

    async def act(connection: Connection, session: Row, _: Nothing) -> dict[str, Any]:
        await admissions.leave(connection, actor, session)
        return {"state": "left"}

    return await _step(request, actor, "leave", Nothing, act)


@signed_in
async def end(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/end`."""

    async def act(connection: Connection, session: Row, _: Nothing) -> dict[str, Any]:
        await admissions.end(connection, actor, session)
        return {"state": "ended"}

    return await _step(request, actor, "end", Nothing, act, where="/dashboard")


@signed_in
async def no_show(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/no-show`, from the session's Manage page and back to it."""

    async def act(connection: Connection, session: Row, _: Nothing) -> dict[str, Any]:
        await admissions.no_show(connection, actor, session)
        return {"state": "no_show"}

    where = f"/sessions/{request.match_info['session']}/manage?done=no_show"
    return await _step(request, actor, "no_show", Nothing, act, again=again_at("no_show"), where=where)


@signed_in
async def undo_no_show(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/no-show/undo`, from the session's Manage page and back to it."""
    where, again = f"/sessions/{request.match_info['session']}/manage?done=undo_no_show", again_at("no_show")
    told = {"state": "scheduled"}
    return await post_about(request, actor, "undo_no_show", changes.undo_no_show, "session", again, where, told)


async def _answer(
    request: web.Request, actor: Actor, verb: str, model: type[Any], act: Callable[..., Awaitable[Row]]
) -> web.StreamResponse:
    """The host's answer to one person: `act` on the admission that the path names."""

    async def answered(connection: Connection, session: Row, posted: Any) -> dict[str, Any]:
        return _state(await act(connection, session, request.match_info["admission"], posted))

    return await _step(request, actor, verb, model, answered)


async def _step(
    request: web.Request,
    actor: Actor,
    verb: str,
    model: type[Any],
    act: Act,
    find: Find = sessions.find,
    again: Again | None = None,
    where: str | None = None,
) -> web.StreamResponse:
    """`act` on the session that the path names, in one transaction; a form goes on to the visit's page."""
    public_id = request.match_info["session"]

    async def found(connection: Connection, posted: Any) -> dict[str, Any]:
        told: dict[str, Any] = await act(connection, await find(connection, actor, public_id), posted)
        return told

    return await post(request, actor, verb, model, found, again, where or f"/sessions/{public_id}")


def _state(admission: Row) -> dict[str, Any]:
    return {"state": admission["state"], "epoch": admission["epoch"]}
