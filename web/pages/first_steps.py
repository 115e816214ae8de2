"""The first steps of an organization: on its administrators' dashboards, and under Help for as long as they like."""

from aiohttp import web

from people import first_steps
from people.access import Actor
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page


@signed_in
async def steps(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/first-steps`: what is there, what is missing."""
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await first_steps.find(connection, actor)
    return page(request, "help/first_steps.html", found=found)
