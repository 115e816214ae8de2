"""Help for everybody who is signed in; what clients need is also there before they are."""

from aiohttp import web

from people.errors import NotFound
from web.help import ARTICLES
from web.keys import ACTOR
from web.view import page


async def index(request: web.Request) -> web.StreamResponse:
    """`/help`: the articles that one may read."""
    shown = [article for article in ARTICLES.values() if article.public or ACTOR in request]
    return page(request, "help/index.html", articles=shown)


async def article(request: web.Request) -> web.StreamResponse:
    """`/help/{article}`: staff's articles are for those who are signed in."""
    found = ARTICLES.get(request.match_info["article"])
    if found is None:
        raise NotFound
    if not found.public and ACTOR not in request:
        raise web.HTTPSeeOther(location=f"/?then={request.path}")
    return page(request, f"help/articles/{found.name}.html", article=found)
