"""Knock, admit, leave and end: the durable steps of a visit. The live room follows them through the feed."""

from aiohttp import web
from pydantic import BaseModel

from dispatch import admissions, sessions
from people.access import Actor
from web.auth import signed_in, visiting
from web.face import answer, fields_of, read
from web.keys import DATABASE


class Knock(BaseModel):
    """POST `/sessions/{session}/knock`: the name confirmed at the door (R-175)."""

    name: str = ""


@visiting
async def knock(request: web.Request, actor: Actor) -> web.StreamResponse:
    posted = read(Knock, await fields_of(request))
    public_id = request.match_info["session"]
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.open_door(connection, actor, public_id)
        admission = await admissions.knock(connection, actor, session, posted.name)
    body = {"admission": admission["public_id"], "state": admission["state"], "epoch": admission["epoch"]}
    return answer(request, f"/sessions/{public_id}", body)


@signed_in
async def admit(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/admissions/{admission}/admit`."""
    public_id = request.match_info["session"]
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.open_door(connection, actor, public_id)
        admitted = await admissions.admit(connection, actor, session, request.match_info["admission"])
    return answer(request, f"/sessions/{public_id}", {"state": admitted["state"], "epoch": admitted["epoch"]})


@visiting
async def leave(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/leave`."""
    public_id = request.match_info["session"]
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.find(connection, actor, public_id)
        await admissions.leave(connection, actor, session)
    return answer(request, f"/sessions/{public_id}", {"state": "left"})


@signed_in
async def end(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/sessions/{session}/end`."""
    async with request.app[DATABASE].transaction(actor) as connection:
        session = await sessions.find(connection, actor, request.match_info["session"])
        await admissions.end(connection, actor, session)
    return answer(request, "/dashboard", {"state": "ended"})
