"""Who waits at a host's doors, for the bar that each of the host's pages has."""

from dataclasses import asdict

from aiohttp import web

from dispatch import knocks as doors
from people.access import Actor
from web.auth import signed_in
from web.keys import DATABASE


@signed_in
async def knocks(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/knocks`: what the event `knocks.changed` tells; a page joins its socket first and loads this after."""
    async with request.app[DATABASE].reading(actor) as connection:
        told = await doors.of_actor(connection, actor)
    return web.json_response(asdict(told))
