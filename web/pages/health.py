"""For load balancers: alive, and ready to serve."""

from aiohttp import web

from records.database import House, Unavailable
from web.keys import DATABASE, DRAIN, FEED


async def alive(request: web.Request) -> web.StreamResponse:
    """`/healthz`: the event loop turns."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.StreamResponse:
    """`/readyz`: Postgres answers, the feed hears, and the process is not about to end; else 503."""
    heard = request.app[FEED].connected.is_set()
    answers = True
    try:
        async with request.app[DATABASE].system() as connection:
            await connection.execute("SELECT 1")
        async with request.app[DATABASE].transaction(House(0)) as connection:
            await connection.execute("SELECT 1")
    except Unavailable:
        answers = False
    staying = not request.app[DRAIN].begun
    body = {"database": answers, "feed": heard, "staying": staying}
    return web.json_response(body, status=200 if all(body.values()) else 503)
