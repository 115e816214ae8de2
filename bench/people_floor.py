"""What a page of the Clients tab costs a bare aiohttp and Jinja as shipped: `python -m bench.people_floor`.

Reads its rows as one line of JSON, renders the real template from them at each request, and does nothing else. Prints
its port and ends with its input.
"""

import asyncio
import sys
from datetime import date

import orjson
import uvloop
from aiohttp import web
from jinja2 import Environment

from people.access import Actor
from people.client_list import Page
from web import view
from web.pages.clients import LISTS, SORTS


async def serve() -> None:
    rows = [
        {**row, "date_of_birth": date.fromisoformat(row["date_of_birth"])} for row in orjson.loads(sys.stdin.readline())
    ]
    template = view.environment(Environment).get_template("clients/list.html")
    actor = Actor(1, 1, "olivia", "Olivia Marsh", "active", frozenset({"organization_administrator"}))
    asked = {
        "list": "active",
        "which": "active",
        "search": "",
        "sort": "name",
        "after": "",
        "closed": [],
        "lists": LISTS,
        "sorts": SORTS,
    }

    async def show(request: web.Request) -> web.Response:
        found = Page(rows, "next")
        html = template.render(
            actor=actor, features=actor.features, demo=False, path="/clients", found=found, done=None, **asked
        )
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/clients", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve())
