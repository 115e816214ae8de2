"""Help: what clients need is there for everybody, also before they sign in; what the staff needs is for the staff."""

from aiohttp import web

from people.errors import NotFound
from web.help import ARTICLES, Article
from web.keys import ACTOR
from web.view import page


async def index(request: web.Request) -> web.StreamResponse:
    """`/help`: the articles that one may read."""
    shown = [article for article in ARTICLES.values() if may_read(request, article)]
    return page(request, "help/index.html", articles=shown)


async def article(request: web.Request) -> web.StreamResponse:
    """`/help/{article}`: whoever is not signed in may be one of the staff, and is asked."""
    found = ARTICLES.get(request.match_info["article"])
    if found is None or (ACTOR in request and not may_read(request, found)):
        raise NotFound
    if not may_read(request, found):
        raise web.HTTPSeeOther(location=f"/?then={request.path}")
    return page(request, f"help/articles/{found.name}.html", article=found)


def may_read(request: web.Request, article: Article) -> bool:
    return article.public or (ACTOR in request and request[ACTOR].is_staff)
