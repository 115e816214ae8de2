"""What a scheduler changes of the board itself: which clinics it shows, and that they are deciding a request."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch import board, requests
from people.access import Actor
from web import deciding
from web.auth import signed_in
from web.face import answer, fields_of, read
from web.keys import DATABASE, LEASES
from web.posting import Several


class Filter(BaseModel):
    """POST `/board/filter`. `clinic`: public ids of those to show; none means all (R-093)."""

    clinic: Annotated[Several, Field(max_length=1000)] = []


class DecidingNow(BaseModel):
    """POST `/requests/{request}/deciding`. `open`: whether the sender has the request's dialog open."""

    open: bool


@signed_in
async def choose(request: web.Request, actor: Actor) -> web.StreamResponse:
    """Remember the filter; the answer names every clinic and whether it is shown."""
    posted = read(Filter, await fields_of(request))
    async with request.app[DATABASE].transaction(actor) as connection:
        await board.choose(connection, actor, posted.clinic)
        clinics = await board.served(connection, actor)
    told = [{"id": clinic["public_id"], "name": clinic["name"], "shown": clinic["shown"]} for clinic in clinics]
    return answer(request, "/board", {"clinics": told})


@signed_in
async def deciding_now(request: web.Request, actor: Actor) -> web.StreamResponse:
    """Take, renew or give up the lease that others see as "… is deciding". It never blocks anybody."""
    posted = read(DecidingNow, await fields_of(request))
    async with request.app[DATABASE].transaction(actor) as connection:
        asked = await requests.details(connection, actor, request.match_info["request"])
    leases = request.app[LEASES]
    if posted.open and asked["state"] == "pending":
        await deciding.hold(leases, actor, asked["clinic_id"], asked["public_id"])
    else:
        await deciding.release(leases, actor, asked["clinic_id"], asked["public_id"])
    return web.Response(status=204)
